import { formatHostPort } from '../inventory/host-spec.ts';
import { formatTags } from '../inventory/tags.ts';
import { addressOf, type Instance } from '../model/instance.ts';
import { chooseColumns, type Column } from '../report/columns.ts';
import { instanceDocument } from '../report/instance-document.ts';
import { formatTable } from '../report/table.ts';
import { outcomeWord } from '../report/words.ts';
import type { LatestAttempt } from '../state/history.ts';
import { formatSpan } from '../util/format.ts';

/** An instance and what was done last on it. */
export interface ListRow {
  readonly instance: Instance;
  readonly latest: LatestAttempt | null;
}

export interface ListTable {
  readonly text: string;
  /** titles of columns that there was no room for */
  readonly leftOut: readonly string[];
}

/**
 * @param now ms since the epoch
 * @param width of the terminal, or undefined
 */
export function listTable(rows: readonly ListRow[], now: number, width: number | undefined): ListTable {
  const { shown, leftOut } = chooseColumns(columnsAt(now), rows, width);
  const cells = rows.map((row) => shown.map(({ cell }) => cell(row)));
  const header = shown.map(({ title }) => title);
  return { text: formatTable(header, cells, { columns: width }), leftOut: leftOut.map(({ title }) => title) };
}

function columnsAt(now: number): Column<ListRow>[] {
  return [
    { title: 'NAME', rank: 0, cell: ({ instance }) => instance.name ?? '' },
    { title: 'ID', rank: 0, cell: ({ instance }) => instance.instanceId },
    { title: 'STATE', rank: 0, cell: ({ instance }) => instance.state },
    { title: 'AGE', rank: 2, cell: ({ instance }) => ageOf(instance, now) },
    { title: 'TYPE', rank: 4, cell: ({ instance }) => instance.instanceType ?? '' },
    { title: 'ZONE', rank: 3, cell: ({ instance }) => instance.availabilityZone ?? instance.region ?? '' },
    { title: 'ADDRESS', rank: 0, cell: ({ instance }) => placeOf(instance) },
    { title: 'USER', rank: 7, cell: ({ instance }) => instance.sshUser ?? '' },
    { title: 'LIFECYCLE', rank: 5, cell: ({ instance }) => instance.lifecycle ?? '' },
    { title: 'PRICE', rank: 6, cell: ({ instance }) => priceOf(instance) },
    { title: 'LAST RUN', rank: 1, cell: ({ latest }) => wordOf(latest) },
    { title: 'PAYLOAD', rank: 8, cell: ({ instance: { payloadStatus } }) => noneAsEmpty(payloadStatus) },
    { title: 'TAGS', rank: 9, cell: ({ instance }) => formatTags(ownTags(instance)) },
  ];
}

/** How long a terminated one has lived is not known. */
function ageOf({ launchedAt, state }: Instance, now: number): string {
  return launchedAt === null || state === 'terminated' ? '' : formatSpan(now - Date.parse(launchedAt));
}

function placeOf(instance: Instance): string {
  const address = addressOf(instance);
  return address === null ? '-' : formatHostPort(address, instance.sshPort);
}

/** `$0.0031/h` */
function priceOf({ hourlyPrice }: Instance): string {
  return hourlyPrice === null ? '' : `$${hourlyPrice.toFixed(4)}/h`;
}

function wordOf(latest: LatestAttempt | null): string {
  if (latest === null) return '';
  return latest.outcome === null ? 'not ended' : outcomeWord(latest.outcome);
}

function noneAsEmpty(status: Instance['payloadStatus']): string {
  return status === 'none' ? '' : status;
}

/** Without the name, which has a column, and without what AWS and this program tag for themselves. */
export function ownTags({ source, tags }: Instance): Instance['tags'] {
  if (source === 'manual') return tags;
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key !== 'Name' && !/^(aws|spot):/.test(key)));
}

/** What `spot list --json` shows: the columns of the `instances` table, and what was done last. */
export function listDocument(rows: readonly ListRow[]): unknown {
  return {
    schema: 1,
    instances: rows.map(({ instance, latest }) => {
      const { seen_at, created_at, updated_at, ...known } = instanceDocument(instance);
      const last_run = latest === null ? null : lastRunDocument(latest);
      return { ...known, last_run, seen_at, created_at, updated_at };
    }),
  };
}

function lastRunDocument({ runId, outcome, finishedAt }: LatestAttempt): unknown {
  return { run_id: runId, outcome, finished_at: finishedAt };
}
