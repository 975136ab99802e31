import { usageError } from '../model/errors.ts';
import { type Instance, newInstance } from '../model/instance.ts';
import type { Host } from '../model/plan.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import { formatHostPort, parseHostSpec } from './host-spec.ts';

/** The inventory of hosts that somebody has added. */
export const MANUAL_SOURCE = 'manual';
export const DEFAULT_SSH_PORT = 22;

export interface ManualOptions {
  /** null keeps the name of a host that is known already */
  readonly name: string | null;
  /** added to the tags of a host that is known already */
  readonly tags: Readonly<Record<string, string>>;
  /** null makes one of the address and the port */
  readonly id: string | null;
  /** the fleet as it is */
  readonly existing: readonly Instance[];
  readonly clock: Clock;
}

/**
 * Makes the rows of hosts added by hand. A host that was added before is updated, not added twice: it is known by its
 * id, or by address and port where no id is given.
 * @param specs `[user@]host[:port]` each
 * @throws SpotError (exit 64) for words that make no sense, alone or together
 */
export function newManualInstances(specs: readonly string[], options: ManualOptions): Instance[] {
  checkOptions(specs, options);
  const instances = specs.map((spec) => toInstance(parseHostSpec(spec), options));
  refuseTwice(instances);
  return instances;
}

function checkOptions(specs: readonly string[], { id, name }: ManualOptions): void {
  if (specs.length === 0) throw usageError('no-host', 'no host given; write: spot add [user@]host[:port]');
  if (specs.length > 1 && id !== null) {
    throw usageError(
      'one-id-many-hosts',
      `--id ${id} can name one host only; add the ${specs.length} hosts one by one`,
    );
  }
  if (specs.length > 1 && name !== null) {
    const message = `--name ${name} can name one host only; add the ${specs.length} hosts one by one, or use --tag`;
    throw usageError('one-name-many-hosts', message);
  }
  if (id !== null && !/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(id)) {
    const message = `cannot use '${id}' as --id; it takes up to 128 letters, digits and . _ : - and starts with a letter or digit`;
    throw usageError('bad-id', message);
  }
  if (name !== null) checkName(name);
}

/** @throws SpotError `bad-name` (exit 64) */
export function checkName(name: string): string {
  if (/^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$/u.test(name)) return name;
  throw usageError('bad-name', `cannot use '${name}' as --name; it must be one line and not blank`);
}

function toInstance(host: Host, options: ManualOptions): Instance {
  const now = isoTime(options.clock.now());
  const known = findKnown(host, options) ?? newInstance(options.id ?? idOf(host), { source: MANUAL_SOURCE }, now);
  return {
    ...known,
    name: options.name ?? known.name,
    state: 'running',
    publicIp: host.address,
    sshUser: host.user,
    sshPort: host.port,
    tags: { ...known.tags, ...options.tags },
    updatedAt: now,
  };
}

/** The id of a host that is given none: `web1`, or `127.0.0.1:2222` where the port is not the usual one. */
export function idOf(host: Host): string {
  return formatHostPort(host.address, portOf(host.port) === DEFAULT_SSH_PORT ? null : host.port);
}

function findKnown(host: Host, { id, existing }: ManualOptions): Instance | undefined {
  const wanted = id ?? idOf(host);
  const named = existing.find((instance) => instance.instanceId === wanted);
  if (named !== undefined && named.source !== MANUAL_SOURCE) {
    const message = `instance ${wanted} was not added by hand but comes from ${named.source}; choose another --id`;
    throw usageError('id-taken', message);
  }
  return named ?? (id === null ? findByPlace(host, existing) : undefined);
}

function findByPlace(host: Host, existing: readonly Instance[]): Instance | undefined {
  const samePlace = existing.filter(
    (instance) =>
      instance.source === MANUAL_SOURCE &&
      instance.publicIp === host.address &&
      portOf(instance.sshPort) === portOf(host.port),
  );
  if (samePlace.length <= 1) return samePlace[0];
  const ids = samePlace.map((instance) => instance.instanceId).join(' and ');
  throw usageError('ambiguous-host', `${idOf(host)} is known as ${ids}; say with --id which one is meant`);
}

function portOf(port: number | null): number {
  return port ?? DEFAULT_SSH_PORT;
}

function refuseTwice(instances: readonly Instance[]): void {
  const ids = instances.map((instance) => instance.instanceId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice === undefined) return;
  const message = `${twice} is given twice; write it once, or add each with an --id of its own`;
  throw usageError('host-given-twice', message);
}
