import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ansibleInventory } from '../../../../src/inventory/export/ansible.ts';
import { fleetDocument } from '../../../../src/inventory/export/json.ts';
import { sshConfigText } from '../../../../src/inventory/export/ssh-config.ts';
import { addressOf, type Instance, newInstance } from '../../../../src/model/instance.ts';
import { exported, rosterOf } from '../inventory-file/support.ts';

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !text.includes('\0'));
const tagKey = word.filter((key) => key !== 'group' && key !== '__proto__');
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((text) => !text.includes('.')),
  fc.constantFrom('web-1', 'h.example.com'),
);
const user = fc.option(fc.constantFrom('ubuntu', 'admin'), { nil: null });

const fleets: fc.Arbitrary<Instance[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.oneof(word, fc.constantFrom('i-0abc1234', '10.0.0.1:2222', '{{ x }}', 'all')),
      name: fc.option(fc.oneof(word, fc.constantFrom('web', 'role_web', 'a[1:3]', 'x: y')), { nil: null }),
      address,
      user,
      port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: null }),
      tags: fc.dictionary(tagKey, word, { maxKeys: 3 }),
    }),
    { selector: ({ id }) => id, maxLength: 8 },
  )
  .map((rows) =>
    rows.map((row) =>
      newInstance(row.id, {
        name: row.name,
        publicIp: row.address,
        sshUser: row.user,
        sshPort: row.port,
        tags: row.tags,
      }),
    ),
  );

const FORMATS: Readonly<Record<string, (fleet: readonly Instance[]) => string>> = {
  ansible: (fleet) => ansibleInventory(exported(fleet)),
  json: (fleet) => JSON.stringify(fleetDocument(exported(fleet))),
};

describe.each(Object.entries(FORMATS))('what is exported as %s', (_, format) => {
  test('means the same instances when it is read back where they are known', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const roster = rosterOf(format(fleet), [...fleet].reverse(), 'stdin');
        expect([...roster.members.keys()]).toEqual(fleet.map(({ instanceId }) => instanceId));
        expect({ rows: roster.rows.size, warnings: roster.warnings, problems: roster.problems }).toEqual({
          rows: 0,
          warnings: [],
          problems: [],
        });
      }),
    );
  });

  test('makes the same instances where nobody knows them', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const rows = [...rosterOf(format(fleet), [], 'stdin').rows.values()];
        const essence = (each: Instance) => [
          each.instanceId,
          addressOf(each),
          each.sshPort ?? 22,
          each.sshUser ?? 'ubuntu',
          each.tags,
        ];
        expect(rows.map(essence)).toEqual(fleet.map(essence));
      }),
    );
  });
});

describe('an inventory for Ansible', () => {
  test('has a group for each tag but those of AWS, under names that Ansible takes', () => {
    const tags = [
      { role: 'web', Name: 'x' },
      { role: 'web', tier: '1' },
      { 'role!': 'web', group: 'prod,eu-1' },
    ];
    const fleet = tags.map((each, index) =>
      newInstance(`i-${index}`, { name: `web-${index}`, publicIp: '10.0.0.1', tags: each }),
    );
    const { all } = parse(ansibleInventory(exported(fleet))) as {
      all: { children: Record<string, { hosts: object }> };
    };
    const members = Object.entries(all.children).map(([group, { hosts }]) => `${group}: ${Object.keys(hosts).join()}`);
    expect(members).toEqual([
      'role_web: web-0,web-1',
      'tier_1: web-1',
      'prod: web-2',
      'eu_1: web-2',
      'role__web: web-2',
    ]);
  });

  test('gives hosts of one name two, and lets no template be filled in', () => {
    const twins = ['i-1', 'i-2'].map((id) =>
      newInstance(id, { name: 'a b', publicIp: 'h', tags: { note: '{{ lookup("pipe", "id") }}' } }),
    );
    const text = ansibleInventory(exported(twins));
    expect([...text.matchAll(/^ {4}"(.*)":$/gm)].map(([, name]) => name)).toEqual(['a_b', 'a_b-i-2']);
    expect(text).toContain('"note": !unsafe "{{ lookup(\\"pipe\\", \\"id\\") }}"');
  });
});

describe('an ssh_config', () => {
  test('leaves out what ssh would take for something else, and says so', () => {
    const fleet = [
      newInstance('i-1', { name: 'web*', publicIp: '10.0.0.1' }),
      newInstance('i-2', { name: 'twin', publicIp: '10.0.0.2' }),
      newInstance('i-3', { name: 'twin', publicIp: '10.0.0.3' }),
      newInstance('* x', { name: null, publicIp: '10.0.0.4' }),
      newInstance('i-5', { name: 'i-1', publicIp: '10.0.0.5' }),
    ];
    const { text, warnings } = sshConfigText(exported(fleet, { identityFiles: ['/home/a b/100%'] }));
    expect(text.match(/^Host .*/gm)).toEqual(['Host i-1', 'Host i-2', 'Host i-3', 'Host i-5']);
    expect(text).toContain('  IdentityFile "/home/a b/100%%"\n');
    expect(warnings).toEqual([
      '* x is left out: ssh_config has no way to write its name, address or user',
      'i-1, twin: several instances have that name; use their ids',
    ]);
  });
});
