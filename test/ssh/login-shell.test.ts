import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { pathInSearchPath } from '../unit/remote/shells.ts';
import { clientOf, makeFiles, outputOf } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();
const isMissing = requireProgram('sshd') === null;

const REQUEST = {
  script: 'cat "$DEPLOY_FILES_DIR/file"; printf %s "$1" >&2; exit 5\n',
  files: () => makeFiles({ file: 'content' }),
  args: ['!! $x \'"'],
};

/** Runs a script with a file and an argument, by either way of transfer. */
async function runOn(options: Parameters<typeof hosts.start>[0], prepare: (home: string) => void = () => undefined) {
  const host = await hosts.start(options);
  prepare(host.home);
  const client = clientOf([host]);
  const ends = [];
  for (const transfer of ['sftp', 'stream'] as const) {
    const plan = { args: REQUEST.args, transfer };
    const attempt = await client.runOne({ script: REQUEST.script, files: REQUEST.files(), plan });
    ends.push({ outcome: attempt.outcome, stdout: outputOf(attempt), stderr: outputOf(attempt, 'stderr') });
  }
  return ends;
}

const DONE = { outcome: { kind: 'failed', exitCode: 5 }, stdout: 'content', stderr: REQUEST.args[0] };

describe.skipIf(isMissing)('a login shell may', () => {
  test('greet, with and without a newline, and with words of the runner', async () => {
    const greet = (home: string): void => {
      appendFileSync(join(home, '.bashrc'), 'echo Welcome; echo end; echo careful >&2; printf "$ "\n');
    };
    expect(await runOn({ shell: 'bash', forceCommand: loginWith('bash') }, greet)).toEqual([DONE, DONE]);
  });

  // most of these are nowhere installed by the tests: what is missing is skipped, in CI too, and the tally counts it
  describe.each(['bash', 'dash', 'zsh', 'tcsh', 'csh', 'fish'])('be %s', (name) => {
    const shell = pathInSearchPath(name);
    test.skipIf(shell === null)('and all is the same', async () => {
      expect(await runOn({ forceCommand: loginWith(shell as string) })).toEqual([DONE, DONE]);
    });
  });
});

describe.skipIf(isMissing)('a login shell that does not run what it is told', () => {
  test.each([
    [
      'says no',
      'echo "This account is currently not available."; exit 1',
      'the login shell on the instance ended with exit 1 before the runner could start: This account is currently not available.',
    ],
    ['is killed', 'kill -KILL $$', 'the login shell on the instance ended with SIGKILL before the runner could start'],
    [
      'just ends',
      'sleep 9 & kill $!; true',
      'the login shell on the instance ended with exit 0 before the runner could start',
    ],
  ])('and %s is a rejection with its words', async (_, forceCommand, message) => {
    const attempt = await clientOf([await hosts.start({ forceCommand })]).runOne();
    expect(attempt.outcome).toEqual({ kind: 'rejected', error: { code: 'no-shell', message } });
    expect(attempt.remoteDir).toBeNull();
  });

  test('and talks for ever is given up, without filling the memory', async () => {
    const host = await hosts.start({ forceCommand: 'exec cat /dev/zero' });
    const before = process.memoryUsage().rss;
    const started = Date.now();
    const { outcome } = await clientOf([host]).runOne({
      limits: { uploadTimeoutMs: 1000, connectTimeoutMs: 1000 },
      plan: { transfer: 'stream' },
      // a hundred times as fast: it might have started the script, and is asked until that would have ended
      now: () => started + (Date.now() - started) * 100,
    });
    expect(outcome).toMatchObject({ kind: 'lost', step: 'upload', error: { code: 'no-answer' } });
    expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(100);
  });
});

/** A root of its own mount namespace has a /tmp as it likes. */
const READ_ONLY_TMP = 'unshare -rm sh -c "mount -t tmpfs -o ro none /tmp && exec sh -c \\"\\$SSH_ORIGINAL_COMMAND\\""';
const mayMount =
  spawnSync('sh', ['-c', `SSH_ORIGINAL_COMMAND=true; export SSH_ORIGINAL_COMMAND; ${READ_ONLY_TMP}`]).status === 0;

describe.skipIf(isMissing || !mayMount)('an instance whose /tmp takes no folder', () => {
  test('is a rejection with the words of mkdir', async () => {
    const host = await hosts.start({ forceCommand: READ_ONLY_TMP });
    const { outcome } = await clientOf([host]).runOne({ plan: { transfer: 'stream' } });
    expect(outcome).toEqual({
      kind: 'rejected',
      error: {
        code: 'remote-folder',
        message: expect.stringMatching(
          /^no folder could be made in \/tmp on the instance: mkdir: .*Read-only file system$/,
        ) as string,
      },
    });
  });
});

/** A forced command that passes what is asked for to a shell, in the private home. */
function loginWith(shell: string): string {
  return `cd "$HOME" && exec ${shell} -c "$SSH_ORIGINAL_COMMAND"`;
}
