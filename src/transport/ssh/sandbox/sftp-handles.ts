import type { FileHandle } from 'node:fs/promises';

/** A folder that is being listed. */
export interface Listing {
  readonly path: string;
  /** not yet handed out */
  readonly names: string[];
}

/** What clients hold open in one SFTP session; the wire knows each by a number of four bytes. */
export class HandleTable {
  readonly #open = new Map<number, FileHandle | Listing>();
  #last = 0;

  add(opened: FileHandle | Listing): Buffer {
    this.#last += 1;
    this.#open.set(this.#last, opened);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(this.#last);
    return handle;
  }

  /** @throws Error where the handle is not that of an open file */
  file(handle: Buffer): FileHandle {
    const opened = this.#find(handle);
    if ('names' in opened) throw new Error('the handle is that of a folder');
    return opened;
  }

  /** @throws Error where the handle is not that of a folder */
  listing(handle: Buffer): Listing {
    const opened = this.#find(handle);
    if ('names' in opened) return opened;
    throw new Error('the handle is that of a file');
  }

  /** @throws Error where there is no such handle, or where the system cannot close the file */
  async close(handle: Buffer): Promise<void> {
    const opened = this.#find(handle);
    this.#open.delete(handle.readUInt32BE());
    if (!('names' in opened)) await opened.close();
  }

  /** Closes what was left open; that a file cannot be closed is nobody's concern any more. */
  async closeAll(): Promise<void> {
    const left = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(left.map(async (opened) => ('names' in opened ? undefined : opened.close())));
  }

  #find(handle: Buffer): FileHandle | Listing {
    const opened = handle.length === 4 ? this.#open.get(handle.readUInt32BE()) : undefined;
    if (opened === undefined) throw new Error('there is no such handle');
    return opened;
  }
}
