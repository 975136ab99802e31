import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { choiceProblems, cycleProblems, folderProblems, layerProblems, packageProblems } from './import-rules.ts';
import { importsOf, readImports } from './read-imports.ts';

const imports = readImports(fileURLToPath(new URL('../../../src', import.meta.url)));

describe('the imports of src', () => {
  test('are read at all', () => {
    expect(imports).toContainEqual({ from: 'run/execute.ts', to: 'model/plan.ts', isTypeOnly: true });
    expect(imports.length).toBeGreaterThan(100);
  });

  test('run downward', () => expect(layerProblems(imports)).toEqual([]));
  test('reach a folder with chosen importers from there only', () => expect(folderProblems(imports)).toEqual([]));
  test('of the page are what a browser can do with', () => expect(choiceProblems(imports)).toEqual([]));
  test('reach a package from its home only', () => expect(packageProblems(imports)).toEqual([]));
  test('have no cycles', () => expect(cycleProblems(imports)).toEqual([]));
});

test('every dependency has a home', () => {
  const read = (path: string): unknown =>
    JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));
  const { dependencies } = read('package.json') as { dependencies: Record<string, string> };
  const { importersOfPackage } = read('scripts/layers.json') as { importersOfPackage: Record<string, string[]> };
  expect(Object.keys(importersOfPackage).sort()).toEqual(Object.keys(dependencies).sort());
});

describe('an import is found', () => {
  test.each([
    ["import { a } from './b.ts';", 'run/b.ts', false],
    ["import './b.ts';", 'run/b.ts', false],
    ["import { type A } from './b.ts';", 'run/b.ts', false],
    ["import type { A } from '../model/a.ts';", 'model/a.ts', true],
    ["export { a } from './deep/b.ts';", 'run/deep/b.ts', false],
    ["export type { A } from './b.ts';", 'run/b.ts', true],
    ["export * from '../util/c.ts';", 'util/c.ts', false],
    ["const f = async () => await import('tar');", 'tar', false],
    ["let x: import('../model/a.ts').A;", 'model/a.ts', true],
    ["import fs from 'node:fs';", 'node:fs', false],
  ])('%s', (text, to, isTypeOnly) => {
    expect(importsOf('run/a.ts', text)).toEqual([{ from: 'run/a.ts', to, isTypeOnly }]);
  });

  test.each(["// import './b.ts';", 'const text = "import \'./b.ts\'";', 'export const a = 1;'])(
    'but not in %s',
    (text) => {
      expect(importsOf('run/a.ts', text)).toEqual([]);
    },
  );
});

describe('a rule bites', () => {
  const problemsOf = (file: string, text: string, rule: typeof layerProblems): string[] => rule(importsOf(file, text));

  test.each([
    ['run/a.ts', "import '../cli/main.ts'", 'src/run/a.ts imports cli/main.ts, which is not below it'],
    ['model/a.ts', "import '../util/clock.ts'", 'src/model/a.ts imports util/clock.ts, which is not below it'],
    [
      'state/a.ts',
      "import '../transport/transport.ts'",
      'src/state/a.ts imports transport/transport.ts, which is not below it',
    ],
    [
      'state/a.ts',
      "import { x } from '../run/ledger.ts'",
      'src/state/a.ts imports run/ledger.ts, which is not below it',
    ],
    [
      'state/a.ts',
      "import type { X } from '../run/execute.ts'",
      'src/state/a.ts imports run/execute.ts, which is not below it',
    ],
    [
      'payload/a.ts',
      "import type { X } from '../run/ledger.ts'",
      'src/payload/a.ts imports run/ledger.ts, which is not below it',
    ],
  ])('upwards or sideways: %s with %s', (file, text, problem) => {
    expect(problemsOf(file, text, layerProblems)).toEqual([problem]);
  });

  test.each([
    ['run/a.ts', "import '../model/plan.ts'"],
    ['run/a.ts', "import './b.ts'"],
    ['state/a.ts', "import type { Ledger } from '../run/ledger.ts'"],
  ])('not downward: %s with %s', (file, text) => {
    expect(problemsOf(file, text, layerProblems)).toEqual([]);
  });

  test('a folder without a layer', () => {
    expect(() => problemsOf('helpers/a.ts', "import '../model/plan.ts'", layerProblems)).toThrow(
      'src/helpers stands in no layer of scripts/layers.json',
    );
  });

  test('config outside the cli', () => {
    expect(problemsOf('run/a.ts', "import type { C } from '../config/config.ts'", folderProblems)).toEqual([
      'src/run/a.ts imports config/config.ts, which only cli may do',
    ]);
    expect(problemsOf('cli/a.ts', "import '../config/config.ts'", folderProblems)).toEqual([]);
    expect(problemsOf('config/a.ts', "import './b.ts'", folderProblems)).toEqual([]);
  });

  test('the page beyond what a browser can do with, and whoever imports it', () => {
    const none = 'which is none of model, util, report and types of service';
    expect(problemsOf('ui/a.ts', "import '../run/plan.ts'", choiceProblems)).toEqual([
      `src/ui/a.ts imports run/plan.ts, ${none}`,
    ]);
    expect(problemsOf('ui/a.ts', "import '../service/api.ts'", choiceProblems)).toEqual([
      `src/ui/a.ts imports service/api.ts, ${none}`,
    ]);
    const allowed = "import type { A } from '../service/api.ts'; import '../util/format.ts'; import './b.ts'";
    expect(problemsOf('ui/a.ts', allowed, choiceProblems)).toEqual([]);
    expect(problemsOf('cli/a.ts', "import '../ui/main.ts'", layerProblems)).toEqual([
      'src/cli/a.ts imports ui/main.ts, which is not below it',
    ]);
  });

  test.each([
    ['transport/a.ts', 'ssh2', 'which only transport/ssh may do'],
    ['report/a.ts', 'yaml', 'which only config and inventory and payload may do'],
    ['report/a.ts', '@aws-sdk/client-ec2', 'which only inventory/ec2 may do'],
    ['fleet/a.ts', '@aws-sdk/client-ec2', 'which only inventory/ec2 may do'],
    ['run/a.ts', 'tar/header', 'which only payload may do'],
    ['run/a.ts', 'left-pad', 'which has no home in scripts/layers.json'],
  ])('a package away from home: %s with %s', (file, name, why) => {
    expect(problemsOf(file, `import('${name}')`, packageProblems)).toEqual([`src/${file} imports ${name}, ${why}`]);
  });

  test('a package at home, and what Node brings', () => {
    expect(problemsOf('transport/ssh/deep/a.ts', "import 'ssh2'; import 'node:fs'", packageProblems)).toEqual([]);
  });

  test('a cycle, unless types close it', () => {
    const circle = [
      ...importsOf('run/a.ts', "import './b.ts'"),
      ...importsOf('run/b.ts', "export { c } from './c.ts'"),
      ...importsOf('run/c.ts', "import './b.ts'; import './d.ts'"),
    ];
    expect(cycleProblems(circle)).toEqual(['run/b.ts -> run/c.ts -> run/b.ts']);
    expect(cycleProblems(importsOf('run/a.ts', "import './a.ts'"))).toEqual(['run/a.ts -> run/a.ts']);
    expect(cycleProblems(importsOf('run/a.ts', "import type { A } from './a.ts'"))).toEqual([]);
  });
});
