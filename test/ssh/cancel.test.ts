import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { clientOf, outputOf } from './client.ts';
import { useHosts } from './hosts.ts';
import { beginsStep, hasStarted, isOutput, only, stalled, stalledUpload, WAIT } from './stages.ts';

leakCheck();
const hosts = useHosts();
const isMissing = requireProgram('sshd') === null;

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
