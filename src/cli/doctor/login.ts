import { existsSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { messageOf, SpotError } from '../../model/errors.ts';
import { type Check, doubtful, well, wrongBy } from '../../model/check.ts';
import type { Host } from '../../model/plan.ts';
import { type Identity, identityRequestOf, loadIdentities } from '../../transport/ssh/identity.ts';
import { Keyring } from '../../transport/ssh/keyring.ts';
import type { ResolvedHost, SshConfig } from '../../transport/ssh/ssh-config.ts';
import { plural } from '../../util/format.ts';
import type { Io } from '../io.ts';
import { canAsk } from '../prompt.ts';
import { agentSocketOf, readSshConfig } from '../ssh.ts';
import type { Here } from './here.ts';

/** Where no instance is known: what ssh_config says of hosts that it does not name. */
const ANY_HOST: Host = { user: null, address: 'instance.invalid', port: null };

/** The user's ssh_config, the keys and the agent: all that a login needs here. Nobody is asked for a passphrase. */
export async function loginChecks({ reading, hosts, io }: Here): Promise<Check[]> {
  const { config } = reading;
  const { checks, resolved } = await sshConfigChecks(config, hosts, io);
  // a passphrase is asked for when instances are connected to
  const keyring = new Keyring(null);
  return [...checks, ...(await keyChecks(resolved, config, keyring, io)), await agentCheck(keyring, io)];
}

interface SshConfigLook {
  readonly checks: Check[];
  readonly resolved: readonly ResolvedHost[];
}

async function sshConfigChecks(config: Config, hosts: readonly Host[], io: Io): Promise<SshConfigLook> {
  let sshConfig: SshConfig;
  try {
    sshConfig = await readSshConfig(config, io);
  } catch (error) {
    return { checks: [wrongBy('ssh config', sentenceOf(error))], resolved: [] };
  }
  const resolved: ResolvedHost[] = [];
  const problems = new Set<string>();
  for (const host of hosts.length === 0 ? [ANY_HOST] : hosts) {
    try {
      resolved.push(sshConfig.resolve(host));
    } catch (error) {
      problems.add(sentenceOf(error));
    }
  }
  const all = [...problems].map((problem) => wrongBy('ssh config', problem));
  return { checks: all.length > 0 ? all : [well('ssh config', foundOf(config, resolved))], resolved };
}

function foundOf({ ssh }: Config, resolved: readonly ResolvedHost[]): string {
  const through = resolved.filter(({ jumps }) => jumps.length > 0).length;
  if (!existsSync(ssh.configFile)) return `none (${ssh.configFile})`;
  return through === 0 ? ssh.configFile : `${ssh.configFile}; ${plural(through, 'instance')} through jump hosts`;
}

/** Each way to log in once, however many hosts have it. */
async function keyChecks(
  resolved: readonly ResolvedHost[],
  { aws }: Config,
  keyring: Keyring,
  io: Io,
): Promise<Check[]> {
  const settings = { ...aws, privateKeyPath: aws.privateSshKeyPath, publicKeyPath: aws.publicSshKeyPath };
  const agentSocket = agentSocketOf(io);
  const requests = new Map(
    resolved.map((hop) => {
      const request = identityRequestOf(hop, { ...settings, agentSocket }, false);
      return [JSON.stringify(request), request];
    }),
  );
  const checks = await Promise.all(
    [...requests.values()].map(async (request): Promise<Check[]> => {
      try {
        const { identities, notices } = await loadIdentities(request, keyring);
        const found = `${plural(identities.length, 'key')} to log in with: ${identities.map(nameOf).join(', ')}`;
        const ofKeys = notices.filter((notice) => !notice.startsWith('ssh-agent at '));
        return [well('private key', found), ...ofKeys.map((notice) => asDoubt(notice))];
      } catch (error) {
        return [encryptedOr(error, io)];
      }
    }),
  );
  return distinct(checks.flat());
}

function nameOf({ label, means }: Identity): string {
  return means.type === 'agent' ? `${label} (ssh-agent)` : label;
}

/** Where somebody can be asked, an encrypted key is no obstacle. */
function encryptedOr(error: unknown, io: Io): Check {
  const check = wrongBy('private key', sentenceOf(error));
  const isEncrypted = error instanceof SpotError && error.code === 'key-encrypted';
  if (!isEncrypted || !canAsk(io)) return check;
  const found = check.found.replace(/, and there is nobody to ask.*/, ', and each command asks for its passphrase');
  return doubtful('private key', found, check.advice);
}

function asDoubt(message: string): Check {
  return { ...wrongBy('private key', message), verdict: 'doubtful' };
}

async function agentCheck(keyring: Keyring, io: Io): Promise<Check> {
  const socket = agentSocketOf(io);
  if (socket === null) return well('agent', 'none (SSH_AUTH_SOCK is not set)');
  const { keys, problem } = await keyring.agent(socket);
  if (problem !== null) {
    const advice = 'start one with: eval "$(ssh-agent)"; or unset SSH_AUTH_SOCK';
    return doubtful('agent', problem, advice);
  }
  return well('agent', `${plural(keys.length, 'key')} at ${socket}`);
}

/** @throws whatever is a mistake of ours */
function sentenceOf(error: unknown): string {
  if (error instanceof SpotError) return messageOf(error);
  throw error;
}

function distinct(checks: readonly Check[]): Check[] {
  return [...new Map(checks.map((check) => [JSON.stringify(check), check])).values()];
}
