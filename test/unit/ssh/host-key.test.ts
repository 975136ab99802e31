import { expect, test } from 'vitest';
import { judgeHostKey, type HostKeyCase } from '../../../src/transport/ssh/host-key.ts';
import type { ExpectedKeys } from '../../../src/transport/ssh/key-source.ts';
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

const SHOWS_A: ExpectedKeys = {
  kind: 'keys',
  keys: [
    { mark: KEY_ECDSA, type: null },
    { mark: KEY_A, type: null },
  ],
};
const SHOWS_B: ExpectedKeys = { kind: 'keys', keys: [{ mark: KEY_B, type: null }] };
const UNREADABLE: ExpectedKeys = { kind: 'failed', reason: 'AWS does not answer', mayPass: true };
const SHOWS = `web-1 (203.0.113.7) shows the host key ${FINGERPRINT_A}`;

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
  ['on the console, under console: pinned', { policy: 'console', expected: SHOWS_A }, 'pin'],
  ['on the console, under accept-new: pinned', { expected: SHOWS_A }, 'pin'],
  [
    'on the console, while known_hosts has another for the address, under console: pinned',
    { policy: 'console', expected: SHOWS_A, known: { ...NOTHING, keys: [known(KEY_B)] } },
    'pin',
  ],
  ['of a console that shows nothing yet, under accept-new: pinned', { expected: { kind: 'nothing-yet' } }, 'pin'],
  ['of a console that cannot be read, under accept-new: pinned', { expected: UNREADABLE }, 'pin'],
  ['pinned to this key, whatever the console shows: accepted', { pinned: KEY_A, expected: SHOWS_B }, 'accept'],
  [
    'of a host without a console and in known_hosts, under console: pinned',
    { policy: 'console', known: { ...NOTHING, keys: [known(KEY_A)] } },
    'pin',
  ],
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
    'that is unknown, of a host without a console, under console',
    { policy: 'console' },
    'host-key-unknown',
    `${SHOWS}, which known_hosts does not have; ` +
      'compare the fingerprint and add the key to known_hosts, or set ssh.host_keys to accept-new',
  ],
  ...(['console', 'accept-new'] as const).map(
    (policy) =>
      [
        `other than those on the console, under ${policy}`,
        { policy, expected: SHOWS_B },
        'host-key-unexpected',
        `${SHOWS}, and the console of i-0abc has others; do not use it until you know why`,
      ] as const,
  ),
  [
    'in known_hosts and not on the console, under console',
    { policy: 'console', expected: SHOWS_B, known: { ...NOTHING, keys: [known(KEY_A)] } },
    'host-key-unexpected',
    `${SHOWS}, and the console of i-0abc has others; do not use it until you know why`,
  ],
  [
    'of a console that shows nothing yet, under console',
    { policy: 'console', expected: { kind: 'nothing-yet' } },
    'host-key-unproven',
    `${SHOWS}, and the console of i-0abc has none to compare it with yet, which takes EC2 some minutes after a boot; ` +
      'try again then, or wait for it with --wait-ready',
  ],
  [
    'of a console that cannot be read now, under console',
    { policy: 'console', expected: UNREADABLE },
    'host-key-unproven',
    `${SHOWS}, and the console of i-0abc cannot be read to compare it: AWS does not answer`,
  ],
  [
    'of a console that may not be read, under console',
    { policy: 'console', expected: { kind: 'failed', reason: 'not allowed', mayPass: false } },
    'console-unreadable',
    `${SHOWS}, and the console of i-0abc cannot be read to compare it: not allowed`,
  ],
  [
    'on the console and revoked',
    { policy: 'console', expected: SHOWS_A, known: { ...NOTHING, revoked: [known(KEY_A)] } },
    'host-key-revoked',
    REVOKED,
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
