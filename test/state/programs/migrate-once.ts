/** Applies a migration that cannot be applied twice: `migrate-once <state file>`. */
import process from 'node:process';
import { SqliteDatabase } from '../../../src/state/sqlite/sqlite-database.ts';
import { migrate } from '../../../src/state/migrate.ts';
import { MIGRATIONS } from '../../../src/state/migrations.ts';
import { whenTold } from './when-told.ts';

const [path = ''] = process.argv.slice(2);

whenTold(() => {
  const database = new SqliteDatabase(path);
  migrate(database, [...MIGRATIONS, 'CREATE TABLE later (id INTEGER PRIMARY KEY)']);
  database.close();
});
