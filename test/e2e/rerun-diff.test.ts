import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { Checked } from './checked.ts';

leakCheck();

let project: Checked;
beforeEach(async () => {
  project = await Checked.begin();
});

describe('spot rerun', () => {
  test('runs the same payload with the same arguments where it did not succeed, and is linked to the run', async () => {
    const id = await project.checked();
    project.write('check.sh', 'echo another one\n');
    writeFileSync(project.mended, '');
    project.change("UPDATE instances SET state = 'stopped' WHERE instance_id = 'gone'");
    const { exitCode, stderr } = await project.run(['rerun', 'last', '--verbose']);
    expect(stderr).toContain('spot: warning: not ready, and left out: gone (stopped)\n');
    expect(stderr).toContain(`3 instances of run ${id}: 1 again, 1 not ready, 1 not chosen\n`);
    expect(exitCode).toBe(0);
    const [second] = project.runIds();
    const rows = 'SELECT rerun_of, payload_digest FROM runs ORDER BY rowid';
    const [before, after] = project.rows(rows);
    expect(after).toEqual({ rerun_of: id, payload_digest: before?.['payload_digest'] });
    expect((await project.run(['logs', 'last'])).stdout).toBe('release 1.4.2\ndisk is fine\n');
    expect((await project.document(['show', 'last']))['skipped']).toEqual([
      { instance_id: 'gone', reason: 'stopped' },
      { instance_id: 'web-1', reason: `succeeded in run ${id}` },
    ]);
    expect(await project.run(['rerun', second as string])).toMatchObject({
      exitCode: 69,
      stderr: `spot: run ${second} has no instance to run on again (1 succeeded); --all takes every one that has ended\n`,
    });
  });

  test.each([
    [['--failed'], ['web-2']],
    [['--unreachable'], ['gone']],
    [
      ['--failed', '--unreachable'],
      ['web-2', 'gone'],
    ],
    [['--all'], ['web-1', 'web-2', 'gone']],
  ])('%j chooses by outcome', async (flags, expected) => {
    await project.checked();
    const { targets } = (await project.document(['rerun', 'last', '--dry-run', ...flags])) as {
      targets: { instance_id: string }[];
    };
    expect(targets.map(({ instance_id }) => instance_id)).toEqual(expected);
    expect(project.runIds()).toHaveLength(1);
  });

  test('asks for the values of its environment again, and for no other', async () => {
    project.write('check.sh', 'echo "$TOKEN $OTHER"; exit 1\n');
    await project.upload('--limit', 'web-1', '--env', 'TOKEN=first', '--env', 'OTHER=more');
    const [id] = project.runIds();
    const missing = await project.run(['rerun', 'last', '--env', 'TOKEN=x']);
    expect(missing).toMatchObject({
      exitCode: 64,
      stderr: `spot: run ${id} was given OTHER, and values are not stored; give them again with: --env OTHER\n`,
    });
    const extra = await project.run(['rerun', 'last', '--env', 'TOKEN', '--env', 'OTHER=', '--env', 'NEW=1'], {
      env: { TOKEN: 'x' },
    });
    expect(extra).toMatchObject({
      exitCode: 64,
      stderr: `spot: run ${id} was not given NEW; leave that out, or upload the script again\n`,
    });
    const again = await project.run(['rerun', 'last', '--env', 'TOKEN=second', '--env', 'OTHER=less', '--quiet']);
    expect(again.exitCode).toBe(2);
    expect((await project.run(['logs', 'last'])).stdout).toBe('second less\n');
  });

  test('refuses an archive that is damaged or gone', async () => {
    await project.checked();
    const [{ payload_digest: digest } = {}] = project.rows('SELECT payload_digest FROM runs');
    const archive = join(project.cwd, '.spot/payloads', `${String(digest)}.tar.gz`);
    writeFileSync(archive, 'no archive');
    expect(await project.run(['rerun', 'last'])).toMatchObject({
      exitCode: 66,
      stderr: `spot: the archive ${archive} is damaged (its SHA-256 is another one); remove it and upload the script again\n`,
    });
    rmSync(archive);
    expect(await project.run(['rerun', 'last'])).toMatchObject({
      exitCode: 66,
      stderr: `spot: the archive ${archive} is gone; upload the script again\n`,
    });
    expect(project.runIds()).toHaveLength(1);
  });
});

describe('spot diff', () => {
  test('groups the instances that said the same, and compares one with most of them', async () => {
    const id = await project.checked();
    const grouped = await project.run(['diff', 'last']);
    expect(grouped).toMatchObject({ exitCode: 2, stderr: 'not compared: gone\n' });
    expect(grouped.stdout).toBe(
      '1 of 2 instances, 27 B: web-1\n  | release 1.4.2\n  | disk is fine\n\n' +
        '1 of 2 instances, 40 B: web-2\n  | release 1.4.2\n  | disk is fine\n  | load is high\n',
    );
    const expected = '@@ -1,2 +1,3 @@\n release 1.4.2\n disk is fine\n+load is high\n';
    expect(await project.run(['diff', 'last', 'web-2'])).toMatchObject({
      exitCode: 2,
      stdout: `--- 1 of 2 instances\n+++ web-2\n${expected}`,
    });
    expect(await project.run(['diff', 'last', 'web-1', 'web-2'])).toMatchObject({
      exitCode: 2,
      stdout: `--- web-1\n+++ web-2\n${expected}`,
    });
    expect(await project.run(['diff', 'last', 'web-1', 'web-1'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'no difference in stdout: web-1 and web-1\n',
    });
    const { groups } = await project.document(['diff', id, '--stderr'], 2);
    expect(groups).toMatchObject([
      { instances: ['web-1'], bytes: 0 },
      { instances: ['web-2'], bytes: 5 },
    ]);
  });

  test('compares two runs instance by instance', async () => {
    const first = await project.checked();
    writeFileSync(project.mended, '');
    await project.upload('--limit', 'web-*');
    const [second] = project.runIds();
    const { exitCode, stdout, stderr } = await project.run(['diff', first, 'last']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: 'not compared: gone\n' });
    expect(stdout).toMatch(
      new RegExp(`^--- web-2 in run ${first}\\n\\+\\+\\+ web-2 in run ${second}\\n@@ -1,3 \\+1,2 @@\\n`),
    );
    expect(await project.run(['diff', first, 'last', 'web-1'])).toMatchObject({ exitCode: 0 });
    expect(await project.document(['diff', 'last', first, 'web-2'], 2)).toMatchObject({
      comparisons: [{ same: false, left: { run_id: second, bytes: 27 }, right: { run_id: first, bytes: 40 } }],
    });
  });

  test('says so where there is nothing to compare', async () => {
    const id = await project.checked();
    expect(await project.run(['diff', 'last', 'gone'])).toMatchObject({
      exitCode: 69,
      stderr: `spot: the script was not run on gone in run ${id}; see: spot show ${id}\n`,
    });
    expect(await project.run(['diff', 'last', 'web-9'])).toMatchObject({
      exitCode: 69,
      stderr: `spot: web-9 is neither an instance of run ${id} nor a run; see: spot show ${id}\n`,
    });
  });
});
