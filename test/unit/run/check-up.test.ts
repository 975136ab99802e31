import { describe, expect, test } from 'vitest';
import type { Survey } from '../../../src/remote/survey.ts';
import { checkUp } from '../../../src/run/check-up.ts';
import type { Contact } from '../../../src/run/examine.ts';

const SURVEY: Survey = {
  clockSeconds: 1,
  loginShell: '/bin/bash',
  sh: '/usr/bin/dash',
  bash: '/usr/bin/bash',
  lacks: [],
  tar: 'tar (GNU tar) 1.34',
  tmp: { isWritable: true, isSticky: true, options: ['rw'], freeBytes: 1e12, freeInodes: 1e6 },
  homeFreeBytes: 1e12,
  sudo: false,
};
const CONTACT: Contact = { roundTripMs: 12, hasSftp: true, noise: '', clockAheadMs: 400 };

/** `verdict name: found → advice` of what is not well. */
function complaints(
  survey: Partial<Survey>,
  contact: Partial<Contact> = {},
  transfer: 'auto' | 'sftp' = 'auto',
): string[] {
  const checks = checkUp({ survey: { ...SURVEY, ...survey }, contact: { ...CONTACT, ...contact } }, transfer);
  return checks
    .filter(({ verdict }) => verdict !== 'well')
    .map(({ verdict, name, found, advice }) => `${verdict} ${name}: ${found} → ${advice}`);
}

const tmp = (changes: Partial<Survey['tmp']>): Partial<Survey> => ({ tmp: { ...SURVEY.tmp, ...changes } });
const ROOM = 'make room in /tmp; of dead runs with: spot doctor --fix';

describe('an instance', () => {
  test('that has everything is well', () => {
    expect(complaints({})).toEqual([]);
    expect(complaints(tmp({ options: ['rw', 'noexec'], freeBytes: null, freeInodes: null }))).toEqual([]);
    expect(complaints({ homeFreeBytes: null, sudo: true, tar: 'tar (busybox) 1.36.1' }, { hasSftp: false })).toEqual(
      [],
    );
  });

  test.each<[Partial<Survey>, string]>([
    [
      { bash: null, loginShell: '/bin/ash', sh: '/bin/busybox' },
      'doubtful shell: login /bin/ash, sh is /bin/busybox, bash none: a script without a first line is run by bash → begin scripts with #!/bin/sh, or install bash',
    ],
    [{ lacks: ['tar', 'gzip'] }, 'wrong programs: a run needs tar, gzip → install tar, gzip'],
    [
      tmp({ isWritable: false, options: ['ro'] }),
      'wrong /tmp: /tmp is mounted read-only → look at its mode (1777), its mount and its free room: df /tmp; df -i /tmp',
    ],
    [
      tmp({ isWritable: false }),
      'wrong /tmp: /tmp takes no new folder → look at its mode (1777), its mount and its free room: df /tmp; df -i /tmp',
    ],
    [
      tmp({ isSticky: false }),
      'doubtful /tmp: is not sticky: everybody may remove what is not his → sudo chmod 1777 /tmp',
    ],
    [tmp({ freeBytes: 9_000_000 }), `wrong /tmp: 9.0 MB free → ${ROOM}`],
    [
      tmp({ freeBytes: 90_000_000, options: ['noexec'] }),
      `doubtful /tmp: 90 MB free; noexec, which does not matter to scripts → ${ROOM}`,
    ],
    [tmp({ freeInodes: 12 }), 'doubtful /tmp: 1.0 TB free, 12 inodes free → remove files from /tmp'],
    [
      { homeFreeBytes: 4096 },
      'doubtful disk: 4.1 KB free in the home → make room; payloads that were sent are kept in ~/.cache/spot',
    ],
  ])('that lacks something is told what to do: %j', (survey, complaint) => {
    expect(complaints(survey)).toEqual([complaint]);
  });

  test.each<[Partial<Contact>, string]>([
    [{ clockAheadMs: 3_600_000 }, 'doubtful clock: 1 h ahead of this machine → let it be set by NTP, here and there'],
    [{ clockAheadMs: -90_000 }, 'doubtful clock: 1 min behind this machine → let it be set by NTP, here and there'],
    [
      { noise: 'Welcome to \u001b[1mweb\nsecond line\n' },
      'doubtful login shell: says "Welcome to \\u001b[1mweb" before each command, which breaks SFTP and rsync → let its start-up files (~/.bashrc) say nothing where the shell is not interactive',
    ],
  ])('is seen from here: %j', (contact, complaint) => {
    expect(complaints({}, contact)).toEqual([complaint]);
  });

  test('without SFTP is wrong only where SFTP is wanted', () => {
    expect(complaints({}, { hasSftp: false }, 'sftp')).toEqual([
      'wrong sftp: none, and ssh.transfer is sftp → set ssh.transfer to auto, or have sshd_config say: Subsystem sftp internal-sftp',
    ]);
  });
});
