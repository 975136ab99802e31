import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { type Fleet, fleetOf } from './fleet.ts';

leakCheck();

interface Skipping extends Fleet {
  /** ids of instances, each as often as its script was started */
  ran(): string[];
  upload(...flags: string[]): ReturnType<Fleet['project']['run']>;
}

/** A script that leaves a trace, and fails on web-2 as long as it may not succeed. */
async function skipping(): Promise<Skipping> {
  const fleet = await fleetOf(3, 2);
  const trace = join(tempDir(), 'trace');
  const script = `echo "$SPOT_INSTANCE_ID" >>'${trace}'\n[ "$SPOT_INSTANCE_ID" = web-1 ] || [ -e '${trace}.go' ]\n`;
  fleet.project.write('traces.sh', script);
  return {
    ...fleet,
    ran: () => (existsSync(trace) ? readFileSync(trace, 'utf8').trim().split('\n').sort() : []),
    upload: (...flags) => fleet.project.run(['upload-script', 'traces.sh', '--cleanup', '--only-missing', ...flags]),
  };
}

test('only instances on which the same has not succeeded are chosen, the others say why', async () => {
  const { project, spec, upload, ran } = await skipping();
  expect((await upload()).exitCode).toBe(2);
  project.add('web-3', spec(3));
  const reason = /^has it since \d{4}-\d\d-\d\d \d\d:\d\d UTC \(run [-0-9a-f]+\)$/;
  const dry = await upload('--dry-run', '--json');
  const plan = JSON.parse(dry.stdout) as { targets: unknown[]; skipped: { instance_id: string; reason: string }[] };
  expect(plan.targets).toMatchObject([{ instance_id: 'web-2' }, { instance_id: 'web-3' }]);
  expect(plan.skipped).toEqual([{ instance_id: 'web-1', reason: expect.stringMatching(reason) as unknown }]);
  const { stderr, stdout, exitCode } = await upload('--json');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^3 instances: 2 selected, 1 has it already\n/);
  expect(JSON.parse(stdout)).toMatchObject({
    skipped: [{ instance_id: 'web-1', reason: expect.stringMatching(reason) }],
  });
  expect(ran()).toEqual(['web-1', 'web-2', 'web-2', 'web-3']);
});

test('where all have it nothing is done, which is a success and no run', async () => {
  const { project, upload, ran } = await skipping();
  expect((await upload('-l', 'web-1')).exitCode).toBe(0);
  const { exitCode, stderr, stdout } = await upload('-l', 'web-1', '--json');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr:
      '2 instances: 0 selected, 1 not selected by --limit, 1 has it already\nnothing to do: no instance lacks traces.sh\n',
  });
  expect(JSON.parse(stdout)).toMatchObject({ schema: 1, run: null, attempts: [], skipped: [{}, {}] });
  expect(project.rows('SELECT id FROM runs')).toHaveLength(1);
  expect(ran()).toEqual(['web-1']);
});

test('another argument, another script and a copy are not the same', async () => {
  const { project, upload, ran } = await skipping();
  const only = ['-l', 'web-1'];
  expect((await upload(...only)).exitCode).toBe(0);
  expect((await upload(...only, '--', 'again')).stderr).toContain('1 of 1 instance succeeded');
  const copy = ['upload-script', 'traces.sh', '--copy-only', '--only-missing', '--remote-path', '~/traces.sh', ...only];
  expect((await project.run(copy)).stderr).toContain('1 of 1 instance succeeded');
  expect((await project.run(copy)).stderr).toContain('nothing to do: no instance lacks traces.sh\n');
  project.write('traces.sh', `# changed\n${project.read('traces.sh')}`);
  expect((await upload(...only)).stderr).toContain('1 of 1 instance succeeded');
  expect(ran()).toEqual(['web-1', 'web-1', 'web-1']);
});
