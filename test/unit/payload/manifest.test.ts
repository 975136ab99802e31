import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { Manifest, PayloadFile } from '../../../src/model/payload.ts';
import { formatManifest } from '../../../src/payload/manifest.ts';
import { parseManifest } from '../../../src/payload/parse-manifest.ts';
import { readFormatted } from '../../../src/payload/read-formatted.ts';
import { failureOf } from './support.ts';

const HASH = 'ab'.repeat(32);

const MANIFEST: Manifest = {
  version: 'v1',
  interpreter: ['/usr/bin/env', 'python3'],
  entrypoint: 'script.py',
  environment: ['A', 'B'],
  files: [
    { type: 'directory', path: 'bin', mode: 0o755 },
    { type: 'file', path: 'bin/a "b"', sizeBytes: 12, mode: 0o640, sha256: HASH },
    { type: 'link', path: 'l', target: 'bin' },
  ],
  metadata: { name: 'web' },
};

const YAML = `version: "v1"
interpreter: ["/usr/bin/env", "python3"]
entrypoint: "script.py"
environment: ["A", "B"]
files:
  - { type: directory, path: "bin", mode: "0755" }
  - { type: file, path: "bin/a \\"b\\"", size_bytes: 12, mode: "0640", sha256: "${HASH}" }
  - { type: link, path: "l", target: "bin" }
metadata:
  name: "web"
`;

describe('a manifest', () => {
  test('is written as YAML that people can read', () => {
    expect(formatManifest(MANIFEST)).toBe(YAML);
  });

  test('is read back', () => {
    expect(parseManifest(YAML)).toEqual(MANIFEST);
  });

  test('without files has an empty list', () => {
    const empty = { ...MANIFEST, environment: [], files: [] };
    expect(formatManifest(empty)).toContain('\nenvironment: []\nfiles: []\nmetadata:\n');
    expect(parseManifest(formatManifest(empty))).toEqual(empty);
  });

  test('is read back equal, whatever its texts', () => {
    fc.assert(
      fc.property(manifests(), (manifest) => {
        expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
      }),
    );
  });

  test('is read without the yaml package, and means what that would read', () => {
    fc.assert(
      fc.property(manifests(), (manifest) => {
        const yaml = formatManifest(manifest);
        expect(readFormatted(yaml)).toEqual(parseYaml(yaml));
      }),
    );
  });

  test.each([
    ['a comment', YAML.replace('files:', '# of the web\nfiles:')],
    ['other quotes', YAML.replace('"web"', "'web'")],
    ['a list over several lines', YAML.replace('["A", "B"]', '\n  - A\n  - B')],
    [
      'an entry over several lines',
      YAML.replace(', path: "bin" ', ',\n      path: "bin" ').replace(', mode', ',\n      mode'),
    ],
    ['an escape of YAML alone', YAML.replace('"A"', '"\\x41"')],
    ['Windows line ends', YAML.replaceAll('\n', '\r\n')],
    ['another order', YAML.replace(/(version.*\n)(interpreter.*\n)/, '$2$1')],
  ])('is read all the same with %s in it', (_, yaml) => {
    expect(yaml).not.toBe(YAML);
    expect(readFormatted(yaml)).toBeNull();
    expect(parseManifest(yaml)).toEqual(MANIFEST);
  });

  test('means the same to a reader of YAML 1.1', () => {
    fc.assert(
      fc.property(manifests(), (manifest) => {
        const yaml = formatManifest(manifest);
        expect(parseYaml(yaml, { version: '1.1' })).toEqual(parseYaml(yaml, { version: '1.2' }));
      }),
    );
  });
});

describe('a manifest is refused', () => {
  test.each([
    ['that is empty', '', 'manifest.yaml must be a map'],
    ['that is a list', '[]', allMissing('version', 'interpreter', 'entrypoint', 'environment', 'files', 'metadata')],
    ['of another version', YAML.replace('"v1"', '"v2"'), 'version must be "v1"'],
    ['with a key that is not known', `${YAML}owner: me\n`, 'owner is not known'],
    ['without a key', YAML.replace(/environment.*\n/, ''), 'environment is missing'],
    ['with a text for a list', YAML.replace('["A", "B"]', 'A'), 'environment must be a list'],
    ['with a number for a text', YAML.replace('["A", "B"]', '[1]'), 'environment.0 must be a text'],
    ['without an interpreter', YAML.replace('["/usr/bin/env", "python3"]', '[]'), 'interpreter must not be empty'],
    [
      'with an entrypoint elsewhere',
      YAML.replace('script.py', '../script.py'),
      'entrypoint must be a name such as "script.sh"',
    ],
    [
      'with an entry of another type',
      YAML.replace('type: link', 'type: device'),
      'files.2.type must be of type file, directory or link',
    ],
    [
      'with a bare mode',
      YAML.replace('"0640"', '0640'),
      'files.1.mode must be permission bits in quotes, such as "0755"',
    ],
    [
      'with a mode beyond permission bits',
      YAML.replace('"0640"', '"4755"'),
      'files.1.mode must be permission bits in quotes, such as "0755"',
    ],
    [
      'with a negative size',
      YAML.replace('size_bytes: 12', 'size_bytes: -1'),
      'files.1.size_bytes must be a whole number, 0 or more',
    ],
    ['with a short hash', YAML.replace(HASH, 'abcd'), 'files.1.sha256 must be 64 hexadecimal digits'],
    [
      'with a path that leads out',
      YAML.replace('path: "bin"', 'path: "a/../../b"'),
      'files.0.path must be a relative path without empty, "." and ".." parts',
    ],
    [
      'with an absolute path',
      YAML.replace('path: "bin"', 'path: "/bin"'),
      'files.0.path must be a relative path without empty, "." and ".." parts',
    ],
    [
      'with a link that leads out',
      YAML.replace('target: "bin"', 'target: "../bin"'),
      'files.2 must not be a link that leads outside',
    ],
    [
      'with several problems, all at once',
      YAML.replace('"v1"', '1').replace('name: "web"', 'name: 2'),
      'version must be "v1", metadata.name must be a text',
    ],
  ])('%s', async (_, yaml, problems) => {
    const message = `manifest.yaml is not valid: ${problems}; pack the payload again`;
    expect(await failureOf(() => parseManifest(yaml))).toEqual([66, 'manifest-invalid', message]);
  });

  test('that is no YAML', async () => {
    expect(await failureOf(() => parseManifest('version: "v1\n'))).toEqual([
      66,
      'manifest-not-yaml',
      'manifest.yaml is not YAML: Missing closing "quote at line 2, column 1; pack the payload again',
    ]);
  });
});

function allMissing(...keys: readonly string[]): string {
  return keys.map((key) => `${key} is missing`).join(', ');
}

function manifests(): fc.Arbitrary<Manifest> {
  const text = fc.string({ unit: 'binary', minLength: 1 }).filter((value) => !/\p{Cs}/u.test(value));
  const path = text.map((value) => value.replaceAll('/', '_').replace(/^\.{1,2}$/, 'dots'));
  const mode = fc.nat(0o777);
  const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
  const entry: fc.Arbitrary<PayloadFile> = fc.oneof(
    fc.record({ type: fc.constant('file' as const), path, sizeBytes: fc.maxSafeNat(), mode, sha256 }),
    fc.record({ type: fc.constant('directory' as const), path, mode }),
    fc.record({ type: fc.constant('link' as const), path, target: path }),
  );
  return fc.record({
    version: fc.constant('v1' as const),
    interpreter: fc.array(text, { minLength: 1 }),
    entrypoint: fc.constantFrom('script.sh', 'script.py', 'script.js'),
    environment: fc.array(text),
    files: fc.array(entry),
    metadata: fc.record({ name: text }),
  });
}
