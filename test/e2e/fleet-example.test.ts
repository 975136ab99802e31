import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import type { SpotResult } from '../helpers/spot.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { type CloudProject, cloudProject } from './creating.ts';
import { Page, ROOT } from './markdown.ts';

leakCheck();

const PAGE = new Page('examples/fleet/README.md');
const EXAMPLE_ID = '20261121-034512-9f3a';

/** The commands of the page, in its order. */
function commands(kind: 'sh' | 'watch'): string[][] {
  const blocks = PAGE.blocks.filter(({ info }) => (kind === 'watch' ? info[1] === 'watch' : info[1] === undefined));
  const lines = blocks.flatMap(({ text }) => text.split('\n')).filter((line) => line.startsWith('spot '));
  return lines.map((line) => line.split(' ').slice(1));
}

/** The example as a reader has it; what is here instead of AWS stands in the user's own configuration. */
async function theExample(): Promise<CloudProject> {
  const project = await cloudProject();
  mkdirSync(join(project.home, '.config/spot'), { recursive: true });
  writeFileSync(join(project.home, '.config/spot/config.yaml'), project.read('config.yaml'));
  cpSync(join(ROOT, 'examples/fleet'), project.cwd, { recursive: true });
  return project;
}

/** As the page has it, but for the pace. */
async function follow(project: CloudProject): Promise<Map<string, SpotResult>> {
  const results = new Map<string, SpotResult>();
  let workId = '';
  for (const args of commands('sh')) {
    const words = args.map((word) => (word === EXAMPLE_ID ? workId : word === '20' ? '3' : word));
    const running = project.start(words, { timeoutMs: 60_000 });
    if (args[0] === 'upload-script') {
      await running.saw('part 1 of 3', 20_000);
      project.ec2.endpoint.reclaim(project.ids[1] ?? '');
    }
    const result = await running.result;
    if (args[0] === 'upload-script') workId = /^run (\S+):/m.exec(result.stderr)?.[1] ?? '';
    results.set(args.join(' '), result);
  }
  return results;
}

describe.skipIf(requireProgram('sshd') === null)('examples/fleet', () => {
  test('can be followed word by word', async () => {
    const project = await theExample();
    const results = await follow(project);
    const codes = [...results].map(([command, { exitCode }]) => [command, exitCode]);
    expect(codes).toEqual(commands('sh').map((args) => [args.join(' '), args[0] === 'upload-script' ? 8 : 0]));
    const told = (command: string): string => results.get(command)?.stderr ?? '';
    expect(told('upload-script work.sh -- 20')).toContain('3 of 4 instances succeeded');
    const [, lost, , , standIn] = project.ids;
    expect(told(`rerun ${EXAMPLE_ID} --reclaimed -y`)).toContain(`worker (${standIn}) in place of worker (${lost})`);
    expect(told(`rerun ${EXAMPLE_ID} --reclaimed -y`)).toContain('1 of 1 instance succeeded');
    expect(project.ec2.endpoint.instances.filter(({ isAlive }) => isAlive)).toEqual([]);
    removeDeployFolders();
  }, 90_000);

  test('has a watcher that gives the work to whoever appears', async () => {
    const project = await theExample();
    expect(await project.run(['create', '--name', 'worker', '--payload', 'setup.sh'])).toMatchObject({ exitCode: 0 });
    const [args = []] = commands('watch');
    const watching = project.start(args.map((word) => (word === '20' ? '1' : word)));
    const done = () =>
      project.rows(
        "SELECT * FROM attempts JOIN runs ON id = run_id WHERE payload_name = 'work.sh' AND outcome = 'succeeded'",
      );
    await waitFor('the work', () => done().length === 1, 20_000);
    watching.kill('SIGTERM');
    await watching.result;
    removeDeployFolders();
  });

  test('keeps what it has when its instance is about to be taken back', async () => {
    const project = await theExample();
    const notice = project.write('notice.json', '{}');
    mkdirSync(join(project.home, 'work'));
    const rescue = join(project.cwd, 'rescue');
    mkdirSync(rescue);
    const env = {
      PATH: process.env['PATH'],
      HOME: project.home,
      SPOT_INTERRUPTION_FILE: notice,
      SPOT_RESCUE_DIR: rescue,
    };
    const { status, stdout } = spawnSync('sh', ['work.sh', '2'], { cwd: project.cwd, env, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 75, stdout: 'taken back after 0 of 2 parts\n' });
    expect(readFileSync(join(rescue, 'result.txt'), 'utf8')).toBe('');
  });
});
