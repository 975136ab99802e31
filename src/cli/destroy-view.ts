import type { End } from '../fleet/destroy.ts';
import type { Instance } from '../model/instance.ts';
import { labelInstances } from '../report/labels.ts';
import { Screen } from '../report/screen.ts';
import { formatTable } from '../report/table.ts';
import { cutToWidth, harmless } from '../report/text.ts';
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
    const time = formatDuration(Math.floor((clock.now() - startedAt) / 1000) * 1000);
    screen.draw([cutToWidth(`${line} · ${time}`, screen.columns)], []);
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

/** `2 of 3 terminated, 1 shutting-down`. */
function stateWords(ends: readonly End[]): string {
  const counts = new Map<string, number>();
  for (const { state } of ends) counts.set(state, (counts.get(state) ?? 0) + 1);
  const done = counts.get('terminated') ?? 0;
  const others = [...counts].filter(([state]) => state !== 'terminated').map(([state, count]) => `${count} ${state}`);
  return [`${done} of ${ends.length} terminated`, ...others].join(', ');
}

export interface EndView {
  readonly ends: readonly End[];
  readonly ms: number;
  readonly isInterrupted: boolean;
}

/** What came of it, and of what did not what to do about it. */
export function describeEnds({ ends, ms, isInterrupted }: EndView): string[] {
  const done = ends.filter(({ state }) => state === 'terminated');
  const going = ends.filter(({ state, isOrdered }) => isOrdered && state !== 'terminated');
  const lines = [`${done.length} of ${plural(ends.length, 'instance')} terminated in ${formatDuration(ms)}.`];
  if (going.length > 0) {
    const why = isInterrupted ? 'nobody waits for it' : 'it takes longer than usual';
    const verb = going.length === 1 ? 'is' : 'are';
    lines.push(
      `spot: ${namesOf(instancesOf(going))} ${verb} on the way: EC2 has taken the order, and ${why}; look with: spot sync`,
    );
  }
  return [...lines, ...refusals(ends)];
}

function refusals(ends: readonly End[]): string[] {
  const refused = new Map<string, End[]>();
  for (const end of ends) {
    if (end.problem === null) continue;
    refused.set(end.problem.message, [...(refused.get(end.problem.message) ?? []), end]);
  }
  return [...refused].map(([message, some]) => {
    const isKnown = some.every(({ isOrdered }) => !isOrdered);
    const what = isKnown ? `not terminated: ${namesOf(instancesOf(some))}: ` : '';
    return `spot: ${what}${harmless(message)}`;
  });
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
