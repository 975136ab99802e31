import ssh2 from 'ssh2';

const { STATUS_CODE } = ssh2.utils.sftp;

/** OpenSSH's table, errno_to_portable in sftp-server.c; every other error is a FAILURE. */
const STATUS_OF_ERRNO: Readonly<Record<string, number>> = {
  ENOENT: STATUS_CODE.NO_SUCH_FILE,
  ENOTDIR: STATUS_CODE.NO_SUCH_FILE,
  EBADF: STATUS_CODE.NO_SUCH_FILE,
  ELOOP: STATUS_CODE.NO_SUCH_FILE,
  EPERM: STATUS_CODE.PERMISSION_DENIED,
  EACCES: STATUS_CODE.PERMISSION_DENIED,
  ENAMETOOLONG: STATUS_CODE.BAD_MESSAGE,
  EINVAL: STATUS_CODE.BAD_MESSAGE,
};

/** The status of SFTP version 3 that says best what went wrong. */
export function statusOf(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException;
  return STATUS_OF_ERRNO[code ?? ''] ?? STATUS_CODE.FAILURE;
}

/** status_to_message in OpenSSH's sftp-server.c */
const TEXTS: Readonly<Record<number, string>> = {
  [STATUS_CODE.OK]: 'Success',
  [STATUS_CODE.EOF]: 'End of file',
  [STATUS_CODE.NO_SUCH_FILE]: 'No such file',
  [STATUS_CODE.PERMISSION_DENIED]: 'Permission denied',
  [STATUS_CODE.BAD_MESSAGE]: 'Bad message',
};

/** OpenSSH's word for a status: it says no more than the code does, and so clients can't rely on more. */
export function textOf(status: number): string {
  return TEXTS[status] ?? 'Failure';
}
