import { cpSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shellCommand } from '../../../src/util/shell-quote.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { type Ended, local, login, only, run, sandboxOf } from './sandbox-client.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));
const SHELLS: readonly { readonly name: string; readonly shell: readonly string[]; readonly missing: boolean }[] = [
  { name: 'dash', shell: ['dash'], missing: requireProgram('dash') === null },
  { name: 'busybox', shell: ['busybox', 'sh'], missing: requireProgram('busybox') === null },
  { name: 'the system', shell: ['/bin/sh'], missing: false },
];

interface Instance {
  readonly home: string;
  /** runs an example in the shell under test, as the runner would */
  run(example: string, args?: readonly string[]): Promise<Ended>;
}

async function instanceWith(shell: readonly string[], filesDir = join(EXAMPLES, 'web/files')): Promise<Instance> {
  const env = { DEPLOY_FILES_DIR: filesDir, SPOT_INSTANCE_ID: 'i-1', PAUSE_SECONDS: '0' };
  const sandbox = await sandboxOf({ env });
  const client = await login(sandbox);
  return {
    home: only(sandbox).home,
    run: (example, args = []) => run(client, shellCommand([...shell, join(EXAMPLES, example), ...args])),
  };
}

describe.each(SHELLS)('under the shell of $name', ({ shell, missing }) => {
  describe.skipIf(missing)('an example', () => {
    it('hello says who it is and what it was given', async () => {
      const { run } = await instanceWith(shell);
      const { code, stdout, stderr } = await run('hello/hello.sh', ['from me', '*']);
      expect({ code, stderr: stderr.toString() }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.toString().split('\n');
      expect(lines[0]).toMatch(/^Hello from \S+, known to spot as i-1\.$/);
      expect(lines[1]).toMatch(/^Kernel: \S+ \S+ on \S+$/);
      expect(lines.slice(-4)).toEqual(['Arguments: 2', '  - from me', '  - *', '']);
    });

    it('web goes live, keeps the release before, and removes older ones', async () => {
      const { home, run } = await instanceWith(shell);
      const live: string[] = [];
      for (let round = 1; round <= 3; round += 1) {
        const { code, stderr } = await run('web/deploy.sh');
        expect({ code, stderr: stderr.toString() }).toEqual({ code: 0, stderr: '' });
        live.push(realpathSync(join(home, 'www')));
      }
      const kept = readdirSync(join(home, 'www-releases')).map((name) => join(home, 'www-releases', name));
      expect(kept.sort()).toEqual(live.slice(1).sort());
      expect(readdirSync(join(home, 'www')).sort()).toEqual(['bin', 'conf', 'site']);
      expect(statSync(join(home, 'www/bin/healthcheck.sh')).mode & 0o100).toBe(0o100);
      expect(readFileSync(join(home, 'www/conf/app.conf'), 'utf8')).toContain(`root = ${home}/www/site\nport = 8080\n`);
    });

    it('web leaves the site as it is when the new release is not healthy', async () => {
      const files = join(tempDir(), 'files');
      cpSync(join(EXAMPLES, 'web/files'), files, { recursive: true });
      const { home, run } = await instanceWith(shell, files);
      await run('web/deploy.sh');
      const before = realpathSync(join(home, 'www'));
      writeFileSync(join(files, 'site/index.html'), '<html>');
      const { code, stderr } = await run('web/deploy.sh');
      expect({ code, stderr: stderr.toString() }).toEqual({
        code: 1,
        stderr: '  not healthy: site/index.html is cut off\n',
      });
      expect(realpathSync(join(home, 'www'))).toBe(before);
      expect(readdirSync(join(home, 'www-releases'))).toHaveLength(1);
    });

    it('web says what to do when it was sent without its files', async () => {
      const files = tempDir();
      const { home, run } = await instanceWith(shell, files);
      const { code, stderr } = await run('web/deploy.sh');
      expect({ code, stderr: stderr.toString(), left: readdirSync(home) }).toEqual({
        code: 1,
        stderr:
          'There is no site/index.html among the files: start spot in examples/web, or point --files at its files/.\n',
        left: [],
      });
    });
  });
});

describe.skipIf(requireProgram('shellcheck') === null)('shellcheck', () => {
  it('has nothing to say about the examples', async () => {
    const scripts = ['hello/hello.sh', 'web/deploy.sh', 'web/files/bin/healthcheck.sh'];
    const paths = scripts.map((script) => join(EXAMPLES, script));
    const { code, stdout } = await local(requireProgram('shellcheck') as string, paths);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: '' });
    expect(paths.map((path) => statSync(path).mode & 0o100)).toEqual([0o100, 0o100, 0o100]);
  });
});
