import type { PayloadFile } from '../model/payload.ts';

export type FileEntry = Extract<PayloadFile, { type: 'file' }>;
export type DirectoryEntry = Extract<PayloadFile, { type: 'directory' }>;
export type LinkEntry = Extract<PayloadFile, { type: 'link' }>;

/** A file found in the folder; not read yet, so without its SHA-256. */
export type ScannedFile = Omit<FileEntry, 'sha256'>;

export type ScannedEntry = ScannedFile | DirectoryEntry | LinkEntry;

/** What is in a files folder and will be sent. */
export interface ScannedTree {
  /** the folder, as it was given */
  readonly root: string;
  /** ordered by the bytes of their paths, so a folder stands before what is in it */
  readonly entries: readonly ScannedEntry[];
}

/** An entry whose content is known, ready to be packed. */
export interface HashedEntry {
  readonly entry: PayloadFile;
  /** the whole content of a small file, else null: then it is read once more while it is packed */
  readonly content: Buffer | null;
}
