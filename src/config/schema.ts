import { STRAGGLER_ACTIONS } from '../model/plan.ts';
import {
  delay,
  listenAddress,
  networkOrAuto,
  oneOf,
  path,
  paths,
  postgresUrl,
  regions,
  size,
  stragglerLimit,
  tags,
  text,
  timeout,
  url,
  wholeNumber,
  words,
} from './kinds.ts';
import type { Kind, Raw } from './kinds.ts';

/** One key of the configuration. `T` is the type of its value. */
interface Key<T> {
  readonly kind: Kind<T>;
  /** the default, written as a user would write it; null where the key may be left without a value */
  readonly fallback: Raw | null;
}

/** Every key there is, with its default. `config.example.yaml` says what each one is for. */
export const SCHEMA = {
  'aws.username': optional(text),
  'aws.private_ssh_key_path': optional(path),
  'aws.public_ssh_key_path': optional(path),
  'aws.regions': required(regions, ['us-east-1']),
  'aws.profile': optional(text),
  'aws.endpoint': optional(url),
  'aws.tags': required(tags, []),
  'aws.sync_max_age': required(delay, '60s'),
  'aws.instance_types': required(words, ['t3.micro']),
  'aws.ami': optional(text),
  'aws.image': required(oneOf('ubuntu', 'amazon-linux'), 'ubuntu'),
  'aws.security_group': optional(text),
  'aws.subnet': optional(text),
  'aws.ssh_from': required(networkOrAuto, 'auto'),
  'aws.address_service': required(url, 'https://checkip.amazonaws.com'),
  state_dir: required(path, '.spot'),
  files_dir: required(path, './files'),
  confirm_above: required(wholeNumber(0, 1_000_000), '10'),
  'limits.connect_timeout': required(timeout, '10s'),
  'limits.upload_timeout': required(timeout, '60s'),
  'limits.execution_timeout': required(timeout, '5m'),
  'limits.kill_grace': required(delay, '10s'),
  'limits.on_disconnect': required(oneOf('continue', 'kill'), 'continue'),
  'limits.lease': required(timeout, '30s'),
  'limits.concurrency': required(wholeNumber(1, 10_000), '100'),
  'limits.retries': required(wholeNumber(0, 100), '2'),
  'limits.ready_timeout': required(timeout, '3m'),
  'limits.script_max_size': required(size, '2MiB'),
  'payloads.keep': required(wholeNumber(1, 10_000), '5'),
  'runs.keep': required(wholeNumber(1, 1_000_000), '200'),
  'logs.keep_bytes': required(size, '1GiB'),
  'interruption.signal': required(oneOf('none', 'usr1', 'term'), 'none'),
  'interruption.watch': required(oneOf('auto', 'always', 'never'), 'auto'),
  'interruption.metadata_endpoint': required(url, 'http://169.254.169.254'),
  'stragglers.after': required(stragglerLimit, '3x'),
  'stragglers.action': required(oneOf(...STRAGGLER_ACTIONS), 'report'),
  database: optional(postgresUrl),
  'service.listen': optional(listenAddress),
  'service.payload_roots': required(paths, []),
  'service.payload_max_size': required(size, '2MiB'),
  'service.upload_max_size': required(size, '64MiB'),
  'service.concurrency': required(wholeNumber(1, 10_000), '50'),
  'service.lease': required(timeout, '15s'),
  'service.rate_limit': required(wholeNumber(1, 1_000_000), '500'),
  'service.request_timeout': required(timeout, '30s'),
  'service.tls_certificate': optional(path),
  'service.tls_key': optional(path),
  'service.token_file': optional(path),
  'service.log_level': required(oneOf('debug', 'info', 'warn', 'error'), 'info'),
  'ssh.host_keys': required(oneOf('accept-new', 'strict', 'console'), 'accept-new'),
  'ssh.config_file': required(path, '~/.ssh/config'),
  'ssh.known_hosts_file': required(path, '~/.ssh/known_hosts'),
  'ssh.transfer': required(oneOf('auto', 'sftp', 'stream'), 'auto'),
  'ssh.keepalive_interval': required(timeout, '5s'),
};

/** The place of a key in the file, e.g. `limits.concurrency`. */
export type KeyPath = keyof typeof SCHEMA;

/** The value of every key. */
export type Values = { readonly [K in KeyPath]: (typeof SCHEMA)[K] extends Key<infer T> ? T : never };

export const KEY_PATHS = Object.keys(SCHEMA) as readonly KeyPath[];

export function isKeyPath(candidate: string): candidate is KeyPath {
  return Object.hasOwn(SCHEMA, candidate);
}

/** The names that may stand in a section, or at the top of the file (`''`), in the order of the schema. */
export function namesIn(section: string): readonly string[] {
  const prefix = section === '' ? '' : `${section}.`;
  const inside = KEY_PATHS.filter((key) => key.startsWith(prefix));
  return [...new Set(inside.map((key) => key.slice(prefix.length).split('.', 1)[0] as string))];
}

/** The last part of a key path: `concurrency` of `limits.concurrency`. */
export function leafOf(key: KeyPath): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function required<T>(kind: Kind<T>, fallback: Raw): Key<T> {
  return { kind, fallback };
}

function optional<T>(kind: Kind<T>): Key<T | null> {
  return { kind, fallback: null };
}
