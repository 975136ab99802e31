import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shellCommand } from '../../src/util/shell-quote.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { Project } from './project.ts';
import { runShell, typeInto } from './completing-shell.ts';

leakCheck();

const ODD = "it's $(touch pwned) odd";

/** Three instances, one of them with an odd name, a payload in two versions, and a run. */
async function aProject(): Promise<Project> {
  const project = new Project();
  project.write('deploy.sh', 'true\n');
  project.add('web-1', 'ubuntu@127.0.0.1:1');
  project.add('web-2', '10.0.0.2');
  project.add(ODD.replace(/\W+/g, '-'), '10.0.0.3');
  project.change(`UPDATE instances SET name = '${ODD.replaceAll("'", "''")}' WHERE public_ip = '10.0.0.3'`);
  await project.run(['set', 'web-1', '--tag', 'role=web', '--tag', 'Name=x']);
  await project.run(['payload', 'add', 'deploy', 'deploy.sh']);
  return project;
}

/** What bash offers for each line, with the cursor at its end. */
async function inBash(project: Project, lines: readonly string[]): Promise<string[][]> {
  const bash = requireProgram('bash') as string;
  const script = `source <(spot completion bash)
for line in "$@"; do
  COMP_LINE=$line COMP_POINT=\${#line} COMP_CWORD=1 COMP_WORDS=(spot "\${line##* }")
  _spot
  printf '%s\\n' "\${COMPREPLY[@]}" ';'
done`;
  const quoted = shellCommand(['bash', ...lines]);
  const { stdout, stderr } = await runShell(project, bash, `set -- ${quoted}; shift\n${script}`);
  // where nobody types, bash has nothing to set options of
  expect(stderr.replace(/.*compopt: not currently executing completion function\n/g, '')).toBe('');
  return stdout
    .split(';\n')
    .slice(0, -1)
    .map((block) => block.split('\n').filter((line) => line !== ''));
}

describe('bash', () => {
  test('completes commands, flags, values, instances, tags, runs and payloads', async () => {
    const project = await aProject();
    const [commands, flags, colours, ids, tags, list, behindEquals, runs, payloads, group, formats] = await inBash(
      project,
      [
        'spot up',
        'spot upload-script --dry',
        'spot list --color a',
        'spot show last w',
        'spot upload-script x --limit ro',
        'spot upload-script x -l web-1,we',
        'spot upload-script x --limit=web-2,role=w',
        'spot show ',
        'spot upload-script deploy',
        'spot payload ve',
        'spot export ',
      ],
    );
    expect(commands).toEqual(['upload-script']);
    expect(flags).toEqual(['--dry-run']);
    expect(colours).toEqual(['auto', 'always']);
    expect(ids).toEqual([]);
    expect(tags).toEqual(['role=web']);
    expect(list).toEqual(['web-1,web-2']);
    expect(behindEquals).toEqual(['web']);
    expect(runs).toEqual(['last']);
    expect(payloads).toEqual(['deploy', 'deploy@1', 'deploy.sh']);
    expect(group).toEqual(['verify']);
    expect(formats).toEqual(['ansible', 'ssh-config', 'json']);
  });

  test('quotes odd names, and runs nothing that stands in them', async () => {
    const project = await aProject();
    const [plain, quoted, typed] = await inBash(project, [
      'spot list it',
      'spot list "it',
      'spot list "$(touch pwned)" we',
    ]);
    expect(plain).toEqual(["it\\'s\\ \\$\\(touch\\ pwned\\)\\ odd", 'it-s-touch-pwned-odd']);
    expect(quoted).toEqual(['it-s-touch-pwned-odd']);
    expect(typed).toEqual(['web-1', 'web-2']);
    expect(existsSync(join(project.cwd, 'pwned'))).toBe(false);
  });

  test.skipIf(requireProgram('script') === null)('puts the candidate into the line', async () => {
    const project = await aProject();
    await typeInto(project, 'bash --norc --noprofile -i', [
      { keys: 'source <(spot completion bash); echo re""ady\r', shows: 'ready' },
      { keys: 'spot list it-\t', shows: 'it-s-touch-pwned-odd ' },
      { keys: '\u0015spot upload-script x --limit role=\t', shows: 'role=web ' },
    ]);
  });
});

describe.skipIf(requireProgram('fish') === null)('fish', () => {
  test('completes the same, with a few words about each', async () => {
    const project = await aProject();
    const fish = requireProgram('fish') as string;
    const offered = async (line: string): Promise<string[]> => {
      const script = `spot completion fish | source; complete -C ${shellCommand([line])}`;
      const { stdout, stderr } = await runShell(project, fish, script, ['--no-config']);
      expect(stderr).toBe('');
      return stdout.trim().split('\n');
    };
    expect(await offered('spot payl')).toEqual([expect.stringMatching(/^payload\tnamed payloads/)]);
    expect(await offered('spot upload-script x --limit web-1,ro')).toEqual(['web-1,role=web\t1 instance']);
    expect(await offered('spot list we')).toEqual(['web-1\trunning, 127.0.0.1', 'web-2\trunning, 10.0.0.2']);
    expect(await offered('spot list it')).toContain(`${ODD}\trunning, 10.0.0.3`);
    expect(await offered('spot upload-script deploy')).toEqual(
      expect.arrayContaining(['deploy@1\tpayload, the active version', 'deploy.sh']),
    );
  });
});

describe.skipIf(requireProgram('zsh') === null || requireProgram('script') === null)('zsh', () => {
  test('completes the same, and quotes odd names', async () => {
    const project = await aProject();
    await typeInto(project, 'zsh -f -i', [
      {
        keys: 'autoload -Uz compinit; compinit -D; source <(spot completion zsh); PROMPT="go"" on> "\r',
        shows: 'go on> ',
      },
      { keys: 'spot upl\t', shows: 'upload-script' },
      { keys: 'x --limit web-1,ro\t', shows: 'role=web' },
      { keys: "\u0015spot list it\\'\t", shows: '\\ \\$\\(touch\\ pwned\\)\\ odd' },
      { keys: '\u0015spot list w\t\t', shows: 'running, 10.0.0.2' },
    ]);
    expect(existsSync(join(project.cwd, 'pwned'))).toBe(false);
  });
});

describe('what completes', () => {
  test('makes no state folder, says nothing, and contacts nobody', async () => {
    const project = new Project();
    for (const args of [
      ['zsh', 'list', ''],
      ['bash'],
      [],
      ['fish', 'show', ''],
      ['zsh', '--config', 'none.yaml', 'list', ''],
    ]) {
      const { exitCode, stderr } = await project.run(['__complete', ...args]);
      expect({ args, exitCode, stderr }).toEqual({ args, exitCode: 0, stderr: '' });
    }
    expect(existsSync(join(project.cwd, '.spot'))).toBe(false);
    project.write('config.yaml', 'database: postgres://127.0.0.1:1/none\nwrong: true\n');
    expect(await project.run(['__complete', 'zsh', 'list', ''])).toMatchObject({
      exitCode: 0,
      stdout: 'none\n',
      stderr: '',
    });
    project.write('.spot/state.db', 'damaged');
    project.write('config.yaml', '');
    expect(await project.run(['__complete', 'zsh', 'list', ''])).toMatchObject({
      exitCode: 0,
      stdout: 'none\n',
      stderr: '',
    });
    expect(project.read('.spot/state.db')).toBe('damaged');
  });

  test('offers the instances of the run that stands before, and looks where the flags say', async () => {
    const project = await aProject();
    makeKeyPair(join(project.home, 'key'));
    project.write('config.yaml', 'aws:\n  private_ssh_key_path: ~/key\n');
    expect(await project.run(['upload-script', 'deploy.sh', '-l', 'web-1', '--retries', '0'])).toMatchObject({
      exitCode: 4,
    });
    const offered = async (...words: string[]) =>
      (await project.run(['__complete', 'zsh', ...words])).stdout.split('\n').slice(1, -1);
    const [{ id } = {}] = project.rows('SELECT id FROM runs');
    expect((await offered('show', '')).map((line) => line.split('\t')[0])).toEqual(['last', id]);
    expect((await offered('logs', 'last', '')).map((line) => line.split('\t')[0])).toEqual(['web-1']);
    expect(await offered('--state-dir', 'elsewhere', 'list', '')).toEqual([]);
    expect(await offered('list', '--state-dir', 'elsewhere', '')).toEqual([]);
  });
});
