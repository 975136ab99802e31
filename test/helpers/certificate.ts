import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Makes a certificate for 127.0.0.1 that signs itself, and its key. @returns the paths of the files */
export function makeCertificate(name: string, folder: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const files = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-out', certificate, '-keyout', key];
  execFileSync('openssl', ['req', ...kind, ...files], { stdio: 'pipe' });
  return { certificate, key };
}
