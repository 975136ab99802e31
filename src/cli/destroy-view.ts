import type { End } from '../fleet/destroy.ts';
import type { Instance } from '../model/instance.ts';
import { labelInstances } from '../report/labels.ts';
import { wholeSeconds } from '../report/live/times.ts';
import { Screen } from '../report/screen.ts';
import { formatTable } from '../report/table.ts';
import { cutToWidth, harmless } from '../report/text.ts';
import { groupBy } from '../util/group-by.ts';
import { formatDuration, formatSpan, plural } from '../util/format.ts';
import type { Io } from './io.ts';
import { namesOf } from './several.ts';

/** What is asked about before it happens. */
export interface DoomedView {
  readonly instances: readonly Instance[];
  /** by instance id: the unfinished run on it */
  readonly openRuns: ReadonlyMap<string, string>;
  /** ms since the epoch */
  readonly now: number;
}

/** Names all that goes. */
export function doomedTable({ instances, openRuns, now }: DoomedView, columns: number | undefined): string {
  const rows = instances.map((instance) => [
    instance.name ?? '',
    instance.instanceId,
    instance.instanceType ?? '',
    instance.availabilityZone ?? instance.region ?? '',
    instance.state,
    instance.launchedAt === null ? '' : formatSpan(now - Date.parse(instance.launchedAt)),
    openRuns.get(instance.instanceId) ?? '',
  ]);
  const header = ['NAME', 'ID', 'TYPE', 'ZONE', 'STATE', 'AGE', 'UNFINISHED RUN'];
  const isRun = rows.some((row) => row.at(-1) !== '');
  return formatTable(isRun ? header : header.slice(0, -1), rows, { columns });
}

/** `3 instances would be terminated, 1 of them with an unfinished run`. */
export function describeDoomed({ instances, openRuns }: DoomedView, verb: string): string {
  const open = instances.filter(({ instanceId }) => openRuns.has(instanceId)).length;
  const what = `${plural(instances.length, 'instance')} ${verb}`;
  return open === 0 ? what : `${what}, ${open} of them with an unfinished run`;
}

export interface Progress {
  readonly show: (ends: readonly End[]) => void;
  close(): void;
}

const REDRAW_MS = 1000;

/** A line that is drawn over in a terminal; elsewhere a line for each instance that is terminated. */
export function showProgress(instances: readonly Instance[], isLive: boolean, io: Io): Progress {
  return isLive ? liveProgress(io) : plainProgress(instances, io);
}

function liveProgress({ stderr, clock }: Io): Progress {
  const screen = new Screen(stderr);
  const startedAt = clock.now();
  let line = 'asking EC2 to terminate them';
  const draw = (): void => {
    const time = wholeSeconds(clock.now() - startedAt);
    screen.draw([cutToWidth(`${time} · ${line}`, screen.columns)], []);
  };
  const timer = setInterval(draw, REDRAW_MS);
  draw();
  return {
    show: (ends) => {
      line = stateWords(ends);
      draw();
    },
    close: () => {
      clearInterval(timer);
      screen.erase();
    },
  };
}

function plainProgress(instances: readonly Instance[], { stderr }: Io): Progress {
  const labels = labelInstances(instances);
  const told = new Set<string>();
  return {
    show: (ends) => {
      for (const { instance, state, isOrdered } of ends) {
        const key = `${instance.instanceId} ${state}`;
        if (!isOrdered || told.has(key)) continue;
        told.add(key);
        stderr.write(`${labels.get(instance.instanceId) ?? instance.instanceId}  ${state}\n`);
      }
    },
    close: () => undefined,
  };
}

/** `2 of 3 terminated, 1 shutting down`, and why nothing more is known. */
function stateWords(ends: readonly End[]): string {
  const done = ends.filter(({ state }) => state === 'terminated').length;
  const going = ends.filter(({ state, isOrdered }) => isOrdered && state !== 'terminated').length;
  const problem = ends.find((end) => end.problem !== null)?.problem;
  return [
    `${done} of ${ends.length} terminated`,
    ...(going === 0 ? [] : [`${going} shutting down`]),
    ...(problem ? [harmless(problem.message)] : []),
  ].join(', ');
}

export interface EndView {
  readonly ends: readonly End[];
  readonly ms: number;
  readonly isInterrupted: boolean;
}

/** What came of it, and of what did not what to do about it. */
export function describeEnds({ ends, ms, isInterrupted }: EndView): string[] {
  const done = ends.filter(({ state }) => state === 'terminated');
  const slow = ends.filter((end) => end.isOrdered && end.state !== 'terminated' && end.problem === null);
  const lines = [`${done.length} of ${plural(ends.length, 'instance')} terminated in ${formatDuration(ms)}.`];
  if (slow.length > 0) {
    const why = isInterrupted ? '' : ', which takes longer than usual';
    lines.push(`spot: EC2 goes on to terminate ${namesOf(instancesOf(slow))}${why}; look with: spot sync`);
  }
  const left = ends.filter(({ problem }) => problem !== null);
  const problems = groupBy(left, ({ problem }) => problem?.message ?? '');
  return [...lines, ...[...problems].map(([message, some]) => describeProblem(message, some))];
}

function describeProblem(message: string, ends: readonly End[]): string {
  const names = namesOf(instancesOf(ends));
  return ends.some(({ isOrdered }) => isOrdered)
    ? `spot: EC2 goes on to terminate ${names}, but does not say how far it is: ${harmless(message)}`
    : `spot: ${names} not terminated: ${harmless(message)}`;
}

function instancesOf(ends: readonly End[]): Instance[] {
  return ends.map(({ instance }) => instance);
}

/** What `--json` shows. */
export function destroyDocument(ends: readonly End[], exitCode: number, isDryRun: boolean): unknown {
  return {
    schema: 1,
    dry_run: isDryRun,
    instances: ends.map(({ instance, state, isOrdered, problem }) => ({
      instance_id: instance.instanceId,
      name: instance.name,
      region: instance.region,
      availability_zone: instance.availabilityZone,
      instance_type: instance.instanceType,
      state,
      ordered: isOrdered,
      error: problem === null ? null : { code: problem.code, message: problem.message },
    })),
    exit_code: exitCode,
  };
}
