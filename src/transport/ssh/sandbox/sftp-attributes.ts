import { constants, type Stats } from 'node:fs';
import { chmod, chown, truncate, utimes } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { Attributes } from 'ssh2';

const { OPEN_MODE } = ssh2.utils.sftp;

/** The flags of open(2) for the flags of an SFTP OPEN: bit by bit, since ssh2's own table lacks combinations. */
export function openFlags(sftpFlags: number): number {
  const has = (bit: number): boolean => (sftpFlags & bit) !== 0;
  let flags: number = constants.O_RDONLY;
  if (has(OPEN_MODE.WRITE)) flags = has(OPEN_MODE.READ) ? constants.O_RDWR : constants.O_WRONLY;
  if (has(OPEN_MODE.APPEND)) flags |= constants.O_APPEND;
  if (has(OPEN_MODE.CREAT)) flags |= constants.O_CREAT;
  if (has(OPEN_MODE.TRUNC)) flags |= constants.O_TRUNC;
  if (has(OPEN_MODE.EXCL)) flags |= constants.O_EXCL;
  return flags;
}

/** Times in seconds, as SFTP version 3 has them. */
export function attributesOf(stats: Stats): Attributes {
  return {
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atime: Math.floor(stats.atimeMs / 1000),
    mtime: Math.floor(stats.mtimeMs / 1000),
  };
}

/** The line of a listing, as `ls -ln --time-style=long-iso` prints it; clients show it, and read the type from it. */
export function longName(name: string, stats: Stats): string {
  const columns = [
    `${typeLetter(stats)}${permissionLetters(stats.mode)}`,
    String(stats.nlink).padStart(4),
    String(stats.uid).padEnd(8),
    String(stats.gid).padEnd(8),
    String(stats.size).padStart(8),
    stats.mtime.toISOString().slice(0, 16).replace('T', ' '),
    name,
  ];
  return columns.join(' ');
}

function typeLetter(stats: Stats): string {
  if (stats.isDirectory()) return 'd';
  if (stats.isSymbolicLink()) return 'l';
  if (stats.isFIFO()) return 'p';
  if (stats.isSocket()) return 's';
  if (stats.isBlockDevice()) return 'b';
  return stats.isCharacterDevice() ? 'c' : '-';
}

function permissionLetters(mode: number): string {
  return Array.from('rwxrwxrwx', (letter, index) => ((mode & (0o400 >> index)) !== 0 ? letter : '-')).join('');
}

/** Something whose attributes can be set: an open file, or what a path leads to. */
export interface AttributesTarget {
  truncate(bytes: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  /** seconds */
  utimes(atime: number, mtime: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
}

export function pathTarget(path: string): AttributesTarget {
  return {
    truncate: (bytes) => truncate(path, bytes),
    chmod: (mode) => chmod(path, mode),
    utimes: (atime, mtime) => utimes(path, atime, mtime),
    chown: (uid, gid) => chown(path, uid, gid),
  };
}

/** Sets those attributes that are given, in the order OpenSSH's sftp-server does. */
export async function applyAttributes(target: AttributesTarget, attributes: Partial<Attributes>): Promise<void> {
  const { size, mode, atime, mtime, uid, gid } = attributes;
  if (size !== undefined) await target.truncate(size);
  if (mode !== undefined) await target.chmod(mode & 0o7777);
  if (atime !== undefined && mtime !== undefined) await target.utimes(atime, mtime);
  if (uid !== undefined && gid !== undefined) await target.chown(uid, gid);
}
