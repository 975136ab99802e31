import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { examineProgram, type Finding, fixProgram, readFindings, readRemovals } from '../../../src/remote/doctor.ts';
import { noiseBefore } from '../../../src/remote/answer.ts';
import { remotePaths } from '../../../src/remote/job.ts';
import { programOnStdin } from '../../../src/remote/program-on-stdin.ts';
import { readSurvey, type Survey } from '../../../src/remote/survey.ts';
import { createStamps } from '../../../src/run/stamps.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { LEAK_MARK, leakMark } from '../../helpers/leak-mark.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { isAlive } from './local-run.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { useShells } from './shells.ts';

leakCheck();
const shells = useShells();
const nextStamp = createStamps(systemClock, process.pid);
const NONCE = 'nonce';

/** What the doctor's program says to a client, behind the greeting of a login shell. */
async function ask(program: string, searchPath: string): Promise<string> {
  const home = tempDir();
  const env = { PATH: searchPath, HOME: home, [LEAK_MARK]: leakMark() };
  const command = `echo welcome; ${programOnStdin(NONCE)}`;
  const child = spawn('sh', ['-c', command], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.end(program);
  return text(child.stdout);
}

/** Folders of an attempt, with these files in the control directory. */
function leave(files: Readonly<Record<string, string>>): { stamp: string; control: string; deploy: string } {
  const stamp = nextStamp();
  const paths = remotePaths(stamp);
  for (const folder of [paths.control, paths.deploy]) mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(paths.control, name), content);
  return { stamp, ...paths };
}

/** A script whose supervisor is dead. */
function leaveOrphan(searchPath: string) {
  const ended = spawnSync('true').pid;
  const left = leave({ receipt: '1\n', supervisor: `${ended}\n` });
  const env = { PATH: searchPath, DEPLOY_FILES_DIR: left.deploy };
  const { pid = 0 } = spawn('sleep', ['318'], { env, stdio: 'ignore', detached: true });
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  writeFileSync(join(left.control, 'session'), `${pid}\n`);
  return { ...left, pid };
}

describe.skipIf(shells.areMissing)('the doctor', () => {
  test('says what is left, and removes what it is told to, processes first', { timeout: 30_000 }, async () => {
    const surveys: Record<string, Survey> = {};
    const seen = await shells.onEach(async ({ searchPath }, { name }) => {
      const unstarted = leave({});
      const ended = leave({ receipt: '1\n', result: 'exit 0\n' });
      const orphan = leaveOrphan(searchPath);
      const all = [unstarted, ended, orphan];
      const answer = await ask(examineProgram(), searchPath);
      const findings = readFindings(answer, NONCE);
      expect(noiseBefore(answer, NONCE)).toBe('welcome\n');
      surveys[name] = readSurvey(answer, NONCE);
      const found = all.map(({ stamp }) => findings.find((finding) => finding.stamp === stamp) as Finding);
      const names = found.map(({ name }) => name);
      const removals = readRemovals(await ask(fixProgram(names), searchPath), NONCE);
      const result = {
        states: found.map(({ state }) => state),
        ages: found.every(({ ageMs }) => ageMs < 60_000),
        orphans: found.map(({ orphans }) => orphans.map(({ pid }) => pid === orphan.pid)),
        removed: removals.map(({ removed, killed }) => [removed, killed]),
        left: all.flatMap(({ control, deploy }) => [existsSync(control), existsSync(deploy)]),
        alive: isAlive(orphan.pid),
      };
      // files of a script that has ended stay
      spawnSync('rmdir', [ended.deploy]);
      return result;
    });
    expect(seen).toEqual(
      shells.each({
        states: ['unstarted', 'ended', 'dead'],
        ages: true,
        orphans: [[], [], [true]],
        removed: [
          [true, 0],
          [true, 0],
          [true, 1],
        ],
        left: [false, false, false, true, false, false],
        alive: false,
      }),
    );
    for (const [name, survey] of Object.entries(surveys)) {
      expect(survey, name).toMatchObject({ lacks: [], tmp: { isWritable: true, isSticky: true } });
      expect(survey.tar, name).toMatch(name.includes('busybox') ? /busybox/ : /GNU/);
      expect(survey.tmp.options, name).toContain('rw');
      const { tmp, homeFreeBytes, clockSeconds } = survey;
      for (const count of [tmp.freeBytes, tmp.freeInodes, homeFreeBytes]) expect(count, name).toBeGreaterThan(0);
      expect(Math.abs(clockSeconds * 1000 - Date.now()), name).toBeLessThan(60_000);
      expect(survey.sh, name).toMatch(name === 'busybox' ? /busybox$/ : name === 'bash' ? /bash$/ : /dash$/);
    }
  });
});

describe('what an instance answers', () => {
  test.each([
    ['nothing', ''],
    ['no greeting', 'now 1\ndone\n'],
    ['no end', `SPOT1 ${NONCE}\nnow 1\ncontrol .spot_1_1 ended 1 4\n`],
  ])('is no report with %s', (_, output) => {
    expect(() => readFindings(output, NONCE)).toThrow('the instance gave no complete answer');
  });
});
