import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import type { SshdOptions } from '../helpers/sshd.ts';
import { clientOf, makeFiles, outputOf } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();

const isMissing = requireProgram('sshd') === null || requireProgram('busybox') === null;
const hosts = useHosts();

/** What a run came to, without what differs from run to run. */
function facts({ outcome, evidence, remoteDir, stdout, stderr, steps }: AttemptResult) {
  const names = steps.map(({ name }) => name);
  return { outcome, evidence, remoteDir, stdout: stdout.tail, stderr: stderr.tail, names };
}

async function sha256Of(path: string | null): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path as string)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

describe.skipIf(isMissing)('every way of transfer comes to the same', () => {
  const SCRIPT = `
cd "$DEPLOY_FILES_DIR" && for file in *; do stat -c '%n %a' "$file"; sha256sum <"$file"; done
echo "$TOKEN $1" >&2
exit 4
`;

  test.each<[string, SshdOptions, 'auto' | 'sftp' | 'stream']>([
    ['auto', {}, 'auto'],
    ['SFTP', {}, 'sftp'],
    ['a stream', {}, 'stream'],
    ['a stream, because there is no SFTP', { sftp: false }, 'sftp'],
    ['a stream, because there is one channel only', { maxSessions: 1 }, 'sftp'],
    ['SFTP, to a busybox', { shell: 'busybox' }, 'sftp'],
    ['a stream, to a busybox', { shell: 'busybox' }, 'stream'],
  ])('%s', async (_, options, transfer) => {
    const small = randomBytes(100);
    const large = randomBytes(1_500_000);
    const attempt = await clientOf([await hosts.start(options)]).runOne({
      script: `#!/usr/bin/env sh\n${SCRIPT}`,
      files: makeFiles({ 'a b': small, large }),
      environment: { TOKEN: 'a secret' },
      plan: { args: ["it's"], transfer },
    });
    const sum = (bytes: Buffer): string => `${createHash('sha256').update(bytes).digest('hex')}  -\n`;
    expect(facts(attempt)).toEqual({
      outcome: { kind: 'failed', exitCode: 4 },
      evidence: [],
      remoteDir: null,
      stdout: `a b 640\n${sum(small)}large 640\n${sum(large)}`,
      stderr: "a secret it's\n",
      names: ['connect', 'upload', 'execute', 'collect', 'clean-up'],
    });
    const upload = attempt.steps.find(({ name }) => name === 'upload');
    expect(upload?.bytes).toBeGreaterThan(large.byteLength);
  });
});

describe.skipIf(isMissing)('large things', () => {
  test.each(['sftp', 'stream'] as const)('an archive of 20 MB arrives by %s', async (transfer) => {
    const large = randomBytes(20_000_000);
    const attempt = await clientOf([await hosts.start()]).runOne({
      script: 'sha256sum <"$DEPLOY_FILES_DIR/large"\n',
      files: makeFiles({ large }),
      plan: { transfer },
    });
    expect(attempt.outcome).toEqual({ kind: 'succeeded' });
    expect(outputOf(attempt)).toBe(`${createHash('sha256').update(large).digest('hex')}  -\n`);
  });

  test('an output of 200 MB arrives byte by byte, in little memory', { timeout: 60_000 }, async () => {
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const script =
      'head -c 50000000 /dev/urandom | tee "$HOME/part"; cat "$HOME/part" "$HOME/part" "$HOME/part"; cat "$HOME/part" "$HOME/part" "$HOME/part" "$HOME/part" | sha256sum >&2; rm "$HOME/part"\n';
    const attempt = await clientOf([await hosts.start()]).runOne({ script, forgetsOutput: true });
    clearInterval(watch);
    expect(attempt.stdout.bytes).toBe(200_000_000);
    expect(outputOf(attempt, 'stderr')).toBe(`${await sha256Of(attempt.stdout.path)}  -\n`);
    expect((most - before) / 1e6).toBeLessThan(100);
  });

  test('an archive is not sent to the end where the instance cannot use it', async () => {
    const attempt = await clientOf([await hosts.start()]).runOne({
      script: '#!/opt/no/such/interpreter\n',
      files: makeFiles({ large: randomBytes(20_000_000) }),
      plan: { transfer: 'stream' },
    });
    const message = 'the instance has no /opt/no/such/interpreter to run the script with';
    expect(attempt.outcome).toEqual({ kind: 'rejected', error: { code: 'interpreter-missing', message } });
    expect(attempt.remoteDir).toBeNull();
  });
});
