// A run of any size as its events tell it, for whoever looks at the live view: connect, upload, execute, some failures,
// notices that an instance is taken back, stragglers.
import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 20;
const SIZE_BYTES = 20_000_000;
const LINES = ['Reading package lists... Done', 'Unpacking nginx (1.24.0-2) over (1.22.1-9) ...', 'Setting up nginx'];
const COMPLAINT = 'E: Could not get lock /var/lib/dpkg/lock';

/**
 * @param parts what the run is told with: `anInstance`, `anAttempt`, `anOutput`, `aPlan`, `aResult`, `SUCCEEDED`, `REFUSED`
 * @param {{ instances: number, eventsPerSecond: number, seconds: number, emit: (event: object) => void }} options
 * @param {() => boolean} isOver true: it ends early
 * @returns {Promise<number>} events sent
 */
export async function playRun(parts, options, isOver = () => false) {
  const run = new Run(parts, options);
  run.begin();
  while (run.elapsed < 1 && !isOver()) {
    await sleep(TICK_MS);
    run.catchUp();
  }
  run.end();
  return run.sent;
}

class Run {
  sent = 0;
  #parts;
  #options;
  #instances;
  /** by place in the plan */
  #steps;
  #attempts = [];
  #startedAt = Date.now();
  #turn = 0;

  constructor(parts, options) {
    this.#parts = parts;
    this.#options = options;
    const { instances: count } = options;
    this.#instances = Array.from({ length: count }, (_, index) => parts.anInstance(`i-${index}`, `web-${index + 1}`));
    this.#steps = this.#instances.map(() => 'waiting');
  }

  /** 0 at the beginning, 1 when the time is up */
  get elapsed() {
    return (Date.now() - this.#startedAt) / (this.#options.seconds * 1000);
  }

  begin() {
    const payload = { ...this.#parts.aPlan([]).payload, sizeBytes: SIZE_BYTES };
    this.#tell({ type: 'run-started', plan: this.#parts.aPlan(this.#instances, { payload }), takenUp: false });
  }

  /** Sends the events that are due by now. */
  catchUp() {
    const due = ((Date.now() - this.#startedAt) / 1000) * this.#options.eventsPerSecond;
    // a turn may have nothing to say: no more turns than events
    for (let turns = due - this.sent; turns > 0; turns -= 1) {
      this.#next(this.#turn % this.#instances.length);
      this.#turn += 1;
    }
  }

  end() {
    for (const [index, step] of this.#steps.entries()) {
      if (step !== 'ended') this.#finish(index, this.#parts.SUCCEEDED);
    }
    this.#tell({ type: 'run-finished', result: this.#parts.aResult(this.#attempts) });
  }

  /** The next event of one instance: those in front are ahead. */
  #next(index) {
    const { instanceId } = this.#instances[index];
    const place = index / this.#instances.length;
    switch (this.#steps[index]) {
      case 'waiting':
        return this.#step(index, 'connect', { type: 'attempt-started', instanceId });
      case 'connect':
        if (this.elapsed < place * 0.1) {
          return this.#tell({ type: 'waiting', instanceId, step: 'connect', message: 'sshd is not up yet' });
        }
        if (index % 97 === 13) return this.#finish(index, this.#parts.REFUSED);
        return this.#step(index, 'upload', { type: 'step-started', instanceId, step: 'upload' });
      case 'upload':
        return this.#upload(index, Math.min(1, Math.max(0, (this.elapsed - place * 0.1) / 0.2)));
      case 'execute':
        return this.#execute(index, place);
    }
  }

  #upload(index, part) {
    const { instanceId } = this.#instances[index];
    const bytes = Math.floor(SIZE_BYTES * part);
    this.#tell({ type: 'progress', instanceId, step: 'upload', bytes, totalBytes: SIZE_BYTES });
    if (part === 1) this.#step(index, 'execute', { type: 'step-started', instanceId, step: 'execute' });
  }

  #execute(index, place) {
    const { instanceId } = this.#instances[index];
    const fails = index % 31 === 7;
    if (this.elapsed > 0.4 + place * 0.7) {
      return this.#finish(
        index,
        fails ? { kind: 'failed', exitCode: index % 2 === 0 ? 3 : 100 } : this.#parts.SUCCEEDED,
      );
    }
    if (this.#turn % 5003 === 17) this.#tell({ type: 'interruption', instanceId, notice: inTwoMinutes() });
    if (this.#turn % 7001 === 23) this.#tell(straggler(instanceId));
    // some fall silent
    if (index % 43 === 41 && this.#turn % 2 === 0) return;
    const text = fails ? COMPLAINT : `${LINES[this.#turn % LINES.length]} ${this.#turn}`;
    this.#tell({ type: 'output', instanceId, stream: 'stdout', chunk: Buffer.from(`${text}\n`) });
  }

  #step(index, step, event) {
    this.#steps[index] = step;
    this.#tell(event);
  }

  #finish(index, outcome) {
    this.#steps[index] = 'ended';
    const stderr = this.#parts.anOutput(null, outcome.kind === 'failed' ? `${COMPLAINT}\n` : '');
    this.#attempts.push(this.#parts.anAttempt(this.#instances[index], outcome, { stderr }));
    this.#tell({ type: 'attempt-finished', result: this.#attempts.at(-1) });
  }

  #tell(event) {
    this.sent += 1;
    this.#options.emit({ at: Date.now(), ...event });
  }
}

function inTwoMinutes() {
  return { action: 'terminate', at: new Date(Date.now() + 118_000).toISOString() };
}

function straggler(instanceId) {
  const facts = { elapsedMs: 31_000, medianMs: 8200, action: 'report', lastLine: '', silentMs: null };
  return { type: 'straggler', instanceId, ...facts };
}
