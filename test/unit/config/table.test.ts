import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { KEY_PATHS } from '../../../src/config/schema.ts';
import { Page } from '../../e2e/markdown.ts';

test('docs/configuration.md has every key with its default and the words of config.example.yaml', async () => {
  const script = fileURLToPath(new URL('../../../scripts/config-table.js', import.meta.url));
  const run = promisify(execFile)(process.execPath, [script, '--check']);
  await expect(run).resolves.toMatchObject({ stdout: '' });
  expect(new Page('docs/configuration.md').table('key').map(([key]) => key)).toEqual(KEY_PATHS);
});
