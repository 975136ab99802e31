import { type Check, doubtful, well, wrong } from '../model/check.ts';
import type { TransferMode } from '../model/plan.ts';
import type { Survey } from '../remote/survey.ts';
import { formatBytes, formatDuration, formatSpan } from '../util/format.ts';
import type { Contact, Patient } from './examine.ts';

/** Less is free: no payload fits, and few do, bytes. */
const NO_ROOM = 10_000_000;
const LITTLE_ROOM = 200_000_000;
/** As many files cannot be unpacked any more. */
const FEW_INODES = 1000;
/** Certificates and signatures of AWS fail beyond five minutes; times in logs mislead before that, ms. */
const CLOCK_TOLERANCE_MS = 60_000;
const MOST_NOISE = 60;

/** What is to be said of an instance that was reached: whether it has what a run needs. */
export function checkUp({ survey, contact }: Pick<Patient, 'survey' | 'contact'>, transfer: TransferMode): Check[] {
  return [
    well('reach', `logged in; round trip ${formatDuration(contact.roundTripMs)}`),
    sftpCheck(contact, transfer),
    shellCheck(survey),
    programsCheck(survey),
    ...tmpChecks(survey),
    diskCheck(survey),
    clockCheck(contact),
    noiseCheck(contact),
    well('sudo', survey.sudo ? 'without a password' : 'not without a password'),
  ];
}

function sftpCheck({ hasSftp }: Contact, transfer: TransferMode): Check {
  if (hasSftp) return well('sftp', 'there');
  if (transfer !== 'sftp') return well('sftp', 'none; archives go as a stream');
  const advice = 'set ssh.transfer to auto, or have sshd_config say: Subsystem sftp internal-sftp';
  return wrong('sftp', 'none, and ssh.transfer is sftp', advice);
}

function shellCheck({ loginShell, sh, bash }: Survey): Check {
  const found = `login ${loginShell || 'unknown'}, sh is ${sh || 'unknown'}, bash ${bash ?? 'none'}`;
  if (bash !== null) return well('shell', found);
  const advice = 'begin scripts with #!/bin/sh, or install bash';
  return doubtful('shell', `${found}: a script without a first line is run by bash`, advice, 'no-bash');
}

function programsCheck({ lacks, tar }: Survey): Check {
  if (lacks.length === 0) return well('programs', `tar is ${tarOf(tar)}`);
  return wrong('programs', `a run needs ${lacks.join(', ')}`, `install ${lacks.join(', ')}`);
}

/** GNU's, busybox's or BSD's, from what it says of itself. */
function tarOf(words: string): string {
  if (/busybox/i.test(words)) return "busybox's";
  if (/bsdtar/i.test(words)) return "BSD's";
  return words.includes('GNU') ? "GNU's" : words || 'unknown';
}

function tmpChecks({ tmp }: Survey): Check[] {
  const { isWritable, isSticky, freeBytes, freeInodes } = tmp;
  if (!isWritable) {
    const why = tmp.options.includes('ro') ? 'is mounted read-only' : 'takes no new folder';
    return [wrong('/tmp', `/tmp ${why}`, 'look at its mode (1777), its mount and its free room: df /tmp; df -i /tmp')];
  }
  const noexec = tmp.options.includes('noexec') ? '; noexec, which does not matter to scripts' : '';
  const room = freeBytes === null ? 'free room unknown' : `${formatBytes(freeBytes)} free`;
  const inodes = freeInodes === null || freeInodes >= FEW_INODES ? '' : `, ${freeInodes} inodes free`;
  const found = `${room}${inodes}${noexec}`;
  const checks: Check[] = [];
  if (!isSticky) {
    checks.push(doubtful('/tmp', 'is not sticky: everybody may remove what is not his', 'sudo chmod 1777 /tmp'));
  }
  if (freeBytes !== null && freeBytes < NO_ROOM) checks.push(wrong('/tmp', found, MAKE_ROOM, 'full'));
  else if (freeBytes !== null && freeBytes < LITTLE_ROOM) checks.push(doubtful('/tmp', found, MAKE_ROOM, 'low'));
  else if (inodes !== '') checks.push(doubtful('/tmp', found, 'remove files from /tmp', 'inodes'));
  return checks.length > 0 ? checks : [well('/tmp', found)];
}

const MAKE_ROOM = 'make room in /tmp; of dead runs with: spot doctor --fix';

function diskCheck({ homeFreeBytes: free }: Survey): Check {
  if (free === null) return well('disk', 'free room in the home unknown');
  const found = `${formatBytes(free)} free in the home`;
  if (free >= NO_ROOM) return well('disk', found);
  return doubtful('disk', found, 'make room; payloads that were sent are kept in ~/.cache/spot', 'full');
}

function clockCheck({ clockAheadMs }: Contact): Check {
  const off = Math.abs(clockAheadMs);
  if (off < CLOCK_TOLERANCE_MS) return well('clock', 'as here');
  const found = `${formatSpan(off)} ${clockAheadMs > 0 ? 'ahead of' : 'behind'} this machine`;
  return doubtful('clock', found, 'let it be set by NTP, here and there', clockAheadMs > 0 ? 'ahead' : 'behind');
}

/** sshd starts programs, the SFTP server among them, through the login shell. */
function noiseCheck({ noise }: Contact): Check {
  if (noise === '') return well('login shell', 'silent');
  const line = noise.trim().split('\n', 1)[0] ?? '';
  const shown = JSON.stringify(line.length > MOST_NOISE ? `${line.slice(0, MOST_NOISE)}…` : line);
  const advice = 'let its start-up files (~/.bashrc) say nothing where the shell is not interactive';
  return doubtful('login shell', `says ${shown} before each command, which breaks SFTP and rsync`, advice, 'noise');
}
