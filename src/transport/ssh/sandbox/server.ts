import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type {
  AuthContext,
  Connection,
  ParsedKey,
  PublicKeyAuthContext,
  ServerChannel,
  Session,
  SFTPWrapper,
} from 'ssh2';
import { serveCommand, type Surroundings } from './exec.ts';
import { serveSftp } from './sftp.ts';

/** What one instance is made of. */
export interface InstanceSettings {
  /** the only user name that gets in */
  readonly user: string;
  /** private key, OpenSSH's format */
  readonly hostKey: string;
  /** the only key that gets in */
  readonly authorizedKey: ParsedKey;
  /** sessions open at once on one connection */
  readonly maxSessions: number;
  /** false: the SFTP subsystem is refused */
  readonly sftp: boolean;
  readonly surroundings: Surroundings;
}

/** A listening instance. */
export interface InstanceServer {
  readonly port: number;
  /** TCP connections open now */
  connections(): number;
  disconnectAll(): void;
  /** stops listening and breaks the connections; settles when both are gone */
  close(): Promise<void>;
}

/**
 * Listens on a free port of 127.0.0.1. The TCP side is a server of our own, and ssh2 gets its sockets: that is how
 * they are counted and broken, and how they are without Nagle's delay from the first byte.
 */
export async function listenAsInstance(settings: InstanceSettings): Promise<InstanceServer> {
  const sshServer = new ssh2.Server({ hostKeys: [settings.hostKey] }, (connection) => {
    serveConnection(connection, settings);
  });
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    sshServer.injectSocket(socket);
  });
  const disconnectAll = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: await listen(listener),
    connections: () => sockets.size,
    disconnectAll,
    close: async () => {
      const closed = once(listener, 'close');
      listener.close();
      disconnectAll();
      await closed;
    },
  };
}

async function listen(listener: Server): Promise<number> {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  // a connection that could not be taken (no file descriptor left) is the client's loss, not the end of this process
  listener.on('error', () => undefined);
  return (listener.address() as AddressInfo).port;
}

function serveConnection(connection: Connection, settings: InstanceSettings): void {
  let sessions = 0;
  // every session waits for the end of its connection
  connection.setMaxListeners(0);
  // garbage, resets and lost clients: ssh2 closes the connection by itself
  connection.on('error', () => undefined);
  connection.on('authentication', (context) => authenticate(context, settings));
  connection.on('session', (accept, reject) => {
    if (sessions >= settings.maxSessions) {
      reject();
      return;
    }
    sessions += 1;
    const session = accept();
    session.once('close', () => (sessions -= 1));
    serveSession(session, connection, settings);
  });
}

function authenticate(context: AuthContext, settings: InstanceSettings): void {
  const welcome = context.method === 'publickey' && context.username === settings.user;
  if (welcome && holdsKey(context, settings.authorizedKey)) context.accept();
  else context.reject(['publickey']);
}

/** Without a signature the client only asks whether the key would do, and ssh2 answers no more than that. */
function holdsKey(context: PublicKeyAuthContext, key: ParsedKey): boolean {
  if (context.key.algo !== key.type || !context.key.data.equals(key.getPublicSSH())) return false;
  if (context.signature === undefined || context.blob === undefined) return context.signature === undefined;
  // ssh2 answers with an Error, which is truthy, where it cannot verify
  return key.verify(context.blob, context.signature, context.hashAlgo) === true;
}

/** What a session may ask for; whatever has no listener here (shell, pty, env, forwarding) ssh2 refuses by itself. */
function serveSession(session: Session, connection: Connection, settings: InstanceSettings): void {
  session.on('exec', (accept, _reject, { command }) => {
    // nothing is given to a session that has ended, or that has a channel already
    const channel = accept() as ServerChannel | undefined;
    if (channel !== undefined) serveCommand({ command, channel, session, connection }, settings.surroundings);
  });
  if (!settings.sftp) return;
  session.on('sftp', (accept) => {
    const sftp = accept() as SFTPWrapper | undefined;
    if (sftp !== undefined) serveSftp(sftp, connection, settings.surroundings.home);
  });
}
