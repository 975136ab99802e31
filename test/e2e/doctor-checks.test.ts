import { chmodSync, closeSync, copyFileSync, existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ec2Endpoint } from '../helpers/ec2/endpoint.ts';
import { ACCESS_KEYS } from '../helpers/ec2/faults.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshd } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { Ec2Project, SILENT } from './ec2-project.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { DEAD_SPEC, Project, projectOf, specOf } from './project.ts';

leakCheck();

interface Seen {
  readonly name: string;
  readonly verdict: string;
  readonly found: string;
  readonly advice: string | null;
}

interface Document {
  readonly checks: readonly Seen[];
  readonly instances: readonly {
    readonly name: string;
    readonly problem: string | null;
    readonly checks: readonly Seen[];
  }[];
}

/** `✗ config  found  → advice` of what is not well, without the place of the project. */
function complaints(stdout: string, project: Project): string[] {
  const lines = stdout.split('\n').filter((line) => /^[!✗]/.test(line));
  return lines.map((line) => line.replaceAll(project.cwd, '.').replace(/ {2,}(?!→)/, ' '));
}

/** A folder with a key that can log in, as far as this machine knows. */
function aProject(config = ''): Project {
  const project = new Project();
  makeKeyPair(join(project.cwd, 'key'));
  project.write('config.yaml', `aws:\n  private_ssh_key_path: key\n${config}`);
  return project;
}

describe('here, spot doctor', () => {
  test('is content with a folder in which nothing was begun, and makes nothing there', async () => {
    const project = aProject();
    const { exitCode, stdout, stderr } = await project.run(['doctor']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(complaints(stdout, project)).toEqual([
      '! state there is none yet in ./.spot/state.db  → it is made with the first instance: spot add, spot sync, spot create',
    ]);
    expect(stdout).toMatch(/^✓ private key {2}1 key to log in with: .*\/key$/m);
    expect(existsSync(join(project.cwd, '.spot'))).toBe(false);
    const named = await project.run(['doctor', 'web-1']);
    expect([named.exitCode, named.stderr]).toEqual([
      69,
      'spot: there is no state that could know these instances; see: spot doctor\n',
    ]);
  });

  test('says all that is wrong with the configuration, and checks the rest with what is right', async () => {
    const project = aProject('limts: {}\nlimits: { concurrency: many, retries: 1 }\n');
    project.add('web-1', DEAD_SPEC);
    chmodSync(join(project.cwd, 'key'), 0o644);
    const { exitCode, stdout } = await project.run(['doctor']);
    expect(exitCode).toBe(78);
    expect(complaints(stdout, project)).toEqual([
      '✗ config config.yaml:3: limts is not a known key  → did you mean limits?',
      '✗ config config.yaml:4: limits.concurrency: "many" is not a whole number from 1 to 10000',
      '✗ private key the SSH key ./key has mode 0644, which lets others read it  → run: chmod 600 ./key',
      '✗ reach web-1: not connected to  → mend first what is wrong here',
    ]);
  });

  test.each([
    [
      'of another key',
      (project: Project) => void makeKeyPair(join(project.cwd, 'other')),
      '  public_ssh_key_path: other.pub\n',
      '✗ private key the public key ./other.pub does not belong to the private key ./key  → correct one of the two',
    ],
    [
      'an ssh_config that cannot be followed',
      (project: Project) => void project.write('ssh_config', 'Host *\n  ProxyCommand nc %h %p\n'),
      'ssh: { config_file: ssh_config }\n',
      /^✗ ssh config .*ProxyCommand \(.*\) is not supported {2}→ ProxyJump is: use it instead$/,
    ],
  ])('names %s', async (_, prepare, config, complaint) => {
    const project = aProject(config);
    prepare(project);
    const { exitCode, stdout } = await project.run(['doctor', '--local']);
    expect(exitCode).toBe(78);
    const [first] = complaints(stdout, project);
    if (typeof complaint === 'string') expect(first).toBe(complaint);
    else expect(first).toMatch(complaint);
  });

  test.each<[string, (file: string) => void, RegExp]>([
    [
      'empty',
      (file) => writeFileSync(file, ''),
      /^✗ state the state file \S+ is broken \(it is empty\) {2}→ restore a copy/,
    ],
    [
      'no database',
      (file) => writeFileSync(file, 'x'.repeat(4096)),
      /^✗ state .* is broken \(file is not a database\)/,
    ],
    [
      'a folder of files that others read',
      (file) => chmodSync(file, 0o644),
      /^! state .*state.db has mode 0644, which lets others in {2}→ chmod 600 /,
    ],
  ])('looks into the state: %s', async (_, harm, complaint) => {
    const project = aProject();
    project.add('web-1', DEAD_SPEC);
    harm(join(project.cwd, '.spot/state.db'));
    const { exitCode, stdout } = await project.run(['doctor', '--local']);
    const [first = ''] = complaints(stdout, project);
    expect(first).toMatch(complaint);
    expect(exitCode).toBe(first.startsWith('✗') ? 78 : 0);
  });

  test('finds damage inside of the state, and one of a newer version', async () => {
    const [damaged, newer] = [aProject(), aProject()];
    for (const project of [damaged, newer]) project.add('web-1', DEAD_SPEC);
    const file = openSync(join(damaged.cwd, '.spot/state.db'), 'r+');
    writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, 4 * 4096);
    closeSync(file);
    newer.change('PRAGMA user_version = 999');
    const [a, b] = await Promise.all([damaged, newer].map((project) => project.run(['doctor'])));
    expect([a?.exitCode, b?.exitCode]).toEqual([78, 78]);
    expect(a?.stdout).toMatch(/^✗ state .*(is damaged|is broken) \(/m);
    expect(b?.stdout).toMatch(/^✗ state .* has version 999, and this spot knows versions up to \d+ {2}→ update spot/m);
    expect(b?.stdout).not.toMatch(/^. reach/m);
  });

  test('asks each region of EC2 with one question, and says what is the same everywhere once', async () => {
    const ec2 = await ec2Endpoint();
    const project = new Ec2Project(ec2);
    makeKeyPair(join(project.cwd, 'key'));
    project.configure('regions: [us-east-1, eu-west-1]', 'private_ssh_key_path: key');
    const good = await project.run(['doctor', '--local']);
    expect(good.exitCode).toBe(0);
    expect(good.stdout).toMatch(/^✓ aws +answers: us-east-1 .+, eu-west-1 .+$/m);
    expect(ec2.requests.map(({ action }) => action)).toEqual(['DescribeInstances', 'DescribeInstances']);
    const denied = await project.run(['doctor', '--local'], { env: { AWS_ACCESS_KEY_ID: ACCESS_KEYS.denied } });
    expect(denied.exitCode).toBe(2);
    expect(complaints(denied.stdout, project).slice(1)).toEqual([
      expect.stringMatching(
        /^✗ aws .* may not do ec2:DescribeInstances .*; so it is in eu-west-1 {2}→ have ec2:DescribeInstances allowed/,
      ),
    ]);
    const away = await project.run(['doctor', '--local'], { env: SILENT });
    expect(away.exitCode).toBe(2);
    expect(away.stdout).toMatch(/^✗ aws /m);
  });

  test('knows the agent', async () => {
    const project = aProject();
    const { exitCode, stdout } = await project.run(['doctor'], { env: { SSH_AUTH_SOCK: join(tempDir(), 'agent') } });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^! agent +ssh-agent at \S+ is not used: .* → start one with: eval "\$\(ssh-agent\)"/m);
  });

  test('takes no instance with --local', async () => {
    const { exitCode, stderr } = await aProject().run(['doctor', '--local', 'web-1']);
    expect([exitCode, stderr]).toEqual([
      64,
      'spot: --local looks at no instance; leave it out, or the instances and --fix\n',
    ]);
  });
});

describe.skipIf(requireProgram('sshd') === null)('on instances, spot doctor', () => {
  let hosts: readonly SshdHost[];
  beforeAll(async () => {
    const first = await startSshd();
    const { identityFile } = first;
    hosts = [
      first,
      ...(await Promise.all([
        startSshd({
          address: '127.0.0.2',
          identityFile,
          forceCommand: 'echo welcome; exec sh -c "$SSH_ORIGINAL_COMMAND"',
        }),
        startSshd({ address: '127.0.0.3', identityFile, sftp: false }),
      ])),
    ];
  });
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  test('says everything of one alone', async () => {
    const [host] = hosts as [SshdHost];
    const project = projectOf([host]);
    const { exitCode, stdout } = await project.run(['doctor', 'web-1']);
    // /tmp is that of this machine, and others may have left something
    expect(exitCode).toBe(stdout.includes('nothing left behind') ? 0 : 2);
    const names = ['reach', 'sftp', 'shell', 'programs', '/tmp', 'disk', 'clock', 'login shell', 'sudo'];
    const lines = stdout.split('\n').map((line) => line.slice(2, 14).trim());
    expect(lines.slice(lines.indexOf('reach')).slice(0, names.length)).toEqual(names);
    expect(stdout).toMatch(/^✓ reach +web-1: logged in; round trip /m);
    expect(stdout).toMatch(/^✓ programs +tar is GNU's$/m);
  });

  test('sums up those that are well, says what several have once, and each instance in the document', async () => {
    const [quiet, noisy, streaming] = hosts as [SshdHost, SshdHost, SshdHost];
    const project = projectOf([quiet]);
    project.write('config.yaml', `${project.read('config.yaml')}ssh: { transfer: sftp }\n`);
    project.add('noisy-1', specOf(noisy));
    project.add('noisy-2', specOf(noisy));
    project.add('stream', specOf(streaming));
    project.add('gone', DEAD_SPEC);
    copyFileSync(join(project.cwd, 'config.yaml'), join(project.cwd, 'copy.yaml'));
    const [text, json] = await Promise.all([
      project.run(['doctor']),
      project.run(['doctor', '--json', '-c', 'copy.yaml']),
    ]);
    expect([text.exitCode, json.exitCode]).toEqual([6, 6]);
    expect(text.stdout).toMatch(/^✓ instances +1 instance: all well \(round trip .+ in the middle, .+ at most\)$/m);
    const noise =
      /^! login shell +2 instances: says "welcome" before each command, which breaks SFTP and rsync: noisy-1, noisy-2 {2}→ /m;
    expect(text.stdout).toMatch(noise);
    expect(text.stdout).toMatch(/^✗ sftp .*none, and ssh.transfer is sftp.*stream.* {2}→ set ssh.transfer to auto/m);
    expect(text.stdout).toMatch(/^✗ reach +gone: .*refused the connection {2}→ /m);
    expect(text.stdout).toMatch(/\n\n5 instances; .+; 1 could not be looked at\.\n$/);
    const { checks, instances } = JSON.parse(json.stdout) as Document;
    expect(checks.every(({ verdict }) => verdict === 'well')).toBe(true);
    const verdicts = instances.map((each) => [
      each.name,
      each.checks.filter(({ verdict }) => verdict !== 'well').map(({ name }) => name),
    ]);
    expect(Object.fromEntries(verdicts)).toMatchObject({ 'web-1': [], stream: ['sftp'], gone: ['reach'] });
    expect(instances.find(({ name }) => name === 'gone')?.problem).toContain('refused the connection');
  });
});
