import { parseHostSpec } from '../../inventory/host-spec.ts';
import { parseTags } from '../../inventory/tags.ts';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { INSTANCE_STATES, type Instance, type InstanceState, labelOf } from '../../model/instance.ts';
import type { InstancePatch } from '../../state/instances.ts';
import { type GlobalOptions, instancesFor, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';

export interface SetOptions extends GlobalOptions {
  readonly state?: string;
  readonly name?: string;
  readonly address?: string;
  readonly user?: string;
  readonly port?: string;
  readonly tag?: readonly string[];
}

/** `spot set`: corrects what is known of one instance. */
export async function setInstance(word: string, options: SetOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const instances = await instancesFor([word], state.instances.list());
    if (instances.length > 1) {
      const names = instances.map(labelOf).join(', ');
      throw usageError('many-instances', `${word} means ${instances.length} instances (${names}); name one of them`);
    }
    const instance = instances[0] as Instance;
    const patch = patchOf(options, instance);
    if (Object.keys(patch).length === 0) {
      throw usageError('nothing-to-set', `nothing to set on ${labelOf(instance)}; see: spot set --help`);
    }
    const updated = state.instances.update(instance.instanceId, patch) ?? instance;
    io.stderr.write(`set ${labelOf(updated)}: ${Object.keys(patch).map(nameOfField).join(', ')}\n`);
    return ExitCode.ok;
  });
}

function patchOf(options: SetOptions, instance: Instance): InstancePatch {
  return {
    ...(options.state === undefined ? {} : { state: stateOf(options.state) }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.address === undefined ? {} : { publicIp: parseHostSpec(options.address).address }),
    ...(options.user === undefined ? {} : { sshUser: options.user }),
    ...(options.port === undefined ? {} : { sshPort: portOf(options.port) }),
    ...(options.tag === undefined ? {} : { tags: mergeTags(instance.tags, options.tag) }),
  };
}

function stateOf(text: string): InstanceState {
  const found = INSTANCE_STATES.find((state) => state === text);
  if (found !== undefined) return found;
  throw usageError('bad-state', `'${text}' is no state of an instance; it is one of ${INSTANCE_STATES.join(', ')}`);
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw usageError('bad-port', `'${text}' is no port; it is a number from 1 to 65535`);
}

/** `key=value` sets a tag, `key=` removes it. */
function mergeTags(before: Instance['tags'], words: readonly string[]): Instance['tags'] {
  const merged = { ...before, ...parseTags(words) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}

function nameOfField(field: string): string {
  return { publicIp: 'address', sshUser: 'user', sshPort: 'port' }[field] ?? field;
}
