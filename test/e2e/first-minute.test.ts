import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withoutEscapes } from '../../src/report/text.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { Project } from './project.ts';
import { CTRL_C, DOWN, ENTER, openTerminal, type Terminal } from './terminal.ts';

leakCheck();

/** A user with a key and a profile of AWS, and nothing of spot. */
function newcomer(): Project {
  const project = new Project();
  mkdirSync(join(project.home, '.ssh'));
  mkdirSync(join(project.home, '.aws'));
  makeKeyPair(join(project.home, '.ssh/id_ed25519'));
  writeFileSync(join(project.home, '.aws/config'), '[profile staging]\nregion = eu-west-1\n');
  return project;
}

function shownBy(terminal: Terminal): string {
  return withoutEscapes(terminal.shown()).replaceAll('\r', '');
}

describe('spot init --yes, without a terminal,', () => {
  test('writes what it finds, for everybody to read, and says what comes next', async () => {
    const project = newcomer();
    const { exitCode, stdout, stderr } = await project.run(['init', '--yes']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toMatch(
      /^wrote config.yaml: key ~\/\.ssh\/id_ed25519, EC2 in eu-west-1 \(profile staging\)\n\nWhat next\n {2}spot sync /,
    );
    expect(project.read('config.yaml')).toContain('\n  regions: [eu-west-1]\n');
    expect(statSync(join(project.cwd, 'config.yaml')).mode & 0o777).toBe(0o644);
    expect(readdirSync(project.cwd)).toEqual(['config.yaml']);
    // the file is one that the other commands take
    expect((await project.run(['list'])).exitCode).toBe(0);
  });

  test('replaces a file with --force alone, and keeps who may read it', async () => {
    const project = newcomer();
    const path = project.write('config.yaml', 'state_dir: mine\n');
    chmodSync(path, 0o600);
    expect((await project.run(['init', '--yes'])).exitCode).toBe(64);
    expect(project.read('config.yaml')).toBe('state_dir: mine\n');
    const flags = ['--no-aws', '--user', 'ann', '--force'];
    expect((await project.run(['init', '--yes', ...flags])).exitCode).toBe(0);
    expect(project.read('config.yaml')).toMatch(/\n {2}username: ann\n[^]*\n {2}# regions: /);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('makes the folder of another file', async () => {
    const project = newcomer();
    expect((await project.run(['init', '--yes', '-c', '~/.config/spot/config.yaml'])).exitCode).toBe(0);
    expect(existsSync(join(project.home, '.config/spot/config.yaml'))).toBe(true);
  });
});

test('spot alone is an error without a terminal, and makes nothing', async () => {
  const project = new Project();
  const result = await project.run([]);
  expect(result).toMatchObject({ exitCode: 64, stdout: '', stderr: 'spot: no command given; see: spot --help\n' });
  expect(readdirSync(project.cwd)).toEqual([]);
});

describe.skipIf(requireProgram('script') === null)('in a terminal', () => {
  test('spot init asks, and takes what was suggested and what was typed', async () => {
    const project = newcomer();
    writeFileSync(join(project.home, '.ssh/config'), 'Host web-1\n  HostName 10.0.0.4\n');
    const terminal = openTerminal(project, ['init']);
    await terminal.saw('Which key is used to log in?');
    terminal.type(ENTER);
    await terminal.saw('Which user logs in?');
    terminal.type(DOWN);
    await terminal.saw('❯ ubuntu');
    terminal.type(ENTER);
    await terminal.saw('yes, with the profile staging (eu-west-1)');
    terminal.type(ENTER);
    await terminal.saw('In which regions?');
    terminal.type(`nowhere${ENTER}`);
    await terminal.saw('"nowhere" is not an AWS region');
    terminal.type(`${'\u007F'.repeat('nowhere'.length)}us-east-2, eu-west-1${ENTER}`);
    await terminal.saw('~/.ssh/config names hosts.');
    terminal.type(' ');
    await terminal.saw('◉ web-1');
    terminal.type(ENTER);
    expect(await terminal.exitCode).toBe(0);
    expect(shownBy(terminal)).toMatch(/added web-1 \(web-1\)\n\nWhat next\n/);
    const config = project.read('config.yaml');
    expect(config).toContain('\n  private_ssh_key_path: ~/.ssh/id_ed25519\n');
    expect(config).toContain('\n  username: ubuntu\n');
    expect(config).toContain('\n  regions: [us-east-2, eu-west-1]\n');
    expect(config).toContain('\n  profile: staging\n');
  });

  test('Ctrl-C leaves spot init, and no file', async () => {
    const project = newcomer();
    const terminal = openTerminal(project, ['init']);
    await terminal.saw('Which key is used to log in?');
    terminal.type(CTRL_C);
    expect(await terminal.exitCode).toBe(130);
    expect(readdirSync(project.cwd)).toEqual([]);
  });

  test('a config file that is there is kept, unless the answer is yes', async () => {
    const project = newcomer();
    project.write('config.yaml', 'state_dir: mine\n');
    const terminal = openTerminal(project, ['init']);
    await terminal.saw('config.yaml is there already. Write it anew? [y/N]');
    terminal.type(`perhaps${ENTER}`);
    await terminal.saw('answer y or n');
    terminal.type(`${'\u007F'.repeat('perhaps'.length)}${ENTER}`);
    expect(await terminal.exitCode).toBe(130);
    expect(project.read('config.yaml')).toBe('state_dir: mine\n');
  });

  test('spot alone says where one stands, and makes nothing', async () => {
    const project = newcomer();
    const terminal = openTerminal(project, []);
    expect(await terminal.exitCode).toBe(0);
    expect(shownBy(terminal)).toMatch(/Config {6}none: the defaults serve\n[^]*\n {2}spot init /);
    expect(readdirSync(project.cwd)).toEqual([]);
  });

  test('spot alone counts the fleet and names what can be run', async () => {
    const project = newcomer();
    project.write('config.yaml', 'confirm_above: 3\n');
    project.write('deploy.sh', 'true\n');
    project.add('web-1', '10.0.0.1');
    project.add('web-2', '10.0.0.2');
    await project.run(['set', 'web-2', '--state', 'stopped']);
    await project.run(['payload', 'add', 'tool', 'deploy.sh']);
    const terminal = openTerminal(project, []);
    expect(await terminal.exitCode).toBe(0);
    const shown = shownBy(terminal);
    expect(shown).toContain('Config      config.yaml\nState       .spot/state.db\n');
    expect(shown).toContain('Fleet       2 instances: 1 running, 1 stopped\nPayloads    tool@1\n');
    expect(shown).toContain('spot upload-script ./deploy.sh  run it on the instance that runs\n');
  });

  test('in CI spot alone stays an error', async () => {
    const terminal = openTerminal(new Project(), [], { CI: 'true' });
    expect(await terminal.exitCode).toBe(64);
  });
});
