import { createReadStream } from 'node:fs';
import type { FilteredSelection } from '../../inventory/select.ts';
import type { PayloadReference } from '../../model/deployment.ts';
import type { Problem } from '../../model/errors.ts';
import type { RunEvent } from '../../model/event.ts';
import { type Instance, newInstance } from '../../model/instance.ts';
import type { Secret } from '../../util/secret.ts';
import type { PayloadSource, RunRequest, SelectionWords } from '../api.ts';
import type { ServiceAddress } from './address.ts';
import { ServiceConnection } from './connection.ts';
import { misunderstood } from './failures.ts';
import { type FollowOptions, followRun } from './follow.ts';

/** An upload, and a run for thousands of instances, may take that long, ms. */
const PATIENT_MS = 600_000;

/** What is asked of a service; instances are chosen by words, there. */
export interface RunOrder extends Omit<RunRequest, 'instanceIds' | 'payload' | 'skipped' | 'environment'> {
  readonly words: SelectionWords;
  /** ids that the words have to mean still */
  readonly expected: readonly string[];
  readonly payload: Exclude<PayloadSource, { readonly path: string }>;
  readonly environment: ReadonlyMap<string, Secret>;
}

export interface RunStarted {
  readonly runId: string;
  readonly payload: PayloadReference;
  readonly errors: readonly (Problem & { readonly instance: string })[];
}

/** An archive on disk here. */
export interface Archive {
  /** absolute */
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256, hex */
  readonly digest: string;
}

/** A service that is somewhere else. Each call throws what `ServiceConnection` throws. Whoever makes it closes it. */
export class ServiceClient {
  readonly #connection: ServiceConnection;
  readonly #options: FollowOptions;

  constructor(address: ServiceAddress, token: Secret | null, options: FollowOptions) {
    this.#connection = new ServiceConnection(address, token);
    this.#options = options;
  }

  get address(): ServiceAddress {
    return this.#connection.address;
  }

  /** Of the instances nothing but id, name, address and state is known. */
  async select(words: SelectionWords): Promise<FilteredSelection> {
    const answer = await this.#connection.json({ method: 'POST', path: '/api/v1/selection', json: words });
    return this.#read(() => selectionOf(answer as SelectionDocument));
  }

  /** Takes up to minutes where there are thousands of instances; it is never sent twice. */
  async startRun(order: RunOrder): Promise<RunStarted> {
    const call = { method: 'POST', path: '/api/v1/runs', json: bodyOf(order), timeoutMs: PATIENT_MS } as const;
    const answer = (await this.#connection.json(call)) as StartedDocument;
    return this.#read(() => ({
      runId: textOf(answer.run_id),
      payload: { ...answer.payload },
      errors: answer.errors.map(({ instance_id, code, message }) => ({ instance: instance_id, code, message })),
    }));
  }

  async upload({ path, sizeBytes, digest }: Archive): Promise<void> {
    const content = { stream: createReadStream(path), type: 'application/gzip', bytes: sizeBytes };
    const call = { method: 'POST', path: `/api/v1/payloads?digest=${digest}`, content, timeoutMs: PATIENT_MS } as const;
    await this.#connection.json(call).finally(() => content.stream.destroy());
  }

  /** All of it that has not ended; its events tell when that is done. */
  async cancel(runId: string): Promise<void> {
    await this.#connection.json({ method: 'POST', path: `/api/v1/runs/${encodeURIComponent(runId)}/cancel`, json: {} });
  }

  follow(runId: string, signal: AbortSignal): AsyncIterable<RunEvent> {
    return followRun(this.#connection, runId, signal, this.#options);
  }

  close(): void {
    this.#connection.close();
  }

  /** @throws SpotError `service-answer` for a document of another shape */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw misunderstood(this.address, 'its answer has another shape', error);
    }
  }
}

interface SelectionDocument {
  readonly chosen: readonly { instance_id: string; name: string | null; address: string | null }[];
  readonly skipped: readonly { instance_id: string; name: string | null; reason: string }[];
  readonly unmatched: SelectionWords;
  readonly not_ready: readonly string[];
}

interface StartedDocument {
  readonly run_id: string;
  readonly payload: PayloadReference;
  readonly errors: readonly (Problem & { readonly instance_id: string })[];
}

function selectionOf({ chosen, skipped, unmatched, not_ready }: SelectionDocument): FilteredSelection {
  const leftOut = skipped.map(({ instance_id, name, reason }) => ({
    instance: newInstance(instance_id, { name }),
    reason,
  }));
  const notReady = new Set(not_ready);
  return {
    chosen: chosen.map(({ instance_id, name, address }): Instance =>
      newInstance(instance_id, { name, publicIp: address }),
    ),
    skipped: leftOut,
    unmatched: { limit: [...unmatched.limit], exclude: [...unmatched.exclude] },
    notReady: leftOut.filter(({ instance }) => notReady.has(instance.instanceId)),
  };
}

function bodyOf(order: RunOrder): unknown {
  const { words, expected, payload, environment } = order;
  return {
    ...words,
    expect: expected,
    ...('digest' in payload ? { payload_digest: payload.digest } : { payload: payload.reference }),
    execute_payload: order.execute,
    args: order.args,
    environment: Object.fromEntries([...environment].map(([name, value]) => [name, value.reveal()])),
    remote_path: order.remotePath,
    timeout: secondsOf(order.timeoutMs),
    ready_timeout: secondsOf(order.readyTimeoutMs),
    retries: order.retries,
    cleanup: order.cleanup,
    exclusive: order.exclusive,
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('no text');
}

function secondsOf(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
