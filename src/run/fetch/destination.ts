import { lstat, mkdir, readlink, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../util/file-digest.ts';
import { reasonOf } from '../../util/system-error.ts';
import type { RemoteEntry } from './listing.ts';
import { FetchRejected } from './problem.ts';

/** What stands here where an entry would go. `blocked`: it is not to be replaced, or cannot be. */
export type Standing =
  | { readonly state: 'absent' | 'other' }
  /** a file of the same size */
  | { readonly state: 'candidate'; readonly sha256: string }
  | { readonly state: 'blocked'; readonly code: string; readonly message: string };

/** What the system says of a name that it does not take. */
const BAD_NAME = new Set(['ENAMETOOLONG', 'EINVAL', 'EILSEQ']);

/**
 * The folder of one instance. Nothing is ever written through a link below it: where one stands in the way the entry is
 * blocked.
 */
export class Destination {
  /** absolute */
  readonly folder: string;
  readonly #known = new Set<string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Looks at what is there, and changes nothing. */
  async look({ kind, path, sizeBytes }: RemoteEntry): Promise<Standing> {
    try {
      const inTheWay = await this.#firstNoFolder(parentOf(path));
      if (inTheWay !== null) return blocked(`${inTheWay} is no folder here`);
      const stats = await statOf(join(this.folder, path));
      if (stats === null) return { state: 'absent' };
      if (kind === 'folder')
        return stats.isDirectory() ? { state: 'other' } : blocked('something else has its name here');
      if (stats.isDirectory()) return blocked('a folder has its name here');
      if (kind !== 'file' || !stats.isFile() || stats.size !== sizeBytes) return { state: 'other' };
      return { state: 'candidate', sha256: await digestOf(join(this.folder, path)) };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (BAD_NAME.has(code))
        return { state: 'blocked', code: 'bad-name', message: 'its name is too long for this system' };
      return {
        state: 'blocked',
        code: 'not-readable-here',
        message: `what is here cannot be read (${reasonOf(error)})`,
      };
    }
  }

  /** Makes a folder, and those on the way. Whoever fetched it may always work in it. */
  async makeFolder(path: string, mode = 0o777): Promise<void> {
    await this.#write(path, async () => {
      for (const folder of pathsTo(path)) {
        if (this.#known.has(folder)) continue;
        const isLast = folder === path;
        await mkdir(join(this.folder, folder), { recursive: folder === '', mode: isLast ? mode | 0o700 : 0o777 }).catch(
          (error: unknown) => {
            if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
          },
        );
        const stats = await statOf(join(this.folder, folder));
        if (stats?.isDirectory() !== true) throw new Error(`${folder} is no folder`);
        this.#known.add(folder);
      }
    });
  }

  /** Gives a whole file its name; what had it before is gone. */
  async placeFile(path: string, from: string): Promise<void> {
    await this.makeFolder(parentOf(path));
    await this.#write(path, () => rename(from, join(this.folder, path)));
  }

  /**
   * @param temporary a free path on the same file system
   * @param anyway replaces what is there, if it is no folder
   */
  async placeLink(
    path: string,
    target: string,
    temporary: string,
    anyway: boolean,
  ): Promise<'placed' | 'same' | 'differs'> {
    const place = join(this.folder, path);
    const before = await readlink(place).catch(() => null);
    if (before === target) return 'same';
    if ((await statOf(place)) !== null && !anyway) return 'differs';
    await this.makeFolder(parentOf(path));
    await this.#write(path, async () => {
      await symlink(target, temporary);
      await rename(temporary, place);
    });
    return 'placed';
  }

  async #firstNoFolder(path: string): Promise<string | null> {
    for (const folder of pathsTo(path)) {
      if (this.#known.has(folder)) continue;
      const stats = await statOf(join(this.folder, folder));
      if (stats === null) return null;
      if (!stats.isDirectory()) return folder === '' ? this.folder : folder;
      this.#known.add(folder);
    }
    return null;
  }

  /** What goes wrong here does not get better with the next file. */
  async #write(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw new FetchRejected(
        'not-written',
        `${join(this.folder, path)} cannot be written (${reasonOf(error)})`,
        error,
      );
    }
  }
}

/**
 * Whether a link may be made: it is relative, begins with no more `..` than folders stand above it, and has none behind a
 * name. Then wherever it leads, through whatever other such links, is inside.
 */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const firstName = parts.findIndex((part) => part !== '..');
  const ups = firstName === -1 ? parts.length : firstName;
  return ups < path.split('/').length && !parts.slice(ups).includes('..');
}

function blocked(message: string): Standing {
  return {
    state: 'blocked',
    code: 'in-the-way',
    message: `${message}; move it away, or choose another folder with --to`,
  };
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

/** `['', 'a', 'a/b']` for `a/b`. */
function pathsTo(path: string): string[] {
  if (path === '') return [''];
  const parts = path.split('/');
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
