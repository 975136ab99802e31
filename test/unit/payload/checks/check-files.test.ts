import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesFindings } from '../../../../src/payload/checks/check-files.ts';
import { ContentCheck } from '../../../../src/payload/checks/content-check.ts';
import { hashFiles } from '../../../../src/payload/hash-files.ts';
import { scanFiles } from '../../../../src/payload/scan.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

/** By path: what it holds, or where a link leads. */
type Sent = Readonly<
  Record<string, string | { readonly mode: number; readonly text: string } | { readonly to: string }>
>;

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n';

/** `level code path:line` of all that is found in a folder. */
async function found(files: Sent): Promise<string[]> {
  const root = join(tempDir(), 'files');
  for (const [path, what] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof what === 'object' && 'to' in what) symlinkSync(what.to, file);
    else if (typeof what === 'string') writeFileSync(file, what, { mode: 0o644 });
    else writeFileSync(file, what.text, { mode: what.mode });
  }
  const shown = (path: string): string => `files/${path}`;
  const contents = new ContentCheck(shown);
  const hashed = await hashFiles(await scanFiles(root), contents.inspect);
  const entries = hashed.map(({ entry }) => entry);
  return filesFindings(entries, contents.findings, shown).map(
    ({ level, code, path, line }) => `${level} ${code} ${path}:${line}`,
  );
}

describe('what is seen in a folder of files', () => {
  test.each<readonly [string, Sent, readonly string[]]>([
    ['nothing where it is in order', { 'a.sh': '#!/bin/sh\ntrue\n', 'conf/app.conf': 'a = 1\r\n' }, []],
    [
      'what macOS and Windows leave behind',
      { '.DS_Store': '', '._a': '', '__MACOSX/._b': '', 'sub/Thumbs.db': '' },
      [
        'warning leftover files/.DS_Store:null',
        'warning leftover files/._a:null',
        'warning leftover files/__MACOSX/._b:null',
        'warning leftover files/sub/Thumbs.db:null',
      ],
    ],
    [
      'links, and where they lead',
      {
        'releases/3/app': 'x',
        current: { to: 'releases/3' },
        'releases/up': { to: '../current/app' },
        gone: { to: 'releases/4' },
        here: { to: '.' },
      },
      [
        'note link files/current:null',
        'warning link-dangling files/gone:null',
        'note link files/here:null',
        'note link files/releases/up:null',
      ],
    ],
    [
      'secrets that others may read, by their names',
      { '.env': 'A=1', 'tls/server.key': 'x', id_rsa: 'x', '.netrc': 'x' },
      [
        'warning secret-readable files/.env:null',
        'warning secret-readable files/.netrc:null',
        'warning secret-readable files/id_rsa:null',
        'warning secret-readable files/tls/server.key:null',
      ],
    ],
    [
      'secrets that others may read, by what they hold, each once',
      {
        id_ed25519: KEY,
        'server.pem': `-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n${KEY}`,
        'chain.pem': '-----BEGIN CERTIFICATE-----\nx\n',
        'aws.conf': 'key = AKIAIOSFODNN7EXAMPLE\n',
      },
      [
        'warning secret-readable files/aws.conf:1',
        'warning secret-readable files/id_ed25519:1',
        'warning secret-readable files/server.pem:4',
      ],
    ],
    [
      'no secrets in what nobody else may read, or is no secret',
      { '.env': { mode: 0o600, text: KEY }, '.env.example': 'A=', 'id_rsa.pub': 'ssh-rsa x' },
      [],
    ],
    [
      'scripts as editors on Windows leave them',
      { 'a.sh': 'true\r\n', tool: '#!/bin/sh\ntrue\nfalse\r\n', 'b.py': '\uFEFFprint()\n' },
      ['warning crlf files/a.sh:1', 'warning byte-order-mark files/b.py:1', 'warning crlf files/tool:3'],
    ],
  ])('%s', async (_what, files, findings) => {
    expect(await found(files)).toEqual(findings);
  });
});
