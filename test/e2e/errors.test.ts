import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { DEAD_SPEC, Project } from './project.ts';

leakCheck();
afterEach(() => void removeDeployFolders());

type Row = readonly [name: string, args: string, exitCode: number, stderr: string, prepare?: (project: Project) => void];

/** A project with a script, a key and one instance that nobody has ever reached. */
function aProject(): Project {
  const project = new Project();
  project.write('ok.sh', 'true\n');
  makeKeyPair(join(project.cwd, 'id'));
  project.write('config.yaml', 'aws:\n  private_ssh_key_path: id\n');
  project.add('web-1', DEAD_SPEC);
  return project;
}

/** Runs the words of one line; `''` is an empty one. Nothing may reach stdout, TMPDIR, or show a stack. */
async function refuse([, args, exitCode, stderr, prepare]: Row): Promise<void> {
  const project = aProject();
  prepare?.(project);
  const words = args.split(' ').map((word) => (word === "''" ? '' : word));
  const result = await project.run(args === '' ? [] : words);
  const shown = result.stderr.replaceAll(project.cwd, '{cwd}').replaceAll(project.home, '{home}');
  expect({ ...result, stderr: shown }).toMatchObject({ stdout: '', stderr: `${stderr}\n`, exitCode, leftInTmp: [] });
  expect(shown).not.toMatch(/^ +at /m);
}

/** A state file of which `damage` is done to what is there. */
function damaged(damage: (file: string, driver: Driver.Database) => void): (project: Project) => void {
  return ({ cwd }) => {
    const file = join(cwd, '.spot/state.db');
    const driver = new Driver(file);
    try {
      damage(file, driver);
    } finally {
      driver.close();
    }
  };
}

const sql = (text: string) => damaged((_, driver) => void driver.exec(text));
const config = (text: string) => (project: Project) => void project.write('config.yaml', text);
const UP = 'upload-script';
const SELECTED = '1 instance: 1 running';

const USAGE: readonly Row[] = [
  ['no command', '', 64, 'spot: no command given; see: spot --help'],
  ['an unknown command', 'uplod-script ok.sh', 64, "spot: unknown command 'uplod-script', did you mean upload-script? see: spot --help"],
  ['help of an unknown command', 'help nope', 64, "spot: unknown command 'nope'; see: spot --help"],
  ['an unknown flag', `${UP} ok.sh --tiemout 3s`, 64, "spot: unknown option '--tiemout', did you mean --timeout? see: spot upload-script --help"],
  ['a flag without its value', `${UP} ok.sh --timeout`, 64, "spot: option '--timeout <time>' argument missing; see: spot upload-script --help"],
  ['a wrong choice', `${UP} ok.sh --color blue`, 64, "spot: option '--color <when>' argument 'blue' is invalid; allowed choices are auto, always, never; see: spot upload-script --help"],
  ['no script', UP, 64, "spot: missing required argument 'script'; see: spot upload-script --help"],
  ['an argument without --', `${UP} ok.sh web-1`, 64, "spot: 'web-1' is neither a flag nor an argument behind --; choose instances with --limit web-1, pass arguments with: -- web-1"],
  ['--json with --json-lines', `${UP} ok.sh --json --json-lines`, 64, 'spot: --json and --json-lines exclude each other; leave one of them out'],
  ['--quiet with --verbose', `${UP} ok.sh -q -v`, 64, 'spot: --quiet and --verbose exclude each other; leave one of them out'],
  ['--dry-run with --json-lines', `${UP} ok.sh -n --json-lines`, 64, 'spot: --dry-run and --json-lines exclude each other; leave one of them out'],
  ['--copy-only with --env', `${UP} ok.sh --copy-only -e A=b`, 64, 'spot: --copy-only and --env exclude each other; leave one of them out'],
  ['--copy-only with --cleanup', `${UP} ok.sh --copy-only --cleanup`, 64, 'spot: --copy-only and --cleanup exclude each other; leave one of them out'],
  ['--copy-only with arguments', `${UP} ok.sh --copy-only -- a`, 64, 'spot: --copy-only and arguments of the script exclude each other; leave one of them out'],
  ['a relative --remote-path', `${UP} ok.sh --remote-path a/b.sh`, 64, "spot: --remote-path 'a/b.sh' is neither absolute nor below ~/; give a whole path like /opt/deploy.sh or ~/deploy.sh"],
  ['a --remote-path with ..', `${UP} ok.sh --remote-path /a/../b`, 64, "spot: --remote-path '/a/../b' holds ..; give a whole path like /opt/deploy.sh or ~/deploy.sh"],
  ['a --remote-path that is a folder', `${UP} ok.sh --remote-path /opt/`, 64, "spot: --remote-path '/opt/' names a folder; give a whole path like /opt/deploy.sh or ~/deploy.sh"],
  ['an empty --limit', `${UP} ok.sh --limit ''`, 64, "spot: --limit '' selects nothing; name ids, names, addresses, globs, key=value or @file, or leave the flag out"],
  ['a missing file of --limit', `${UP} ok.sh --limit @hosts`, 64, 'spot: cannot read the file of @hosts (no such file or directory); check the path'],
  ['a bad glob', `${UP} ok.sh -l [z-a]`, 64, "spot: '[z-a]' is no glob that can be read; check what stands in its brackets"],
  ['a bad name of --env', `${UP} ok.sh -e 1A=b`, 64, "spot: --env: '1A' cannot name a variable; letters, digits and _ can, and no digit in front"],
  ['a reserved name of --env', `${UP} ok.sh -e SPOT_RUN_ID=1`, 64, 'spot: --env: SPOT_RUN_ID is set by spot itself; choose another name'],
  ['--env KEY that is not set here', `${UP} ok.sh -e TOKEN`, 64, 'spot: --env TOKEN: there is no such variable here; write --env TOKEN=VALUE'],
  ['several bad limits at once', `${UP} ok.sh --timeout soon --upload-timeout 0 --concurrency many`, 64, 'spot: --upload-timeout: "0" is too short; the least is 1ms\nspot: --timeout: "soon" is not a duration; write it like 10s, 5m or 1h30m\nspot: --concurrency: "many" is not a whole number from 1 to 10000'],
  ['an empty --config', `list --config ''`, 64, 'spot: --config: the name of the file is empty'],
  ['an unknown state', 'set web-1 --state gone', 64, "spot: 'gone' is no state of an instance; it is one of pending, running, shutting-down, stopping, stopped, terminated"],
];

const INPUT: readonly Row[] = [
  ['a missing script', `${UP} nope.sh`, 66, 'spot: there is no script at nope.sh; check the path'],
  ['an empty path', `${UP} ''`, 66, 'spot: the path of the script is empty; name the file to run'],
  ['a folder as script', `${UP} .spot`, 66, 'spot: the script .spot is a folder; name the file to run, and send a folder along with --files'],
  ['an empty script', `${UP} empty.sh`, 66, 'spot: the script empty.sh is empty; write the commands to run into it', (project) => void project.write('empty.sh', ' \n')],
  ['a script over 2 MiB', `${UP} big.sh`, 66, 'spot: the script big.sh has 2097153 bytes, more than the 2097152 allowed; move its data into the files folder, or raise limits.script_max_size', (project) => void project.write('big.sh', 'a'.repeat(2 * 1024 * 1024 + 1))],
  ['a script that is no text', `${UP} tool`, 66, 'spot: the script tool is not text (byte 5 is NUL); put programs into the files folder and start them from a script', (project) => void project.write('tool', '\x7fELF\0')],
  ['a missing --files', `${UP} ok.sh --files nope`, 66, 'spot: there is no files folder at {cwd}/nope; make it, or send none with --no-files'],
  ['files that cannot be sent', `${UP} ok.sh`, 66, 'spot: 2 entries of {cwd}/files cannot be sent: fifo (a named pipe), out (a link to ../id, which leads outside the folder); remove what you do not need, or name it in {cwd}/files/.spotignore', ({ cwd }) => {
    mkdirSync(join(cwd, 'files'));
    symlinkSync('../id', join(cwd, 'files/out'));
    execFileSync('mkfifo', [join(cwd, 'files/fifo')]);
  }],
  ['an --env-file that cannot be read', `${UP} ok.sh --env-file .`, 66, 'spot: --env-file . cannot be read (illegal operation on a directory); check the path'],
  ['an --env-file with a stray line', `${UP} ok.sh --env-file vars`, 66, 'spot: vars:2: no KEY=VALUE; put a # in front of comments', (project) => void project.write('vars', 'A=b\nnonsense\n')],
  ['an --output-dir that is a file', `${UP} ok.sh --output-dir ok.sh`, 66, `${SELECTED}\nspot: --output-dir ok.sh cannot be made (file already exists); choose another folder`],
];

const FLEET: readonly Row[] = [
  ['no instance at all', `${UP} ok.sh`, 69, 'spot: there is no instance in {cwd}/.spot/state.db; add one with: spot add user@host', sql('DELETE FROM instances')],
  ['none running', `${UP} ok.sh`, 69, 'spot: no instance is running (1 stopped); start one, or correct its state with: spot set <instance> --state running', sql("UPDATE instances SET state = 'stopped'")],
  ['none with an address', `${UP} ok.sh`, 69, 'spot: no running instance has an address (1 without an address); give it one with: spot set <instance> --address <host>', sql('UPDATE instances SET public_ip = NULL')],
  ['a --limit that matches nothing', `${UP} ok.sh -l web-1,web-7`, 69, 'spot: --limit web-7 matches no instance; see what there is with: spot list'],
  ['an --exclude that leaves nothing', `${UP} ok.sh -x *`, 69, 'spot: --exclude leaves no instance (1 excluded); exclude less, or see what there is with: spot list'],
  ['an unknown instance', 'remove web-7', 69, 'spot: web-7 matches no instance; see what there is with: spot list'],
];

const key = (name: string, prepare: (project: Project) => void) => (project: Project) => {
  prepare(project);
  project.write('config.yaml', `aws:\n  private_ssh_key_path: ${name}\n`);
};

const CONFIG: readonly Row[] = [
  ['a missing key', `${UP} ok.sh`, 78, `${SELECTED}\nspot: the SSH key {cwd}/gone does not exist; correct aws.private_ssh_key_path, or leave it out to use ssh-agent and the keys in ~/.ssh`, key('gone', () => undefined)],
  ['no key at all', `${UP} ok.sh`, 78, `${SELECTED}\nspot: there is no SSH key to log in with (looked for {home}/.ssh/id_ed25519, {home}/.ssh/id_ecdsa, {home}/.ssh/id_rsa); set aws.private_ssh_key_path, or add a key to ssh-agent`, config('')],
  ['a key that is a folder', `${UP} ok.sh`, 78, `${SELECTED}\nspot: the SSH key {cwd}/keys is a folder; name the file`, key('keys', ({ cwd }) => mkdirSync(join(cwd, 'keys')))],
  ['a key that others can read', `${UP} ok.sh`, 78, `${SELECTED}\nspot: the SSH key {cwd}/loose has mode 0644, which lets others read it; run: chmod 600 {cwd}/loose`, key('loose', (project) => project.write('loose', project.read('id'), 0o644))],
  ['an encrypted key, and nobody to ask', `${UP} ok.sh`, 78, `${SELECTED}\nspot: the SSH key {cwd}/locked is encrypted, and there is nobody to ask for its passphrase; add it to ssh-agent with: ssh-add {cwd}/locked`, key('locked', ({ cwd }) => makeKeyPair(join(cwd, 'locked'), 'secret'))],
  ['the public half of a key', `${UP} ok.sh`, 78, 'spot: config.yaml:2: aws.private_ssh_key_path: {cwd}/id.pub is a public key; name the private one, mostly the same path without .pub', key('id.pub', () => undefined)],
  ['wrong YAML', 'list', 78, 'spot: config.yaml:2: this is not valid YAML: Nested mappings are not allowed in compact mappings; correct that line', config('aws:\n  username: a: b\n')],
  ['unknown keys', 'list', 78, 'spot: config.yaml:1: state_dri is not a known key; did you mean state_dir?\nspot: config.yaml:3: limits.concurency is not a known key; did you mean concurrency?', config('state_dri: x\nlimits:\n  concurency: 3\n')],
  ['a missing --config', 'list -c nope.yaml', 78, 'spot: nope.yaml: there is no such file; check the path behind --config'],
  ['a state file that is no database', 'list', 78, 'spot: the state file {cwd}/.spot/state.db is broken (file is not a database); restore a copy of it, or move it away and add the instances again', ({ cwd }) => writeFileSync(join(cwd, '.spot/state.db'), 'nonsense'.repeat(99))],
  ['an empty state file', `${UP} ok.sh`, 78, 'spot: the state file {cwd}/.spot/state.db is broken (it is empty); restore a copy of it, or move it away and add the instances again', ({ cwd }) => writeFileSync(join(cwd, '.spot/state.db'), '')],
  ['a state file without its tables', 'list', 78, 'spot: the state file {cwd}/.spot/state.db is broken (no such table: instances); restore a copy of it, or move it away and add the instances again', sql('DROP TABLE instances')],
  ['a newer state file', `${UP} ok.sh`, 78, 'spot: the state file {cwd}/.spot/state.db has schema version 99, and this spot knows versions up to 1; update spot, or set state_dir to another folder', sql('PRAGMA user_version = 99')],
  ['a row that makes no sense', 'list', 78, "spot: instance web-1 in {cwd}/.spot/state.db has state 'Running', which is not one of pending, running, shutting-down, stopping, stopped, terminated; correct or delete that row", sql("UPDATE instances SET state = 'Running'")],
];

describe.each([
  ['wrong words', USAGE],
  ['a script or files that will not do', INPUT],
  ['nothing to run on', FLEET],
  ['wrong configuration, keys or state', CONFIG],
])('%s', (_, rows) => {
  test.each(rows)('%s', (...row) => refuse(row));
});

describe('besides the table', () => {
  test('CRLF line ends are warned of, and the script runs', async () => {
    const project = aProject();
    project.write('crlf.sh', '#!/bin/sh\r\ntrue\r\n');
    const { stderr, exitCode } = await project.run([UP, 'crlf.sh', '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      'spot: warning: crlf.sh has lines that end in CRLF: the interpreter line ends in a carriage return, which is left ' +
        'out to run it by /bin/sh, and a shell takes each carriage return for a part of the command; ' +
        "convert it with: sed -i 's/\\r$//' crlf.sh\n",
    );
  });

  test('a missing --env-file is an error that names it, even where Node itself is the first to look for it', async () => {
    const { stderr, exitCode } = await aProject().run([UP, 'ok.sh', '--env-file', 'gone.env']);
    expect(stderr).toMatch(/^(node|spot): .*gone\.env.*\n$/);
    expect(exitCode).toBeGreaterThan(0);
  });

  test('a mistake of ours says so, with a stack only on demand', async () => {
    const project = aProject();
    project.write('config.yaml', '');
    const env = { HOME: project.home, SPOT_DEBUG: '1' };
    const { stderr } = await project.run(['list'], { env: { ...env, SPOT_STATE_DIR: 'ok.sh' } });
    expect(stderr).toBe(
      `spot: the state folder ${project.cwd}/ok.sh cannot be used (it is a file); check its permissions and the free space, or set state_dir to another folder\n`,
    );
  });
});
