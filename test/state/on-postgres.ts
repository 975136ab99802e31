import { eachOnPostgres } from './each-on-postgres.ts';

/** Runs before a file of tests that knows nothing of it. */
eachOnPostgres();
