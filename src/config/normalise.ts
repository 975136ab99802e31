import { join } from 'node:path';
import type { Config } from './config.ts';
import { expandPath } from './expand-path.ts';
import type { KeyPath, Values } from './schema.ts';

/** Whoever gives one of these has instances in AWS. */
const SAYS_AWS: readonly KeyPath[] = ['aws.regions', 'aws.profile', 'aws.endpoint', 'aws.tags'];

/** Puts the values into the shape the program uses; paths become absolute. */
export function normalise(values: Values, given: (key: KeyPath) => boolean, cwd: string, home: string): Config {
  const absolute = (path: string): string => expandPath(path, cwd, home);
  return {
    aws: { ...awsOf(values, absolute), isUsed: SAYS_AWS.some(given) },
    stateDir: absolute(values.state_dir),
    filesDir: absolute(values.files_dir),
    filesDirGiven: given('files_dir'),
    confirmAbove: values.confirm_above,
    limits: limitsOf(values),
    database: values.database,
    service: serviceOf(values, absolute),
    payloads: { keep: values['payloads.keep'] },
    runs: { keep: values['runs.keep'] },
    logs: { keepBytes: values['logs.keep_bytes'] },
    interruption: {
      signal: values['interruption.signal'],
      watch: values['interruption.watch'],
      metadataEndpoint: values['interruption.metadata_endpoint'],
    },
    stragglers: { after: values['stragglers.after'], action: values['stragglers.action'] },
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

function serviceOf(values: Values, absolute: (path: string) => string): Config['service'] {
  const absoluteOrNull = orNull(absolute);
  const listen = values['service.listen'] ?? join(values.state_dir, 'service.sock');
  return {
    listen: /^[^/]+:\d+$/.test(listen) ? listen : absolute(listen),
    payloadRoots: values['service.payload_roots'].map(absolute),
    payloadMaxBytes: values['service.payload_max_size'],
    uploadMaxBytes: values['service.upload_max_size'],
    concurrency: values['service.concurrency'],
    leaseMs: values['service.lease'],
    rateLimit: values['service.rate_limit'],
    requestTimeoutMs: values['service.request_timeout'],
    tlsCertificate: absoluteOrNull(values['service.tls_certificate']),
    tlsKey: absoluteOrNull(values['service.tls_key']),
    tokenFile: absoluteOrNull(values['service.token_file']),
    logLevel: values['service.log_level'],
  };
}

function orNull(absolute: (path: string) => string): (path: string | null) => string | null {
  return (path) => (path === null ? null : absolute(path));
}

function awsOf(values: Values, absolute: (path: string) => string): Omit<Config['aws'], 'isUsed'> {
  const absoluteOrNull = orNull(absolute);
  return {
    username: values['aws.username'],
    privateSshKeyPath: absoluteOrNull(values['aws.private_ssh_key_path']),
    publicSshKeyPath: absoluteOrNull(values['aws.public_ssh_key_path']),
    regions: values['aws.regions'],
    profile: values['aws.profile'],
    endpoint: values['aws.endpoint'],
    tags: values['aws.tags'],
    syncMaxAgeMs: values['aws.sync_max_age'],
    instanceTypes: values['aws.instance_types'],
    ami: values['aws.ami'],
    image: values['aws.image'],
    securityGroup: values['aws.security_group'],
    subnet: values['aws.subnet'],
    sshFrom: values['aws.ssh_from'],
    addressService: values['aws.address_service'],
  };
}

function limitsOf(values: Values): Config['limits'] {
  return {
    connectTimeoutMs: values['limits.connect_timeout'],
    uploadTimeoutMs: values['limits.upload_timeout'],
    executionTimeoutMs: values['limits.execution_timeout'],
    killGraceMs: values['limits.kill_grace'],
    leaseMs: values['limits.on_disconnect'] === 'kill' ? values['limits.lease'] : null,
    concurrency: values['limits.concurrency'],
    retries: values['limits.retries'],
    readyTimeoutMs: values['limits.ready_timeout'],
    scriptMaxBytes: values['limits.script_max_size'],
  };
}
