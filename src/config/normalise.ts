import type { Config } from './config.ts';
import { expandPath } from './expand-path.ts';
import type { KeyPath, Values } from './schema.ts';

/** Puts the values into the shape the program uses; paths become absolute. */
export function normalise(values: Values, given: (key: KeyPath) => boolean, cwd: string, home: string): Config {
  const absolute = (path: string): string => expandPath(path, cwd, home);
  const absoluteOrNull = (path: string | null): string | null => (path === null ? null : absolute(path));
  return {
    aws: {
      username: values['aws.username'],
      privateSshKeyPath: absoluteOrNull(values['aws.private_ssh_key_path']),
      publicSshKeyPath: absoluteOrNull(values['aws.public_ssh_key_path']),
      regions: values['aws.regions'],
    },
    stateDir: absolute(values.state_dir),
    filesDir: absolute(values.files_dir),
    filesDirGiven: given('files_dir'),
    limits: {
      connectTimeoutMs: values['limits.connect_timeout'],
      uploadTimeoutMs: values['limits.upload_timeout'],
      executionTimeoutMs: values['limits.execution_timeout'],
      killGraceMs: values['limits.kill_grace'],
      leaseMs: values['limits.on_disconnect'] === 'kill' ? values['limits.lease'] : null,
      concurrency: values['limits.concurrency'],
      retries: values['limits.retries'],
      scriptMaxBytes: values['limits.script_max_size'],
    },
    payloads: { keep: values['payloads.keep'] },
    runs: { keep: values['runs.keep'] },
    logs: { keepBytes: values['logs.keep_bytes'] },
    ssh: {
      hostKeys: values['ssh.host_keys'],
      configFile: absolute(values['ssh.config_file']),
      configFileGiven: given('ssh.config_file'),
      knownHostsFile: absolute(values['ssh.known_hosts_file']),
      transfer: values['ssh.transfer'],
      keepaliveIntervalMs: values['ssh.keepalive_interval'],
    },
  };
}
