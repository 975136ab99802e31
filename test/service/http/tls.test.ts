import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { requireTls } from '../../../src/service/http/listen-address.ts';
import { parseListenAddress } from '../../../src/service/http/listen-address.ts';
import { readTls, reloadTls, type TlsFiles } from '../../../src/service/http/tls.ts';
import { makeCertificate } from '../../helpers/certificate.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { startServer } from './support.ts';

leakCheck();

function certificateFor(name: string, folder = tempDir()): TlsFiles {
  return makeCertificate(name, folder);
}

interface Seen {
  readonly name: string;
  readonly protocol: string | null;
  readonly text: string;
}

/** One request over TLS, trusting that certificate alone. */
function ask(where: string, ca: string, path: string): Promise<Seen> {
  const { hostname, port } = new URL(where);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca: readFileSync(ca) }, () => {
      const { subject } = socket.getPeerCertificate();
      const protocol = socket.getProtocol();
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.on('close', () => resolve({ name: String(subject.CN), protocol, text }));
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('error', reject);
  });
}

test('it encrypts with the certificate of the files, and with a new one once that is read', async () => {
  const files = certificateFor('first');
  const { where, app } = await startServer({ tls: files });
  expect(where).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const seen = await ask(where, files.certificate, '/healthz');
  expect(seen).toMatchObject({ name: 'first', protocol: 'TLSv1.3' });
  expect(seen.text).toMatch(/^HTTP\/1\.1 200 [^]*\{"status":"ok"\}$/);
  const renewed = certificateFor('second');
  copyFileSync(renewed.certificate, files.certificate);
  copyFileSync(renewed.key, files.key);
  reloadTls(app, files);
  expect(await ask(where, files.certificate, '/healthz')).toMatchObject({ name: 'second' });
  writeFileSync(files.certificate, 'broken');
  expect(() => reloadTls(app, files)).toThrow(/cannot be used/);
  expect(await ask(where, renewed.certificate, '/healthz')).toMatchObject({ name: 'second' });
});

test('a request in the clear gets no answer', async () => {
  const { where } = await startServer({ tls: certificateFor('first') });
  await expect(fetch(where.replace('https', 'http'))).rejects.toThrow('fetch failed');
});

describe('certificates that cannot be used are named', () => {
  test.each([
    [
      'a certificate that is not there',
      (files: TlsFiles) => ({ ...files, certificate: '/nope.pem' }),
      /no such file or directory/,
    ],
    [
      'a key of another certificate',
      (files: TlsFiles) => ({ ...files, key: certificateFor('other').key }),
      /key values mismatch/,
    ],
    ['a key in place of the certificate', ({ key }: TlsFiles) => ({ certificate: key, key }), /no start line/i],
  ])('%s', (_, change, reason) => {
    const files = change(certificateFor('first'));
    const error = catchError(() => readTls(files));
    expect(error).toMatchObject({ code: 'tls-unreadable', exitCode: 78 });
    expect(error.message).toMatch(reason);
    expect(error.message).toContain('; correct service.tls_certificate and service.tls_key');
  });
});

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

test.each([
  ['/run/spot.sock', false, false, true],
  ['127.0.0.1:80', false, false, true],
  ['127.8.9.1:80', false, false, true],
  ['[::1]:80', false, false, true],
  ['localhost:80', false, false, true],
  ['LocalHost:80', false, false, true],
  ['0.0.0.0:80', false, false, false],
  ['[::]:80', false, false, false],
  ['10.0.0.4:80', false, false, false],
  ['example.com:80', false, false, false],
  ['127.example.com:80', false, false, false],
  ['0.0.0.0:80', true, false, true],
  ['0.0.0.0:80', false, true, true],
])('listening at %s with TLS %s and --insecure %s is allowed: %s', (text, tls, insecure, isAllowed) => {
  const decide = () => requireTls(parseListenAddress(text), { tls, insecure });
  if (isAllowed) expect(decide).not.toThrow();
  else expect(decide).toThrow(expect.objectContaining({ code: 'tls-missing', exitCode: 78 }));
});
