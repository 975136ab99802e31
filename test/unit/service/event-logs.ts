import { onTestFinished } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import type { NumberedEvent } from '../../../src/service/api.ts';
import type { EventDocument } from '../../../src/service/events/document.ts';
import { type EventLog, openEventLog } from '../../../src/service/events/log.ts';
import { openState, type State } from '../../../src/state/state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { anInstance, aPlan, aResult as anEnd } from '../../state/records.ts';
import { aResult, at } from '../report/events.ts';

export const RUN = 'r1';
export const FIRST = anEnd('i-1', { kind: 'succeeded' });
export const SECOND = anEnd('i-2', { kind: 'failed', exitCode: 3 });
export const PLAN = aPlan(RUN, [anInstance('i-1'), anInstance('i-2')]);

export function openLog(folder: string): { state: State; log: EventLog; problems: unknown[] } {
  const state = openState(folder, { clock: systemClock });
  const problems: unknown[] = [];
  const onProblem = (error: unknown): void => void problems.push(error);
  const log = openEventLog(state.runEvents, { runs: state.runs, clock: systemClock, onProblem });
  onTestFinished(() => {
    log.close();
    state.close();
  });
  return { state, log, problems };
}

/** One worker, and the run that it works on. */
export function oneLog(): { state: State; log: EventLog; problems: unknown[]; folder: string } {
  const folder = tempDir();
  const opened = openLog(folder);
  opened.state.ledger.runStarted(PLAN);
  return { ...opened, folder };
}

export function documentsOf(state: State): EventDocument[] {
  return state.runEvents.read(RUN, 0, 100_000).map(({ event }) => JSON.parse(event) as EventDocument);
}

export function typesOf(state: State): string[] {
  return state.runEvents.read(RUN, 0, 100_000).map(({ number, type }) => `${number} ${type}`);
}

export const never = new AbortController().signal;

export async function gather(events: AsyncIterable<NumberedEvent>): Promise<NumberedEvent[]> {
  const gathered: NumberedEvent[] = [];
  for await (const event of events) gathered.push(event);
  return gathered;
}

export const started = at.runStarted(PLAN);
export const finished = (): RunEvent => at.runFinished({ ...aResult([FIRST, SECOND]), runId: RUN });
