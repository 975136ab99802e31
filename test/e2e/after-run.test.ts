import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, test } from 'vitest';
import { sandboxOf } from '../faults/sandbox.ts';
import { readXml, type XmlElement } from '../helpers/xml.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { Page } from './markdown.ts';
import { DEAD_SPEC, Project } from './project.ts';
import { CTRL_C, openTerminal } from './terminal.ts';

leakCheck();

/** Twelve lines a kilobyte each; two fail with the same sentence and another pid, one with another sentence. */
const CHECK = `#!/bin/sh
i=0; while [ $i -lt 12 ]; do printf '%01000d\\n' $i; i=$((i + 1)); done
case $SPOT_INSTANCE_ID in
  web-3) echo "E: Could not get lock /var/lib/dpkg/lock. It is held by process 4711 (apt)" >&2; exit 100 ;;
  web-5) echo "E: Could not get lock /var/lib/dpkg/lock. It is held by process 81234 (apt)" >&2; exit 100 ;;
  web-9) echo 'cp: /opt/x: No space left on device' >&2; exit 1 ;;
esac
`;
const UPLOAD = ['upload-script', 'check.sh', '--no-files', '--cleanup', '--retries', '0'];

/** A fleet of so many instances that all run in this process. */
async function fleetOf(count: number, script: string): Promise<Project> {
  const sandbox = await sandboxOf({ count });
  const project = new Project();
  project.write('config.yaml', `aws:\n  private_ssh_key_path: ${sandbox.privateKeyPath}\n`);
  project.write('check.sh', script);
  sandbox.instances.forEach(({ user, address, port }, index) =>
    project.add(`web-${index + 1}`, `${user}@${address}:${port}`),
  );
  return project;
}

/** The same times on every machine. */
function timeless(text: string): string {
  return text.replace(/\d{8}-\d{6}-[0-9a-f]{4}/g, '<run>').replace(/\b\d+(\.\d+)? m?s\b/g, '<time>');
}

describe('the end of a run on many instances', () => {
  test('says once what is the same, and what to type next, which works', async () => {
    const project = await fleetOf(11, CHECK);
    project.add('gone', DEAD_SPEC);
    const { exitCode, stderr } = await project.run(UPLOAD);
    expect(exitCode).toBe(6);
    const ending = timeless(stderr.slice(stderr.indexOf('\n\n') + 2)).replace(/^slowest: .*\n/m, '');
    const shownThere = new Page('docs/terminal.md').blocks.find(({ info }) => info[1] === 'many');
    expect(ending).toBe(timeless(shownThere?.text ?? ''));
    const shown = await project.run(['show', 'last']);
    expect(shown.stdout).toContain('\n✗ 2 failed (exit 100): web-3, web-5\n');
    expect(timeless(shown.stdout)).toContain(ending.slice(0, ending.indexOf('8 of 12')));
    const commands = (/^next: (.*)$/m.exec(stderr)?.[1] ?? '').split(' · ').map((line) => line.split(' ').slice(1));
    const [rerun = [], logs = [], diff = []] = commands;
    expect(await project.run(diff)).toMatchObject({ exitCode: 0 });
    expect(await project.run(logs)).toMatchObject({
      exitCode: 0,
      stdout: 'E: Could not get lock /var/lib/dpkg/lock. It is held by process 4711 (apt)\n',
    });
    const again = await project.run(rerun);
    expect(again.exitCode).toBe(6);
    expect(again.stderr).toContain('0 of 4 instances succeeded');
  }, 60_000);

  test('tells apart outputs of which only the beginning differs', async () => {
    const project = await fleetOf(11, `echo "$SPOT_INSTANCE_ID" | tail -c 2\n${CHECK.split('\n')[1]}\n`);
    const { stderr } = await project.run(UPLOAD);
    expect(stderr).toContain('\n11 instances: much the same output\n');
    expect(stderr).toContain('\nnext: spot diff last\n');
    expect(await project.run(['diff', 'last'])).toMatchObject({ exitCode: 2 });
  }, 60_000);
});

describe('--quiet', () => {
  test('says nothing at all where all went well, not even what would be a warning', async () => {
    const project = await fleetOf(2, '#!/bin/sh\n# from Windows\r\necho hello\necho there >&2\n');
    const told = await project.run(UPLOAD);
    expect(told.stderr).toContain('spot: warning: check.sh');
    expect(await project.run([...UPLOAD, '--quiet'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await project.run(['rerun', 'last', '--all', '-q'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await project.run(['attach', 'last', '-q'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await project.run(['stop', 'last', '-q'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  test('otherwise says what did not succeed, and what may be why', async () => {
    const project = await fleetOf(2, '#!/bin/sh\n# from Windows\r\n[ $SPOT_INSTANCE_ID = web-1 ]\n');
    const { exitCode, stdout, stderr } = await project.run([...UPLOAD, '-q']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(timeless(stderr)).toMatch(/^web-2 {2}failed: exit 1 \(<time>\)\nspot: warning: check\.sh[^\n]*\n$/);
  });

  test('says an error, and the warnings before it', async () => {
    const project = await fleetOf(1, 'true\n');
    const { exitCode, stderr } = await project.run([...UPLOAD, '-q', '--limit', 'web-7']);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(/^spot: [^\n]*web-7[^\n]*\n$/);
  });
});

describe.skipIf(requireProgram('python3') === null)('--junit', () => {
  let project: Project;
  beforeEach(async () => {
    project = await fleetOf(
      2,
      'printf "a<b &amp; \\033[31mred ]]>\\n"; [ $SPOT_INSTANCE_ID = web-1 ] || { echo no >&2; exit 3; }\n',
    );
  });

  /** Its test cases. */
  function report(path: string): readonly XmlElement[] {
    const [suite] = readXml(project.read(path)).children;
    return suite?.children.filter(({ tag }) => tag === 'testcase') ?? [];
  }

  /** What each came to: `['error cancelled', …]`. */
  function verdicts(path: string): string[] {
    return report(path).flatMap(({ children }) =>
      children.flatMap(({ tag, attributes }) =>
        tag.startsWith('system') ? [] : [`${tag} ${attributes['type'] ?? ''}`],
      ),
    );
  }

  test('has a test case for each instance, whole at the end', async () => {
    project.write('out/report.xml', 'from an earlier run');
    expect(await project.run([...UPLOAD, '-q', '--junit', 'out/report.xml'])).toMatchObject({ exitCode: 2 });
    expect(readdirSync(join(project.cwd, 'out'))).toEqual(['report.xml']);
    const attributes = (name: string): unknown => ({ name, classname: 'check.sh', time: TIME });
    const leaf = (tag: string, text: string, more = {}): unknown => ({ tag, text, attributes: more, children: [] });
    const stdout = leaf('system-out', 'a<b &amp; red ]]>\n');
    const failure = leaf('failure', 'failed: exit 3', { message: 'failed: exit 3: no', type: 'failed' });
    expect(report('out/report.xml')).toEqual([
      { tag: 'testcase', text: '', attributes: attributes('web-1'), children: [stdout] },
      {
        tag: 'testcase',
        text: '',
        attributes: attributes('web-2'),
        children: [failure, stdout, leaf('system-err', 'no\n')],
      },
    ]);
  });

  test('is refused before anything runs where it cannot be written', async () => {
    mkdirSync(join(project.cwd, 'folder'));
    for (const [file, exitCode, words] of [
      ['folder', 66, 'folder cannot be written (it is no file)'],
      ['check.sh/report.xml', 66, 'check.sh/report.xml cannot be written'],
      ['', 64, '--junit has no file'],
    ] as const) {
      const result = await project.run([...UPLOAD, '--junit', file]);
      expect(result).toMatchObject({ exitCode });
      expect(result.stderr).toContain(words);
    }
    expect(project.rows('SELECT id FROM runs')).toEqual([]);
  });

  test('is written by rerun, attach and stop, too', async () => {
    await project.run([...UPLOAD, '--quiet', '--junit', 'a.xml']);
    await project.run(['rerun', 'last', '-q', '--junit', 'b.xml']);
    expect(verdicts('b.xml')).toEqual(['failure failed']);
    project.write('nap.sh', 'sleep 20\n');
    const left = ['upload-script', 'nap.sh', '--no-files', '--detach', '--junit', 'c.xml'];
    expect(await project.run(left)).toMatchObject({ exitCode: 0 });
    expect(verdicts('c.xml')).toEqual(['skipped ', 'skipped ']);
    expect(await project.run(['stop', 'last', '--junit', 'd.xml'])).toMatchObject({ exitCode: 0 });
    expect(verdicts('d.xml')).toEqual(['error cancelled', 'error cancelled']);
  });

  test.skipIf(requireProgram('script') === null)('is written where a run is cancelled', async () => {
    project.write('nap.sh', 'echo begun; sleep 20\n');
    const args = ['upload-script', 'nap.sh', '--no-files', '--yes', '--junit', 'e.xml'];
    const terminal = openTerminal(project, args, { CI: '1' });
    await terminal.saw('| begun');
    terminal.type(CTRL_C);
    expect(await terminal.exitCode).toBe(130);
    expect(verdicts('e.xml')).toEqual(['error cancelled', 'error cancelled']);
  });
});

const TIME = expect.stringMatching(/^\d+\.\d{3}$/) as unknown;

describe('--notify', () => {
  /** What the program that stands for a desktop was told, a line a call. */
  function withDesktop(project: Project, exitCode = 0): Readonly<Record<string, string>> {
    const bin = join(project.cwd, 'bin');
    project.write('bin/notify-send', `#!/bin/sh\nprintf '%s|' "$@" >>'${bin}/told'\nexit ${exitCode}\n`, 0o755);
    return { PATH: `${bin}:${process.env['PATH']}`, DISPLAY: ':0' };
  }

  test('tells the desktop what came of it', async () => {
    const project = await fleetOf(2, '[ $SPOT_INSTANCE_ID = web-1 ]\n');
    const env = withDesktop(project);
    expect(await project.run([...UPLOAD, '-q', '--notify'], { env })).toMatchObject({ exitCode: 2 });
    expect(timeless(project.read('bin/told'))).toBe(
      '--app-name=spot|--urgency=critical|--|spot: 1 of 2 instances succeeded|check.sh in <time>, 1 failed|',
    );
  });

  test('tells nobody unless it is asked to, and not without a desktop', async () => {
    const project = await fleetOf(1, 'true\n');
    const { PATH = '', ...display } = withDesktop(project);
    expect(await project.run([...UPLOAD, '-q'], { env: { PATH, ...display } })).toMatchObject({ exitCode: 0 });
    const told = await project.run([...UPLOAD, '-q', '--notify'], { env: { PATH } });
    expect(told).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(existsSync(join(project.cwd, 'bin/told'))).toBe(false);
  });

  test.skipIf(requireProgram('script') === null)(
    'rings the bell, and asks the terminal where the desktop does not answer',
    async () => {
      const project = await fleetOf(1, 'true\n');
      const env = { ...withDesktop(project, 1), TERM_PROGRAM: 'WezTerm' };
      const terminal = openTerminal(project, [...UPLOAD, '--notify'], env);
      expect(await terminal.exitCode).toBe(0);
      expect(timeless(terminal.shown())).toContain(
        '\u0007\u001B]9;spot: 1 of 1 instance succeeded: check.sh in <time>\u0007',
      );
    },
  );
});

test('--output-dir has the outputs of what succeeded and what did not', async () => {
  const project = await fleetOf(2, 'echo "$SPOT_INSTANCE_ID"; [ $SPOT_INSTANCE_ID = web-1 ] || exit 3\n');
  writeFileSync(join(project.cwd, 'taken'), '');
  const taken = await project.run([...UPLOAD, '--output-dir', 'taken']);
  expect(taken).toMatchObject({ exitCode: 66 });
  expect(taken.stderr).toContain('--output-dir taken cannot be made');
  expect(await project.run([...UPLOAD, '-q', '--output-dir', 'a/b'])).toMatchObject({ exitCode: 2 });
  expect(readdirSync(join(project.cwd, 'a/b')).sort()).toEqual(['web-1.out', 'web-2.out']);
  expect(project.read('a/b/web-2.out')).toBe('web-2\n');
});
