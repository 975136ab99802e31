import { messageOf, type Problem } from '../../model/errors.ts';
import { DeadlineError } from '../../util/deadline.ts';
import { formatDuration } from '../../util/format.ts';
import type { ResolvedHop } from './ssh-config.ts';

/** How far a connection had come. */
export type ConnectStage = 'open' | 'handshake';

/** Sentences for the socket's error codes; `{}` is `address:port`. */
const BY_CODE: Readonly<Record<string, readonly [code: string, sentence: string]>> = {
  ECONNREFUSED: ['connection-refused', '{} refused the connection; is sshd running there, on that port?'],
  EHOSTUNREACH: ['host-unreachable', 'there is no way to {}; check its address, the network and the security group'],
  ENETUNREACH: ['host-unreachable', 'there is no way to {}; check its address, the network and the security group'],
  ETIMEDOUT: ['connect-timeout', '{} did not answer; check its address, the network and the security group'],
  ENOTFOUND: ['name-not-found', 'the name of {} is not known; check the address'],
  EAI_AGAIN: ['name-not-found', 'the name of {} could not be looked up just now; check the network and its DNS'],
  ECONNRESET: ['connection-reset', '{} broke the connection off before the login; it may be overloaded (MaxStartups)'],
  EMFILE: ['too-many-files', 'no more files can be opened for {}; raise the limit (ulimit -n) or lower --concurrency'],
};

/** What node-ssh (with the code ETIMEDOUT) and ssh2 say of a host that closed the connection in the middle. */
const CLOSED_BY_HOST = /^No response from server$|Connection lost before handshake/;

/** What went wrong before there was a connection, as a sentence. */
export function connectProblem(error: unknown, hop: ResolvedHop, stage: ConnectStage): Problem {
  const where = hop.address.includes(':') ? `[${hop.address}]:${hop.port}` : `${hop.address}:${hop.port}`;
  if (error instanceof DeadlineError) return tooLate(where, stage, error.afterMs);
  if (CLOSED_BY_HOST.test(messageOf(error))) return closedEarly(where);
  const { code, level } = error as { readonly code?: unknown; readonly level?: unknown };
  const known = typeof code === 'string' ? BY_CODE[code] : undefined;
  if (known !== undefined) return { code: known[0], message: known[1].replace('{}', where) };
  if (level === 'client-authentication') return refusedLogin(hop, where);
  if (level === 'handshake' || stage === 'handshake') return brokenHandshake(error, where);
  return { code: 'connect-failed', message: `no connection to ${where}: ${messageOf(error)}` };
}

function tooLate(where: string, stage: ConnectStage, afterMs: number): Problem {
  const after = formatDuration(afterMs);
  if (stage === 'open') {
    const advice = 'check its address, the network and the security group';
    return { code: 'connect-timeout', message: `${where} did not answer within ${after}; ${advice}` };
  }
  const advice = 'give it more with --connect-timeout, or look at the host';
  return {
    code: 'handshake-timeout',
    message: `${where} answered but did not finish the login within ${after}; ${advice}`,
  };
}

function refusedLogin({ user }: ResolvedHop, where: string): Problem {
  const advice = 'check the user name and that the public key is in its authorized_keys';
  return { code: 'auth-failed', message: `${where} does not let ${user} in with any of the keys; ${advice}` };
}

function brokenHandshake(error: unknown, where: string): Problem {
  return { code: 'handshake-failed', message: `the SSH handshake with ${where} failed: ${messageOf(error)}` };
}

function closedEarly(where: string): Problem {
  const message = `${where} closed the connection before the login; it may be overloaded (MaxStartups)`;
  return { code: 'connection-closed', message };
}
