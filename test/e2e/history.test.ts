import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { Checked } from './checked.ts';

const BIN = fileURLToPath(new URL('../../bin/spot.js', import.meta.url));
const WHO = `${userInfo().username}@${hostname()}`;

leakCheck();

let project: Checked;
beforeEach(async () => {
  project = await Checked.begin();
});

describe('spot runs', () => {
  test('lists runs newest first with who, what and what came of it', async () => {
    expect(await project.quick(['runs'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: `no run in ${project.cwd}/.spot/state.db; begin one with: spot upload-script ./deploy.sh\n`,
    });
    await project.checked();
    await project.upload('--limit', 'web-1');
    const [second, first] = project.runIds();
    const { stdout } = await project.quick(['runs']);
    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines[0]).toEqual(['RUN', 'BEGAN', 'WHO', 'PAYLOAD', 'INSTANCES', 'TIME', 'OUTCOMES']);
    expect(lines[1]).toMatchObject([second, /s ago/, WHO, 'check.sh', '1', / m?s$/, '1 succeeded'].map(matching));
    expect(lines[2]).toMatchObject(
      [first, /s ago/, WHO, 'check.sh', '3', / m?s$/, '1 succeeded, 1 failed, 1 unreachable'].map(matching),
    );
    const newest = await project.document(['runs', '-n', '1']);
    expect(newest['runs']).toEqual([
      expect.objectContaining({
        id: second,
        state: 'finished',
        user: userInfo().username,
        host: hostname(),
        rerun_of: null,
        instances: 1,
        open: 0,
        exit_code: 0,
        counts: expect.objectContaining({ succeeded: 1, failed: 0 }) as unknown,
      }),
    ]);
  });

  function matching(expected: string | RegExp | undefined): unknown {
    return expected instanceof RegExp ? expect.stringMatching(expected) : expected;
  }

  test('says that a run goes on as long as its client lives, and that it was left when it does not', async () => {
    const go = join(tempDir(), 'go');
    project.write('waits.sh', `echo begun; until [ -e "${go}" ]; do sleep 0.05; done; echo over\n`);
    const flags = ['--limit', 'web-1', '--cleanup', '--no-files'];
    const running = project.start(['upload-script', 'waits.sh', ...flags]);
    await running.saw('web-1 | begun', 20_000);
    expect((await project.quick(['runs'])).stdout).toMatch(/ {2}1 running\n$/);
    const following = project.start(['logs', 'last', '--follow']);
    await following.saw('begun\n');
    running.kill('SIGKILL');
    await running.result;
    const id = project.runIds()[0] as string;
    expect(await following.result).toMatchObject({
      exitCode: 2,
      stdout: 'begun\n',
      stderr: `spot: run ${id} was left with 1 open instance; collect the rest with: spot attach ${id}\n`,
    });
    expect((await project.quick(['runs'])).stdout).toMatch(/ {2}1 left\n$/);
    expect((await project.quick(['show', 'last'])).stdout).toMatch(
      /^run .*, left: 1 left\n[^]*web-1 .* open since execute/,
    );
    writeFileSync(go, '');
    expect((await project.run(['attach', '--quiet'])).exitCode).toBe(0);
    expect((await project.quick(['logs', 'last', 'web-1'])).stdout).toBe('begun\nover\n');
  });
});

describe('spot show', () => {
  test('tells the plan, and every attempt with its steps, evidence, error and files', async () => {
    const id = await project.checked();
    const { stdout, exitCode } = await project.quick(['show', id.slice(0, -1)]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^run .*, finished: 1 succeeded, 1 failed, 1 unreachable in .*s\n/);
    expect(stdout).toContain(`\narguments 1.4.2 ${project.mended}\n`);
    expect(stdout).toContain(` by ${WHO}\n`);
    expect(stdout).toContain(`\noutputs   ${project.cwd}/.spot/logs/${id}\n`);
    expect(stdout).toMatch(/✗ web-2 .* failed .* exit 3\n.*connect .*, upload .*, execute .*, collect .*/);
    expect(stdout).toContain(`stderr 5 B in ${project.cwd}/.spot/logs/${id}/web-2.err\n`);
    expect(stdout).toContain('127.0.0.1:1 refused the connection');
  });

  test('gives the same names as upload-script --json, and nothing of an instance that was not asked for', async () => {
    await project.checked();
    const shown = await project.document(['show', 'last', 'web-2']);
    expect(shown).toMatchObject({
      schema: 1,
      run: { args: ['1.4.2', project.mended], environment: [], mode: 'run', cleanup: true, retries: 0, instances: 3 },
      attempts: [{ instance_id: 'web-2', outcome: 'failed', exit_code: 3, stdout_bytes: 40, stderr_bytes: 5 }],
      skipped: [],
    });
  });
});

describe('spot logs', () => {
  test('prints one output byte for byte, and several with the instance in front of each line', async () => {
    project.write('check.sh', 'printf "\\377 raw\\033[1m\\nno end"; echo err >&2\n');
    await project.upload('--limit', 'web-*');
    const log = join(project.cwd, '.spot/logs', project.runIds()[0] as string, 'web-1.out');
    expect(readFileSync(log, 'latin1')).toBe('\u00ff raw\u001b[1m\nno end');
    const { cwd, home } = project;
    const one = execFileSync(process.execPath, [BIN, 'logs', 'last', 'web-1'], { cwd, env: { HOME: home } });
    expect(one.equals(readFileSync(log))).toBe(true);
    expect((await project.quick(['logs', 'last', '--stderr'])).stdout).toBe('web-1 | err\nweb-2 | err\n');
    expect((await project.quick(['logs', 'last'])).stdout.split('\n')).toHaveLength(5);
  });

  test('follows a run to its end, on all its instances', async () => {
    const go = join(tempDir(), 'go');
    project.write('waits.sh', `echo begun; until [ -e "${go}" ]; do sleep 0.05; done; echo over >&2; echo over\n`);
    const running = project.start(['upload-script', 'waits.sh', '--limit', 'web-*', '--cleanup', '--no-files']);
    await running.saw('web-1 | begun', 20_000);
    await running.saw('web-2 | begun', 20_000);
    const following = project.start(['logs', 'last', '--follow']);
    await following.saw('web-2 | begun\n');
    writeFileSync(go, '');
    const { exitCode, stdout, stderr } = await following.result;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const lines = stdout.split('\n').sort();
    expect(lines).toEqual(['', 'web-1 | begun', 'web-1 | over', 'web-2 | begun', 'web-2 | over']);
    expect((await running.result).exitCode).toBe(0);
  });

  test('has nothing to say of an instance that said nothing, and names an output that somebody removed', async () => {
    const id = await project.checked();
    expect(await project.quick(['logs', 'last', 'gone'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    const log = join(project.cwd, '.spot/logs', id, 'web-1.out');
    rmSync(log);
    expect(await project.quick(['logs', 'last', 'web-1'])).toMatchObject({
      exitCode: 66,
      stderr: `spot: the output ${log} cannot be read (no such file or directory)\n`,
    });
  });
});

describe('what is kept', () => {
  test('are the newest runs, with their outputs; the others go at the end of a run', async () => {
    const first = await project.checked();
    const second = await project.checked();
    const { exitCode } = await project.run(['upload-script', 'check.sh', '--no-files', '--cleanup', '-l', 'web-1'], {
      env: { SPOT_RUNS_KEEP: '2' },
    });
    expect(exitCode).toBe(0);
    expect(project.runIds().slice(1)).toEqual([second]);
    expect(project.rows('SELECT DISTINCT run_id FROM attempts WHERE run_id = ?', first)).toEqual([]);
    expect(readdirSync(join(project.cwd, '.spot/logs')).sort()).toEqual(project.runIds().sort());
  });

  test('are so many bytes of outputs; the others are said to be pruned', async () => {
    const first = await project.checked();
    const second = await project.checked();
    expect(await project.run(['runs', '--prune'], { env: { SPOT_LOGS_KEEP_BYTES: '100B' } })).toMatchObject({
      exitCode: 0,
      stderr: 'pruned the outputs of 1 run (72 B); kept are 200 runs and 100 B of outputs\n',
    });
    expect([first, second].map((id) => existsSync(join(project.cwd, '.spot/logs', id)))).toEqual([false, true]);
    expect(await project.quick(['logs', first, 'web-1'])).toMatchObject({
      exitCode: 66,
      stderr: `spot: stdout of web-1 in run ${first} was pruned; to keep more raise logs.keep_bytes or runs.keep\n`,
    });
    expect((await project.quick(['show', first])).stdout).toMatch(/^outputs {3}pruned\n[^]* stdout 27 B, pruned\n/m);
    expect((await project.quick(['logs', first, 'gone'])).exitCode).toBe(0);
    expect((await project.run(['diff', first])).exitCode).toBe(66);
  });
});
