import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { configError } from '../../model/errors.ts';
import { reasonOf } from '../../util/system-error.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface TlsOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/** @throws SpotError `tls-unreadable` (exit 78) where a file cannot be read, is no PEM, or the two do not belong together */
export function readTls({ certificate, key }: TlsFiles): TlsOptions {
  try {
    const options = { cert: readFileSync(certificate), key: readFileSync(key), minVersion: 'TLSv1.2' } as const;
    createSecureContext(options);
    return options;
  } catch (error) {
    const message = `the certificate ${certificate} and its key ${key} cannot be used (${reasonOf(error)})`;
    throw configError('tls-unreadable', `${message}; correct service.tls_certificate and service.tls_key`, error);
  }
}

/** Connections from now on are encrypted by what the files hold now. @throws as `readTls`; nothing has changed then */
export function reloadTls(app: FastifyInstance, files: TlsFiles): void {
  const options = readTls(files);
  if ('setSecureContext' in app.server) (app.server as unknown as SecureServer).setSecureContext(options);
}

interface SecureServer {
  setSecureContext(options: TlsOptions): void;
}
