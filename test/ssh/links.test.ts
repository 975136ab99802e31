import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import type { RunEvent } from '../../src/model/event.ts';
import type { Step } from '../../src/model/outcome.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { killAll } from '../helpers/processes.ts';
import { requireProgram } from '../helpers/require.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { clientOf, makeFiles, outputOf, type RunUnderWay } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();
const isMissing = requireProgram('sshd') === null;

/** Says so, waits to be released, and says that it goes on. */
const WAIT =
  'echo begun; echo "$$" >>"$HOME/starts"; until [ -e "$HOME/go" ]; do sleep 0.05; done; echo gone on; exit 3\n';

const hasStarted = (host: SshdHost): boolean => existsSync(join(host.home, 'starts'));
const isOutput = (event: RunEvent): boolean => event.type === 'output';
const beginsStep = (step: Step) => (event: RunEvent) => event.type === 'step-started' && event.step === step;

const release = (host: SshdHost): void => writeFileSync(join(host.home, 'go'), '');

/** An upload that takes a while, and in the middle of which the host stops. */
function stalledUpload(host: SshdHost): { files: string; onEvent: (event: RunEvent) => void } {
  onTestFinished(() => host.thaw());
  let isFrozen = false;
  const onEvent = ({ type }: RunEvent): void => {
    if (type !== 'progress' || isFrozen) return;
    isFrozen = true;
    host.freeze();
  };
  return { files: makeFiles({ large: randomBytes(30_000_000) }), onEvent };
}

/** Waits until an upload has stalled. */
async function stalled(run: RunUnderWay): Promise<void> {
  await run.saw('progress', ({ type }) => type === 'progress');
}

/** What stays on an instance for whoever comes back for the result: nobody does. */
function removeControlFolder({ remoteDir }: AttemptResult): void {
  rmSync((remoteDir as string).replace('deploy_files_', '.spot_'), { recursive: true });
}

async function only(run: RunUnderWay) {
  const [attempt] = (await run.result).attempts;
  if (attempt === undefined) throw new Error('there is no attempt');
  return attempt;
}

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

describe.skipIf(isMissing)('a run that is cancelled', () => {
  test('while it connects starts nothing', async () => {
    const host = await hosts.start();
    host.freeze();
    onTestFinished(() => host.thaw());
    const run = await clientOf([host]).start();
    await run.saw('the step', beginsStep('connect'));
    run.cancel('Ctrl-C');
    const { outcome, evidence, steps } = await only(run);
    expect(outcome).toEqual({ kind: 'cancelled', error: { code: 'cancelled', message: 'cancelled by Ctrl-C' } });
    expect(evidence).toEqual(['nothing was started']);
    expect(steps.map(({ name }) => name)).toEqual(['connect']);
    host.thaw();
  });

  test.each(['sftp', 'stream'] as const)(
    'while it uploads by %s starts nothing and leaves nothing',
    async (transfer) => {
      const host = await hosts.start();
      const run = await clientOf([host]).start({ script: WAIT, ...stalledUpload(host), plan: { transfer } });
      await stalled(run);
      run.cancel('Ctrl-C');
      const { outcome, evidence } = await only(run);
      host.thaw();
      expect([outcome.kind, evidence]).toEqual(['cancelled', ['nothing was started']]);
      expect(hasStarted(host)).toBe(false);
    },
  );

  test('when all is sent and nothing heard yet ends what may have started, and proves it', async () => {
    const host = await hosts.start();
    const run = await clientOf([host]).start({ script: WAIT, plan: { transfer: 'stream' } });
    await run.saw('all sent', ({ type }) => type === 'progress');
    run.cancel('Ctrl-C');
    const { outcome, evidence } = await only(run);
    expect(outcome).toEqual({ kind: 'cancelled', error: { code: 'cancelled', message: 'cancelled by Ctrl-C' } });
    expect(evidence).toEqual([expect.stringMatching(/^killed \d process(es)?$/)]);
  });

  test('while the script runs ends it there, and keeps what it said', async () => {
    const host = await hosts.start();
    const run = await clientOf([host]).start({ script: WAIT });
    await run.saw('output', isOutput);
    run.cancel('SIGTERM');
    const attempt = await only(run);
    expect(attempt.outcome).toEqual({
      kind: 'cancelled',
      error: { code: 'cancelled', message: 'cancelled by SIGTERM' },
    });
    expect(attempt.evidence).toEqual([expect.stringMatching(/^killed \d process(es)?$/)]);
    expect(outputOf(attempt)).toBe('begun\n');
  });

  test('before it has begun on an instance has an outcome for it all the same', async () => {
    const fleet = await hosts.startMany(3);
    const run = await clientOf(fleet).start({ script: WAIT, limits: { concurrency: 1 } });
    await run.saw('output', isOutput);
    run.cancel('Ctrl-C');
    const { attempts } = await run.result;
    expect(attempts.map(({ instanceId, outcome }) => `${instanceId} ${outcome.kind}`)).toEqual([
      'i-1 cancelled',
      'i-2 cancelled',
      'i-3 cancelled',
    ]);
    expect(attempts.map(({ steps }) => steps.length > 0)).toEqual([true, false, false]);
    expect(fleet.map(hasStarted)).toEqual([true, false, false]);
  });
});

describe.skipIf(isMissing)('a deadline', () => {
  test('of the script ends it on the instance, with all it has started', async () => {
    const host = await hosts.start();
    const script = 'setsid sleep 81 >/dev/null 2>&1 & sleep 82\n';
    const attempt = await clientOf([host]).runOne({ script, limits: { executionTimeoutMs: 1000, killGraceMs: 1000 } });
    expect(attempt.outcome).toEqual({
      kind: 'timed-out',
      step: 'execute',
      error: {
        code: 'execution-timeout',
        message: 'the script was still running after 1.0 s; give it more with --timeout',
      },
    });
    expect(attempt.evidence).toEqual(['killed 3 processes']);
  });

  test('of the upload ends that, and nothing is left', async () => {
    const host = await hosts.start();
    const run = await clientOf([host]).start({ ...stalledUpload(host), limits: { uploadTimeoutMs: 1500 } });
    await stalled(run);
    const { outcome, evidence } = await only(run);
    host.thaw();
    const message = 'the upload took longer than 1.5 s; give it more with --upload-timeout';
    expect(outcome).toEqual({ kind: 'timed-out', step: 'upload', error: { code: 'upload-timeout', message } });
    expect(evidence).toEqual(['nothing was started']);
  });

  test('of the upload that passes while the instance unpacks is the end of it: nothing is started', async () => {
    const bin = tempDir();
    writeFileSync(join(bin, 'tar'), '#!/bin/sh\nsleep 3\nexec /usr/bin/tar "$@"\n');
    chmodSync(join(bin, 'tar'), 0o755);
    const host = await hosts.start({ environment: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
    const { outcome, evidence, remoteDir } = await clientOf([host]).runOne({
      script: WAIT,
      limits: { uploadTimeoutMs: 1000 },
    });
    const message = 'the upload took longer than 1.0 s; give it more with --upload-timeout';
    expect(outcome).toEqual({ kind: 'timed-out', step: 'upload', error: { code: 'upload-timeout', message } });
    expect([evidence, remoteDir]).toEqual([['nothing was started'], null]);
    await waitFor('the runner to end', () => host.processes().length === 0);
    expect(hasStarted(host)).toBe(false);
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
