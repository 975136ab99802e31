import { selectInstances } from '../../inventory/select.ts';
import { payloadDocument, SCHEMA } from '../../report/json.ts';
import { labelInstances } from '../../report/labels.ts';
import { harmless } from '../../report/text.ts';
import { watch } from '../../run/watch.ts';
import type { State } from '../../state/state.ts';
import { isoTime } from '../../util/clock.ts';
import { formatDuration, plural } from '../../util/format.ts';
import { withState } from '../context.ts';
import { readDuration } from '../duration-flag.ts';
import { adviceFor, Interrupt } from '../interrupt.ts';
import type { Io } from '../io.ts';
import { fitToOpenFiles } from '../open-files.ts';
import { Refresher } from '../refresher.ts';
import { filterOf } from '../filter.ts';
import { type Announcer, Rounds } from '../rounds.ts';
import { namesOf } from '../several.ts';
import { requireSound } from '../preflight/findings.ts';
import { chooseSource, openSource, type PayloadSource } from '../payload-source.ts';
import { openKeyring } from '../ssh.ts';
import { type Order, planOf, readOrder, type UploadScriptOptions } from './upload-script.ts';

/** Those of `upload-script` but for what makes sense for one run only. */
export interface WatchOptions extends Omit<
  UploadScriptOptions,
  'json' | 'dryRun' | 'yes' | 'detach' | 'onlyMissing' | 'serial' | 'pause' | 'maxFail' | 'failFast'
> {
  readonly interval?: string;
}

const DEFAULT_INTERVAL = '5s';
/** Looking more often would keep the state file from others. */
const LEAST_INTERVAL_MS = 100;

/** `spot watch`: whoever runs and lacks the payload gets it, until the command is stopped. */
export async function watchFleet(
  word: string,
  args: readonly string[],
  options: WatchOptions,
  io: Io,
): Promise<number> {
  const intervalMs = readDuration('--interval', options.interval ?? DEFAULT_INTERVAL, LEAST_INTERVAL_MS);
  const order = await readOrder(args, options, io);
  return withState(order.config, io, async (state) => {
    const request = { ...order, state, io };
    const source = await openSource(await chooseSource(word, request), request);
    requireSound(await source.findings, options, io);
    await source.register();
    return keepCaughtUp(order, source, intervalMs, state, io);
  });
}

async function keepCaughtUp(
  order: Order,
  source: PayloadSource,
  intervalMs: number,
  state: State,
  io: Io,
): Promise<number> {
  const { options, config } = order;
  const { environment } = source;
  const filter = filterOf(order);
  selectInstances(state.instances.list(), filter);
  const draft = planOf(order, source, { chosen: [], skipped: [] }, io);
  const { concurrency } = fitToOpenFiles(draft, config.limits.concurrency, io).limits;
  const say = announcer(order, source, io);
  const interrupt: Interrupt = new Interrupt(io, {
    advice: () => [...rounds.running].map(adviceFor).join(''),
    isBusy: () => rounds.running.size > 0,
    suspend: () => undefined,
    resume: () => undefined,
  });
  const rounds: Rounds = new Rounds({
    plan: (selection) => planOf(order, source, selection, io),
    keyring: openKeyring(io),
    beforeLook: () => void refresher.refresh(),
    ...{ environment, filter, intervalMs, concurrency, config, options, state, interrupt, io, say },
  });
  const refresher = new Refresher({ ...order, state, io }, interrupt.cancel, interrupt.detach);
  try {
    await refresher.refresh();
    say.starts(intervalMs);
    const signals = { signal: interrupt.cancel, detach: interrupt.detach };
    const exitCode = await watch(rounds, { clock: io.clock, intervalMs, concurrency, ...signals });
    return interrupt.exitCode ?? exitCode;
  } finally {
    await refresher.close();
    interrupt.clear();
  }
}

/** One line for each round that does something, and nothing while there is nothing to do. */
function announcer(
  { options }: Order,
  { label, payload }: PayloadSource,
  io: Io,
): Announcer & { starts(ms: number): void } {
  const name = harmless(label);
  const tell = (line: string): void => {
    if (!options.quiet) io.stderr.write(`${line}\n`);
  };
  const emit = (type: string, fields: Readonly<Record<string, unknown>>): void => {
    const front = { schema: SCHEMA, type, at: isoTime(io.clock.now()), run_id: null };
    if (options.jsonLines) io.stdout.write(`${JSON.stringify({ ...front, ...fields })}\n`);
  };
  return {
    starts: (intervalMs) => {
      const what = `${name} (sha256 ${payload.digest.slice(0, 16)}…)`;
      tell(`watching for running instances that lack ${what}, every ${formatDuration(intervalMs)}; Ctrl-C ends it`);
      emit('watch-started', { payload: payloadDocument(payload), interval_ms: intervalMs });
    },
    begins: ({ targets }) => {
      const instances = targets.map(({ instance }) => instance);
      tell(`${plural(instances.length, 'instance lacks', 'instances lack')} ${name}: ${namesOf(instances)}`);
    },
    takesUp: (runId) => tell(`run ${runId} was left by a spot that is gone: it is taken up`),
    leavesAlone: ({ instance, runId }) => {
      const label = labelInstances([instance]).get(instance.instanceId) as string;
      const message = `left alone, as nobody knows what became of run ${runId} there; look with: spot doctor ${label}, and run it again with: spot upload-script`;
      io.stderr.write(`${label}  note: ${message}\n`);
      emit('notice', { instance_id: instance.instanceId, message });
    },
  };
}
