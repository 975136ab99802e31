import type { Config } from './config.ts';
import type { KeyPath } from './schema.ts';
import type { ConfigProblem, Setting } from './setting.ts';

/** A rule that does not hold. */
interface Violation {
  /** the keys that have to do with it; the message stands at the first one that a source sets */
  readonly keys: readonly KeyPath[];
  /** what is wrong and what to do */
  readonly complaint: string;
}

/** Something that must hold between values which are each right by themselves. */
type Rule = (config: Config) => Violation | null;

const RULES: readonly Rule[] = [
  privateKeyIsPrivate,
  keysAreTwoFiles,
  sshFilesAreTwoFiles,
  stateIsNotUploaded,
  certificateHasKey,
];

/** @param given the settings that count, for the places in the messages */
export function brokenRules(config: Config, given: ReadonlyMap<KeyPath, Setting>): readonly ConfigProblem[] {
  const violations = RULES.map((rule) => rule(config)).filter((violation) => violation !== null);
  return violations.flatMap(({ keys, complaint }) => {
    const settings = keys.map((key) => given.get(key)).filter((setting) => setting !== undefined);
    return settings.slice(0, 1).map(({ source, where }) => ({ source, message: `${where}: ${complaint}` }));
  });
}

function privateKeyIsPrivate({ aws }: Config): Violation | null {
  if (aws.privateSshKeyPath?.endsWith('.pub') !== true) return null;
  const complaint = `${aws.privateSshKeyPath} is a public key; name the private one, mostly the same path without .pub`;
  return { keys: ['aws.private_ssh_key_path'], complaint };
}

function keysAreTwoFiles({ aws }: Config): Violation | null {
  if (aws.publicSshKeyPath === null || aws.publicSshKeyPath !== aws.privateSshKeyPath) return null;
  const complaint = 'the private and the public key are the same file; each has one of its own';
  return { keys: ['aws.public_ssh_key_path'], complaint };
}

/** Host keys are added to the one file; the user's settings stand in the other. */
function sshFilesAreTwoFiles({ ssh }: Config): Violation | null {
  if (ssh.knownHostsFile !== ssh.configFile) return null;
  const complaint = 'ssh.known_hosts_file and ssh.config_file are the same file; each needs one of its own';
  return { keys: ['ssh.known_hosts_file', 'ssh.config_file'], complaint };
}

function stateIsNotUploaded({ filesDir, stateDir }: Config): Violation | null {
  if (filesDir !== stateDir) return null;
  const complaint = 'files_dir and state_dir are the same folder; the state would be sent to every instance';
  return { keys: ['files_dir', 'state_dir'], complaint };
}

function certificateHasKey({ service }: Config): Violation | null {
  if ((service.tlsCertificate === null) === (service.tlsKey === null)) return null;
  const complaint = 'service.tls_certificate and service.tls_key go together; name both files';
  return { keys: ['service.tls_certificate', 'service.tls_key'], complaint };
}
