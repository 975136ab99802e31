import type { Problem } from '../../model/errors.ts';
import { shellCommand } from '../../util/shell-quote.ts';
import { HOST_KEY_UNPROVEN } from '../transport.ts';
import { isShown } from './console-keys.ts';
import { describeKey, keyTypeOf } from './fingerprint.ts';
import type { ExpectedKeys } from './key-source.ts';
import type { KnownHostsVerdict, KnownKey } from './known-hosts.ts';

/**
 * What to do with a host that nobody knows: take its key at first contact (`accept-new`), or refuse it. An instance whose
 * console is to be had must show a key that stands there: with `console` always, with `accept-new` once it shows any.
 */
export type HostKeyPolicy = 'accept-new' | 'strict' | 'console';

/** A host that shows its key, and what is known about it. Keys are `<type> <base64>`. */
export interface HostKeyCase {
  readonly shown: string;
  /** the key pinned to the instance, or null before first contact */
  readonly pinned: string | null;
  readonly policy: HostKeyPolicy;
  readonly known: KnownHostsVerdict;
  /** what its console shows; asked at first contact only */
  readonly expected: ExpectedKeys;
  /** what people call the instance */
  readonly label: string;
  readonly instanceId: string;
  readonly address: string;
}

/** `pin`: first contact, the key is the instance's from now on. */
export type HostKeyJudgement =
  { readonly verdict: 'accept' | 'pin' } | { readonly verdict: 'reject'; readonly problem: Problem };

/**
 * Decides whether a host is who it should be. A revoked key is always refused; then the pinned key decides alone;
 * then, with `console`, the console; then known_hosts, if it has any key for the host; then the policy.
 */
export function judgeHostKey(hostKeyCase: HostKeyCase): HostKeyJudgement {
  const { shown, pinned, policy, known, expected } = hostKeyCase;
  const revoked = known.revoked.find(({ key }) => key === shown);
  if (revoked !== undefined) return reject('host-key-revoked', revokedMessage(hostKeyCase, revoked));
  if (pinned !== null) {
    if (pinned === shown) return { verdict: 'accept' };
    return reject('host-key-changed', changedMessage(hostKeyCase, pinned));
  }
  if (policy === 'console' && expected.kind !== 'no-source') return judgeByConsole(hostKeyCase, expected);
  if (known.keys.some(({ key }) => key === shown)) return { verdict: 'pin' };
  const other = known.keys.find(({ key }) => keyTypeOf(key) === keyTypeOf(shown)) ?? known.keys[0];
  if (other !== undefined) return reject('host-key-mismatch', mismatchMessage(hostKeyCase, other));
  if (policy !== 'accept-new') return reject('host-key-unknown', unknownMessage(hostKeyCase));
  return expected.kind === 'keys' ? judgeByConsole(hostKeyCase, expected) : { verdict: 'pin' };
}

function judgeByConsole(hostKeyCase: HostKeyCase, expected: ExpectedKeys): HostKeyJudgement {
  const shows = `${nameOf(hostKeyCase)} shows the host key ${describeKey(hostKeyCase.shown)}`;
  const place = `the console of ${hostKeyCase.instanceId}`;
  switch (expected.kind) {
    case 'keys':
      if (isShown(hostKeyCase.shown, expected.keys)) return { verdict: 'pin' };
      return reject('host-key-unexpected', `${shows}, and ${place} has others; do not use it until you know why`);
    case 'failed': {
      const code = expected.mayPass ? HOST_KEY_UNPROVEN : 'console-unreadable';
      return reject(code, `${shows}, and ${place} cannot be read to compare it: ${expected.reason}`);
    }
    default: {
      const advice = 'which takes EC2 some minutes after a boot; try again then, or wait for it with --wait-ready';
      return reject(HOST_KEY_UNPROVEN, `${shows}, and ${place} has none to compare it with yet, ${advice}`);
    }
  }
}

function reject(code: string, message: string): HostKeyJudgement {
  return { verdict: 'reject', problem: { code, message } };
}

function revokedMessage(hostKeyCase: HostKeyCase, { file, line }: KnownKey): string {
  const { shown } = hostKeyCase;
  return `${nameOf(hostKeyCase)} shows the host key ${describeKey(shown)}, which ${file}:${line} revokes; do not use this host until it has another key`;
}

function changedMessage(hostKeyCase: HostKeyCase, pinned: string): string {
  const { shown, instanceId } = hostKeyCase;
  const keys = `another host key than before: ${describeKey(shown)} instead of ${describeKey(pinned)}`;
  const command = shellCommand(['spot', 'host-key', 'forget', instanceId]);
  return `${nameOf(hostKeyCase)} shows ${keys}; if you know why it changed, accept it with: ${command}`;
}

function mismatchMessage(hostKeyCase: HostKeyCase, { key, file, line }: KnownKey): string {
  const shown = describeKey(hostKeyCase.shown);
  return `${nameOf(hostKeyCase)} shows the host key ${shown}, but ${file}:${line} has ${describeKey(key)} for it; if that line is out of date, remove it`;
}

function unknownMessage(hostKeyCase: HostKeyCase): string {
  const { known, shown } = hostKeyCase;
  const [authority] = known.authorities;
  const certificates =
    authority === undefined ? '' : ` (${authority.file}:${authority.line} is for certificates, which are not checked)`;
  const advice = 'compare the fingerprint and add the key to known_hosts, or set ssh.host_keys to accept-new';
  return `${nameOf(hostKeyCase)} shows the host key ${describeKey(shown)}, which known_hosts does not have${certificates}; ${advice}`;
}

function nameOf({ label, address }: HostKeyCase): string {
  return label === address ? address : `${label} (${address})`;
}
