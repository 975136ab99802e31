import { expect, test } from 'vitest';
import { judgeHostKey, type HostKeyCase } from '../../../src/transport/ssh/host-key.ts';
import type { KnownHostsVerdict } from '../../../src/transport/ssh/known-hosts.ts';
import { FINGERPRINT_A, FINGERPRINT_B, FINGERPRINT_ECDSA, KEY_A, KEY_B, KEY_ECDSA } from './key-texts.ts';

const NOTHING: KnownHostsVerdict = { keys: [], revoked: [], authorities: [] };

/** A key in the third line of a known_hosts file. */
function known(key: string): { key: string; file: string; line: number } {
  return { key, file: '/home/me/.ssh/known_hosts', line: 3 };
}

/** A host at first contact that shows key A and that nobody knows. */
function caseWith(overrides: Partial<HostKeyCase>): HostKeyCase {
  return {
    shown: KEY_A,
    pinned: null,
    policy: 'accept-new',
    known: NOTHING,
    expected: { kind: 'no-source' },
    label: 'web-1',
    instanceId: 'i-0abc',
    address: '203.0.113.7',
    ...overrides,
  };
}

const TAKEN: readonly (readonly [name: string, overrides: Partial<HostKeyCase>, verdict: string])[] = [
  ['unknown, under accept-new: pinned', {}, 'pin'],
  ['pinned to this key: accepted', { pinned: KEY_A }, 'accept'],
  ['pinned to this key, under strict: accepted', { pinned: KEY_A, policy: 'strict' }, 'accept'],
  [
    'pinned to this key, while known_hosts has another: accepted',
    { pinned: KEY_A, known: { ...NOTHING, keys: [known(KEY_B)] } },
    'accept',
  ],
  ['in known_hosts: pinned', { known: { ...NOTHING, keys: [known(KEY_B), known(KEY_A)] } }, 'pin'],
  ['in known_hosts, under strict: pinned', { policy: 'strict', known: { ...NOTHING, keys: [known(KEY_A)] } }, 'pin'],
  ['while another key is revoked: pinned', { known: { ...NOTHING, revoked: [known(KEY_B)] } }, 'pin'],
];

test.each(TAKEN)('a host key %s', (_, overrides, verdict) => {
  expect(judgeHostKey(caseWith(overrides))).toEqual({ verdict });
});

const CHANGED =
  `shows another host key than before: ${FINGERPRINT_A} instead of ${FINGERPRINT_B}; ` +
  'if you know why it changed, accept it with: spot host-key forget';

const REVOKED =
  `web-1 (203.0.113.7) shows the host key ${FINGERPRINT_A}, which /home/me/.ssh/known_hosts:3 revokes; ` +
  'do not use this host until it has another key';

const REFUSED: readonly (readonly [name: string, overrides: Partial<HostKeyCase>, code: string, message: string])[] = [
  ['other than the pinned one', { pinned: KEY_B }, 'host-key-changed', `web-1 (203.0.113.7) ${CHANGED} i-0abc`],
  [
    'other than the pinned one, of a host without a name and with an odd id',
    { pinned: KEY_B, label: '203.0.113.7', instanceId: 'my host' },
    'host-key-changed',
    `203.0.113.7 ${CHANGED} 'my host'`,
  ],
  [
    'other than the pinned one, although known_hosts has it',
    { pinned: KEY_B, known: { ...NOTHING, keys: [known(KEY_A)] } },
    'host-key-changed',
    `web-1 (203.0.113.7) ${CHANGED} i-0abc`,
  ],
  [
    'other than the one in known_hosts',
    { known: { ...NOTHING, keys: [known(KEY_ECDSA), known(KEY_B)] } },
    'host-key-mismatch',
    `web-1 (203.0.113.7) shows the host key ${FINGERPRINT_A}, but /home/me/.ssh/known_hosts:3 has ${FINGERPRINT_B} ` +
      'for it; if that line is out of date, remove it',
  ],
  [
    'of another type than the one in known_hosts',
    { known: { ...NOTHING, keys: [known(KEY_ECDSA)] } },
    'host-key-mismatch',
    `web-1 (203.0.113.7) shows the host key ${FINGERPRINT_A}, but /home/me/.ssh/known_hosts:3 has ` +
      `${FINGERPRINT_ECDSA} for it; if that line is out of date, remove it`,
  ],
  ['that is revoked', { known: { ...NOTHING, revoked: [known(KEY_A)] } }, 'host-key-revoked', REVOKED],
  [
    'that is pinned and revoked',
    { pinned: KEY_A, known: { ...NOTHING, revoked: [known(KEY_A)] } },
    'host-key-revoked',
    REVOKED,
  ],
  [
    'that is unknown, under strict',
    { policy: 'strict' },
    'host-key-unknown',
    `web-1 (203.0.113.7) shows the host key ${FINGERPRINT_A}, which known_hosts does not have; ` +
      'compare the fingerprint and add the key to known_hosts, or set ssh.host_keys to accept-new',
  ],
  [
    'that equals the key of a certificate authority, under strict',
    { policy: 'strict', known: { ...NOTHING, authorities: [known(KEY_A)] } },
    'host-key-unknown',
    `web-1 (203.0.113.7) shows the host key ${FINGERPRINT_A}, which known_hosts does not have ` +
      '(/home/me/.ssh/known_hosts:3 is for certificates, which are not checked); ' +
      'compare the fingerprint and add the key to known_hosts, or set ssh.host_keys to accept-new',
  ],
];

test.each(REFUSED)('a host key %s is refused', (_, overrides, code, message) => {
  expect(judgeHostKey(caseWith(overrides))).toEqual({ verdict: 'reject', problem: { code, message } });
});

test('a pinned host needs no look at the keys of known_hosts, which may be many hashed ones', () => {
  const unread: KnownHostsVerdict = {
    revoked: [],
    authorities: [],
    get keys(): never {
      throw new Error('keys were read');
    },
  };
  expect(judgeHostKey(caseWith({ pinned: KEY_A, known: unread }))).toEqual({ verdict: 'accept' });
  expect(judgeHostKey(caseWith({ pinned: KEY_B, known: unread }))).toMatchObject({ verdict: 'reject' });
});
