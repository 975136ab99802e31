import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KEY_PATHS } from '../../src/config/schema.ts';
import { ExitCode } from '../../src/model/exit-code.ts';
import { exitCodeOf, OUTCOME_KINDS } from '../../src/model/outcome.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { runSpot } from '../helpers/spot.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { type Block, Page, ROOT } from './markdown.ts';
import { essence, shapeOf, startReader } from './reader.ts';

const PAGES = [
  'README.md',
  'bench/README.md',
  'docs/architecture.md',
  'docs/before-a-run.md',
  'docs/configuration.md',
  'docs/decisions.md',
  'docs/doctor.md',
  'docs/inventory-files.md',
  'docs/on-the-instance.md',
  'docs/output.md',
  'docs/service.md',
  'docs/shell.md',
  'docs/service-api.md',
  'docs/service-events.md',
  'docs/stragglers.md',
  'docs/terminal.md',
  'docs/web.md',
  'examples/fleet/README.md',
  'examples/service/README.md',
];
/** Of what the pages type, what not every machine has. */
const NEEDED = ['curl', 'python3'] as const;
const README = new Page('README.md');

const FLAG = /(?<![\w-])--[a-z][a-z-]+/g;
/** Up to the end of the line, or of the last one of those that go on. */
const COMMAND_OF_CURL = /\bcurl (?:.*\\\n)*.*/g;
/** Stands for lines that a page leaves out. */
const LEFT_OUT = '[…]';
/** Whose output follows, and how much of it is not shown. */
const HEADING_OF_OUTPUT = /^(.*, stdout:| {2}… .* more in .*)$/gm;

leakCheck();

describe.each(PAGES)('%s', (path) => {
  const page = new Page(path);

  if (page.blocks.some(isRunnable)) {
    it.skipIf(NEEDED.some((program) => page.text.includes(program) && requireProgram(program) === null))(
      'can be followed block by block, and shows what is seen then',
      async () => {
        const reader = await startReader();
        let seen = '';
        for (const block of page.blocks) {
          if (block.info[1] === 'output') expectSeen(block, seen);
          if (!isRunnable(block)) continue;
          const { exitCode, output } = await reader.run(block.text);
          expect({ block: block.text, exitCode, output }).toEqual({ block: block.text, exitCode: 0, output });
          seen = output;
        }
      },
    );
  }

  it('links to what is there', () => {
    for (const link of page.links) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      expect(existsSync(join(ROOT, target)), link).toBe(true);
      if (anchor !== undefined) expect(new Page(target).anchors, link).toContain(anchor);
    }
  });

  it('names files of the project that are there', () => {
    for (const file of page.files) expect(existsSync(join(ROOT, file)), file).toBe(true);
  });
});

function isRunnable({ info }: Block): boolean {
  return info[1] === 'runnable';
}

/** Text is what differs in nothing that lasts; JSON has the same keys everywhere, and where there are several, of each kind. */
function expectSeen({ info, text }: Block, seen: string): void {
  if (info[0] === 'json') expect(shapeOf(JSON.parse(seen))).toEqual(shapeOf(JSON.parse(text)));
  else if (info[0] === 'jsonl') expect(shapeOf(objectsOf(seen))).toEqual(shapeOf(objectsOf(text)));
  else expect(essence(seen)).toEqual(essence(text));
}

function objectsOf(lines: string): unknown[] {
  return lines
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('the pages about spot', () => {
  it('name no flag that the program does not have', async () => {
    const cwd = tempDir();
    const commands = ['upload-script', 'attach', 'stop', 'add', 'list', 'remove', 'set', 'host-key', 'doctor', 'demo'];
    commands.push('runs', 'show', 'logs', 'rerun', 'diff', 'fetch', 'watch', 'sync', 'create', 'destroy', 'config');
    commands.push(
      'init',
      'serve',
      'ui',
      'worker',
      'token create',
      'token list',
      'token revoke',
      'completion',
      'export',
    );
    const ofPayloads = ['add', 'list', 'show', 'verify', 'activate', 'prune', 'remove'].map(
      (word) => `payload ${word}`,
    );
    const words = [...commands, ...ofPayloads].map((command) => command.split(' '));
    const helps = await Promise.all(words.map((command) => runSpot([...command, '--help'], { cwd })));
    const known = helps
      .map(({ stdout }) => stdout)
      .join('\n')
      .match(FLAG);
    // the benchmarks have flags of their own
    for (const path of PAGES.filter((page) => !page.startsWith('bench/'))) {
      const text = new Page(path).text.replace(COMMAND_OF_CURL, '').replace(/ansible-inventory [^|`]*/g, '');
      for (const [flag] of text.matchAll(FLAG)) expect(known, `${path}: ${flag}`).toContain(flag);
    }
  });
});

describe('the README', () => {
  it('begins with the two commands, and npm knows both', () => {
    expect(README.blocks[0]?.text.match(/^npm \w+( \w+)?/gm)).toEqual(['npm run demo', 'npm cit']);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    // `npm cit` installs and then runs the script `test`
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']));
  });

  it('shows what the demo says', async () => {
    const shown = README.blocks.find(({ info }) => info[1] === 'demo') as Block;
    const { exitCode, stderr } = await runSpot(['demo'], { cwd: tempDir() });
    expect(exitCode).toBe(0);
    // in a terminal the end of an output stands below the table, in a pipe each line has its instance in front
    const seen = essence(stderr.replace(/^sandbox-\d \| /gm, '  | '));
    const lines = essence(shown.text.replace(HEADING_OF_OUTPUT, '')).filter((line) => line !== LEFT_OUT);
    expect(lines.length).toBeGreaterThan(15);
    for (const line of lines) expect(seen).toContain(line);
  });

  it('lists every outcome with its exit bit', () => {
    const rows = README.table('outcome').map(([kind, , bit]) => [kind, Number(bit)]);
    expect(rows).toEqual(OUTCOME_KINDS.map((kind) => [kind, exitCodeOf([kind])]));
  });

  it('lists every exit code', () => {
    expect(README.table('code').map(([code]) => Number(code))).toEqual(Object.values(ExitCode));
  });

  it('names configuration keys that there are', () => {
    const sections = new Set(KEY_PATHS.map((key) => key.split('.')[0]));
    const named = [...README.prose.matchAll(/`(([a-z]+)\.[a-z_]+)`/g)].filter(([, , section]) => sections.has(section));
    expect(named.length).toBeGreaterThan(3);
    for (const [, key] of named) expect(KEY_PATHS).toContain(key);
  });
});
