import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { fleetOf } from './fleet.ts';

leakCheck();

/** Waits for the file $1 on the instance $2, and says so. */
const ONE_WAITS =
  'echo begun\n[ "$SPOT_INSTANCE_ID" = "$2" ] || exit 0\nuntil [ -e "$1" ]; do sleep 0.05; done\necho gone on\n';

const SECONDS = String.raw`\d+(\.\d)? m?s`;

/** `web-3  straggler: runs for …` */
function straggling(name: string, does = ''): RegExp {
  return new RegExp(
    `^${name}  straggler: runs for ${SECONDS}${does}, the median is ${SECONDS}; last output ${SECONDS} ago: begun$`,
    'm',
  );
}

describe('a straggler', () => {
  test('is shown once, in a line of its own, and its run goes on to its end', async () => {
    const { project } = await fleetOf(4);
    project.write('waits.sh', ONE_WAITS);
    const go = join(tempDir(), 'go');
    const args = ['upload-script', 'waits.sh', '--cleanup', '--straggler-after', '500ms', '--', go, 'web-3'];
    const running = project.start(args);
    await running.saw('straggler');
    writeFileSync(go, '');
    const { exitCode, stderr } = await running.result;
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(straggling('web-3'));
    expect(stderr.split('straggler:')).toHaveLength(2);
  });

  test('is left running with --straggler detach, and spot attach brings it to its end', async () => {
    const { project } = await fleetOf(4);
    project.write('waits.sh', ONE_WAITS);
    const go = join(tempDir(), 'go');
    const flags = ['--straggler-after', '500ms', '--straggler', 'detach', '--json'];
    const left = await project.run(['upload-script', 'waits.sh', '--cleanup', ...flags, '--', go, 'web-3']);
    const { run, attempts } = JSON.parse(left.stdout) as {
      run: { id: string; running: string[] };
      attempts: unknown[];
    };
    expect([left.exitCode, run.running, attempts.length]).toEqual([0, ['web-3'], 3]);
    expect(left.stderr).toMatch(straggling('web-3', ' and is left running'));
    expect(left.stderr).toContain(`spot attach ${run.id}\n`);
    const attached = project.start(['attach', run.id]);
    await attached.saw('straggler: runs for');
    writeFileSync(go, '');
    const { exitCode, stderr } = await attached.result;
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(straggling('web-3'));
    expect(stderr).toMatch(/^web-3 \| gone on$/m);
    expect(project.rows('SELECT outcome FROM attempts')).toEqual(Array(4).fill({ outcome: 'succeeded' }));
  });

  test('of a wave does not hold up the next one, where it is left or ended', async () => {
    const { project } = await fleetOf(4);
    project.write('waits.sh', ONE_WAITS);
    const go = join(tempDir(), 'go');
    const flags = ['--serial', '3,1', '--straggler-after', '500ms', '--straggler', 'stop'];
    const { exitCode, stderr } = await project.run([
      'upload-script',
      'waits.sh',
      '--cleanup',
      ...flags,
      '--',
      go,
      'web-2',
    ]);
    expect(exitCode).toBe(2);
    const lines = stderr.split('\n');
    const place = (text: string): number => lines.findIndex((line) => line.includes(text));
    expect(stderr).toMatch(straggling('web-2', ' and is stopped'));
    expect(place('straggler:')).toBeLessThan(place('wave 2 of 2'));
    expect(stderr).toMatch(/^web-2 {2}cancelled: cancelled by straggler-rule \(.*killed \d process(es)?; ran for/m);
    expect(stderr).toMatch(/^web-4 {2}succeeded/m);
  });

  test('is nobody with never, however long it takes', async () => {
    const { project } = await fleetOf(2);
    project.write('waits.sh', ONE_WAITS);
    const go = join(tempDir(), 'go');
    project.write('config.yaml', `${project.read('config.yaml')}stragglers: { after: 200ms }\n`);
    const running = project.start([
      'upload-script',
      'waits.sh',
      '--cleanup',
      '--straggler-after',
      'never',
      '--',
      go,
      'web-1',
    ]);
    await running.saw('web-2  succeeded');
    await waitFor(
      'a second to pass',
      (
        (start) => () =>
          Date.now() > start + 600
      )(Date.now()),
    );
    writeFileSync(go, '');
    const { exitCode, stderr } = await running.result;
    expect([exitCode, stderr.includes('straggler'), existsSync(go)]).toEqual([0, false, true]);
  });
});

test.each([
  [['--detach', '--straggler', 'stop'], '--detach and --straggler exclude each other; leave one of them out'],
  [
    ['--copy-only', '--straggler-after', '2m'],
    '--copy-only and --straggler-after exclude each other; leave one of them out',
  ],
  [['--straggler', 'kill'], '--straggler: "kill" is not one of report, detach, stop'],
  [
    ['--straggler-after', 'soon'],
    '--straggler-after: "soon" is no limit for stragglers; write it like 3x, 2m or never',
  ],
])('%j', async (flags, message) => {
  const { project } = await fleetOf(1, 0);
  project.write('a.sh', 'true\n');
  const { exitCode, stderr } = await project.run(['upload-script', 'a.sh', ...flags]);
  expect([exitCode, stderr]).toEqual([expect.anything(), expect.stringContaining(message)]);
  expect(exitCode).not.toBe(0);
});
