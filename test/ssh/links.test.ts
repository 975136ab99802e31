import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { killAll } from '../helpers/processes.ts';
import { requireProgram } from '../helpers/require.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { clientOf, outputOf } from './client.ts';
import { useHosts } from './hosts.ts';
import { isOutput, only, release, stalled, stalledUpload, WAIT } from './stages.ts';

leakCheck();
const hosts = useHosts();
const isMissing = requireProgram('sshd') === null;

describe.skipIf(isMissing)('a link that breaks', () => {
  test('while the script runs is taken up again: nothing runs twice, nothing is missing', async () => {
    const host = await hosts.start();
    const run = await clientOf([host]).start({ script: WAIT });
    await run.saw('output', isOutput);
    host.dropConnections();
    await run.saw('the notice', ({ type }) => type === 'notice');
    release(host);
    const attempt = await only(run);
    expect(attempt.outcome).toEqual({ kind: 'failed', exitCode: 3 });
    expect(outputOf(attempt)).toBe('begun\ngone on\n');
    expect(attempt.evidence).toEqual(['the connection broke (the host closed the connection) and was taken up again']);
    expect(host.log().match(/Accepted publickey/g)).toHaveLength(2);
  });

  test('and cannot be taken up before the instance must have ended the script is a loss', async () => {
    const host = await hosts.start();
    let ahead = 0;
    const client = clientOf([host], { keepaliveIntervalMs: 100 });
    const limits = { connectTimeoutMs: 500 };
    const request = { script: WAIT, limits, plan: { cleanup: false }, now: () => Date.now() + ahead };
    const run = await client.start(request);
    await run.saw('output', isOutput);
    host.freeze();
    ahead = 3_600_000;
    const attempt = await only(run);
    expect(attempt.outcome).toEqual({
      kind: 'lost',
      step: 'execute',
      error: {
        code: 'connection-lost',
        message: expect.stringMatching(
          /^the connection broke in execute \(.+\); nobody knows whether the script runs on$/,
        ) as string,
      },
    });
    expect(attempt.stdout.tail).toBe('begun\n');
    expect(attempt.remoteDir).toMatch(/^\/tmp\/deploy_files_/);
    host.thaw();
    release(host);
    await waitFor('the script to end', () => host.processes().length === 0);
    removeControlFolder(attempt);
  });

  test('is noticed within a few keepalives, although nobody closed it', async () => {
    const host = await hosts.start();
    const run = await clientOf([host], { keepaliveIntervalMs: 200 }).start({ script: WAIT });
    await run.saw('output', isOutput);
    host.freeze();
    const frozenAt = Date.now();
    await waitFor(
      'a new connection',
      () => run.events.some(({ type }) => type === 'notice') || Date.now() - frozenAt > 1500,
    );
    host.thaw();
    await run.saw('the notice', ({ type }) => type === 'notice');
    expect(Date.now() - frozenAt).toBeLessThan(6000);
    release(host);
    expect((await only(run)).outcome).toEqual({ kind: 'failed', exitCode: 3 });
  });

  test('in mid-upload leaves nothing, and the upload is tried again', async () => {
    const host = await hosts.start();
    const run = await clientOf([host]).start({
      script: 'echo done\n',
      ...stalledUpload(host),
      plan: { transfer: 'stream', retries: 1 },
    });
    await stalled(run);
    host.dropConnections();
    host.thaw();
    const attempt = await only(run);
    expect(attempt.outcome).toEqual({ kind: 'succeeded' });
    expect(attempt.evidence).toEqual(['2 tries']);
  });

  test('in mid-upload without a further try is unreachable: nothing was started', async () => {
    const host = await hosts.start();
    const run = await clientOf([host]).start({
      ...stalledUpload(host),
      plan: { transfer: 'sftp' },
    });
    await stalled(run);
    host.dropConnections();
    host.thaw();
    const attempt = await only(run);
    expect(attempt.outcome).toMatchObject({ kind: 'unreachable', error: { code: 'connection-lost' } });
    expect(attempt.evidence).toEqual(['nothing was started']);
  });
});

describe.skipIf(isMissing)('a runner that is killed', () => {
  test('is a loss, not a failure', async () => {
    const host = await hosts.start();
    const run = await clientOf([host]).start({ script: WAIT, plan: { cleanup: false } });
    await run.saw('output', isOutput);
    await killAll(() => host.processes().filter(({ command }) => command.startsWith('sh -c')));
    const attempt = await only(run);
    expect(attempt.outcome).toMatchObject({ kind: 'lost', error: { code: 'runner-killed' } });
    release(host);
    await killAll(() => host.processes());
    removeControlFolder(attempt);
  });
});

/** What stays on an instance for whoever comes back for the result: nobody does. */
function removeControlFolder({ remoteDir }: AttemptResult): void {
  rmSync((remoteDir as string).replace('deploy_files_', '.spot_'), { recursive: true });
}
