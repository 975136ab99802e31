import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { configError } from '../../model/errors.ts';

/** Where a service listens. */
export type ListenAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      /** 0: a free one */
      readonly port: number;
    };

/** @param text `HOST:PORT`, or an absolute path, as the configuration has checked it */
export function parseListenAddress(text: string): ListenAddress {
  if (isAbsolute(text)) return { kind: 'socket', path: text };
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(text) ?? [];
  return { kind: 'tcp', host: host.replace(/^\[(.*)\]$/, '$1').toLowerCase(), port: Number(port) };
}

/** Only programs of this machine reach it. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1';
}

/**
 * Tokens go over the wire in the clear without TLS.
 * @throws SpotError `tls-missing` (exit 78)
 */
export function requireTls(
  address: ListenAddress,
  surroundings: { readonly tls: boolean; readonly insecure: boolean },
): void {
  if (address.kind === 'socket' || isLoopback(address.host) || surroundings.tls || surroundings.insecure) return;
  throw configError(
    'tls-missing',
    `other machines reach ${address.host}, and tokens would go there unencrypted; set service.tls_certificate and ` +
      'service.tls_key, or give --insecure if something else encrypts',
  );
}
