import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/model/outcome.ts';
import { attemptDocument, createJson, runDocument } from '../../../src/report/json.ts';
import { anAttempt, anInstance, anOutput, aPlan, aResult, at, aWriter, REFUSED, SUCCEEDED } from './events.ts';

const WEB_1 = anInstance('i-1', 'web-1');
const WEB_2 = anInstance('i-2', null);
const PLAN = aPlan([WEB_1, WEB_2], { skipped: [{ instance: anInstance('i-9'), reason: 'stopped' }] });
const RESULT = aResult([
  anAttempt(WEB_1, SUCCEEDED, {
    remoteDir: '/tmp/deploy_files_20260102030405_7',
    stdout: anOutput('/work/.spot/logs/r-1/i-1.out', 'done\n', 1234),
  }),
  anAttempt(WEB_2, REFUSED, {
    address: '10.0.0.2',
    evidence: ['3 tries'],
    steps: [],
    stdout: anOutput(null),
    stderr: anOutput(null),
    rescue: null,
  }),
]);

describe('the document of --json', () => {
  it('has exactly the names of the contract', () => {
    expect(runDocument(PLAN, RESULT)).toEqual({
      schema: 1,
      run: {
        id: 'r-1',
        started_at: '2026-01-02T03:04:05.000Z',
        finished_at: '2026-01-02T03:04:19.000Z',
        payload: { digest: 'd1ge57', size_bytes: 110_000, files: 2 },
        exit_code: 4,
        counts: {
          succeeded: 1,
          failed: 0,
          killed: 0,
          'timed-out': 0,
          unreachable: 1,
          rejected: 0,
          lost: 0,
          reclaimed: 0,
          cancelled: 0,
          skipped: 0,
        },
        running: [],
      },
      attempts: [
        {
          instance_id: 'i-1',
          name: 'web-1',
          address: '10.0.0.1',
          outcome: 'succeeded',
          exit_code: 0,
          signal: null,
          error: null,
          evidence: [],
          steps: [
            { name: 'connect', ms: 85, bytes: 0 },
            { name: 'upload', ms: 300, bytes: 110_000 },
            { name: 'execute', ms: 3815, bytes: 0 },
          ],
          remote_dir: '/tmp/deploy_files_20260102030405_7',
          stdout_path: '/work/.spot/logs/r-1/i-1.out',
          stderr_path: '/work/.spot/logs/r-1/i-1.err',
          stdout_bytes: 1234,
          stderr_bytes: 0,
          rescue_path: null,
          rescue_bytes: 0,
        },
        {
          instance_id: 'i-2',
          name: null,
          address: '10.0.0.2',
          outcome: 'unreachable',
          exit_code: null,
          signal: null,
          error: {
            code: 'connection-refused',
            message: '10.0.0.1:22 refused the connection: check that sshd runs there',
          },
          evidence: ['3 tries'],
          steps: [],
          remote_dir: null,
          stdout_path: null,
          stderr_path: null,
          stdout_bytes: 0,
          stderr_bytes: 0,
          rescue_path: null,
          rescue_bytes: 0,
        },
      ],
      skipped: [{ instance_id: 'i-9', reason: 'stopped' }],
    });
  });

  it.each<[string, Outcome, 'run' | 'copy', object]>([
    ['an exit code', { kind: 'failed', exitCode: 3 }, 'run', { exit_code: 3, signal: null, error: null }],
    ['a signal', { kind: 'killed', signal: 'SIGKILL' }, 'run', { exit_code: null, signal: 'SIGKILL', error: null }],
    ['a copy has no exit code, nothing ran', SUCCEEDED, 'copy', { exit_code: null, signal: null, error: null }],
    ['the reason of a skip', { kind: 'skipped', reason: 'failure limit' }, 'run', { evidence: ['failure limit'] }],
  ])('tells %s', (_name, outcome, mode, expected) => {
    expect(attemptDocument(anAttempt(WEB_1, outcome), mode)).toMatchObject({ outcome: outcome.kind, ...expected });
  });

  it('names the instances on which the script was left running, and counts only what has ended', () => {
    const left = { ...aResult([anAttempt(WEB_1, SUCCEEDED)]), running: ['i-2'] };
    const { run, attempts } = runDocument(PLAN, left);
    expect(run.running).toEqual(['i-2']);
    expect(run.counts).toMatchObject({ succeeded: 1, cancelled: 0 });
    expect(attempts.map(({ instance_id }) => instance_id)).toEqual(['i-1']);
  });

  it('is printed once the run is over, and nothing before', () => {
    const writer = aWriter();
    const report = createJson(writer);
    report.emit(at.runStarted(PLAN));
    report.emit(at.runFinished(RESULT));
    expect(writer.text()).toBe('');
    void report.close();
    expect(JSON.parse(writer.text())).toEqual(runDocument(PLAN, RESULT));
    expect(writer.text()).toMatch(/\}\n$/);
  });

  it('is not printed for a run that never ended', () => {
    const writer = aWriter();
    const report = createJson(writer);
    report.emit(at.runStarted(PLAN));
    void report.close();
    expect(writer.text()).toBe('');
  });
});
