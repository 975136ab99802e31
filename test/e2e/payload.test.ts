import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { say, versionsIn } from './payloads.ts';
import { Project } from './project.ts';

leakCheck();

describe('spot payload', () => {
  test('counts a version for each change of script, file, mode or environment, and none for no change', async () => {
    const project = new Project();
    project.write('deploy.sh', 'echo 1\n');
    project.write('files/a', 'x');
    const add = (more = '') => say(project, `payload add deploy deploy.sh${more}`);
    expect(await add()).toMatch(/^added deploy@1 \(1 file, \d+ B packed\)\n$/);
    expect(await add()).toBe('deploy@1 is up to date: nothing has changed\n');
    project.write('deploy.sh', 'echo 2\n');
    expect(await add()).toMatch(/^added deploy@2 /);
    project.write('files/a', 'y');
    expect(await add()).toMatch(/^added deploy@3 /);
    project.write('files/a', 'y', 0o755);
    expect(await add()).toMatch(/^added deploy@4 /);
    expect(await add(' -e A=1')).toMatch(/^added deploy@5 /);
    expect(await add(' -e A=2')).toMatch(/^added deploy@6 .*\nremoved deploy@1\n$/);
    expect(await add(' -e A=1')).toBe('deploy@5 is active again: it has this content\n');
    expect(versionsIn(project)).toBe('deploy@2 deploy@3 deploy@4 deploy@5* deploy@6');
  });

  test('lists, shows, verifies, activates, prunes and removes', async () => {
    const project = new Project();
    for (const number of [1, 2, 3]) {
      project.write('deploy.sh', `#!/bin/sh\necho ${number}\n`);
      await say(project, 'payload add deploy deploy.sh -e LEVEL=info');
    }
    await say(project, 'payload add report deploy.sh --interpreter node --no-files');
    expect(await say(project, 'payload list')).toMatch(
      /^NAME +VERSION +STATE +SIZE +SHA-256 +CREATED\ndeploy +1 +\d+ B +[0-9a-f]{16}… +20\S+Z\n(deploy.*\n){2}report +1 +active .*\n$/,
    );
    expect(await say(project, 'payload activate deploy@2')).toBe('deploy@2 is active\n');
    expect(await say(project, 'payload show deploy')).toMatch(
      /^payload +deploy@2, active\ncreated .*\narchive .*\nsha256 .*\nscript +script\.sh, run by \/bin\/sh\nenv +LEVEL\nfiles +0\n$/,
    );
    expect(await say(project, 'payload verify')).toMatch(
      /^PAYLOAD +FILE +STATE\n(deploy@\d +as it should be\n){3}report@1 +as it should be\n\n4 versions; nothing is damaged\.\n$/,
    );
    expect(await say(project, 'payload prune --keep 1 deploy')).toBe('removed deploy@1\nremoved deploy@3\n');
    expect(await say(project, 'payload remove report')).toBe('removed report@1\n');
    expect(versionsIn(project)).toBe('deploy@2*');
    expect(await say(project, 'payload remove deploy@2')).toBe('removed deploy@2\n');
    expect(await say(project, 'payload list')).toBe(
      `no payload in ${project.cwd}/.spot/state.db; add one with: spot payload add <name> <script>\n`,
    );
  });

  test('removes the archive with the last version that has it', async () => {
    const project = new Project();
    project.write('deploy.sh', 'echo 1\n');
    await say(project, 'payload add deploy deploy.sh -e PASSWORD=oops');
    const folder = join(project.cwd, '.spot/payloads');
    expect(readdirSync(folder)).toHaveLength(2);
    await say(project, 'payload remove deploy');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('names what is damaged, with exit code 66', async () => {
    const project = new Project();
    project.write('deploy.sh', 'echo 1\n');
    await say(project, 'payload add deploy deploy.sh');
    const [row] = project.rows('SELECT payload_path, checksum FROM payloads');
    const archive = join(project.cwd, '.spot', String(row?.['payload_path']));
    writeFileSync(archive, 'not an archive');
    const { exitCode, stdout } = await project.quick(['payload', 'verify', 'deploy', '--json']);
    expect(exitCode).toBe(66);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      payloads: [
        {
          name: 'deploy',
          damages: [
            { path: row?.['payload_path'], message: expect.stringMatching(/^has 14 bytes instead of \d+$/) },
            {
              path: row?.['payload_path'],
              message: 'cannot be unpacked to its end: incorrect header check',
            },
            { path: 'manifest.yaml', message: 'is missing' },
          ],
        },
      ],
    });
    unlinkSync(archive);
    const gone = await project.quick(['payload', 'verify']);
    expect(gone.exitCode).toBe(66);
    expect(gone.stdout).toMatch(/^deploy@1 +payloads\/[0-9a-f]{64}\.tar\.gz +is missing\n\n1 version; 1 damaged\.$/m);
  });
});
