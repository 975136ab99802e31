import type { Creation, CreationOrder, CreationRequest } from '../model/creation.ts';
import type { Instance } from '../model/instance.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import { type Client, currentClient, isAlive } from './client.ts';
import type { Database } from './database.ts';
import { upsertInstance } from './instances.ts';
import { brokenState } from './state-error.ts';

/** What is known of a request. Of `new` and `resumed` this process is the client from now on. */
export type Claim =
  | { readonly kind: 'new' | 'resumed'; readonly creation: Creation }
  /** another process is at it */
  | { readonly kind: 'busy'; readonly creation: Creation; readonly client: Client }
  /** that client token was used for another request */
  | { readonly kind: 'different'; readonly creation: Creation };

/** What was asked of EC2, written down before it is asked. Each call is durable when it returns. */
export interface CreationTable {
  /**
   * Goes on with what a dead client has left of the same request, or begins anew. A request with a client token is known
   * by it, even when it has been carried out.
   * @param id of a new creation
   */
  claim(id: string, request: CreationRequest): Claim;
  /** a call is about to be made */
  ordered(id: string, order: CreationOrder): void;
  /** it was answered: its instances are in the fleet from now on */
  answered(id: string, order: CreationOrder, instances: readonly Instance[]): void;
  finished(id: string): void;
  find(id: string): Creation | null;
}

export function creationTable(database: Database, clock: Clock): CreationTable {
  const now = (): string => isoTime(clock.now());
  return {
    claim: (id, request) => database.transaction(() => claim(database, id, request, now())),
    ordered: (id, order) => database.transaction(() => setOrder(database, id, order)),
    answered: (id, order, instances) =>
      database.transaction(() => {
        setOrder(database, id, order);
        for (const instance of instances) upsertInstance(database, instance);
      }),
    finished: (id) => {
      database.run('UPDATE creations SET finished_at = ? WHERE id = ?', now(), id);
    },
    find: (id) => findRow(database, id)?.creation ?? null,
  };
}

interface Row {
  readonly creation: Creation;
  readonly client: Client;
  readonly isFinished: boolean;
  /** as it stands there */
  readonly requestText: string;
}

function claim(database: Database, id: string, request: CreationRequest, now: string): Claim {
  const text = JSON.stringify(request);
  const row = request.clientToken === null ? findLeft(database, text) : findRow(database, id);
  if (row === null) return { kind: 'new', creation: insert(database, id, request, now) };
  const { creation, client, isFinished, requestText } = row;
  if (requestText !== text) return { kind: 'different', creation };
  if (!isFinished && isAlive(client, database)) return { kind: 'busy', creation, client };
  const sql = 'UPDATE creations SET client = ?, finished_at = NULL WHERE id = ?';
  database.run(sql, JSON.stringify(currentClient()), creation.id);
  return { kind: 'resumed', creation };
}

const SELECTED = 'id, created_at AS "createdAt", finished_at AS "finishedAt", request, orders, client';

/** The newest one that a dead client has left. */
function findLeft(database: Database, requestText: string): Row | null {
  const sql = `SELECT ${SELECTED} FROM creations WHERE finished_at IS NULL AND request = ? ORDER BY created_at DESC, id DESC`;
  const rows = database.all(sql, requestText).map((row) => toRow(database, row));
  return rows.find(({ client }) => !isAlive(client, database)) ?? null;
}

function findRow(database: Database, id: string): Row | null {
  const row = database.get(`SELECT ${SELECTED} FROM creations WHERE id = ?`, id);
  return row === undefined ? null : toRow(database, row);
}

interface Columns {
  readonly id: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly request: string;
  readonly orders: string;
  readonly client: string;
}

/** Only this program writes the table, so a row is taken at its word; its JSON must be JSON, though. */
function toRow(database: Database, row: unknown): Row {
  const { id, createdAt, finishedAt, request, orders, client } = row as Columns;
  try {
    return {
      creation: {
        id,
        createdAt,
        request: JSON.parse(request) as CreationRequest,
        orders: JSON.parse(orders) as CreationOrder[],
      },
      client: JSON.parse(client) as Client,
      isFinished: finishedAt !== null,
      requestText: request,
    };
  } catch (error) {
    throw brokenState(database.path, error);
  }
}

function insert(database: Database, id: string, request: CreationRequest, now: string): Creation {
  database.run(
    'INSERT INTO creations (id, created_at, request, client) VALUES (?, ?, ?, ?)',
    id,
    now,
    JSON.stringify(request),
    JSON.stringify(currentClient()),
  );
  return { id, createdAt: now, request, orders: [] };
}

/** Adds an order, or replaces the one with its token. */
function setOrder(database: Database, id: string, order: CreationOrder): void {
  const row = findRow(database, id);
  if (row === null) throw new Error(`the state file knows no creation ${id}`);
  const { orders } = row.creation;
  const isKnown = orders.some(({ clientToken }) => clientToken === order.clientToken);
  const all = isKnown
    ? orders.map((known) => (known.clientToken === order.clientToken ? order : known))
    : [...orders, order];
  database.run('UPDATE creations SET orders = ? WHERE id = ?', JSON.stringify(all), id);
}
