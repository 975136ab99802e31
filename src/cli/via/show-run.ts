import { messageOf } from '../../model/errors.ts';
import type { RunEvent } from '../../model/event.ts';
import type { ServiceClient } from '../../service/client/client.ts';
import type { UploadScriptOptions } from '../commands/upload-script.ts';
import { openAfterRun } from '../after-run.ts';
import { openReports } from '../drive.ts';
import { Interrupt } from '../interrupt.ts';
import type { Io } from '../io.ts';
import { LiveTerminal } from '../live-terminal.ts';
import { writeOutputs } from './outputs.ts';
import { RunProgress } from './progress.ts';

export interface ShownRun {
  readonly runId: string;
  readonly client: ServiceClient;
  readonly options: UploadScriptOptions;
  /** bits of the exit code that are set already */
  readonly exitBits: number;
  readonly io: Io;
}

/**
 * Shows a run of a service as if it went on here: the same reports, the same question at Ctrl-C. Whoever leaves it leaves
 * it running.
 * @returns the exit code
 */
export async function showRun({ runId, client, options, exitBits, io }: ShownRun): Promise<number> {
  const advice = adviceFor(runId, client);
  const copies = options.outputDir === undefined ? null : writeOutputs(options.outputDir, io);
  const afterRun = openAfterRun(options, copies, io);
  const reports = await openReports(options, io);
  const terminal = new LiveTerminal(io, reports);
  const interrupt = new Interrupt(io, {
    advice: () => advice,
    isBusy: () => true,
    suspend: () => terminal.suspend(),
    resume: () => terminal.resume(),
  });
  terminal.attend(interrupt);
  const leaving = new AbortController();
  interrupt.detach.addEventListener('abort', () => leaving.abort());
  interrupt.cancel.addEventListener('abort', () => void cancel(runId, client, io));
  const progress = new RunProgress(runId, io.clock.now());
  const emit = (event: RunEvent): void => {
    progress.take(event);
    reports.emit(event);
    afterRun.emit(event);
  };
  try {
    for await (const event of client.follow(runId, leaving.signal)) {
      emit(event);
      if (options.detach === true && progress.isUnderWay) leaving.abort();
    }
    if (progress.result === null) emit(leftAt(io.clock.now(), progress));
  } finally {
    interrupt.clear();
    await reports.close();
    await terminal.close();
    await afterRun.close();
  }
  const { running = [], exitCode = 0 } = progress.result ?? {};
  if (running.length > 0) io.stderr.write(advice);
  return interrupt.exitCode ?? exitCode | exitBits;
}

/** The end of a run as far as we see it. */
function leftAt(at: number, progress: RunProgress): RunEvent {
  return { type: 'run-finished', at, result: progress.left(at) };
}

/** The events tell when the scripts have ended. */
async function cancel(runId: string, client: ServiceClient, io: Io): Promise<void> {
  try {
    await client.cancel(runId);
  } catch (error) {
    io.stderr.write(`spot: run ${runId} was not cancelled: ${messageOf(error)}\n`);
  }
}

function adviceFor(runId: string, { address }: ServiceClient): string {
  return `  the service at ${address.shown} goes on with it; there, look at it with: spot show ${runId}\n  end it with:     spot stop ${runId}\n`;
}
