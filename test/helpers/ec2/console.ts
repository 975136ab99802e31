import { createHash } from 'node:crypto';

/**
 * What cloud-init prints about host keys at the first boot of an instance, among what the kernel and systemd print:
 * https://docs.cloud-init.io/en/latest/reference/modules.html#keys-to-console and `#ssh-authkey-fingerprints`.
 * @param hostKeys `<type> <base64>` each
 */
export function cloudInitConsole(hostKeys: readonly string[], host = 'ip-172-31-0-1'): string {
  const lines = [
    '[    0.000000] Linux version 6.8.0-1029-aws (buildd@lcy02-amd64-094)',
    '[  OK  ] Reached target cloud-config.target - Cloud-config availability.',
    `Ubuntu 24.04.2 LTS ${host} ttyS0`,
    '',
    `${host} login: ci-info: no authorized SSH keys fingerprints found for user ubuntu.`,
    ...[
      '#############################################################',
      '-----BEGIN SSH HOST KEY FINGERPRINTS-----',
      ...hostKeys.map((key) => fingerprintLine(key, host)),
      '-----END SSH HOST KEY FINGERPRINTS-----',
      '#############################################################',
    ].map((text) => `<14>Jun 10 05:50:12 cloud-init: ${text}`),
    '-----BEGIN SSH HOST KEY KEYS-----',
    ...hostKeys.map((key) => `${key} root@${host}`),
    '-----END SSH HOST KEY KEYS-----',
    '[   14.201377] cloud-init[1021]: Cloud-init v. 24.4.1-0ubuntu0~24.04.3 finished. Up 14.19 seconds',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** `256 SHA256:… root@host (ED25519)` */
function fingerprintLine(hostKey: string, host: string): string {
  const [type = '', base64 = ''] = hostKey.split(' ');
  const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64').replace(/=+$/, '');
  return `256 SHA256:${digest} root@${host} (${type.replace(/^ssh-/, '').toUpperCase()})`;
}
