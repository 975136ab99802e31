import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { defineConfig, type TestProjectConfiguration, type ViteUserConfig } from 'vitest/config';
import { findProgram, isCi } from './test/helpers/require.ts';
import { compiledPostgresThread } from './test/helpers/postgres-thread.ts';
import { TallyReporter } from './test/helpers/tally-reporter.ts';

/** In CI alone, where the tally names each test that needs it: that is a fault, but not one of the change at hand. */
const SECOND_TRIES = isCi() ? 1 : 0;

/** What the time limits of the tests on real hosts were tried with. */
const MOST_WORKERS = 4;

type Plugin = NonNullable<ViteUserConfig['plugins']>[number];
type TestOptions = NonNullable<ViteUserConfig['test']>;

/** The build inlines shell scripts as text; the tests see the same. */
const shellAsText: Plugin = {
  name: 'shell-as-text',
  transform: (code, id) => (id.endsWith('.sh') ? { code: `export default ${JSON.stringify(code)};`, map: null } : null),
};

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };

const TESTED_ON_BOTH = [
  'creations',
  'deployments',
  'forgetting',
  'history',
  'instances',
  'killed',
  'ledger',
  'payload-status',
  'payloads',
  'run-environments',
  'run-events',
  'store',
  'tasks',
  'two-clients',
  'tokens',
];

const ORDERS_TESTED_ON_BOTH = ['atomic', 'cancel', 'deploy', 'pages'];
const WORK_TESTED_ON_BOTH = [
  'executor',
  'executor-ends',
  'executor-killed',
  'executor-ready',
  'executor-runs',
  'executor-stop',
  'fence',
];

/** What the build puts in place of these words. */
const DEFINITIONS = {
  SPOT_VERSION: JSON.stringify(version),
  SPOT_POSTGRES_THREAD: JSON.stringify(compiledPostgresThread()),
};

/** What is built is loaded by Node itself where a test runs it in its own process. */
const BUILT = /\/dist\/(main|chunks\/.*)\.js$/;

/** A kind of test is a folder of test/; what talks to real hosts gets more time, enough for a slow machine. */
function project(name: string, timeoutMs: number, more: Partial<TestOptions> = {}): TestProjectConfiguration {
  return {
    plugins: [shellAsText],
    // a copy, as vitest takes out what it finds
    define: { ...DEFINITIONS },
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      retry: SECOND_TRIES,
      server: { deps: { external: [BUILT] } },
      ...more,
    },
  };
}

/** What the state does is the same on PostgreSQL: these files run once more, on a server of theirs. */
function onPostgres(folder: string, names: readonly string[]): TestProjectConfiguration {
  const files = findProgram('postgres') === null ? [] : names;
  return project(`${folder}-on-postgres`, 30_000, {
    include: files.map((name) => `test/${folder}/${name}.test.ts`),
    env: { TEST_STATE_ON: 'postgres' },
    setupFiles: 'test/state/on-postgres.ts',
  });
}

export default defineConfig({
  test: {
    projects: [
      project('unit', 10_000),
      project('state', 20_000),
      onPostgres('state', TESTED_ON_BOTH),
      project('queue', 30_000),
      project('service', 30_000),
      onPostgres('service', [...ORDERS_TESTED_ON_BOTH, ...WORK_TESTED_ON_BOTH]),
      project('ssh', 30_000),
      project('faults', 60_000),
      project('e2e', 60_000),
      project('browser', 60_000),
    ],
    // said once: that is why the projects do not extend this configuration
    globalSetup: 'test/helpers/global-setup.ts',
    // a process of its own for each file: the leak check looks at the children of its process
    pool: 'forks',
    // a test waits for half of its time
    maxWorkers: Math.min(MOST_WORKERS, availableParallelism() + 1),
    reporters: ['default', new TallyReporter(process.env['TEST_TALLY_FILE'])],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
});
