import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import type { SpotResult } from '../helpers/spot.ts';
import { type SpotFleet, spotFleet } from './spot-fleet.ts';

leakCheck();

/** Says what it was told, and saves what it has. */
const RESCUES = `#!/bin/bash
trap 'cat "$SPOT_INTERRUPTION_FILE"; mkdir "$SPOT_RESCUE_DIR/state"; echo half >"$SPOT_RESCUE_DIR/state/part"' USR1
echo ready
while :; do sleep 0.1; done
`;
const WAITS = '#!/bin/sh\necho ready\nexec sleep 600\n';

const SERIAL = ['--serial', '1', '--fail-fast'];

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g;
const RECLAIMED = { code: 'reclaimed', message: 'the instance was taken back' };

interface Document {
  readonly run: { readonly exit_code: number };
  readonly attempts: readonly {
    readonly outcome: string;
    readonly error: unknown;
    readonly evidence: readonly string[];
    readonly rescue_path: string | null;
    readonly rescue_bytes: number;
  }[];
}

/** What `--json` says, without times. */
function told({ stdout }: SpotResult) {
  const { attempts } = JSON.parse(stdout) as Document;
  return attempts.map(({ outcome, error, evidence }) => ({
    outcome,
    error,
    evidence: evidence.map((fact) => fact.replace(TIME, 'TIME')),
  }));
}

function stateOf({ project }: SpotFleet): unknown[] {
  return project.rows('SELECT name, state, state_reason AS reason FROM instances ORDER BY name');
}

const SPOT_REASON = 'Server.SpotInstanceTermination: Spot instance termination';

describe.skipIf(requireProgram('sshd') === null)('an instance that is taken back', { timeout: 90_000 }, () => {
  test('tells its script in time, what that saves comes home, and the outcome is reclaimed', async () => {
    const fleet = await spotFleet(1);
    const { ec2, imds, project } = fleet;
    project.write('rescues.sh', RESCUES);
    const spot = fleet.start([
      'upload-script',
      'rescues.sh',
      '--on-interruption',
      'usr1',
      '--json',
      '--output-dir',
      'out',
    ]);
    await spot.saw('| ready', 20_000);
    const at = imds.notice('terminate', new Date(Date.now() + 20_000));
    await spot.saw(`interruption notice: terminate at ${at.slice(11, 19)} UTC (`, 20_000);
    await spot.saw('brought home from the rescue folder: 5 B', 20_000);
    ec2.endpoint.reclaim(fleet.instances[0]?.id ?? '');
    const result = await spot.result;
    expect(told(result)).toEqual([
      {
        outcome: 'reclaimed',
        error: RECLAIMED,
        evidence: [
          'interruption notice at TIME: terminate at TIME',
          'missed since TIME',
          'lost at TIME',
          SPOT_REASON,
          'spot request: instance-terminated-no-capacity',
        ],
      },
    ]);
    expect(result.exitCode).toBe(8);
    const [attempt] = (JSON.parse(result.stdout) as Document).attempts;
    expect(attempt?.rescue_bytes).toBe(5);
    for (const folder of [attempt?.rescue_path ?? '', join(project.cwd, 'out', `${fleet.instances[0]?.id}.rescue`)]) {
      expect(readFileSync(join(folder, 'state/part'), 'utf8')).toBe('half\n');
    }
    const state: unknown = expect.stringMatching(/^(shutting-down|terminated)$/);
    expect(stateOf(fleet)).toEqual([{ name: 'web-1', state, reason: SPOT_REASON }]);
  });

  test.each([
    ['is not tried again', []],
    ['is not waited for', ['--wait-ready=1m']],
  ])('is reclaimed, too, where nothing was started, and %s', async (_, flags) => {
    const fleet = await spotFleet(1);
    fleet.project.write('waits.sh', WAITS);
    fleet.ec2.endpoint.reclaim(fleet.instances[0]?.id ?? '');
    await fleet.ec2.endpoint.settled();
    const result = await fleet.run(['upload-script', 'waits.sh', '--no-sync', '--json', ...flags]);
    const evidence = ['nothing was started', 'missed since TIME', 'lost at TIME', SPOT_REASON];
    const request = 'spot request: instance-terminated-no-capacity';
    expect(told(result)).toEqual([{ outcome: 'reclaimed', error: RECLAIMED, evidence: [...evidence, request] }]);
    expect(result.exitCode).toBe(8);
    expect(result.stderr).not.toContain('trying again');
  });

  test('does not count for --max-fail', async () => {
    const fleet = await spotFleet(2);
    fleet.project.write('ok.sh', '[ -z "$FAIL" ]\n');
    fleet.ec2.endpoint.reclaim(fleet.instances[0]?.id ?? '');
    await fleet.ec2.endpoint.settled();
    const result = await fleet.run(['upload-script', 'ok.sh', '--no-sync', '--cleanup', ...SERIAL, '--json']);
    expect(told(result).map(({ outcome }) => outcome)).toEqual(['reclaimed', 'succeeded']);
    expect(result.exitCode).toBe(8);
  });

  test('is found out by spot attach as well', async () => {
    const fleet = await spotFleet(1);
    fleet.project.write('waits.sh', WAITS);
    expect((await fleet.run(['upload-script', 'waits.sh', '--detach'])).exitCode).toBe(0);
    fleet.ec2.endpoint.reclaim(fleet.instances[0]?.id ?? '', { status: 'instance-terminated-by-price' });
    await fleet.ec2.endpoint.settled();
    const result = await fleet.run(['attach', '--json']);
    expect(told(result)).toMatchObject([{ outcome: 'reclaimed', error: RECLAIMED }]);
    expect(told(result)[0]?.evidence).toContain('spot request: instance-terminated-by-price');
    expect(result.exitCode).toBe(8);
  });
});

describe.skipIf(requireProgram('sshd') === null)('an instance that a user has terminated', { timeout: 60_000 }, () => {
  const reason = 'Client.UserInitiatedShutdown: User initiated shutdown';

  test('is lost where its script was started', async () => {
    const fleet = await spotFleet(1);
    fleet.project.write('waits.sh', WAITS);
    const spot = fleet.start(['upload-script', 'waits.sh', '--json']);
    await spot.saw('| ready', 20_000);
    fleet.ec2.endpoint.terminate(fleet.instances[0]?.id ?? '');
    const result = await spot.result;
    expect(told(result)).toMatchObject([{ outcome: 'lost' }]);
    expect(told(result)[0]?.evidence).toContain(reason);
    expect(result.exitCode).toBe(4);
  });

  test('is unreachable where it was not', async () => {
    const fleet = await spotFleet(1);
    fleet.project.write('waits.sh', WAITS);
    fleet.ec2.endpoint.terminate(fleet.instances[0]?.id ?? '');
    await fleet.ec2.endpoint.settled();
    const result = await fleet.run(['upload-script', 'waits.sh', '--no-sync', '--json']);
    expect(told(result)).toMatchObject([
      { outcome: 'unreachable', error: { code: 'instance-gone' }, evidence: expect.arrayContaining([reason]) },
    ]);
    expect(result.exitCode).toBe(4);
    expect(stateOf(fleet)).toMatchObject([{ reason }]);
  });
});
