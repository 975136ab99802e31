import type { Config } from '../config/config.ts';
import { inputError, usageError } from '../model/errors.ts';
import { formatReference } from '../payload/payload-name.ts';
import { cutToWidth, displayWidth, harmless, padToWidth } from '../report/text.ts';
import { openExistingState } from '../state/state.ts';
import { formatAge, formatBytes } from '../util/format.ts';
import type { Io } from './io.ts';
import { canAsk } from './prompt.ts';
import { scriptsHere } from './scripts-here.ts';

/** Something that can be run. */
interface Runnable {
  /** as it would be typed: `./deploy.sh`, `deploy@3` */
  readonly word: string;
  /** ms since the epoch */
  readonly changedAt: number;
  readonly what: string;
}

/**
 * @param word as it was given
 * @throws SpotError `no-script` (exit 64) where none is, and nobody can be asked
 */
export function refuseWithoutScript(word: string | undefined, { yes }: { readonly yes?: boolean }, io: Io): void {
  if (word !== undefined || (canAsk(io) && !yes)) return;
  const why = canAsk(io) ? '' : ', and there is no terminal to ask on';
  const message = `no script is given${why}; name one, e.g. spot upload-script ./deploy.sh; see: spot upload-script --help`;
  throw usageError('no-script', message);
}

/**
 * Asks which of the scripts here, or of the registered payloads, is meant; the newest one first.
 * @param withPayloads false: those of this machine are of no use
 * @returns the word for it
 * @throws SpotError `no-script-here` (exit 66), `declined` (exit 130)
 */
export async function pickScript(config: Config, withPayloads: boolean, io: Io): Promise<string> {
  const runnables = [...scriptsIn(io), ...(withPayloads ? payloadsIn(config, io) : [])];
  runnables.sort((a, b) => b.changedAt - a.changedAt);
  if (runnables.length === 0) {
    const message = 'there is no script here or in ./scripts, and no payload; name one: spot upload-script PATH';
    throw inputError('no-script-here', message);
  }
  const { pickOne } = await import('./prompts/prompts.ts');
  const width = Math.max(...runnables.map(({ word }) => displayWidth(harmless(word))));
  const columns = (io.stderr.columns || 80) - 3;
  const now = io.clock.now();
  const choices = runnables.map(({ word, changedAt, what }) => ({
    value: word,
    name: cutToWidth(`${padToWidth(harmless(word), width)}  ${what}, ${formatAge(now - changedAt)}`, columns),
    short: harmless(word),
  }));
  return pickOne(io, 'Which script?', choices);
}

function scriptsIn({ cwd }: Io): Runnable[] {
  return scriptsHere(cwd).map(({ path, changedAt, sizeBytes }) => ({
    word: path,
    changedAt,
    what: formatBytes(sizeBytes),
  }));
}

function payloadsIn({ stateDir, database }: Config, io: Io): Runnable[] {
  const state = openExistingState(stateDir, { clock: io.clock, user: io.user, database });
  try {
    const records = state?.payloads.list().filter(({ isActive }) => isActive) ?? [];
    return records.map((record) => ({
      word: formatReference(record),
      changedAt: Date.parse(record.createdAt),
      what: `payload, ${formatBytes(record.payloadSize)}`,
    }));
  } finally {
    state?.close();
  }
}
