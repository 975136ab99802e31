/**
 * What `spot` tells its caller. The first four are bits and are combined (6 = some failed and some unreachable);
 * the numbers from 64 on are those of BSD's sysexits.h, 130 and 143 are 128 + SIGINT and 128 + SIGTERM.
 */
export const ExitCode = {
  ok: 0,
  internal: 1,
  failed: 2,
  unreachable: 4,
  reclaimed: 8,
  usage: 64,
  noInput: 66,
  noInstance: 69,
  config: 78,
  interrupted: 130,
  terminated: 143,
} as const;
