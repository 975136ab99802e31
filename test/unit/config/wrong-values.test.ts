import { expect, test } from 'vitest';
import { errorOf } from './load.ts';

const WRONG_VALUES: readonly (readonly [file: string, complaint: string])[] = [
  ['aws: { username: "" }', 'aws.username: "" is not a line of text'],
  [
    'aws: { private_ssh_key_path: ~bob/k }',
    'aws.private_ssh_key_path: "~bob/k" is another user\'s home; write the path out',
  ],
  ['aws: { regions: [] }', 'aws.regions: the list is empty; name at least one AWS region'],
  ['aws: { regions: [us-east-1, Ohio] }', 'aws.regions: "Ohio" is not an AWS region; write it like us-east-1'],
  [
    'limits: { connect_timeout: soon }',
    'limits.connect_timeout: "soon" is not a duration; write it like 10s, 5m or 1h30m',
  ],
  ['limits: { upload_timeout: 0 }', 'limits.upload_timeout: "0" is too short; the least is 1ms'],
  ['limits: { execution_timeout: 25d }', 'limits.execution_timeout: "25d" is too long; the most is 24d'],
  ['limits: { kill_grace: -1s }', 'limits.kill_grace: "-1s" is not a duration; write it like 10s, 5m or 1h30m'],
  ['limits: { concurrency: 0 }', 'limits.concurrency: "0" is not a whole number from 1 to 10000'],
  ['limits: { concurrency: 1.5 }', 'limits.concurrency: "1.5" is not a whole number from 1 to 10000'],
  ['limits: { concurrency: 10001 }', 'limits.concurrency: "10001" is not a whole number from 1 to 10000'],
  [
    'limits: { script_max_size: big }',
    'limits.script_max_size: "big" is not a size; write it like 512KiB, 2MiB or 1GB',
  ],
  ['limits: { script_max_size: 0 }', 'limits.script_max_size: "0" is out of range'],
  ['aws: { tags: [team] }', 'aws.tags: "team" is not a tag; write it like team=web'],
  ['aws: { tags: [=web] }', 'aws.tags: "=web" is not a tag; write it like team=web'],
  ['aws: { tags: "a=1, a=2" }', 'aws.tags: the tag "a" is given twice; leave one of the two out'],
  ['aws: { tags: { a: 1, a: 2 } }', 'aws.tags: the tag "a" is given twice; leave one of the two out'],
  ['aws: { tags: { team: [web] } }', 'aws.tags takes a plain value; put quotes around text with special characters'],
  ['aws: { regions: { a: b } }', 'aws.regions: "a=b" is not an AWS region; write it like us-east-1'],
  ['aws: { instance_types: [] }', 'aws.instance_types: the list is empty; name at least one'],
  ['aws: { instance_types: "," }', 'aws.instance_types: the list is empty; name at least one'],
  [
    'aws: { instance_types: [t3.micro t3.small] }',
    'aws.instance_types: "t3.micro t3.small" is not one word; separate them by commas',
  ],
  ['aws: { endpoint: localhost }', 'aws.endpoint: "localhost" is not a URL; write it like https://host:port'],
  ['aws: { endpoint: ftp://host }', 'aws.endpoint: "ftp://host" is not a URL; write it like https://host:port'],
  ['aws: { endpoint: "http://a b" }', 'aws.endpoint: "http://a b" is not a URL; write it like https://host:port'],
  ['aws: { ssh_from: me }', 'aws.ssh_from: "me" is not a network; write it like 203.0.113.0/24, or auto'],
  [
    'aws: { ssh_from: 203.0.113.0/33 }',
    'aws.ssh_from: "203.0.113.0/33" is not a network; write it like 203.0.113.0/24, or auto',
  ],
  ['aws: { image: debian }', 'aws.image: "debian" is not one of ubuntu, amazon-linux'],
  ['interruption: { signal: kill }', 'interruption.signal: "kill" is not one of none, usr1, term'],
  ['stragglers: { after: soon }', 'stragglers.after: "soon" is no limit for stragglers; write it like 3x, 2m or never'],
  ['stragglers: { after: 1x }', 'stragglers.after: "1x" is too little; write more than 1x'],
  ['stragglers: { after: 25d }', 'stragglers.after: "25d" is too long; the most is 24d'],
  ['stragglers: { action: kill }', 'stragglers.action: "kill" is not one of report, detach, stop'],
  ['interruption: { watch: on }', 'interruption.watch: "on" is not one of auto, always, never'],
  ['limits: { ready_timeout: 0 }', 'limits.ready_timeout: "0" is too short; the least is 1ms'],
  ['ssh: { host_keys: no }', 'ssh.host_keys: "no" is not one of accept-new, strict, console'],
  ['ssh: { transfer: scp }', 'ssh.transfer: "scp" is not one of auto, sftp, stream'],
  ['ssh: { keepalive_interval: 0s }', 'ssh.keepalive_interval: "0s" is too short; the least is 1ms'],
];

test.each(WRONG_VALUES)('the file %j is refused with its reason', async (file, complaint) => {
  const error = await errorOf({ files: { 'work/config.yaml': file } });
  expect(error).toEqual({ code: 'config-invalid', exitCode: 78, message: `config.yaml:1: ${complaint}` });
});
