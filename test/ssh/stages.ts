import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import type { RunEvent } from '../../src/model/event.ts';
import type { Step } from '../../src/model/outcome.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { makeFiles, type RunUnderWay } from './client.ts';

/** Says so, waits to be released, and says that it goes on. */
export const WAIT =
  'echo begun; echo "$$" >>"$HOME/starts"; until [ -e "$HOME/go" ]; do sleep 0.05; done; echo gone on; exit 3\n';

/** Whether `WAIT` has begun there. */
export const hasStarted = (host: SshdHost): boolean => existsSync(join(host.home, 'starts'));
export const isOutput = (event: RunEvent): boolean => event.type === 'output';
export const beginsStep = (step: Step) => (event: RunEvent) => event.type === 'step-started' && event.step === step;

/** Lets `WAIT` go on. */
export const release = (host: SshdHost): void => writeFileSync(join(host.home, 'go'), '');

/** More than fits into the channel's window and the buffers on the way: by then the runner has begun to read. */
const UNDER_WAY = 10_000_000;

const isUnderWay = (event: RunEvent): boolean => event.type === 'progress' && event.bytes > UNDER_WAY;

/** An upload that takes a while, and in the middle of which the host stops. */
export function stalledUpload(host: SshdHost): { files: string; onEvent: (event: RunEvent) => void } {
  onTestFinished(() => host.thaw());
  let isFrozen = false;
  const onEvent = (event: RunEvent): void => {
    if (isFrozen || !isUnderWay(event)) return;
    isFrozen = true;
    host.freeze();
  };
  return { files: makeFiles({ large: randomBytes(30_000_000) }), onEvent };
}

/** Waits until an upload has stalled. */
export async function stalled(run: RunUnderWay): Promise<void> {
  await run.saw('progress', isUnderWay);
}

/** The only attempt of a run, once it has ended. */
export async function only(run: RunUnderWay): Promise<AttemptResult> {
  const [attempt] = (await run.result).attempts;
  if (attempt === undefined) throw new Error('there is no attempt');
  return attempt;
}
