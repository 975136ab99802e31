import { INSTANCE_STATES, type Instance } from '../model/instance.ts';
import { isTrouble } from '../report/words.ts';
import type { Painter } from '../report/painter.ts';
import { cutToWidth, displayWidth, harmless, padToWidth } from '../report/text.ts';
import type { PayloadRecord } from '../state/payloads.ts';
import { formatAge, plural } from '../util/format.ts';
import { shellCommand } from '../util/shell-quote.ts';
import { outcomeWords, type RunRow } from './runs-view.ts';

/** What the state file tells. */
export interface KnownState {
  readonly fleet: readonly Instance[];
  readonly last: RunRow | null;
  /** newest first */
  readonly unfinished: readonly RunRow[];
  readonly moreUnfinished: number;
  /** the active version of each name */
  readonly payloads: readonly PayloadRecord[];
}

export const EMPTY_STATE: KnownState = { fleet: [], last: null, unfinished: [], moreUnfinished: 0, payloads: [] };

/** Where one stands. */
export interface Standing extends KnownState {
  /** as messages name them; none: the defaults serve */
  readonly configFiles: readonly string[];
  /** null where there is none yet */
  readonly statePath: string | null;
  readonly isAwsUsed: boolean;
  readonly newestScript: string | null;
}

interface Look {
  /** ms since the epoch */
  readonly now: number;
  readonly columns: number | undefined;
  readonly painter: Painter;
}

/** A command, and what it is for. */
export type Suggestion = readonly [command: string, purpose: string];

const LABEL_WIDTH = 12;
/** Payloads that are named one by one. */
const MAX_PAYLOADS = 6;

export function overviewText(standing: Standing, look: Look): string {
  const { painter, columns } = look;
  const width = columns || 100;
  const facts = factsOf(standing, look.now).map(
    ([label, text]) => `${painter.dim(padToWidth(label, LABEL_WIDTH))}${cutToWidth(text, width - LABEL_WIDTH)}`,
  );
  return `${facts.join('\n')}\n\n${nextStepsText(nextSteps(standing), painter, columns)}`;
}

/** Under a headline, a command and what it is for in each line. */
export function nextStepsText(steps: readonly Suggestion[], painter: Painter, columns: number | undefined): string {
  const commandWidth = Math.max(...steps.map(([command]) => displayWidth(command)));
  const lines = steps.map(([command, purpose]) => {
    const shown = cutToWidth(purpose, Math.max(0, (columns || 100) - commandWidth - 4));
    return `  ${painter.bold(command)}${' '.repeat(commandWidth - displayWidth(command) + 2)}${shown}`.trimEnd();
  });
  return `${[painter.dim('What next'), ...lines].join('\n')}\n`;
}

function factsOf(standing: Standing, now: number): [string, string][] {
  const { configFiles, statePath, last, unfinished, moreUnfinished, payloads } = standing;
  const more = moreUnfinished === 0 ? [] : [['', `… and ${moreUnfinished} more; see: spot runs`] as [string, string]];
  return [
    ['Config', configFiles.length === 0 ? 'none: the defaults serve' : configFiles.map(harmless).join(', ')],
    ['State', statePath === null ? 'none yet' : harmless(statePath)],
    ['Fleet', fleetText(standing.fleet)],
    ...(last === null ? [] : [['Last run', runText(last, now)] as [string, string]]),
    ...unfinished.map((row, index) => [index === 0 ? 'Unfinished' : '', runText(row, now)] as [string, string]),
    ...more,
    ...(payloads.length === 0 ? [] : [['Payloads', payloadsText(payloads)] as [string, string]]),
  ];
}

/** `12 instances: 9 running, 2 stopped, 1 terminated` */
function fleetText(fleet: readonly Instance[]): string {
  if (fleet.length === 0) return 'no instance';
  const counts = INSTANCE_STATES.flatMap((state) => {
    const count = fleet.filter((instance) => instance.state === state).length;
    return count === 0 ? [] : [{ state, count }];
  });
  counts.sort((a, b) => Number(b.state === 'running') - Number(a.state === 'running'));
  return `${plural(fleet.length, 'instance')}: ${counts.map(({ state, count }) => `${count} ${state}`).join(', ')}`;
}

/** `20261121-034512-9f3a  deploy.sh, 2 h ago: 97 succeeded, 2 failed` */
function runText({ run, tally, state }: RunRow, now: number): string {
  const age = formatAge(now - Date.parse(run.createdAt));
  return `${run.id}  ${harmless(run.payloadName)}, ${age}: ${outcomeWords(tally, state)}`;
}

function payloadsText(payloads: readonly PayloadRecord[]): string {
  const names = payloads.slice(0, MAX_PAYLOADS).map(({ name, version }) => `${name}@${version}`);
  const more = payloads.length - names.length;
  return names.join(', ') + (more === 0 ? '' : ` … and ${more} more`);
}

/** What makes sense where one stands, the most urgent first. */
export function nextSteps(standing: Standing): Suggestion[] {
  const { configFiles, fleet, unfinished, last } = standing;
  const running = fleet.filter(({ state }) => state === 'running').length;
  const isNew = configFiles.length === 0;
  return [
    ...unfinished.slice(0, 1).map(({ run, state }): Suggestion => {
      const purpose = state === 'left' ? 'take up the run that was left' : 'follow the run that goes on';
      return [`spot attach ${run.id}`, purpose];
    }),
    ...afterLast(last),
    ...(isNew && running === 0 ? [INIT] : []),
    ...(running === 0 ? withoutInstances(standing) : [uploading(standing, running)]),
    ...(isNew && running > 0 ? [INIT] : []),
    ['spot --help', 'all commands'],
  ];
}

const INIT: Suggestion = ['spot init', 'write a config.yaml; asks a few questions'];

function afterLast(last: RunRow | null): Suggestion[] {
  const failed = last === null ? 0 : last.tally.outcomes.filter(isTrouble).length;
  if (last?.state !== 'finished' || failed === 0) return [];
  return [
    ['spot show last', `what came of it on ${plural(last.tally.instances, 'instance')}`],
    ['spot rerun last', `once more where it did not succeed (${failed})`],
  ];
}

function withoutInstances({ fleet, isAwsUsed, last }: Standing): Suggestion[] {
  const sync: Suggestion = ['spot sync', 'take in the instances that EC2 has'];
  return [
    ...(isAwsUsed ? [sync] : []),
    ['spot add user@host', 'make an instance known by hand'],
    ...(isAwsUsed ? [] : [sync]),
    ...(fleet.length > 0 ? [['spot list', 'why none is running'] as const] : []),
    ...(last === null ? [['spot demo', 'see it work, on this machine alone'] as const] : []),
  ];
}

function uploading({ newestScript }: Standing, running: number): Suggestion {
  const where = running === 1 ? 'the instance that runs' : `the ${running} that run`;
  if (newestScript === null) return ['spot upload-script ./script.sh', `run a script on ${where}`];
  return [shellCommand(['spot', 'upload-script', harmless(newestScript)]), `run it on ${where}`];
}
