import type { Clock } from '../util/clock.ts';
import { neverAborted, withDeadline } from '../util/deadline.ts';
import { isLinkLoss } from './retry.ts';
import type { RunnerSession } from './runner-session.ts';

/** How long the removal of the control directory may take, ms. */
const CLEAN_UP_MS = 10_000;

/**
 * Says the last words to a runner, and waits until its folder is gone. A link that breaks on them is taken up again for
 * them alone.
 */
export async function sayBye(
  first: RunnerSession,
  takeUp: (error: unknown, patienceMs: number) => Promise<RunnerSession>,
  clock: Clock,
): Promise<void> {
  const giveUpAt = clock.now() + CLEAN_UP_MS;
  for (let session = first; ;) {
    try {
      session.bye();
      await withDeadline(neverAborted(), CLEAN_UP_MS, (deadline) => deadline.race(session.until('cleaned')));
      return;
    } catch (error) {
      if (!isLinkLoss(error) || clock.now() > giveUpAt) throw error;
      session = await takeUp(error, giveUpAt - clock.now());
    }
  }
}
