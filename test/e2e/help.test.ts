import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { Project } from './project.ts';

leakCheck();

const HISTORY = ['runs', 'show', 'logs', 'rerun', 'diff', 'fetch'];
const INSTANCES = ['add', 'list', 'remove', 'set', 'host-key'];
const CLOUD = ['sync', 'destroy'];
const SERVICE = ['serve', 'ui', 'worker'];
const OTHERS = ['config', 'export', 'completion'];
const COMMANDS = [
  'init',
  'upload-script',
  'create',
  'watch',
  'attach',
  'stop',
  ...INSTANCES,
  ...CLOUD,
  'demo',
  ...HISTORY,
  ...SERVICE,
  ...OTHERS,
];
const PAYLOAD_COMMANDS = ['add', 'list', 'show', 'verify', 'activate', 'prune', 'remove'];

describe('help', () => {
  test('of spot names every command and says what the exit codes mean', async () => {
    const project = new Project();
    const [long, short, word] = await Promise.all([['--help'], ['-h'], ['help']].map((args) => project.run(args)));
    expect(long).toMatchObject({ exitCode: 0, stderr: '' });
    expect([short?.stdout, word?.stdout]).toEqual([long?.stdout, long?.stdout]);
    const named = [...(long?.stdout ?? '').matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, name]) => name);
    expect(named).toEqual(expect.arrayContaining(COMMANDS));
    expect(long?.stdout).toMatch(/Exit codes: 0 all succeeded;/);
  });

  test.each(COMMANDS)('of %s names its flags and makes no state file', async (command) => {
    const project = new Project();
    const { stdout, stderr, exitCode } = await project.quick([command, '--help']);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(new RegExp(`^Usage: spot ${command} `));
    expect(stdout).toMatch(/--state-dir <dir>/);
    expect((await project.quick(['list', '--json'])).exitCode).toBe(0);
  });

  test('of spot payload names its commands, and each of them its flags', async () => {
    const project = new Project();
    const { stdout } = await project.quick(['payload', '--help']);
    const named = [...stdout.matchAll(/^ {2}(?!spot )([a-z]+) /gm)].map(([, name]) => name);
    expect(named).toEqual([...PAYLOAD_COMMANDS, 'help']);
    const helps = await Promise.all(PAYLOAD_COMMANDS.map((command) => project.quick(['payload', command, '--help'])));
    expect(helps.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(PAYLOAD_COMMANDS.map(() => [0, '']));
    for (const help of helps) expect(help.stdout).toMatch(/^Usage: spot payload [a-z]+ [^]*--state-dir <dir>/);
  });

  test('of spot token names its commands, and each of them its flags', async () => {
    const project = new Project();
    const { stdout } = await project.quick(['token', '--help']);
    const named = [...stdout.matchAll(/^ {2}(?!spot )([a-z]+) /gm)].map(([, name]) => name);
    expect(named).toEqual(['create', 'list', 'revoke', 'help']);
    const helps = await Promise.all(named.slice(0, 3).map((name = '') => project.quick(['token', name, '--help'])));
    for (const help of helps) expect(help.stdout).toMatch(/^Usage: spot token [a-z]+ [^]*--state-dir <dir>/);
  });
});

describe('spot demo', () => {
  test('runs the example on three instances, with no key, no sshd and no configuration of the user, and leaves nothing', async () => {
    const project = new Project();
    project.write('config.yaml', 'this: is not looked at\n');
    mkdirSync(join(project.home, '.ssh'));
    const { exitCode, stderr, leftInTmp } = await project.run(['demo'], { env: { SPOT_STATE_DIR: 'x' } });
    expect({ exitCode, stderr, leftInTmp }).toMatchObject({ exitCode: 0, leftInTmp: [] });
    expect(stderr).toMatch(/^\$ spot upload-script examples\/web\/deploy\.sh --files examples\/web\/files$/m);
    expect(stderr).toMatch(/\n3 of 3 instances succeeded in .+\.\n/);
    expect(removeDeployFolders()).toEqual([]);
  });

  test('leaves what it did with --keep, and says where', async () => {
    const { exitCode, stderr, leftInTmp } = await new Project().run(['demo', '--keep']);
    expect(exitCode).toBe(0);
    expect(leftInTmp).toHaveLength(1);
    expect(stderr.trimEnd()).toMatch(new RegExp(`\\nKept: .*/${leftInTmp[0]}$`));
  });
});
