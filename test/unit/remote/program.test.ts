import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { environmentText, program, remotePaths, startCommand } from '../../../src/remote/job.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { prepare, runToEnd } from './local-run.ts';
import { pathInSearchPath, useShells } from './shells.ts';

leakCheck();
const shells = useShells();

const RUNNER = fileURLToPath(new URL('../../../src/remote/runner/', import.meta.url));

/** A job whose every text asks for trouble. */
const ODD_JOB = {
  runId: "it's",
  instanceId: 'i-1; rm -rf "$HOME"',
  payloadName: 'a\nb',
  args: ['\n# end', "'", '$(reboot)', '`reboot`', '\\'],
  remotePath: "~/'; exit 9 #",
  interpreter: ['/usr/bin/env', '-S sh -e'],
};

describe('the program', () => {
  describe.each([
    ['dash', ['-n']],
    ['bash', ['--posix', '-n']],
    ['busybox', ['sh', '-n']],
  ] as const)('is read by %s', (name, args) => {
    const shell = requireProgram(name);
    test.skipIf(shell === null)('without a complaint', async () => {
      const { job } = await prepare({ job: ODD_JOB });
      const file = join(tempDir(), 'run');
      writeFileSync(file, program(job, false));
      const { status, stdout, stderr } = spawnSync(shell as string, [...args, file], { encoding: 'utf8' });
      expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
    });
  });

  test.skipIf(requireProgram('shellcheck') === null)('is plain POSIX sh to shellcheck', () => {
    const parts = readdirSync(RUNNER).map((name) => join(RUNNER, name));
    expect(parts.length).toBeGreaterThan(4);
    execFileSync('shellcheck', ['--shell=sh', ...parts]);
  });

  test('holds no value of the environment', async () => {
    const { job } = await prepare({ environment: { TOKEN: 'correct-horse' } });
    const command = startCommand(remotePaths(job.stamp), job.stamp, 1, false);
    expect(`${command}${program(job, false).toString()}`).not.toContain('correct-horse');
    expect(environmentText(job).toString()).toBe('export TOKEN=correct-horse\n');
    expect(environmentText({ ...job, mode: 'copy' }).byteLength).toBe(0);
  });

  test('is as small as a few packets', async () => {
    const { job } = await prepare();
    expect(program(job, false).byteLength).toBeLessThan(14_000);
  });
});

describe.skipIf(shells.areMissing)('a job full of quotes', () => {
  test('is done to the letter', async () => {
    const script = 'printf "%s|" "$SPOT_RUN_ID" "$SPOT_INSTANCE_ID" "$@"\n';
    const said = await shells.onEach(async (surroundings) => {
      return (await runToEnd({ script, job: { ...ODD_JOB, interpreter: ['sh'] } }, surroundings)).stdout.toString();
    });
    expect(said).toEqual(shells.each([ODD_JOB.runId, ODD_JOB.instanceId, ...ODD_JOB.args, ''].join('|')));
  });
});

describe.skipIf(shells.areMissing)('the command line', () => {
  // most of these are nowhere installed by the tests: what is missing is skipped, in CI too, and the tally counts it
  describe.each(['bash', 'dash', 'zsh', 'tcsh', 'csh', 'fish', 'ksh', 'mksh'])('goes through %s', (name) => {
    const loginShell = pathInSearchPath(name);
    test.skipIf(loginShell === null)('unharmed', async () => {
      const request = { script: 'echo "$1"; exit 5\n', job: { args: ['!! $x'] } };
      const { verdict, stdout } = await runToEnd(request, { loginShell: loginShell as string });
      expect({ verdict, said: stdout.toString() }).toEqual({ verdict: { kind: 'exit', code: 5 }, said: '!! $x\n' });
    });
  });
});
