import { readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { onlyOf, sandboxOf } from '../faults/sandbox.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { say, versionsIn } from './payloads.ts';
import { Project } from './project.ts';

leakCheck();

/** The part of the `--json` document of a run that these tests look at. */
interface RunDocument {
  readonly attempts: readonly {
    readonly outcome: string;
    readonly error: { readonly code: string; readonly message: string } | null;
    readonly stdout_path: string | null;
  }[];
}

/** Where this process finds its programs, node among them. */
const OWN_PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;

/** A project whose only instance is a sandbox. */
async function sandboxProject(env: Readonly<Record<string, string>> = {}): Promise<Project> {
  const sandbox = await sandboxOf({ env });
  const { user, address, port } = onlyOf(sandbox);
  const project = new Project();
  project.write('config.yaml', `aws:\n  private_ssh_key_path: ${sandbox.privateKeyPath}\n`);
  project.add('web-1', `${user}@${address}:${port}`);
  return project;
}

/** @returns what the script printed on the only instance */
async function outputOf(project: Project, line: string, env: Record<string, string> = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await project.run(`upload-script --json ${line}`.split(' '), { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
  const [attempt] = (JSON.parse(stdout) as RunDocument).attempts;
  return readFileSync(attempt?.stdout_path as string, 'utf8');
}

describe('spot upload-script', () => {
  test('runs a registered version with its files and its environment, and --env goes before that', async () => {
    const project = await sandboxProject();
    project.write('deploy.sh', 'echo "$LEVEL|$MORE|$(cat "$DEPLOY_FILES_DIR/a")"\n');
    project.write('files/a', 'first');
    await say(project, 'payload add deploy deploy.sh -e LEVEL=info');
    project.write('files/a', 'second');
    await say(project, 'payload add deploy deploy.sh -e LEVEL=info');
    expect(await outputOf(project, 'deploy@1')).toBe('info||first\n');
    expect(await outputOf(project, 'deploy -e MORE=x')).toBe('info|x|second\n');
    expect(await outputOf(project, 'deploy -e LEVEL=debug')).toBe('debug||second\n');
    const runs = project.rows('SELECT DISTINCT payload_digest, payload_name FROM runs');
    expect(runs.map(({ payload_name }) => payload_name)).toEqual(['deploy', 'deploy']);
    expect(versionsIn(project)).toBe('deploy@1 deploy@2*');
  });

  test('registers what it runs from a path, by the name of the script, and only what is run', async () => {
    const project = await sandboxProject();
    project.write('bin/hello.sh', 'echo one\n');
    await say(project, 'upload-script bin/hello.sh --dry-run');
    expect(versionsIn(project)).toBe('');
    expect(await outputOf(project, 'bin/hello.sh')).toBe('one\n');
    expect(await outputOf(project, 'bin/hello.sh')).toBe('one\n');
    project.write('bin/hello.sh', 'echo two\n');
    expect(await outputOf(project, './bin/hello.sh')).toBe('two\n');
    expect(versionsIn(project)).toBe('hello.sh@1 hello.sh@2*');
    expect(await outputOf(project, 'hello.sh@1')).toBe('one\n');
    expect(versionsIn(project)).toBe('hello.sh@1 hello.sh@2*');
    expect(await say(project, 'payload verify')).toMatch(/2 versions; nothing is damaged\.\n$/);
  });

  test('takes a file before a registered name, and says where a name is taken that reads like a file', async () => {
    const project = await sandboxProject();
    project.write('hello.sh', 'echo old\n');
    await say(project, 'payload add hello.sh hello.sh');
    project.write('hello.sh', 'echo new\n');
    expect(await outputOf(project, 'hello.sh')).toBe('new\n');
    unlinkSync(join(project.cwd, 'hello.sh'));
    const { stderr, exitCode } = await project.run(['upload-script', 'hello.sh']);
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(
      /^spot: warning: there is no file hello\.sh here; the registered payload hello\.sh@2 is taken\n/,
    );
    const path = await project.run(['upload-script', './hello.sh']);
    expect(path).toMatchObject({ exitCode: 66, stderr: 'spot: there is no script at ./hello.sh; check the path\n' });
  });

  test('takes a registered name before a folder of that name', async () => {
    const project = await sandboxProject();
    project.write('deploy.sh', 'echo ran\n');
    project.write('deploy/notes', 'x');
    await say(project, 'payload add deploy deploy.sh');
    expect(await outputOf(project, 'deploy')).toBe('ran\n');
  });

  test('wants the variables that a script was run with to be given again', async () => {
    const project = await sandboxProject();
    project.write('env.sh', 'echo "$TOKEN"\n');
    expect(await outputOf(project, './env.sh -e TOKEN', { TOKEN: 's3cret' })).toBe('s3cret\n');
    const { stderr, exitCode } = await project.run(['upload-script', 'env.sh@1']);
    expect({ stderr, exitCode }).toEqual({
      exitCode: 64,
      stderr: expect.stringMatching(
        /\nspot: env\.sh@1 is run with TOKEN; give it with: --env TOKEN=VALUE\n$/,
      ) as string,
    });
    expect(await outputOf(project, 'env.sh@1 -e TOKEN', { TOKEN: 'other' })).toBe('other\n');
    const archives = readdirSync(join(project.cwd, '.spot/payloads')).filter((name) => name.endsWith('.gz'));
    expect(archives).toHaveLength(1);
  });

  test('copies a registered payload without wanting its variables', async () => {
    const project = await sandboxProject();
    const kept = join(tempDir(), 'kept.sh');
    project.write('env.sh', 'echo "$TOKEN"\n');
    await outputOf(project, './env.sh -e TOKEN=x');
    await say(project, `upload-script env.sh@1 --copy-only --remote-path ${kept}`);
    expect(readFileSync(kept, 'utf8')).toBe('echo "$TOKEN"\n');
  });

  test('does not run an archive that is not the one that was registered', async () => {
    const project = await sandboxProject();
    project.write('deploy.sh', 'echo 1\n');
    await say(project, 'payload add deploy deploy.sh');
    const [row] = project.rows('SELECT payload_path FROM payloads');
    writeFileSync(join(project.cwd, '.spot', String(row?.['payload_path'])), 'x');
    const { stderr, exitCode } = await project.run(['upload-script', 'deploy']);
    expect(exitCode).toBe(66);
    expect(stderr).toMatch(/\nspot: the archive of deploy@1 is damaged \(.*\); look closer with: spot payload verify/);
    expect(project.rows('SELECT id FROM runs')).toEqual([]);
  });
});

describe('--interpreter', () => {
  test('bash and node run a script whatever its first line says', async () => {
    const project = await sandboxProject({ PATH: OWN_PATH });
    project.write('a.js', '#!/bin/false\nconsole.log([1, 2].map((x) => x + 1).join());\n');
    project.write('b', '#!/bin/false\necho "${BASH_VERSION:+bash}"\n');
    await say(project, 'payload add js a.js --interpreter node');
    await say(project, 'payload add sh b --interpreter bash');
    expect(await outputOf(project, 'js')).toBe('2,3\n');
    expect(await outputOf(project, 'sh')).toBe('bash\n');
  });

  test.skipIf(requireProgram('python3') === null)('python means python3', async () => {
    const project = await sandboxProject({ PATH: OWN_PATH });
    project.write('hi.py', 'import sys\nprint(sys.version_info[0], sys.argv[1:])\n');
    await say(project, 'payload add hi hi.py --interpreter python');
    expect(await outputOf(project, 'hi@1 -- a b')).toBe("3 ['a', 'b']\n");
  });

  test.each([
    ['python', 'python3'],
    ['node', 'node'],
  ])('%s is looked for before anything is started, and missed by name', async (interpreter, program) => {
    const project = await sandboxProject({ PATH: pathWithout(/^(python|node)/) });
    project.write('s', 'whatever\n');
    await say(project, `payload add tool s --interpreter ${interpreter}`);
    const { stdout, exitCode } = await project.run(['upload-script', 'tool', '--json']);
    expect(exitCode).toBe(4);
    expect((JSON.parse(stdout) as RunDocument).attempts).toMatchObject([
      {
        outcome: 'rejected',
        error: { code: 'interpreter-missing', message: `the instance has no ${program} to run the script with` },
      },
    ]);
  });

  /** A folder with a link to every program of this machine but these. */
  function pathWithout(pattern: RegExp): string {
    const folder = tempDir();
    for (const place of ['/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
      for (const name of readdirSync(place)) {
        if (pattern.test(name)) continue;
        try {
          symlinkSync(join(place, name), join(folder, name));
        } catch {
          continue;
        }
      }
    }
    return folder;
  }
});
