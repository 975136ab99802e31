import { isAbsolute, resolve } from 'node:path';
import { configError, usageError } from '../../model/errors.ts';
import { isLoopback } from '../http/listen-address.ts';

/** Where a service is asked. */
export type ServiceAddress =
  | {
      readonly kind: 'socket';
      /** absolute */
      readonly path: string;
      /** for messages */
      readonly shown: string;
    }
  | {
      readonly kind: 'http' | 'https';
      readonly host: string;
      readonly port: number;
      /** in front of every path, without a slash at its end: of a proxy that has more behind it */
      readonly prefix: string;
      readonly shown: string;
    };

const PORTS = { http: 80, https: 443 } as const;

/**
 * @param word a URL, or the path of a Unix socket, with `unix:` in front or without
 * @param cwd absolute; a path is meant from here
 * @throws SpotError `via-invalid` (exit 64), `service-insecure` (exit 78)
 */
export function parseServiceAddress(word: string, cwd: string): ServiceAddress {
  if (/^https?:/i.test(word)) return parseUrl(word);
  const path = word.replace(/^unix:(\/\/)?/, '');
  const isPath = path.includes('/') || !path.includes(':');
  if (path === '' || path.includes('\0') || !isPath) {
    throw invalid(word, 'is neither a URL nor the path of a socket');
  }
  return { kind: 'socket', path: isAbsolute(path) ? path : resolve(cwd, path), shown: path };
}

function parseUrl(word: string): ServiceAddress {
  const url = URL.canParse(word) ? new URL(word) : null;
  if (url === null) throw invalid(word, 'is no URL');
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      `${url.protocol}//…@${url.host}`,
      'holds a password; a token is given by SPOT_TOKEN or service.token_file',
    );
  }
  if (url.search !== '' || url.hash !== '') throw invalid(word, 'goes on behind the address of the service');
  const kind = url.protocol === 'http:' ? 'http' : 'https';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (kind === 'http' && !isLoopback(host)) throw insecure(host);
  const prefix = url.pathname.replace(/\/+$/, '');
  return {
    kind,
    host,
    port: url.port === '' ? PORTS[kind] : Number(url.port),
    prefix,
    shown: `${url.origin}${prefix}`,
  };
}

function invalid(word: string, what: string): Error {
  const advice = 'write https://HOST:PORT, http://127.0.0.1:PORT, or the path of the socket';
  return usageError('via-invalid', `--via ${word} ${what}; ${advice}`);
}

function insecure(host: string): Error {
  const message = `--via http://${host} would send the token and the payload unencrypted; use https://, or a tunnel: ssh -L 8080:127.0.0.1:PORT ${host}`;
  return configError('service-insecure', message);
}
