import { usageError } from '../model/errors.ts';

/**
 * Checks where a file may be put on an instance: absolute or `~/…`, without `..`, NUL or a newline.
 * @param what as whoever gave it calls it: `--remote-path`
 * @throws SpotError `bad-remote-path` (exit 64)
 */
export function checkRemotePath(path: string, what: string): string {
  const refuse = (why: string): never => {
    throw usageError(
      'bad-remote-path',
      `${what} '${path}' ${why}; give a whole path like /opt/deploy.sh or ~/deploy.sh`,
    );
  };
  if (/[\0\n\r]/.test(path)) refuse('holds a line break or a NUL');
  if (!path.startsWith('/') && !path.startsWith('~/')) refuse('is neither absolute nor below ~/');
  if (path.split('/').includes('..')) refuse('holds ..');
  if (path.endsWith('/')) refuse('names a folder');
  return path;
}
