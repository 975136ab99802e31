import { isUserName, parseHostSpec } from '../../inventory/host-spec.ts';
import { checkName } from '../../inventory/manual.ts';
import { formatTags, parseTags } from '../../inventory/tags.ts';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { EC2_SOURCE, type Instance, INSTANCE_STATES, type InstanceState, labelOf } from '../../model/instance.ts';
import type { InstancePatch } from '../../state/instances.ts';
import { type GlobalOptions, instancesFor, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { namesOf } from '../several.ts';

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
      const which = `${instances.length} instances (${namesOf(instances)})`;
      throw usageError('many-instances', `${word} means ${which}; name one of them`);
    }
    const instance = instances[0] as Instance;
    const patch = patchOf(options, instance);
    if (Object.keys(patch).length === 0) {
      throw usageError('nothing-to-set', `nothing to set on ${labelOf(instance)}; see: spot set --help`);
    }
    const updated = state.instances.update(instance.instanceId, patch) ?? instance;
    io.stderr.write(`updated ${labelOf(updated)}: ${describePatch(patch)}\n`);
    const passing = passingFields(updated, patch);
    if (passing.length > 0) {
      const message = `${labelOf(updated)} comes from EC2, and so does its ${passing.join(', ')} with the next sync`;
      io.stderr.write(`spot: note: ${message}\n`);
    }
    return ExitCode.ok;
  });
}

function patchOf(options: SetOptions, instance: Instance): InstancePatch {
  return {
    ...(options.state === undefined ? {} : { state: stateOf(options.state) }),
    ...(options.name === undefined ? {} : { name: checkName(options.name) }),
    ...(options.address === undefined ? {} : { publicIp: addressIn(options.address) }),
    ...(options.user === undefined ? {} : { sshUser: userOf(options.user) }),
    ...(options.port === undefined ? {} : { sshPort: portOf(options.port) }),
    ...(options.tag === undefined ? {} : { tags: mergeTags(instance.tags, options.tag) }),
  };
}

/** What EC2 knows better, by the next sync. */
function passingFields({ source, tags }: Instance, patch: InstancePatch): string[] {
  if (source !== EC2_SOURCE) return [];
  const isPassing = (field: string): boolean =>
    ['state', 'publicIp', 'tags'].includes(field) || (field === 'name' && Object.hasOwn(tags, 'Name'));
  return Object.keys(patch)
    .filter(isPassing)
    .map((field) => WORDS[field] ?? field);
}

function addressIn(text: string): string {
  const { user, address, port } = parseHostSpec(text);
  if (user === null && port === null) return address;
  throw usageError('bad-address', `--address '${text}' is more than an address; say the rest with --user and --port`);
}

function userOf(text: string): string {
  if (isUserName(text)) return text;
  throw usageError('bad-user', `'${text}' is no user name; give the one that ssh logs in with`);
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

/** Fields whose flag has another name. */
const WORDS: Readonly<Record<string, string>> = { publicIp: 'address', sshUser: 'user', sshPort: 'port' };

/** `state stopped, address 10.0.0.9, tags role=db tier=1` */
function describePatch(patch: InstancePatch): string {
  const { tags, ...plain } = patch;
  const facts = Object.entries(plain).map(([field, value]) => `${WORDS[field] ?? field} ${value}`);
  if (tags !== undefined) facts.push(`tags ${formatTags(tags) || 'none'}`);
  return facts.join(', ');
}
