import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { PayloadReference } from '../../model/deployment.ts';
import type { SpotError } from '../../model/errors.ts';
import type { Payload } from '../../model/payload.ts';
import { claimVersion } from '../../payload/claim-version.ts';
import { readPayloadEnvironment } from '../../payload/environment.ts';
import { packInto } from '../../payload/pack-into.ts';
import { parseReference, payloadNameOf } from '../../payload/payload-name.ts';
import { registerPayload } from '../../payload/register.ts';
import { requireVersion } from '../../payload/registered.ts';
import { scriptOf } from '../../payload/script.ts';
import { readStoredPayload } from '../../payload/stored-payload.ts';
import type { PayloadStore } from '../../payload/store.ts';
import type { PayloadRecord, PayloadTable } from '../../state/payloads.ts';
import { BoundedMap } from '../../util/bounded-map.ts';
import type { Clock } from '../../util/clock.ts';
import type { Secret } from '../../util/secret.ts';
import { shareWork } from '../../util/share-work.ts';
import type { PayloadSource } from '../api.ts';
import { type Fence, type FencedFile, readFenced } from './fence.ts';
import { OpenedPayloads } from './opened.ts';
import { refusal } from './refusal.ts';

/** A payload that can be sent at once. */
export interface ResolvedPayload {
  readonly reference: PayloadReference;
  /** its archive is on disk here */
  readonly payload: Payload;
  /** values that belong to the payload */
  readonly environment: ReadonlyMap<string, Secret>;
  /** names of variables that have to be given when it is run */
  readonly needed: readonly string[];
}

export interface PayloadResolver {
  /**
   * Finds what a request means, and registers it if it is new.
   * @throws SpotError (exit 66) with one of the codes of `PROBLEMS`
   */
  resolve(source: PayloadSource): Promise<ResolvedPayload>;
  /**
   * Of one that was resolved before, here or on another machine.
   * @throws SpotError (exit 66) `payload-gone`, `payload-damaged`, `payload-unreadable`
   */
  open(reference: PayloadReference): Promise<ResolvedPayload>;
}

export interface ResolverOptions {
  readonly table: PayloadTable;
  readonly store: PayloadStore;
  /** versions of a name that are kept, 1 or more */
  readonly keep: number;
  readonly fence: Fence;
  readonly clock: Clock;
  /** told what will probably go wrong with a script, one sentence each; none of its content */
  readonly warn: (message: string) => void;
}

/** Digests of scripts whose archive is known, 100 bytes each. */
const KNOWN_SCRIPTS = { count: 10_000, weight: Number.POSITIVE_INFINITY, weigh: () => 1 } as const;

/** An archive is young for an hour after it was touched (`payload/store.ts`), and swept only later, ms. */
const CLAIM_EVERY_MS = 300_000;

/** One for a service, or a worker: what it has packed and opened it remembers. */
export function createResolver(options: ResolverOptions): PayloadResolver {
  return new Resolver(options);
}

class Resolver implements PayloadResolver {
  readonly #options: ResolverOptions;
  readonly #opened: OpenedPayloads;
  /** digests of archives, by name and content of the script */
  readonly #packed = new BoundedMap<string, string>(KNOWN_SCRIPTS);
  /** when a version was claimed the last time, ms, by digest */
  readonly #claimed = new BoundedMap<string, number>(KNOWN_SCRIPTS);
  readonly #packing = new Map<string, Promise<PayloadRecord>>();

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#opened = new OpenedPayloads(options.store);
  }

  async resolve(source: PayloadSource): Promise<ResolvedPayload> {
    if ('path' in source) return this.#resolveScript(readFenced(source.path, this.#options.fence));
    return this.#ready('digest' in source ? await this.#uploaded(source.digest) : this.#registered(source.reference));
  }

  async open({ name, version, digest }: PayloadReference): Promise<ResolvedPayload> {
    const payload = await this.#opened.open({ name, version, checksum: digest });
    return resolved({ name, version, digest }, payload);
  }

  /** A file that is asked for again costs reading it: neither packing it nor a row of the registry. */
  async #resolveScript(file: FencedFile): Promise<ResolvedPayload> {
    const name = payloadNameOf(basename(file.path));
    const key = createHash('sha256').update(`${name}\0`).update(file.bytes).digest('hex');
    const known = this.#activeOf(name, this.#packed.get(key));
    if (known !== null) {
      const ready = await this.#ready(known).catch(() => null);
      if (ready !== null) return ready;
    }
    return this.#ready(await shareWork(this.#packing, key, () => this.#pack(file, name, key)));
  }

  #activeOf(name: string, digest: string | undefined): PayloadRecord | null {
    if (digest === undefined) return null;
    const active = this.#options.table.find(name, null);
    return active?.checksum === digest ? active : null;
  }

  async #pack(file: FencedFile, name: string, key: string): Promise<PayloadRecord> {
    const { store, clock, warn } = this.#options;
    const script = scriptOf(file.path, file.bytes);
    for (const warning of script.warnings) warn(warning);
    const payload = await packInto(store, { script, tree: null, environment: [], name }, clock.now());
    const record = await this.#register(payload);
    this.#packed.set(key, payload.digest);
    return record;
  }

  async #register(payload: Payload): Promise<PayloadRecord> {
    const { table, store, keep, clock } = this.#options;
    const { record } = await registerPayload(payload, { table, store, keep, now: clock.now() });
    this.#opened.add(payload);
    return record;
  }

  #registered(word: string): PayloadRecord {
    const { table } = this.#options;
    const reference = parseReference(word);
    const found = reference === null ? null : table.find(reference.name, reference.version);
    return found ?? requireVersion(word, { payloads: table });
  }

  /** Other uploads of that name may have pushed its version out meanwhile; its archive is there for a while. */
  async #uploaded(digest: string): Promise<PayloadRecord> {
    const { table, store } = this.#options;
    const found = table.ofContent(digest);
    if (found !== null) return found;
    if (!/^[0-9a-f]{64}$/.test(digest)) throw neverUploaded();
    const path = await store.provide(digest);
    if (!store.has(digest)) throw neverUploaded();
    const payload = await readStoredPayload(path, digest).catch((error: unknown) => {
      throw neverUploaded(error);
    });
    return this.#register(payload);
  }

  /** Compared with its digest, and not swept away before whatever is asked for is written down. */
  async #ready(record: PayloadRecord): Promise<ResolvedPayload> {
    const { table, store, clock } = this.#options;
    const { name, version, checksum: digest } = record;
    const now = clock.now();
    if (now - (this.#claimed.get(digest) ?? 0) > CLAIM_EVERY_MS) {
      await claimVersion(record, { table, store, now });
      this.#claimed.set(digest, now);
    }
    return resolved({ name, version, digest }, await this.#opened.open(record));
  }
}

function neverUploaded(cause?: unknown): SpotError {
  const message = 'no payload of that digest was uploaded, or it is too long ago; upload it again';
  return refusal('upload-unknown', message, cause);
}

function resolved(reference: PayloadReference, payload: Payload): ResolvedPayload {
  const { values, needed } = readPayloadEnvironment(payload.manifest);
  return { reference, payload, environment: values, needed };
}
