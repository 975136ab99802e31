import { ExitCode } from '../../model/exit-code.ts';
import { EC2_SOURCE, type Instance } from '../../model/instance.ts';
import type { State } from '../../state/state.ts';
import { dueNow, lastSeenOf, type SyncSurroundings } from '../auto-sync.ts';
import { type GlobalOptions, instancesFor, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { listDocument, type ListRow, listTable } from '../list-view.ts';
import { describeAges } from '../sync-view.ts';

export interface ListOptions extends GlobalOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `spot list`: the fleet, or the part of it that the words mean. */
export async function listInstances(words: readonly string[], options: ListOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const fleet = state.instances.list();
    const meant = words.length === 0 ? fleet : await instancesFor(words, fleet);
    const hidden = options.all || words.length > 0 ? [] : meant.filter(isOver);
    const rows = withLatest(
      meant.filter((instance) => !hidden.includes(instance)),
      state,
    );
    if (options.json) io.stdout.write(`${JSON.stringify(listDocument(rows), null, 2)}\n`);
    else if (rows.length === 0) io.stderr.write(emptyText({ config, state, io }));
    else showTable(rows, { config, state, io });
    if (hidden.length > 0) {
      const verb = hidden.length === 1 ? 'instance is' : 'instances are';
      io.stderr.write(
        `${hidden.length} terminated ${verb} not shown; see: spot list --all; forget with: spot remove state=terminated\n`,
      );
    }
    return ExitCode.ok;
  });
}

/** Nobody comes back to it, and there are more of them every day. */
function isOver({ source, state }: Instance): boolean {
  return source === EC2_SOURCE && state === 'terminated';
}

function withLatest(instances: readonly Instance[], state: State): ListRow[] {
  const latest = new Map(state.runs.latest().map((attempt) => [attempt.instanceId, attempt]));
  return instances.map((instance) => ({ instance, latest: latest.get(instance.instanceId) ?? null }));
}

function emptyText({ config, state }: SyncSurroundings): string {
  const orEc2 = config.aws.isUsed ? ', or look in EC2 with: spot sync' : '';
  return `no instance in ${state.path}; add one with: spot add user@host${orEc2}\n`;
}

function showTable(rows: readonly ListRow[], surroundings: SyncSurroundings): void {
  const { io } = surroundings;
  const { text, leftOut } = listTable(rows, io.clock.now(), io.stdout.columns);
  io.stdout.write(text);
  if (leftOut.length > 0)
    io.stderr.write(`no room for ${leftOut.join(', ')}; they are in a wider terminal and in --json\n`);
  const old = dueNow(surroundings).map(({ region }) => region);
  if (old.length > 0) {
    io.stderr.write(`${describeAges(old, lastSeenOf(surroundings))}; look again with: spot sync\n`);
  }
}
