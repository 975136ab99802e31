import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readReadyWord } from '../../../src/remote/ready.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { askReady, holdLock } from './ready-host.ts';
import { useShells } from './shells.ts';

leakCheck();
const shells = useShells();
const canHold = requireProgram('python3') !== null;

const READY = ['locks', 'disk', expect.stringMatching(/^room [1-9]\d*$/), 'ready'];

/** A cloud-init that says this, whatever it is asked. */
const saying = (text: string): string => `#!/bin/sh\ncat <<'EOS'\n${text}\nEOS\n`;

/** As cloud-init 24 says it on Ubuntu. */
const FAILED = `status: error
extended_status: error - done
boot_status_code: enabled-by-generator
last_update: Thu, 01 Jan 1970 00:01:03 +0000
detail: DataSourceEc2Local
errors:
	- ('scripts_user', RuntimeError('Runparts: 1 failures (part-001) in 1 attempted commands'))
recoverable_errors: {}`;

/** As cloud-init 19 says it on Amazon Linux 2. */
const FAILED_BEFORE = `status: error
time: Fri, 21 Nov 2026 05:20:22 +0000
detail:
('scripts-user', RuntimeError('Runparts: 1 failures in 1 attempted commands',))`;

/** A cloud-init that runs until a file is there, `--wait` included; then it says this. */
const runningUntil = (file: string, text: string): string => `#!/bin/sh
[ "$2" != --wait ] || until [ -e ${file} ]; do sleep 0.1; done
if [ -e ${file} ]; then ${text}; else echo 'status: running'; fi
`;

describe.skipIf(shells.areMissing)('an instance', () => {
  test('that has no cloud-init and no package manager is ready at once', async () => {
    const said = await shells.onEach(({ searchPath }) => askReady({ searchPath, locks: ['/nowhere/lock'] }));
    expect(said).toEqual(shells.each(READY));
  });

  test.each([
    ['done', 'status: done'],
    ['disabled', 'status: disabled'],
    ['not part of this boot', 'status: not run'],
    ['done, with what it could recover from', 'status: done\nextended_status: degraded done'],
  ])('whose cloud-init is %s is ready at once', async (_, text) => {
    const programs = { 'cloud-init': saying(text) };
    const said = await shells.onEach(({ searchPath }) => askReady({ searchPath, programs }));
    expect(said).toEqual(shells.each(READY));
  });

  test.each([
    ['now', FAILED, "('scripts_user', RuntimeError('Runparts: 1 failures (part-001) in 1 attempted commands'))"],
    ['before', FAILED_BEFORE, "('scripts-user', RuntimeError('Runparts: 1 failures in 1 attempted commands',))"],
  ])('whose cloud-init failed, as it says %s, is ready, and that is told', async (_, text, why) => {
    const programs = { 'cloud-init': saying(text) };
    const said = await shells.onEach(({ searchPath }) => askReady({ searchPath, programs }));
    expect(said).toEqual(shells.each([`note cloud-init ended with an error: ${why}`, ...READY]));
  });

  test.each([
    ['runs', 'status: running'],
    ['runs on after an error', 'status: error\nextended_status: error - running'],
  ])('whose cloud-init %s is waited for', async (_, text) => {
    const said = await shells.onEach(({ searchPath }) => {
      const file = join(tempDir(), 'done');
      const running = runningUntil(file, 'echo "status: done"').replace("'status: running'", `'${text}'`);
      setTimeout(() => writeFileSync(file, ''), 1500);
      return askReady({ searchPath, programs: { 'cloud-init': running } });
    });
    expect(said).toEqual(shells.each(['wait cloud-init is not done yet', ...READY]));
  });

  test('whose cloud-init cannot wait is asked again and again', async () => {
    const said = await shells.onEach(({ searchPath }) => {
      const file = join(tempDir(), 'done');
      setTimeout(() => writeFileSync(file, ''), 1500);
      const asked = join(tempDir(), 'asked');
      const text = `#!/bin/sh
if [ "$2" = --wait ]; then exit 2; fi
if [ -e ${file} ]; then echo 'status: done'; else echo 'status: running'; fi
echo >>${asked}
`;
      return askReady({ searchPath, programs: { 'cloud-init': text } });
    });
    expect(said).toEqual(shells.each(['wait cloud-init is not done yet', ...READY]));
  });

  test('on which nobody waits any more waits no longer', async () => {
    const ended = await shells.onEach(({ searchPath }) => {
      const never = join(tempDir(), 'never');
      const programs = { 'cloud-init': runningUntil(never, 'true') };
      return askReady({ searchPath, programs, leavesAfter: 'wait cloud-init is not done yet' });
    });
    // the leak check finds what it left behind
    expect(ended).toEqual(shells.each(['wait cloud-init is not done yet']));
  });

  test('gives up by itself', async () => {
    const said = await shells.onEach(({ searchPath }) => {
      const programs = { 'cloud-init': runningUntil(join(tempDir(), 'never'), 'true') };
      return askReady({ searchPath, programs, seconds: 1 });
    });
    expect(said).toEqual(shells.each(['wait cloud-init is not done yet']));
  });
});

describe.skipIf(shells.areMissing || !canHold)('a lock', () => {
  test('that a process holds is waited for, and who that is is told', async () => {
    const said = await shells.onEach(async ({ searchPath }) => {
      const file = join(tempDir(), 'lock');
      const { pid, release } = await holdLock(file);
      setTimeout(() => void release(), 1500);
      const words = await askReady({ searchPath, locks: ['/nowhere/lock', file] });
      return words.map((word) => word.replace(`(pid ${pid})`, '(pid PID)').replace(file, 'FILE'));
    });
    expect(said).toEqual(shells.each(['locks', 'wait python3 (pid PID) holds FILE', ...READY.slice(1)]));
  });

  test('that belongs to an open file has no process to name', async () => {
    const said = await shells.onEach(async ({ searchPath }) => {
      const file = join(tempDir(), 'lock');
      const { release } = await holdLock(file, 'open file');
      setTimeout(() => void release(), 1500);
      return (await askReady({ searchPath, locks: [file] })).map((word) => word.replace(file, 'FILE'));
    });
    expect(said).toEqual(shells.each(['locks', 'wait somebody holds FILE', ...READY.slice(1)]));
  });

  test('that has just been released may be taken again for the next step: another second passes', async () => {
    const passed = await shells.onEach(async ({ searchPath }) => {
      const file = join(tempDir(), 'lock');
      const { release } = await holdLock(file);
      let releasedAt = 0;
      setTimeout(() => {
        releasedAt = performance.now();
        void release();
      }, 500);
      await askReady({ searchPath, locks: [file] });
      return performance.now() - releasedAt >= 1000;
    });
    expect(passed).toEqual(shells.each(true));
  });

  test('on another file is none', async () => {
    const [file, other] = [join(tempDir(), 'lock'), join(tempDir(), 'other')];
    writeFileSync(file, '');
    await holdLock(other);
    const said = await shells.onEach(({ searchPath }) => askReady({ searchPath, locks: [file] }));
    expect(said).toEqual(shells.each(READY));
  });
});

describe('the program', () => {
  test.skipIf(requireProgram('shellcheck') === null)('is plain POSIX sh to shellcheck', () => {
    const file = fileURLToPath(new URL('../../../src/remote/ready/ready.sh', import.meta.url));
    execFileSync('shellcheck', ['--shell=sh', file]);
  });

  test.each(['', 'reddy', 'room', 'room many', 'room -1', 'boot'])('never says "%s"', (line) => {
    expect(() => readReadyWord(line)).toThrow(`the instance said "${line}"`);
  });
});
