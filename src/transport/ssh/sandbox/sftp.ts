import type { Connection, SFTPWrapper } from 'ssh2';
import { SftpOperations, type SftpReply } from './sftp-operations.ts';
import { statusOf, textOf } from './sftp-status.ts';

/**
 * Serves SFTP version 3 on the real file system; relative paths start in `home`. Requests are worked off in the order
 * they came, as OpenSSH's sftp-server does: a client may send MKDIR, OPEN or WRITE, CLOSE without waiting in between.
 */
export function serveSftp(sftp: SFTPWrapper, connection: Connection, home: string): void {
  const operations = new SftpOperations(home);
  let gone = false;
  const isGone = (): boolean => gone;
  let tail = Promise.resolve();
  const inOrder = (work: () => Promise<void>): void => {
    tail = tail.then(work);
  };
  answerRequests(sftp, operations, (id, work) =>
    inOrder(async () => {
      if (isGone()) return;
      const reply = await work().catch((error: unknown): SftpReply => ({ status: statusOf(error) }));
      if (!isGone()) send(sftp, id, reply);
    }),
  );
  // a packet that makes no sense: ssh2 closes the channel by itself
  sftp.on('error', () => undefined);
  const markGone = (): void => {
    gone = true;
  };
  connection.once('close', markGone);
  sftp.once('end', () =>
    inOrder(async () => {
      await operations.close();
      connection.off('close', markGone);
      if (!isGone()) sayGoodbye(sftp);
    }),
  );
}

/** Works off one request; an error becomes its status. */
type Answer = (id: number, work: () => Promise<SftpReply>) => void;

/** A request without a listener here (links, extensions) is answered OP_UNSUPPORTED by ssh2. */
function answerRequests(sftp: SFTPWrapper, operations: SftpOperations, answer: Answer): void {
  sftp.on('OPEN', (id, path, flags, attributes) => answer(id, () => operations.open(path, flags, attributes)));
  sftp.on('READ', (id, handle, offset, length) => answer(id, () => operations.read(handle, offset, length)));
  sftp.on('WRITE', (id, handle, offset, data) => answer(id, () => operations.write(handle, offset, data)));
  sftp.on('CLOSE', (id, handle) => answer(id, () => operations.closeHandle(handle)));
  sftp.on('FSTAT', (id, handle) => answer(id, () => operations.fstat(handle)));
  sftp.on('STAT', (id, path) => answer(id, () => operations.stat(path)));
  sftp.on('LSTAT', (id, path) => answer(id, () => operations.lstat(path)));
  sftp.on('FSETSTAT', (id, handle, attributes) => answer(id, () => operations.fsetstat(handle, attributes)));
  sftp.on('SETSTAT', (id, path, attributes) => answer(id, () => operations.setstat(path, attributes)));
  sftp.on('MKDIR', (id, path, attributes) => answer(id, () => operations.mkdir(path, attributes)));
  sftp.on('RMDIR', (id, path) => answer(id, () => operations.rmdir(path)));
  sftp.on('REMOVE', (id, path) => answer(id, () => operations.remove(path)));
  sftp.on('RENAME', (id, from, to) => answer(id, () => operations.rename(from, to)));
  sftp.on('REALPATH', (id, path) => answer(id, () => operations.realpath(path)));
  sftp.on('OPENDIR', (id, path) => answer(id, () => operations.opendir(path)));
  sftp.on('READDIR', (id, handle) => answer(id, () => operations.readdir(handle)));
}

function send(sftp: SFTPWrapper, id: number, reply: SftpReply): void {
  if ('handle' in reply) sftp.handle(id, reply.handle);
  else if ('data' in reply) sftp.data(id, reply.data);
  else if ('attributes' in reply) sftp.attrs(id, reply.attributes);
  else if ('names' in reply) sftp.name(id, [...reply.names]);
  else sftp.status(id, reply.status, textOf(reply.status));
}

/** What ssh2's SFTP stream keeps to itself. */
interface SftpInternals {
  readonly _protocol: { exitStatus(channel: number, code: number): void };
  readonly outgoing: { readonly id: number };
}

/** scp takes a subsystem that ends without an exit status for a failure, and ssh2 has no public call to send one. */
function sayGoodbye(sftp: SFTPWrapper): void {
  const { _protocol, outgoing } = sftp as unknown as SftpInternals;
  _protocol.exitStatus(outgoing.id, 0);
  sftp.end();
}
