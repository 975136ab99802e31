import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { problemEntry, PROBLEMS } from '../../src/service/problems.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

/** Numbers of releases are never changed nor given anew; a new problem gets a new one, and a line here. */
const FIRST = -32001;
const LAST = -32099;

describe('the table of problems', () => {
  test('has each number once, among those that the specification leaves to servers', () => {
    const numbers = Object.values(PROBLEMS).map(({ rpc }) => rpc);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of numbers) expect(number <= FIRST && number >= LAST).toBe(true);
  });

  test('has statuses that mean an error, and codes and sentences of one form', () => {
    for (const [code, { http, sentence }] of Object.entries(PROBLEMS)) {
      expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(http).toBeGreaterThanOrEqual(400);
      expect(sentence).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('knows no names that every object has', () => {
    expect([problemEntry('constructor'), problemEntry('__proto__'), problemEntry('nope')]).toEqual([null, null, null]);
  });

  test('is in docs/service-api.md as it is', async () => {
    const run = promisify(execFile)(process.execPath, [join(ROOT, 'scripts/problem-table.js'), '--check']);
    await expect(run).resolves.toMatchObject({ stdout: '' });
  });
});

test('whatever the service throws by a code of its own is in the table', () => {
  const folder = join(ROOT, 'src/service');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !NOT_FOR_CALLERS.some((part) => path.startsWith(part)),
  );
  const found = files.flatMap((path) => {
    const text = readFileSync(join(folder, path), 'utf8');
    const codes = [
      ...text.matchAll(/\b(?:usageError|inputError|noInstanceError|configError|refusal)\(\s*'([a-z0-9-]+)'/g),
    ];
    return codes.map(([, code = '']) => ({ path, code }));
  });
  expect(found.length).toBeGreaterThan(20);
  expect(found.filter(({ code }) => problemEntry(code) === null && !OURS.includes(code))).toEqual([]);
});

/** What a caller never sees: the beginning of a service, its work, and clients. */
const NOT_FOR_CALLERS = ['executor', 'client', 'queue', 'http/listen', 'http/socket-file', 'http/tls', 'http/ui-files'];
/** Told as `internal`: what is wrong is not the caller's. */
const OURS: readonly string[] = ['archive-not-written'];
