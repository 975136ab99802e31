import type { Exported, ExportedHop } from '../../../../src/inventory/export/exported.ts';
import { placeOf, type PlacedHost } from '../../../../src/inventory/inventory-file/place-of.ts';
import { readInventory } from '../../../../src/inventory/inventory-file/read-inventory.ts';
import { makeRoster, type Roster } from '../../../../src/inventory/inventory-file/roster.ts';
import { addressOf, type Instance } from '../../../../src/model/instance.ts';

/** What a text lists, as `user@name address:port groups`. */
export function listed(text: string, label = 'hosts'): string[] {
  return placed(text, label).map(({ name, user, address, port, listed: { groups } }) =>
    [`${user ?? ''}@${name}`, `${address}:${port ?? ''}`, groups.join(',')].join(' ').trimEnd(),
  );
}

/** All that is wrong with a text. */
export function problemsOf(text: string, label = 'hosts'): string[] {
  const { hosts, problems } = readInventory(text, label);
  return problems.length > 0 ? [...problems] : hosts.map(placeOf).filter((place) => typeof place === 'string');
}

export function placed(text: string, label = 'hosts'): PlacedHost[] {
  const { hosts, problems } = readInventory(text, label);
  const places = hosts.map(placeOf);
  const wrong = [...problems, ...places.filter((place) => typeof place === 'string')];
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return places.filter((place): place is PlacedHost => typeof place !== 'string');
}

export function rosterOf(text: string, fleet: readonly Instance[] = [], label = 'hosts'): Roster {
  return makeRoster(label, placed(text, label), fleet, Date.parse('2026-11-21T00:00:00Z'));
}

/** As a run would log in to them where nobody configures anything. */
export function exported(instances: readonly Instance[], more: Partial<ExportedHop> = {}): Exported[] {
  return instances.map((instance) => {
    const address = addressOf(instance) as string;
    const { sshUser, sshPort } = instance;
    const hop = {
      user: sshUser ?? 'ubuntu',
      address,
      port: sshPort ?? 22,
      identityFiles: [],
      hostKeyAlias: null,
      ...more,
    };
    return { instance, address, hop, jumps: [] };
  });
}
