import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { UploadScriptOptions } from '../../../src/cli/commands/upload-script.ts';
import { writeOutputs } from '../../../src/cli/via/outputs.ts';
import { RunProgress } from '../../../src/cli/via/progress.ts';
import { refuseWithVia } from '../../../src/cli/via/refusals.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { anAttempt, anInstance, anOutput, aPlan, at, aWriter, START, SUCCEEDED } from '../report/events.ts';

const GIVEN: Partial<UploadScriptOptions> = { color: 'auto', via: '/run/spot.sock', yes: true, json: true };

describe('flags with --via', () => {
  it.each<[Partial<UploadScriptOptions>, string]>([
    [{ connectTimeout: '3s' }, '--connect-timeout'],
    [{ uploadTimeout: '3s' }, '--upload-timeout'],
    [{ concurrency: '3' }, '--concurrency'],
    [{ forks: '3' }, '--forks'],
    [{ onDisconnect: 'kill' }, '--on-disconnect'],
    [{ onInterruption: 'term' }, '--on-interruption'],
    [{ straggler: 'stop' }, '--straggler'],
    [{ stragglerAfter: '2m' }, '--straggler-after'],
    [{ serial: '1' }, '--serial'],
    [{ pause: '1s' }, '--pause'],
    [{ maxFail: '0' }, '--max-fail'],
    [{ failFast: true }, '--fail-fast'],
    [{ onlyMissing: true }, '--only-missing'],
    [{ dryRun: true }, '--dry-run'],
    [{ cache: false }, '--no-cache'],
    [{ sync: false }, '--no-sync'],
  ])('%o is refused', (more, flag) => {
    const refuse = (): void => refuseWithVia({ ...GIVEN, ...more } as UploadScriptOptions);
    expect(refuse).toThrow(expect.objectContaining({ code: 'via-flag', exitCode: 64 }));
    expect(refuse).toThrow(new RegExp(`^${flag} and --via exclude each other: ${flag} .*; leave one of them out$`));
  });

  it.each<Partial<UploadScriptOptions>>([
    { timeout: '3s', retries: '0', waitReady: true, remotePath: '~/x', copyOnly: true, exclusive: true, cleanup: true },
    { limit: ['web-*'], exclude: ['x'], env: ['A=b'], files: false, detach: true, outputDir: 'out', quiet: true },
    { cache: true, sync: true, dryRun: false },
  ])('%o are not', (more) => {
    expect(() => refuseWithVia({ ...GIVEN, ...more } as UploadScriptOptions)).not.toThrow();
  });
});

const WEB = anInstance('i-1', 'web-1');
const DB = anInstance('i-2', 'db-1');

describe('outputs that come from elsewhere', () => {
  function outputs(): { folder: string; take: ReturnType<typeof writeOutputs>; said: () => string } {
    const cwd = tempDir();
    const stderr = aWriter();
    return { folder: join(cwd, 'out'), take: writeOutputs('out', { cwd, stderr }), said: stderr.text };
  }

  it('are written as they come, in the place of older ones', () => {
    const { folder, take, said } = outputs();
    writeFileSync(join(folder, 'i-1.out'), 'of an earlier run, and longer');
    take(at.output(1, 'i-1', 'one\n'));
    take(at.output(2, 'i-1', Buffer.from([0xff])));
    take(at.output(3, 'i-1', 'oops\n', 'stderr'));
    take(
      at.finished(
        4,
        anAttempt(WEB, SUCCEEDED, { stdout: anOutput('/far/i-1.out', '', 5), stderr: anOutput('/far/i-1.err', '', 5) }),
      ),
    );
    expect(readFileSync(join(folder, 'i-1.out'))).toEqual(Buffer.from([...Buffer.from('one\n'), 0xff]));
    expect(readFileSync(join(folder, 'i-1.err'), 'utf8')).toBe('oops\n');
    expect(said()).toBe('');
  });

  it('say what did not come, and where it is', () => {
    const { folder, take, said } = outputs();
    const rescue = { path: '/far/i-1.rescue', bytes: 7 };
    take(at.output(1, 'i-1', 'one\n'));
    take(at.finished(4, anAttempt(WEB, SUCCEEDED, { stdout: anOutput('/far/i-1.out', '', 20_000_000), rescue })));
    expect(said()).toBe(
      'spot: --output-dir: i-1.out has the first 4 B of 20 MB; all of it is where the service is, in /far/i-1.out\n' +
        'spot: --output-dir: i-1.rescue stays where the service is, in /far/i-1.rescue\n',
    );
    expect(existsSync(join(folder, 'i-1.err'))).toBe(false);
  });

  it('bring home what was rescued where it is on this machine', () => {
    const { folder, take, said } = outputs();
    const path = join(tempDir(), 'i-1.rescue');
    mkdirSync(path);
    writeFileSync(join(path, 'data'), 'kept');
    take(at.finished(4, anAttempt(WEB, SUCCEEDED, { rescue: { path, bytes: 4 } })));
    expect(readFileSync(join(folder, 'i-1.rescue/data'), 'utf8')).toBe('kept');
    expect(said()).toBe('');
  });

  it('end with one sentence where they cannot be written', () => {
    const { folder, take, said } = outputs();
    mkdirSync(join(folder, 'i-1.out'));
    take(at.output(1, 'i-1', 'one\n'));
    take(at.output(2, 'i-1', 'two\n'));
    take(at.finished(4, anAttempt(WEB, SUCCEEDED, { stdout: anOutput('/far/i-1.out', '', 8) })));
    expect(said()).toMatch(/^spot: --output-dir: i-1\.out was not written \(.+\); nothing more is\n$/);
  });
});

describe('a run that is left', () => {
  it('has come to what has ended, and the rest is running', () => {
    const progress = new RunProgress('r-1', START);
    expect(progress.isUnderWay).toBe(false);
    progress.take(at.runStarted(aPlan([WEB, DB])));
    progress.take(at.step(1, 'i-1', 'connect'));
    const failed = anAttempt(WEB, { kind: 'failed', exitCode: 3 });
    progress.take(at.finished(2, failed));
    expect(progress.isUnderWay).toBe(false);
    progress.take(at.step(3, 'i-2', 'execute'));
    expect(progress.isUnderWay).toBe(true);
    expect(progress.left(START + 5000)).toMatchObject({
      runId: 'r-1',
      durationMs: 5000,
      attempts: [failed],
      running: ['i-2'],
      counts: { failed: 1, succeeded: 0 },
      exitCode: 2,
    });
  });
});
