import { readFileSync } from 'node:fs';
import process from 'node:process';
import { defineConfig, type TestProjectConfiguration, type ViteUserConfig } from 'vitest/config';
import { TallyReporter } from './test/helpers/tally-reporter.ts';

type Plugin = NonNullable<ViteUserConfig['plugins']>[number];

/** The build inlines shell scripts as text; the tests see the same. */
const shellAsText: Plugin = {
  name: 'shell-as-text',
  transform: (code, id) => (id.endsWith('.sh') ? { code: `export default ${JSON.stringify(code)};`, map: null } : null),
};

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };

/** A kind of test is a folder of test/; what talks to real hosts gets more time, enough for a slow machine. */
function project(name: string, timeoutMs: number): TestProjectConfiguration {
  return {
    plugins: [shellAsText],
    define: { SPOT_VERSION: JSON.stringify(version) },
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('unit', 10_000),
      project('state', 20_000),
      project('queue', 30_000),
      project('service', 30_000),
      project('ssh', 30_000),
      project('faults', 60_000),
      project('e2e', 60_000),
    ],
    // said once: that is why the projects do not extend this configuration
    globalSetup: 'test/helpers/global-setup.ts',
    // a process of its own for each file: the leak check looks at the children of its process
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', new TallyReporter(process.env['TEST_TALLY_FILE'])],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
});
