import { SkipReason } from '../inventory/select.ts';
import { formatTags } from '../inventory/tags.ts';
import { usageError } from '../model/errors.ts';
import { addressOf, type Instance, type Selection } from '../model/instance.ts';
import { displayWidth, harmless, padToWidth } from '../report/text.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import type { Io } from './io.ts';
import { ownTags } from './list-view.ts';
import { canAsk } from './prompt.ts';

/** The flag of commands that choose instances. */
export interface PickOptions {
  readonly pick?: boolean;
}

/** What a person sees of an instance: id, name, address, state, tags. */
type Row = readonly string[];

const TITLES: Row = ['NAME', 'ID', 'ADDRESS', 'STATE', 'TAGS'];

/** @throws SpotError `pick-without-terminal` (exit 64) where --pick is given, and nobody can be asked */
export function refusePickUnasked({ pick }: PickOptions, io: Io, advice = 'name them with --limit'): void {
  if (!pick || canAsk(io)) return;
  const message = `--pick asks which instances are meant, and there is no terminal to ask on; ${advice}`;
  throw usageError('pick-without-terminal', message);
}

/**
 * What a person picks of a selection, as if --limit had named it.
 * @throws SpotError `declined` (exit 130) where nobody picks
 */
export async function picked<T extends Selection>(selection: T, options: PickOptions, io: Io): Promise<T> {
  if (!options.pick || selection.chosen.length === 0) return selection;
  const rows = new Map(selection.chosen.map((instance) => [instance.instanceId, rowOf(instance)]));
  const ids = await pickIds(rows, io);
  const chosen = selection.chosen.filter(({ instanceId }) => ids.has(instanceId));
  const others = selection.chosen.filter(({ instanceId }) => !ids.has(instanceId));
  const skipped = [...selection.skipped, ...others.map((instance) => ({ instance, reason: SkipReason.notPicked }))];
  return { ...selection, chosen, skipped };
}

/** The same, for instances that a run has already. */
export async function pickedInstances<T>(
  items: readonly T[],
  instanceOf: (item: T) => Instance,
  io: Io,
): Promise<readonly T[]> {
  if (items.length === 0) return items;
  const ids = await pickIds(new Map(items.map((item) => [instanceOf(item).instanceId, rowOf(instanceOf(item))])), io);
  return items.filter((item) => ids.has(instanceOf(item).instanceId));
}

/** The same, for what is on record of instances that may be gone. */
export async function pickedAttempts(attempts: readonly AttemptRecord[], io: Io): Promise<readonly AttemptRecord[]> {
  if (attempts.length === 0) return attempts;
  const rows = attempts.map(({ instanceId, name, host, step }): [string, Row] => [
    instanceId,
    [name ?? '', instanceId, host.address, step ?? 'waiting', ''],
  ]);
  const ids = await pickIds(new Map(rows), io);
  return attempts.filter(({ instanceId }) => ids.has(instanceId));
}

async function pickIds(rows: ReadonlyMap<string, Row>, io: Io): Promise<ReadonlySet<string>> {
  const { pickMany } = await import('./prompts/prompts.ts');
  const cells = [TITLES, ...rows.values()].map((row) => row.map(harmless));
  const widths = TITLES.map((_, column) => Math.max(...cells.map((row) => displayWidth(row[column] as string))));
  const isUsed = TITLES.map((_, column) => cells.slice(1).some((row) => row[column] !== ''));
  const [header = '', ...lines] = cells.map((row) =>
    row
      .map((cell, column) => padToWidth(cell, widths[column] as number))
      .filter((_, column) => isUsed[column])
      .join('  ')
      .trimEnd(),
  );
  const choices = [...rows].map(([id, row], index) => ({
    id,
    line: lines[index] as string,
    label: harmless(row[0] || id),
  }));
  return new Set(await pickMany(io, { question: 'Which instances?', header, choices }));
}

function rowOf(instance: Instance): Row {
  const { instanceId, name, state } = instance;
  return [name ?? '', instanceId, addressOf(instance) ?? '-', state, formatTags(ownTags(instance))];
}
