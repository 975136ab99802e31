import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { RunResult } from '../model/attempt.ts';
import { inputError, usageError } from '../model/errors.ts';
import type { RunEvent } from '../model/event.ts';
import type { Payload } from '../model/payload.ts';
import { reasonOf } from '../util/system-error.ts';
import type { Io } from './io.ts';

/**
 * `--junit FILE`: the file appears when the run is over, whole. What stands there from an earlier run goes at the
 * beginning, so that nobody takes it for this one should that come to no end.
 */
export class JunitFile {
  readonly #path: string;
  readonly #draft: string;
  readonly #io: Pick<Io, 'stderr'>;
  #payload: Payload | null = null;
  #result: RunResult | null = null;

  /** @throws SpotError (exit 64, 66) where nothing can be written there: before anything is sent */
  constructor(file: string, io: Pick<Io, 'cwd' | 'pid' | 'stderr'>) {
    if (file === '') throw usageError('junit-file', '--junit has no file; name one, as in: --junit report.xml');
    this.#path = resolve(io.cwd, file);
    this.#draft = join(dirname(this.#path), `.${basename(this.#path)}.${io.pid}`);
    this.#io = io;
    try {
      if (statSync(this.#path, { throwIfNoEntry: false })?.isFile() === false) throw new Error('it is no file');
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(this.#draft, '');
      renameSync(this.#draft, this.#path);
      rmSync(this.#path);
    } catch (error) {
      const message = `--junit ${file} cannot be written (${reasonOf(error)}); choose another file`;
      throw inputError('junit-file', message, error);
    }
  }

  take(event: RunEvent): void {
    if (event.type === 'run-started') this.#payload = event.plan.payload;
    else if (event.type === 'run-finished') this.#result = event.result;
  }

  /** Writes it, if the run has come to an end: what goes wrong does not change that of the run. */
  async close(): Promise<void> {
    if (this.#result === null || this.#payload === null) return;
    const { manifest, digest } = this.#payload;
    try {
      const { junitDocument } = await import('../report/junit.ts');
      writeFileSync(this.#draft, junitDocument({ name: manifest.metadata.name, digest, result: this.#result }));
      renameSync(this.#draft, this.#path);
    } catch (error) {
      rmSync(this.#draft, { force: true });
      this.#io.stderr.write(`spot: --junit: ${this.#path} was not written (${reasonOf(error)})\n`);
    }
  }
}
