import type { Database } from './database.ts';

/** Values of environment variables of runs of the service, by their names: secrets, which go when their run is over. */
export interface RunEnvironmentTable {
  set(runId: string, environment: ReadonlyMap<string, string>): void;
  of(runId: string): Map<string, string>;
  forget(runId: string): void;
}

export function runEnvironmentTable(database: Database): RunEnvironmentTable {
  return {
    set: (runId, environment) =>
      database.transaction(() => {
        const sql = `INSERT INTO run_environments (run_id, name, value) VALUES (?, ?, ?)
          ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value`;
        for (const [name, value] of environment) database.run(sql, runId, name, value);
      }),
    of: (runId) => {
      const rows = database.all('SELECT name, value FROM run_environments WHERE run_id = ? ORDER BY name', runId);
      return new Map((rows as { name: string; value: string }[]).map(({ name, value }) => [name, value]));
    },
    forget: (runId) => {
      database.run('DELETE FROM run_environments WHERE run_id = ?', runId);
    },
  };
}
