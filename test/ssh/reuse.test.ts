import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import { RUNNER_DIGEST } from '../../src/remote/job.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { startProxy } from '../helpers/proxy.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { clientOf, outputOf, type RunRequest, TestClient } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();

const MIB = 1024 * 1024;

/** Names every file with its mode, type and digest. */
const SCRIPT = `#!/usr/bin/env sh
cd "$DEPLOY_FILES_DIR" && find . -type f -exec stat -c '%n %a' {} + -exec sha256sum {} + | sort
find . -type l -o -type d | sort
`;

const isMissing = (['sshd', 'dash', 'busybox'] as const).some((name) => requireProgram(name) === null);

/** A tree of which most is worth to be kept. */
function aTree(): string {
  const folder = tempDir();
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'data'), randomBytes(MIB));
  writeFileSync(join(folder, "bin/it's a tool"), randomBytes(MIB), { mode: 0o755 });
  writeFileSync(join(folder, '-x *ß'), randomBytes(MIB));
  writeFileSync(join(folder, 'small'), 'one\n');
  // not reused, and no obstacle to the others
  writeFileSync(join(folder, 'back\\nslash'), 'two\n');
  symlinkSync('data', join(folder, 'link'));
  return folder;
}

/** Runs twice; between the two the tree is changed here, and the folder of the first run over there. */
async function twice(
  shell: 'dash' | 'busybox',
  change: (tree: string) => void,
  meddle: (deployFolder: string) => void = () => undefined,
): Promise<{ first: AttemptResult; second: AttemptResult; fresh: AttemptResult; notices: string[] }> {
  onTestFinished(() => void removeDeployFolders());
  const host = await hosts.start({ shell });
  const client = clientOf([host]);
  const files = aTree();
  const notices: string[] = [];
  const request: RunRequest = {
    script: SCRIPT,
    files,
    plan: { cleanup: false },
    onEvent: (event) => event.type === 'notice' && notices.push(event.message),
  };
  const first = await client.runOne(request);
  change(files);
  meddle(first.remoteDir as string);
  const second = await client.runOne(request);
  // what an instance gets that has nothing yet
  const fresh = await clientOf([host]).runOne(request);
  return { first, second, fresh, notices };
}

const sentBytes = ({ steps }: AttemptResult): number => steps.find(({ name }) => name === 'upload')?.bytes ?? 0;

const ALL_IS_SENT = 'the files of the last payload are not there as they were: all is sent';

describe.skipIf(isMissing).each(['dash', 'busybox'] as const)(
  'on a host whose sh is %s, files that are there',
  (shell) => {
    test.each<[string, (tree: string) => void]>([
      ['and have not changed', () => undefined],
      ['beside one that has', (tree) => appendFileSync(join(tree, 'small'), 'two\n')],
      ['under another name', (tree) => renameSync(join(tree, 'data'), join(tree, 'empty/moved data'))],
      ['with another mode', (tree) => chmodSync(join(tree, 'data'), 0o640)],
      ['beside one that is gone', (tree) => rmSync(join(tree, 'small'))],
    ])('%s are not sent again, and all is as if they were', async (_, change) => {
      const { first, second, fresh, notices } = await twice(shell, change);
      expect(first.outcome).toEqual({ kind: 'succeeded' });
      expect(second.outcome).toEqual({ kind: 'succeeded' });
      expect(outputOf(second)).toBe(outputOf(fresh));
      expect(sentBytes(fresh)).toBeGreaterThan(3 * MIB);
      expect(sentBytes(second)).toBeLessThan(4096);
      expect(notices).toEqual([]);
    });

    test.each<[string, (deployFolder: string) => void]>([
      ['changed', (folder) => appendFileSync(join(folder, 'data'), 'x')],
      ['removed', (folder) => rmSync(join(folder, 'data'))],
      ['removed with its folder', (folder) => rmSync(folder, { recursive: true })],
    ])('are sent again where one was %s over there', async (_, meddle) => {
      const { second, fresh, notices } = await twice(shell, () => undefined, meddle);
      expect(second.outcome).toEqual({ kind: 'succeeded' });
      expect(outputOf(second)).toBe(outputOf(fresh));
      expect(sentBytes(second)).toBeGreaterThan(3 * MIB);
      expect(notices).toEqual([ALL_IS_SENT]);
    });

    test('are files and have their modes, whatever became of them over there', async () => {
      const { second, fresh } = await twice(
        shell,
        () => undefined,
        (folder) => {
          renameSync(join(folder, 'data'), join(folder, 'elsewhere'));
          symlinkSync('elsewhere', join(folder, 'data'));
          chmodSync(join(folder, "bin/it's a tool"), 0o600);
        },
      );
      expect(outputOf(second)).toBe(outputOf(fresh));
      expect(sentBytes(second)).toBeLessThan(4096);
    });
  },
);

describe.skipIf(isMissing)('the runner', () => {
  /** A client whose way to the host is counted. */
  async function aWay() {
    const host = await hosts.start();
    const proxy = await startProxy(host);
    const client = new TestClient({ privateKeyPath: host.identityFile });
    client.add('i-1', `${host.user}@${proxy.address}:${proxy.port}`);
    const cached = join(host.home, '.cache/spot/runner');
    const run = async (): Promise<number> => {
      const attempt = await client.runOne();
      expect(attempt.outcome).toEqual({ kind: 'succeeded' });
      expect(outputOf(attempt)).toBe('hello\n');
      return proxy.links.at(-1)?.passed.up ?? 0;
    };
    return { client, cached, run };
  }

  test('is sent once', async () => {
    const { client, cached, run } = await aWay();
    const first = await run();
    expect(client.state.ledger.cacheOf('i-1').runnerDigest).toBe(RUNNER_DIGEST);
    const runner = readFileSync(cached);
    const second = await run();
    expect(first - second).toBeGreaterThan(runner.byteLength * 0.9);
    expect(readFileSync(cached).equals(runner)).toBe(true);
  });

  test.each<[string, (cached: string) => void]>([
    ['damaged', (cached) => appendFileSync(cached, 'echo damage\n')],
    ['replaced by another version', (cached) => writeFileSync(cached, 'echo an older one\n')],
    ['removed', (cached) => rmSync(cached)],
  ])('is sent again where it was %s', async (_, meddle) => {
    const { cached, run } = await aWay();
    await run();
    const runner = readFileSync(cached);
    meddle(cached);
    await run();
    expect(readFileSync(cached).equals(runner)).toBe(true);
  });

  test('is sent always where it cannot be kept', async () => {
    const { cached, run } = await aWay();
    mkdirSync(join(cached, 'in the way'), { recursive: true });
    await run();
    await run();
  });
});
