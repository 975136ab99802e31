import { readFileSync } from 'node:fs';
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

/** Also held by test/unit/structure, which resolves the paths; here for the editor. */
const LAYERS = JSON.parse(readFileSync(new URL('scripts/layers.json', import.meta.url), 'utf8'));

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '**/*.d.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: { globals: { Buffer: 'readonly', URL: 'readonly', console: 'readonly', performance: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // the compiler asks for process.env['NAME']
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // '' and 0 often mean that there is nothing
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true, number: true } }],
      // `() => close()` reads well, whatever close returns
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `x as string` after a check that the compiler cannot follow; `x!` is forbidden
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Node's types say boolean where a pipe has undefined: `isTTY === true`
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
      // an async function without await turns a throw into a rejection
      '@typescript-eslint/require-await': 'off',
      // `'open' | string` tells the reader more than string does
      '@typescript-eslint/no-redundant-type-constituents': 'off',
    },
  },
  {
    rules: {
      complexity: ['error', 15],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      'object-shorthand': 'error',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // what a Secret looks like when printed or copied by mistake is what its test is about
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      // expect.any and expect.objectContaining return any
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  ...importRules(),
);

/** One block for every folder that has rules of its own; a folder inside another comes after it and wins. */
function importRules() {
  const homes = Object.values(LAYERS.importersOfPackage).flat();
  const folders = [...new Set([...LAYERS.layers.flat(), ...homes])].sort();
  return folders.map((folder) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [...foldersAbove(folder), ...foreignPackages(folder)] },
      ],
    },
  }));
}

function foldersAbove(folder) {
  const [top] = folder.split('/');
  const layer = LAYERS.layers.findIndex((folders) => folders.includes(top));
  const below = LAYERS.layers
    .slice(0, layer)
    .flat()
    .filter((name) => mayImport(top, name));
  const forbidden = LAYERS.layers.flat().filter((name) => name !== top && !below.includes(name));
  if (forbidden.length === 0) return [];
  const message = `${top} may import ${below.join(', ') || 'nothing outside itself'}: see scripts/layers.json`;
  const allowTypeImports = LAYERS.allowedTypeImports[top] !== undefined;
  return [{ regex: `^(\\.\\./)+(${forbidden.join('|')})/`, message, allowTypeImports }];
}

function mayImport(importer, folder) {
  const choice = LAYERS.onlyFrom[importer];
  if (choice !== undefined && !choice.values.includes(folder) && !choice.types.includes(folder)) return false;
  return LAYERS.importersOfFolder[folder]?.includes(importer) ?? true;
}

function foreignPackages(folder) {
  return Object.entries(LAYERS.importersOfPackage)
    .filter(([, homes]) => !homes.includes(folder))
    .map(([name, homes]) => ({ regex: `^${name}(/|$)`, message: `only ${homes.join(' and ')} may import ${name}` }));
}
