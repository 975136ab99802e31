import { type SpotError, usageError } from '../model/errors.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Instance } from '../model/instance.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state/state.ts';
import { quoteWord } from '../util/format.ts';
import type { DeploymentQuery, Page, PageQuery, TaskQuery } from './api.ts';
import { findInstance } from './find-instances.ts';

const MOST_ITEMS = 1000;

type Known = Pick<State, 'deployments' | 'instances'>;

/**
 * Newest first; of one instance, by its id or name, or of all.
 * @throws SpotError `bad-limit`, `bad-cursor` (exit 64), `instance-unknown`, `instance-ambiguous` (exit 69)
 */
export function deploymentsPage(query: DeploymentQuery, state: Known): Page<Deployment> {
  const { instanceId: word, cursor: before } = checked(query, 'pl');
  const instanceId = word === null ? null : idMeant(word, state);
  const { deployments } = state;
  return pageOf(
    query,
    ({ id }) => id,
    (limit) => deployments.list({ instanceId, limit, before }),
  );
}

/** Of an instance that was removed since its id is still good. */
function idMeant(word: string, state: Known): string {
  const isKnown = state.instances.called([word]).has(word);
  if (!isKnown && state.deployments.list({ instanceId: word, limit: 1, before: null }).length > 0) return word;
  return findInstance(word, state).instanceId;
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
  const { cursor } = checkedPage(query);
  return pageOf(
    query,
    ({ instanceId }) => instanceId,
    (limit) => instances.page(limit, cursor),
  );
}

/** One more than asked for is read, to know whether there is a next page. */
export function pageOf<T>({ limit }: PageQuery, idOf: (item: T) => string, read: (limit: number) => T[]): Page<T> {
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

/** Of a page whose cursors are any words. @throws SpotError (exit 64) `bad-limit` */
export function checkedPage<Query extends PageQuery>(query: Query): Query {
  return checked(query, null);
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
