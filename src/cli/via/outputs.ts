import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AttemptResult } from '../../model/attempt.ts';
import type { RunEvent, Subscriber } from '../../model/event.ts';
import { outputPaths, type StreamName } from '../../run/outputs.ts';
import { formatBytes } from '../../util/format.ts';
import { reasonOf } from '../../util/system-error.ts';
import type { Io } from '../io.ts';
import { makeOutputDir } from '../output-dir.ts';

/**
 * Writes the outputs of a run that goes on elsewhere into a folder of the user's choice, as they come.
 * @throws SpotError (exit 66) where the folder cannot be made
 */
export function writeOutputs(dir: string, io: Pick<Io, 'cwd' | 'stderr'>): Subscriber {
  const outputs = new ComingOutputs(makeOutputDir(dir, io), io);
  return (event) => outputs.take(event);
}

class ComingOutputs {
  readonly #folder: string;
  readonly #io: Pick<Io, 'stderr'>;
  /** bytes so far, by path */
  readonly #bytes = new Map<string, number>();
  #isBroken = false;

  constructor(folder: string, io: Pick<Io, 'stderr'>) {
    this.#folder = folder;
    this.#io = io;
  }

  take(event: RunEvent): void {
    if (event.type === 'output') this.#write(outputPaths(this.#folder, event.instanceId)[event.stream], event.chunk);
    else if (event.type === 'attempt-finished') this.#finish(event.result);
  }

  /** The first piece takes the place of what an earlier run left. */
  #write(path: string, chunk: Buffer): void {
    if (this.#isBroken) return;
    const before = this.#bytes.get(path);
    try {
      writeFileSync(path, chunk, { flag: before === undefined ? 'w' : 'a' });
      this.#bytes.set(path, (before ?? 0) + chunk.length);
    } catch (error) {
      this.#isBroken = true;
      this.#say(`${basename(path)} was not written (${reasonOf(error)}); nothing more is`);
    }
  }

  #finish(result: AttemptResult): void {
    const paths = outputPaths(this.#folder, result.instanceId);
    for (const stream of ['stdout', 'stderr'] as const) this.#compare(paths[stream], result[stream]);
    if (result.rescue !== null) this.#bringRescue(result.rescue.path);
  }

  #compare(path: string, whole: AttemptResult[StreamName]): void {
    const came = this.#bytes.get(path) ?? 0;
    if (came >= whole.bytes || whole.path === null || this.#isBroken) return;
    const amounts = `the first ${formatBytes(came)} of ${formatBytes(whole.bytes)}`;
    this.#say(`${basename(path)} has ${amounts}; all of it is where the service is, in ${whole.path}`);
  }

  /** It does not come with the events: it is here where the service is on this machine. */
  #bringRescue(path: string): void {
    try {
      if (existsSync(path))
        cpSync(path, join(this.#folder, basename(path)), { recursive: true, verbatimSymlinks: true });
      else this.#say(`${basename(path)} stays where the service is, in ${path}`);
    } catch (error) {
      this.#say(`${basename(path)} was not copied (${reasonOf(error)}); it is in ${path}`);
    }
  }

  #say(what: string): void {
    this.#io.stderr.write(`spot: --output-dir: ${what}\n`);
  }
}
