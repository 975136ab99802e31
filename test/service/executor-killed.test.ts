import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { Project, specOf } from '../e2e/project.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshd } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { mapBounded } from '../../src/util/bounded.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { ON_POSTGRES } from '../state/support.ts';
import { compileDyingWorker, type Death, workUntil } from './dying-worker.ts';
import { configFor, Workshop } from './workshop.ts';

leakCheck();

/** Workers that die at once, each in a project of its own; of those that share a database there is one at a time. */
const AT_ONCE = ON_POSTGRES ? 1 : 3;
/** Said in two parts, so that one may have been told when the worker dies. */
const SAID = '1\n2\n3\n';

describe.skipIf(requireProgram('sshd') === null)('kill -9 of a worker before each of its writes', () => {
  let host: SshdHost;
  let program: string;
  beforeAll(async () => {
    host = await startSshd();
    program = compileDyingWorker(mkdtempSync(join(tmpdir(), 'dying-')));
  });
  afterAll(async () => {
    rmSync(dirname(program), { recursive: true });
    await host.close();
  });

  test.each([
    ['that runs', true],
    ['that is only brought', false],
  ])(
    'lets the next one bring a payload %s to its end, and starts no script twice',
    { timeout: 300_000 },
    async (_, execute) => {
      const { writes } = await play(execute, Infinity, []);
      expect(writes).toEqual(expect.arrayContaining(['tasks.begin', 'ledger.attemptFinished', 'ledger.runEnded']));
      const moments = writes.map((_write, index) => index + 1);
      const deaths = await mapBounded(moments, AT_ONCE, (fatal) => play(execute, fatal, writes));
      expect(deaths.filter(({ wasKilled }) => wasKilled).length).toBeGreaterThan(moments.length - 3);
      removeDeployFolders();
    },
  );

  /** One deployment, worked on by a worker that dies, and by one that does not. */
  async function play(execute: boolean, fatal: number, writes: readonly string[]): Promise<Death> {
    const project = new Project();
    configFor(project, host.identityFile, 'limits: { execution_timeout: 10s }\n');
    const shop = await Workshop.open(project);
    // where all of them share a database, each has an instance of its own
    const name = `web-${fatal}-${execute}`;
    shop.add(name, specOf(host));
    const trace = join(project.cwd, 'trace');
    const script = `echo started >>${trace}; echo 1; sleep 0.3; echo 2; sleep 0.3; echo 3`;
    const { deployments } = await shop.deploy(script, [name], { execute });
    const id = deployments[0]?.id as string;
    const death = await workUntil(program, project, fatal);
    const working = await shop.work();
    await waitFor('it to end', () => shop.deployment(id).finishedAt !== null, 30_000);
    await shop.untilIdle();
    await working.stop();
    const where = `killed before write ${fatal}, ${writes[fatal - 1]}`;
    const isAfterCleanUp = writes[fatal - 1] === 'ledger.attemptFinished';
    expect({ where, ...(await storyOf(shop, id, trace)) }).toEqual({ where, ...expected(execute, isAfterCleanUp) });
    await shop.close();
    return death;
  }
});

interface Story {
  readonly status: string;
  readonly problem: string | undefined;
  readonly statuses: readonly string[];
  readonly tasks: readonly string[];
  readonly starts: number;
  readonly output: string;
  readonly told: string;
  readonly ends: number;
  readonly last: RunEvent['type'] | undefined;
}

async function storyOf(shop: Workshop, id: string, trace: string): Promise<Story> {
  const { status, problem, output, runId } = shop.deployment(id);
  const events = await shop.events(runId as string);
  const said = events.flatMap((event) => (event.type === 'output' ? [event.chunk] : []));
  return {
    status,
    problem: problem?.code,
    statuses: shop.statuses(id),
    tasks: shop.tasksOf(id).map((task) => task.status),
    starts: existsSync(trace) ? readFileSync(trace, 'utf8').split('\n').length - 1 : 0,
    output,
    told: Buffer.concat(said).toString(),
    ends: events.filter(({ type }) => type === 'attempt-finished').length,
    last: events.at(-1)?.type,
  };
}

/** Once the instance was told to clean up nobody can prove how a script ended; a copy is made again. */
function expected(execute: boolean, isAfterCleanUp: boolean): Story {
  const isLost = execute && isAfterCleanUp;
  const end = isLost ? 'failed' : 'completed';
  return {
    status: end,
    problem: isLost ? 'control-missing' : undefined,
    statuses: execute ? ['transferred', 'executing', end] : ['transferred', 'completed'],
    tasks: execute ? ['completed', end] : ['completed'],
    starts: execute ? 1 : 0,
    output: execute ? SAID : '',
    told: execute ? SAID : '',
    ends: 1,
    last: 'run-finished',
  };
}
