import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';
import { inputError, messageOf } from '../model/errors.ts';
import type { Manifest } from '../model/payload.ts';
import { staysInWords } from './link-refusal.ts';
import { readFormatted } from './read-formatted.ts';

const PERMISSION_BITS = 'must be permission bits in quotes, such as "0755"';
const WHOLE_NUMBER = 'must be a whole number, 0 or more';

const text = v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty'));
const innerPath = v.pipe(text, v.check(isInnerPath, 'must be a relative path without empty, "." and ".." parts'));
const sizeBytes = v.pipe(v.number(WHOLE_NUMBER), v.safeInteger(WHOLE_NUMBER), v.minValue(0, WHOLE_NUMBER));
const sha256 = v.pipe(text, v.regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'));
const mode = v.pipe(
  v.string(PERMISSION_BITS),
  v.regex(/^0[0-7]{3}$/, PERMISSION_BITS),
  v.transform((digits) => Number.parseInt(digits, 8)),
);

const file = v.pipe(
  map({ type: v.literal('file'), path: innerPath, size_bytes: sizeBytes, mode, sha256 }),
  v.transform(({ size_bytes, ...rest }) => ({ ...rest, sizeBytes: size_bytes })),
);
const directory = map({ type: v.literal('directory'), path: innerPath, mode });
const link = v.pipe(
  map({ type: v.literal('link'), path: innerPath, target: text }),
  v.check(({ path, target }) => staysInWords(path, target), 'must not be a link that leads outside'),
);

const manifestSchema = map({
  version: v.literal('v1', 'must be "v1"'),
  interpreter: v.pipe(listOf(text), v.nonEmpty('must not be empty')),
  entrypoint: v.pipe(text, v.regex(/^script\.\w+$/, 'must be a name such as "script.sh"')),
  environment: listOf(text),
  files: listOf(v.variant('type', [file, directory, link], 'must be of type file, directory or link')),
  metadata: map({ name: v.string('must be a text') }),
});

/**
 * Reads the `manifest.yaml` of a payload.
 * @throws SpotError (exit 66) `manifest-not-yaml`, or `manifest-invalid` with everything that is wrong and where
 */
export function parseManifest(yaml: string): Manifest {
  const result = v.safeParse(manifestSchema, readFormatted(yaml) ?? readYaml(yaml));
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'manifest.yaml'} ${issue.message}`);
  throw inputError('manifest-invalid', `manifest.yaml is not valid: ${problems.join(', ')}; pack the payload again`);
}

function readYaml(yaml: string): unknown {
  try {
    return parseYaml(yaml, { logLevel: 'error' });
  } catch (error) {
    // The rest of the message is a picture of the line.
    const [reason] = messageOf(error).split(/:?\n/);
    throw inputError('manifest-not-yaml', `manifest.yaml is not YAML: ${reason}; pack the payload again`, error);
  }
}

function map<T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return 'is not known';
    return issue.received === 'undefined' ? 'is missing' : 'must be a map';
  });
}

function listOf<T extends v.GenericSchema>(item: T) {
  return v.array(item, 'must be a list');
}

function isInnerPath(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
