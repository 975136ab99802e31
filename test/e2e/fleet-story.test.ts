import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { type CloudProject, cloudProject } from './creating.ts';

leakCheck();

/** Says who it runs on, and takes its time as long as the file is there. */
const WORK = '#!/bin/sh\necho "$SPOT_INSTANCE_ID" >> "$1/ran"\nwhile [ -e "$1/slow" ]; do sleep 0.1; done\n';
const TAGS = { Name: 'web', team: 'web' };

/** Ids of the instances on which it has begun, in that order. */
function ran({ home }: CloudProject): string[] {
  const file = join(home, 'ran');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** How the newest attempt on each instance ended. */
function outcomes(project: CloudProject): Record<string, unknown> {
  const rows = project.rows(
    'SELECT instance_id AS id, outcome FROM attempts JOIN runs ON runs.id = run_id ORDER BY runs.created_at, runs.rowid',
  );
  return Object.fromEntries(rows.map(({ id, outcome }) => [String(id), outcome]));
}

describe.skipIf(requireProgram('sshd') === null)('a fleet', () => {
  test('is created with a payload, loses an instance in mid-run, is given another one, and catches up', async () => {
    const project = await cloudProject();
    project.write('work.sh', WORK);
    const slow = project.write('../home/slow', '');
    const payload = ['--payload', 'work.sh', '--no-files'];
    const creating = project.start(['create', '--count', '2', '--name', 'web', ...payload, '--', project.home]);
    await waitFor('both scripts', () => ran(project).length === 2, 20_000);
    const [lost = '', kept = ''] = project.ids;
    project.ec2.endpoint.reclaim(lost);
    await creating.saw(`web (${lost})  reclaimed`, 20_000);
    rmSync(slow);
    const created = await creating.result;
    expect({ exitCode: created.exitCode, stderr: created.stderr }).toMatchObject({ exitCode: 8 });
    expect(outcomes(project)).toEqual({ [lost]: 'reclaimed', [kept]: 'succeeded' });
    expect(project.rows('SELECT state FROM instances WHERE instance_id = ?', lost)).not.toEqual([{ state: 'running' }]);

    const tooEarly = await project.run(['rerun', 'last', '--reclaimed']);
    expect(tooEarly).toMatchObject({ exitCode: 69 });
    expect(tooEarly.stderr).toContain(
      `nobody stands in yet for web (${lost}); run spot create, or wait for your fleet`,
    );

    expect(await project.run(['create', '--name', 'web'])).toMatchObject({ exitCode: 0 });
    const again = await project.run(['rerun', 'last', '--reclaimed']);
    const [, , standIn = ''] = project.ids;
    expect({ exitCode: again.exitCode, stderr: again.stderr }).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toContain(`web (${standIn}) in place of web (${lost})`);
    expect(ran(project).sort()).toEqual([lost, kept, standIn].sort());
    expect(outcomes(project)).toEqual({ [lost]: 'reclaimed', [kept]: 'succeeded', [standIn]: 'succeeded' });

    const [first] = project.rows('SELECT id FROM runs ORDER BY created_at LIMIT 1');
    const done = await project.run(['rerun', String(first?.['id']), '--reclaimed']);
    expect(done.stderr).toContain(`those that stand in for its reclaimed instances have it: web (${standIn})`);
    removeDeployFolders();
  });

  test('is kept up by spot watch: a replacement gets the payload, and a reclaimed instance is let go', async () => {
    const project = await cloudProject({}, ['sync_max_age: 0s']);
    project.write('work.sh', WORK);
    const slow = project.write('../home/slow', '');
    expect(await project.run(['create', '--name', 'web'])).toMatchObject({ exitCode: 0 });
    const watching = project.start(['watch', 'work.sh', '--no-files', '--interval', '200ms', '--', project.home]);
    const [lost = ''] = project.ids;
    await waitFor('the script', () => ran(project).length === 1, 20_000);
    project.ec2.endpoint.reclaim(lost);
    const standIn = await project.ec2.add({ tags: TAGS });
    await waitFor('the other script', () => ran(project).length === 2, 20_000);
    rmSync(slow);
    const isOver = () => Object.values(outcomes(project)).join() === 'reclaimed,succeeded';
    await waitFor('both ends', isOver, 20_000);
    watching.kill('SIGTERM');
    expect((await watching.result).exitCode).toBe(143);
    expect(ran(project)).toEqual([lost, standIn.id]);
    expect(project.rows('SELECT count(*) AS attempts FROM attempts')).toEqual([{ attempts: 2 }]);
    removeDeployFolders();
  });
});
