import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load, withFolder } from './load.ts';

test('without any source every key has its default', () =>
  withFolder(async (root) => {
    expect(await load({}, root)).toEqual({
      aws: {
        username: null,
        privateSshKeyPath: null,
        publicSshKeyPath: null,
        regions: ['us-east-1'],
        isUsed: false,
        profile: null,
        endpoint: null,
        tags: {},
        syncMaxAgeMs: 60_000,
        instanceTypes: ['t3.micro'],
        ami: null,
        image: 'ubuntu',
        securityGroup: null,
        subnet: null,
        sshFrom: 'auto',
        addressService: 'https://checkip.amazonaws.com',
      },
      stateDir: join(root, 'work/.spot'),
      filesDir: join(root, 'work/files'),
      filesDirGiven: false,
      confirmAbove: 10,
      limits: {
        connectTimeoutMs: 10_000,
        uploadTimeoutMs: 60_000,
        executionTimeoutMs: 300_000,
        killGraceMs: 10_000,
        leaseMs: null,
        concurrency: 100,
        retries: 2,
        readyTimeoutMs: 180_000,
        scriptMaxBytes: 2_097_152,
      },
      database: null,
      service: {
        listen: join(root, 'work/.spot/service.sock'),
        payloadRoots: [],
        payloadMaxBytes: 2_097_152,
        uploadMaxBytes: 67_108_864,
        concurrency: 50,
        leaseMs: 15_000,
        rateLimit: 500,
        requestTimeoutMs: 30_000,
        tlsCertificate: null,
        tlsKey: null,
        tokenFile: null,
        logLevel: 'info',
      },
      payloads: { keep: 5 },
      runs: { keep: 200 },
      logs: { keepBytes: 1_073_741_824 },
      interruption: { signal: 'none', watch: 'auto', metadataEndpoint: 'http://169.254.169.254' },
      stragglers: { after: { factor: 3 }, action: 'report' },
      ssh: {
        hostKeys: 'accept-new',
        configFile: join(root, 'home/.ssh/config'),
        configFileGiven: false,
        knownHostsFile: join(root, 'home/.ssh/known_hosts'),
        transfer: 'auto',
        keepaliveIntervalMs: 5_000,
      },
    });
  }));

test('a file sets every key', () =>
  withFolder(async (root) => {
    const file = `
aws: { username: ec2-user, private_ssh_key_path: ~/k, public_ssh_key_path: /k.pub, regions: [eu-west-1, us-gov-east-1],
       profile: staging, endpoint: "http://127.0.0.1:5000/", tags: [team=web, "note=a=b, c", empty=], sync_max_age: 0s,
       instance_types: [m7g.large, t3.micro, m7g.large], ami: ami-1, image: amazon-linux, security_group: sg-1,
       subnet: subnet-1, ssh_from: 203.0.113.0/24, address_service: http://127.0.0.1:8/ip }
state_dir: ~/state
files_dir: ../files
confirm_above: 0
limits: { connect_timeout: 1500ms, upload_timeout: 90, execution_timeout: 1h30m, kill_grace: 0s, concurrency: 7,
          on_disconnect: kill, lease: 20s, retries: 0, ready_timeout: 4m, script_max_size: 1 MB }
database: postgres://spot@db/spot
service: { listen: "127.0.0.1:8080", payload_roots: [/srv, ~/p], payload_max_size: 1KiB, upload_max_size: 1MiB, concurrency: 3,
           lease: 5s, rate_limit: 9, request_timeout: 2s, tls_certificate: c.pem, tls_key: k.pem, token_file: ~/t,
           log_level: debug }
payloads: { keep: 1 }
runs: { keep: 20 }
logs: { keep_bytes: 5MB }
stragglers: { after: 1.5x, action: stop }
interruption: { signal: usr1, watch: never, metadata_endpoint: http://127.0.0.1:1338/ }
ssh: { host_keys: strict, config_file: c, known_hosts_file: k, transfer: stream, keepalive_interval: 1s }
`;
    expect(await load({ files: { 'work/config.yaml': file } }, root)).toEqual({
      aws: {
        username: 'ec2-user',
        privateSshKeyPath: join(root, 'home/k'),
        publicSshKeyPath: '/k.pub',
        regions: ['eu-west-1', 'us-gov-east-1'],
        isUsed: true,
        profile: 'staging',
        endpoint: 'http://127.0.0.1:5000',
        tags: { team: 'web', note: 'a=b, c', empty: '' },
        syncMaxAgeMs: 0,
        instanceTypes: ['m7g.large', 't3.micro'],
        ami: 'ami-1',
        image: 'amazon-linux',
        securityGroup: 'sg-1',
        subnet: 'subnet-1',
        sshFrom: '203.0.113.0/24',
        addressService: 'http://127.0.0.1:8/ip',
      },
      stateDir: join(root, 'home/state'),
      filesDir: join(root, 'files'),
      filesDirGiven: true,
      confirmAbove: 0,
      limits: {
        connectTimeoutMs: 1_500,
        uploadTimeoutMs: 90_000,
        executionTimeoutMs: 5_400_000,
        killGraceMs: 0,
        leaseMs: 20_000,
        concurrency: 7,
        retries: 0,
        readyTimeoutMs: 240_000,
        scriptMaxBytes: 1_000_000,
      },
      database: 'postgres://spot@db/spot',
      service: {
        listen: '127.0.0.1:8080',
        payloadRoots: ['/srv', join(root, 'home/p')],
        payloadMaxBytes: 1024,
        uploadMaxBytes: 1_048_576,
        concurrency: 3,
        leaseMs: 5_000,
        rateLimit: 9,
        requestTimeoutMs: 2_000,
        tlsCertificate: join(root, 'work/c.pem'),
        tlsKey: join(root, 'work/k.pem'),
        tokenFile: join(root, 'home/t'),
        logLevel: 'debug',
      },
      payloads: { keep: 1 },
      runs: { keep: 20 },
      logs: { keepBytes: 5_000_000 },
      interruption: { signal: 'usr1', watch: 'never', metadataEndpoint: 'http://127.0.0.1:1338' },
      stragglers: { after: { factor: 1.5 }, action: 'stop' },
      ssh: {
        hostKeys: 'strict',
        configFile: join(root, 'work/c'),
        configFileGiven: true,
        knownHostsFile: join(root, 'work/k'),
        transfer: 'stream',
        keepaliveIntervalMs: 1_000,
      },
    });
  }));

test.each([
  ['aws: { regions: [us-east-1] }', true],
  ['aws: { profile: p }', true],
  ['aws: { endpoint: "http://h" }', true],
  ['aws: { tags: [] }', true],
  ['aws: { username: ubuntu, sync_max_age: 5s }', false],
])('%s says whether there is anything in AWS: %s', (file, isUsed) =>
  withFolder(async (root) => {
    expect((await load({ files: { 'work/config.yaml': file } }, root)).aws.isUsed).toBe(isUsed);
  }),
);

test('tags may be written as a list, as a map, and in one text', () =>
  withFolder(async (root) => {
    const given = [
      { files: { 'work/config.yaml': 'aws: { tags: [team=web, env=prod] }' } },
      { files: { 'work/config.yaml': 'aws: { tags: { team: web, env: prod } }' } },
      { env: { SPOT_AWS_TAGS: 'team=web, env=prod' }, files: { 'work/config.yaml': '' } },
    ];
    for (const each of given) expect((await load(each, root)).aws.tags).toEqual({ team: 'web', env: 'prod' });
  }));
