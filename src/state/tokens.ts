import { type Clock, isoTime } from '../util/clock.ts';
import type { Database } from './database.ts';

/** A token as the state knows it: not what it is, only how it is recognised. Times are ISO 8601, UTC. */
export interface TokenRecord {
  /** `to-…` */
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the token, hex */
  readonly hash: string;
  readonly createdAt: string;
  readonly usedAt: string | null;
  readonly revokedAt: string | null;
}

/** The tokens that open a service. Revoked ones stay, so that a name in `audit` never means two tokens. */
export interface TokenTable {
  /** @returns false where the name is taken, be it by a revoked one */
  create(token: Pick<TokenRecord, 'id' | 'name' | 'hash'>): boolean;
  /** in the order in which they were made */
  list(): TokenRecord[];
  /** @returns false where there is none of that name, or it is revoked already */
  revoke(name: string): boolean;
  /** `usedAt` is now */
  used(id: string): void;
}

const COLUMNS = `id, name, hash, created_at AS "createdAt", used_at AS "usedAt", revoked_at AS "revokedAt"`;

export function tokenTable(database: Database, clock: Clock): TokenTable {
  const now = (): string => isoTime(clock.now());
  return {
    create: ({ id, name, hash }) => {
      const sql = `INSERT INTO tokens (id, name, hash, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`;
      return database.run(sql, id, name, hash, now()) === 1;
    },
    list: () => database.all(`SELECT ${COLUMNS} FROM tokens ORDER BY created_at, id`) as TokenRecord[],
    revoke: (name) => {
      const sql = 'UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL';
      return database.run(sql, now(), name) === 1;
    },
    used: (id) => {
      database.run('UPDATE tokens SET used_at = ? WHERE id = ?', now(), id);
    },
  };
}
