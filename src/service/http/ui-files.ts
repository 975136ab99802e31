import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { configError } from '../../model/errors.ts';

/** One file of the page, as it goes over the wire. */
export interface UiFile {
  readonly type: string;
  readonly etag: string;
  /** its name has the hash of its content: it never changes */
  readonly isHashed: boolean;
  /** by the encoding, `identity` for the file as it is */
  readonly bodies: ReadonlyMap<Encoding, Buffer>;
}

export type Encoding = 'br' | 'gzip' | 'identity';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/**
 * The page as the build has made it, by name; it is small.
 * @param folder `dist/ui`
 * @throws SpotError (exit 78) `ui-missing`
 */
export function readUiFiles(folder: string): ReadonlyMap<string, UiFile> {
  const names = namesIn(folder);
  const files = names
    .filter((name) => extname(name) in TYPES)
    .map((name) => [name, readFile(folder, name, names)] as const);
  return new Map(files);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw configError('ui-missing', `the files of the page are not in ${folder}; install spot again`, error);
  }
}

function readFile(folder: string, name: string, names: readonly string[]): UiFile {
  const content = readFileSync(join(folder, name));
  const packed = (
    [
      ['br', '.br'],
      ['gzip', '.gz'],
    ] as const
  ).filter(([, extension]) => names.includes(name + extension));
  const bodies = packed.map(
    ([encoding, extension]) => [encoding, readFileSync(join(folder, name + extension))] as const,
  );
  return {
    type: TYPES[extname(name)] as string,
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    isHashed: name !== 'index.html',
    bodies: new Map<Encoding, Buffer>([...bodies, ['identity', content]]),
  };
}
