import { isIPv4, isIPv6 } from 'node:net';
import { usageError } from '../model/errors.ts';
import type { SpotError } from '../model/errors.ts';
import type { Host } from '../model/plan.ts';

/**
 * Reads `[user@]host[:port]`: a name or an address; IPv6 in brackets, or bare where no port follows.
 * @throws SpotError `bad-host` (exit 64)
 */
export function parseHostSpec(text: string): Host {
  const at = text.lastIndexOf('@');
  const user = at === -1 ? null : text.slice(0, at);
  if (user !== null) checkUser(user, text);
  const { address, port } = splitPort(text.slice(at + 1), text);
  checkAddress(address, text);
  return { user, address, port: port === null ? null : parsePort(port, text) };
}

/** `web1`, `web1:2222`, `[::1]:2222`: how an address and a port are written in one word. */
export function formatHostPort(address: string, port: number | null): string {
  if (port === null) return address;
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

function splitPort(place: string, text: string): { address: string; port: string | null } {
  if (place.startsWith('[')) return splitBracketed(place, text);
  if (isIPv6(place)) return { address: place, port: null };
  const [address = '', port = null, ...more] = place.split(':');
  if (more.length > 0) throw badHost(text, `'${place}' is no IPv6 address`);
  return { address, port };
}

function splitBracketed(place: string, text: string): { address: string; port: string | null } {
  const match = /^\[([^\]]*)\](?::(.*))?$/.exec(place);
  if (match === null) throw badHost(text, "'[' needs a ']' with nothing but :port behind it");
  const address = match[1] as string;
  if (!isIPv6(address)) throw badHost(text, `'${address}' is no IPv6 address`);
  return { address, port: match[2] ?? null };
}

function checkUser(user: string, text: string): void {
  if (user === '') throw badHost(text, "there is no user before the '@'");
  if (!isUserName(user)) throw badHost(text, `'${user}' is no user name`);
}

/** What `ssh -l` would not take for a flag, and what leaves `user@host:port` readable. */
export function isUserName(text: string): boolean {
  return /^[^\s:/\p{Cc}-][^\s:/\p{Cc}]*$/u.test(text);
}

function checkAddress(address: string, text: string): void {
  if (address === '') throw badHost(text, 'there is no host name or address');
  if (isIPv6(address)) return;
  if (/^[\d.]+$/.test(address) && !isIPv4(address)) throw badHost(text, `'${address}' is no IPv4 address`);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(address)) throw badHost(text, `'${address}' is no host name`);
}

function parsePort(port: string, text: string): number {
  const value = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (value < 1 || value > 65535) throw badHost(text, `the port '${port}' is no number from 1 to 65535`);
  return value;
}

function badHost(text: string, reason: string): SpotError {
  return usageError('bad-host', `cannot read the host '${text}': ${reason}; write [user@]host[:port]`);
}
