import { readdirSync, readFileSync } from 'node:fs';
import { configError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { plural } from '../util/format.ts';
import type { Io } from './io.ts';

/** File descriptors of this process. */
export interface OpenFiles {
  /** how many it may have */
  readonly limit: number;
  /** how many it has */
  readonly open: number;
}

/** What one instance needs at most at once (measured): its socket, both logs, and for a moment the archive or the agent. */
const FILES_PER_INSTANCE = 4;
/** For what comes and goes: chunks of the program, look-ups of names, bastions, copies into --output-dir. */
const SPARE_FILES = 16;

/** As Linux tells it, or null where nobody does. Node has raised the limit as far as it may by now. */
export function readOpenFiles(): OpenFiles | null {
  try {
    const limit = /^Max open files +(\d+) /m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? null : { limit: Number(limit), open: readdirSync('/proc/self/fd').length };
  } catch {
    return null;
  }
}

/**
 * The plan with as many instances at once as there can be open files for, and a warning where these are fewer than it
 * says: else some of them would fail in the middle.
 * @param instances how many of the plan's are worked on
 * @throws SpotError `too-few-files` (exit 78) where there is no room for one
 */
export function fitToOpenFiles(plan: Plan, instances: number, io: Io): Plan {
  const atOnce = Math.min(plan.limits.concurrency, instances);
  const room = instancesAtOnce(atOnce, io);
  return room === atOnce ? plan : { ...plan, limits: { ...plan.limits, concurrency: room } };
}

/**
 * As many instances as are wanted at once, or as there can be open files for, with a warning.
 * @throws SpotError `too-few-files` (exit 78) where there is no room for one
 */
export function instancesAtOnce(atOnce: number, io: Io): number {
  const files = io.openFiles();
  if (files === null || roomIn(files) >= atOnce) return atOnce;
  const { limit } = files;
  const room = roomIn(files);
  if (room < 1) {
    const message = `${plural(limit, 'open file')} (ulimit -n) are too few to work on an instance; allow ${filesFor(1, files)} or more`;
    throw configError('too-few-files', message);
  }
  io.stderr.write(
    `spot: warning: ${plural(limit, 'open file')} (ulimit -n) are enough for ${plural(room, 'instance')} at once, not for ${atOnce}; allow ${filesFor(atOnce, files)} to be faster\n`,
  );
  return room;
}

/** How many instances can be worked on at once. */
export function roomIn({ limit, open }: OpenFiles): number {
  return Math.floor((limit - open - SPARE_FILES) / FILES_PER_INSTANCE);
}

/** How many files so many instances at once need. */
export function filesFor(instances: number, { open }: OpenFiles): number {
  return open + SPARE_FILES + instances * FILES_PER_INSTANCE;
}
