/** What `Stats` and `Dirent` have in common. */
interface FileType {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
}

/** What something that is neither file, folder nor link is called, with its article. */
export function kindOf(type: FileType): string {
  if (type.isFIFO()) return 'a named pipe';
  if (type.isSocket()) return 'a socket';
  if (type.isBlockDevice() || type.isCharacterDevice()) return 'a device';
  return 'of an unknown kind';
}
