import { type SpotError, usageError } from '../model/errors.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Instance } from '../model/instance.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state/state.ts';
import { quoteWord } from '../util/format.ts';
import type { DeploymentQuery, Page, PageQuery, TaskQuery } from './api.ts';

const MOST_ITEMS = 1000;

/** Newest first. @throws SpotError (exit 64) `bad-limit`, `bad-cursor` */
export function deploymentsPage(query: DeploymentQuery, { deployments }: Pick<State, 'deployments'>): Page<Deployment> {
  const { instanceId, cursor: before } = checked(query, 'pl');
  return pageOf(
    query,
    ({ id }) => id,
    (limit) => deployments.list({ instanceId, limit, before }),
  );
}

/** Newest first. @throws SpotError (exit 64) `bad-limit`, `bad-cursor` */
export function tasksPage(query: TaskQuery, { tasks }: Pick<State, 'tasks'>): Page<Task> {
  const { deploymentId, status, cursor: before } = checked(query, 'tk');
  return pageOf(
    query,
    ({ id }) => id,
    (limit) => tasks.list({ deploymentId, status, limit, before }),
  );
}

/** By their ids. @throws SpotError (exit 64) `bad-limit` */
export function instancesPage(query: PageQuery, { instances }: Pick<State, 'instances'>): Page<Instance> {
  const { cursor } = checked(query, null);
  return pageOf(
    query,
    ({ instanceId }) => instanceId,
    (limit) => instances.page(limit, cursor),
  );
}

/** One more than asked for is read, to know whether there is a next page. */
function pageOf<T>({ limit }: PageQuery, idOf: (item: T) => string, read: (limit: number) => T[]): Page<T> {
  const found = read(limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last !== undefined ? idOf(last) : null };
}

/** @param prefix of the ids that are cursors; null: any word is one */
function checked<Query extends PageQuery>(query: Query, prefix: string | null): Query {
  const { limit, cursor } = query;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MOST_ITEMS)) {
    throw usageError('bad-limit', `limit: ${limit} is not a whole number from 1 to ${MOST_ITEMS}`);
  }
  if (cursor !== null && prefix !== null && !isTimeId(cursor, prefix)) throw badCursor(cursor);
  return query;
}

function isTimeId(word: string, prefix: string): boolean {
  return word.startsWith(`${prefix}-`) && /^[0-9a-z]{20}$/.test(word.slice(prefix.length + 1));
}

function badCursor(cursor: string): SpotError {
  return usageError(
    'bad-cursor',
    `cursor: ${quoteWord(cursor)} is not the next_cursor of a page; leave it out for the first one`,
  );
}
