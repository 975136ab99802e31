import type { Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import ssh2 from 'ssh2';
import type { Attributes, FileEntry } from 'ssh2';
import { applyAttributes, attributesOf, longName, openFlags, pathTarget } from './sftp-attributes.ts';
import { HandleTable } from './sftp-handles.ts';

const { STATUS_CODE } = ssh2.utils.sftp;

/** What goes back for one request. */
export type SftpReply =
  | { readonly status: number }
  | { readonly handle: Buffer }
  | { readonly data: Buffer }
  | { readonly attributes: Attributes }
  | { readonly names: readonly FileEntry[] };

/** A request carries only those attributes its sender cares about. */
type GivenAttributes = Partial<Attributes>;

const OK: SftpReply = { status: STATUS_CODE.OK };
const END: SftpReply = { status: STATUS_CODE.EOF };

/** OpenSSH's sftp-server answers no READ with more bytes: SFTP_MAX_READ_LENGTH in sftp-server.c */
const MAX_READ_BYTES = 255 * 1024;
/** names in one answer to READDIR, as OpenSSH's sftp-server */
const NAMES_PER_ANSWER = 100;

/** The requests of one SFTP session, carried out on the real file system. Methods reject with the system's error. */
export class SftpOperations {
  readonly #home: string;
  readonly #handles = new HandleTable();

  constructor(home: string) {
    this.#home = home;
  }

  async open(path: string, flags: number, { mode = 0o666 }: GivenAttributes): Promise<SftpReply> {
    return { handle: this.#handles.add(await open(this.#at(path), openFlags(flags), mode & 0o7777)) };
  }

  async read(handle: Buffer, offset: number, length: number): Promise<SftpReply> {
    const buffer = Buffer.allocUnsafe(Math.min(length, MAX_READ_BYTES));
    const { bytesRead } = await this.#handles.file(handle).read(buffer, 0, buffer.length, offset);
    return bytesRead === 0 ? END : { data: buffer.subarray(0, bytesRead) };
  }

  async write(handle: Buffer, offset: number, data: Buffer): Promise<SftpReply> {
    const file = this.#handles.file(handle);
    let done = 0;
    while (done < data.length) {
      const { bytesWritten } = await file.write(data, done, data.length - done, offset + done);
      done += bytesWritten;
    }
    return OK;
  }

  async closeHandle(handle: Buffer): Promise<SftpReply> {
    await this.#handles.close(handle);
    return OK;
  }

  async fstat(handle: Buffer): Promise<SftpReply> {
    return { attributes: attributesOf(await this.#handles.file(handle).stat()) };
  }

  async stat(path: string): Promise<SftpReply> {
    return { attributes: attributesOf(await stat(this.#at(path))) };
  }

  async lstat(path: string): Promise<SftpReply> {
    return { attributes: attributesOf(await lstat(this.#at(path))) };
  }

  async fsetstat(handle: Buffer, attributes: GivenAttributes): Promise<SftpReply> {
    await applyAttributes(this.#handles.file(handle), attributes);
    return OK;
  }

  async setstat(path: string, attributes: GivenAttributes): Promise<SftpReply> {
    await applyAttributes(pathTarget(this.#at(path)), attributes);
    return OK;
  }

  async mkdir(path: string, { mode = 0o777 }: GivenAttributes): Promise<SftpReply> {
    await mkdir(this.#at(path), mode & 0o7777);
    return OK;
  }

  async rmdir(path: string): Promise<SftpReply> {
    await rmdir(this.#at(path));
    return OK;
  }

  async remove(path: string): Promise<SftpReply> {
    await unlink(this.#at(path));
    return OK;
  }

  /** In version 3 of SFTP a rename never replaces anything. */
  async rename(from: string, to: string): Promise<SftpReply> {
    if ((await statsOrNull(this.#at(to))) !== null) return { status: STATUS_CODE.FAILURE };
    await rename(this.#at(from), this.#at(to));
    return OK;
  }

  async realpath(path: string): Promise<SftpReply> {
    const filename = this.#at(path);
    return { names: [{ filename, longname: filename, attrs: NO_ATTRIBUTES }] };
  }

  async opendir(path: string): Promise<SftpReply> {
    const folder = this.#at(path);
    return { handle: this.#handles.add({ path: folder, names: await readdir(folder) }) };
  }

  async readdir(handle: Buffer): Promise<SftpReply> {
    const { path, names } = this.#handles.listing(handle);
    if (names.length === 0) return END;
    const entries = await Promise.all(names.splice(0, NAMES_PER_ANSWER).map((name) => entryOf(path, name)));
    return { names: entries.filter((entry) => entry !== null) };
  }

  /** Closes what the client left open. */
  async close(): Promise<void> {
    await this.#handles.closeAll();
  }

  #at(path: string): string {
    return resolve(this.#home, path);
  }
}

/** REALPATH answers with a name alone; ssh2 leaves out what is missing here. */
const NO_ATTRIBUTES = {} as Attributes;

/** null where the file went away after its folder was read */
async function entryOf(folder: string, filename: string): Promise<FileEntry | null> {
  const stats = await statsOrNull(join(folder, filename));
  return stats && { filename, longname: longName(filename, stats), attrs: attributesOf(stats) };
}

/** @throws Error for anything but a file that is not there */
async function statsOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
