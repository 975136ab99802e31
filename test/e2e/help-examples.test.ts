import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { grammarOf } from '../../src/cli/program.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { commandOf, type Example, examplesOf, EXCEPTIONS, RULES } from './help-examples.ts';
import { Project } from './project.ts';
import { runShell } from './completing-shell.ts';

leakCheck();

/** All helps: those of commands, and of groups of them; the first is that of spot. */
function helps(parent: Command, front = ''): { help: string; text: string }[] {
  let text = '';
  parent.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 200 });
  parent.outputHelp();
  const children = parent.commands.filter((child) => child.name() !== 'help');
  const name = `${front}${parent.name()} `;
  const own = { help: name.replace(/^spot ?/, '').trim(), text };
  return [own, ...children.flatMap((child) => helps(child, name))];
}

const ALL = helps(grammarOf({ stdout: {} } as Io));
const EXAMPLES = ALL.flatMap(({ help, text }) => examplesOf(help, text));

/** A fleet, a payload in two versions, and files, as the examples name them. */
async function aProject(): Promise<Project> {
  const project = new Project();
  for (const script of ['deploy.sh', 'agent.conf.sh', 'check.sh', 'setup.sh']) project.write(script, 'true\n');
  project.write('report.py', 'print(1)\n');
  project.write('hosts.ini', '[web]\nweb-1\n');
  for (const folder of ['.config/spot', '.config/fish/completions'])
    mkdirSync(join(project.home, folder), { recursive: true });
  for (const name of ['web-1', 'web-2', 'web-3', 'db-1']) project.add(name, name);
  project.change('UPDATE instances SET tags = \'{"role":"db"}\' WHERE name = \'db-1\'');
  project.change(
    "UPDATE instances SET tags = '{\"role\":\"web\"}', availability_zone = 'us-east-1a' WHERE name <> 'db-1'",
  );
  project.add('old', 'old');
  project.change("UPDATE instances SET state = 'terminated' WHERE name = 'old'");
  await project.quick(['payload', 'add', 'deploy', 'deploy.sh']);
  project.write('deploy.sh', 'echo again\n');
  await project.quick(['payload', 'add', 'deploy', 'deploy.sh']);
  await project.quick(['payload', 'activate', 'deploy@1']);
  await project.quick(['token', 'create', 'other']);
  return project;
}

/** Runs a line as somebody types it; what jq would be given is JSON. */
async function execute({ line }: Example, project: Project): Promise<void> {
  const rule = RULES[commandOf(line) ?? ''];
  const [
    ,
    exitCode = rule === 'up-to-state' ? 78 : 0,
    says = rule === 'up-to-state' ? /^spot: the state folder/m : /(?:)/,
  ] = EXCEPTIONS.find(([pattern]) => pattern.test(line)) ?? [];
  const [command = '', filter] = line.split(' | jq ');
  const isPlanned = rule === 'plan' && exitCode === 0;
  const typed = isPlanned ? command.replace('upload-script ', 'upload-script --dry-run ') : command;
  const where = rule === 'up-to-state' ? 'export SPOT_STATE_DIR=/dev/null/none\n' : '';
  const script = `export TOKEN=x\n${where}${typed.replace(/^spot token revoke (\w+)/, 'spot token create $1 >/dev/null && $&')}`;
  const result = await runShell(project, requireProgram('bash') as string, script);
  expect({ line, ...result }).toMatchObject({ line, exitCode });
  expect(result.stderr, line).toMatch(says);
  if (filter !== undefined && rule === 'run') expectFound(filter, JSON.parse(result.stdout));
}

/** Follows a path of jq: `.runs[].id`. */
function expectFound(filter: string, document: unknown): void {
  const keys = [...filter.matchAll(/\.(\w+)/g)].map(([, key = '']) => key);
  const found = keys.reduce<unknown>((value, key) => {
    const one: unknown = Array.isArray(value) ? value[0] : value;
    return one === undefined ? one : (one as Record<string, unknown>)[key];
  }, document);
  if (keys[0] !== 'runs') expect(found, filter).toBeDefined();
}

describe('a help', () => {
  test.each(ALL.map(({ help }) => help))('of spot %s has two examples', (help) => {
    expect(EXAMPLES.filter((example) => example.help === help).length).toBeGreaterThanOrEqual(2);
  });

  test('has no example that nobody executes', () => {
    const lines = EXAMPLES.map(({ line }) => line).filter((line) => !line.startsWith('curl '));
    const unknown = lines.filter((line) => RULES[commandOf(line) ?? ''] === undefined);
    expect(unknown, 'give the command a rule in test/e2e/help-examples.ts').toEqual([]);
    const commands = lines.map((line) => commandOf(line));
    expect(Object.keys(RULES).filter((command) => !commands.includes(command))).toEqual([]);
  });

  test('names with curl an address of the service', () => {
    const curls = EXAMPLES.filter(({ line }) => line.startsWith('curl '));
    expect(curls.length).toBeGreaterThan(0);
    for (const { line } of curls) expect(line).toMatch(/http:\/\/\S+\/api\/v1\/instances$/);
  });
});

describe.skipIf(requireProgram('bash') === null)('the examples', () => {
  const ofRule = (...rules: string[]) =>
    EXAMPLES.filter(({ line }) => rules.includes(RULES[commandOf(line) ?? ''] ?? ''));

  test.each([...new Set(ofRule('run').map(({ help }) => help))])('of spot %s do what they say', async (help) => {
    const project = await aProject();
    for (const example of ofRule('run').filter((each) => each.help === help)) await execute(example, project);
  });

  test('of upload-script are planned', async () => {
    const project = await aProject();
    for (const example of ofRule('plan')) await execute(example, project);
  });

  test('of commands that would connect are understood', async () => {
    const project = await aProject();
    for (const example of ofRule('up-to-state')) await execute(example, project);
  });
});
