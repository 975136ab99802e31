import { statSync } from 'node:fs';
import type { Payload } from '../../model/payload.ts';
import { openVersion, type VersionOnDisk } from '../../payload/open-version.ts';
import type { PayloadStore } from '../../payload/store.ts';
import { BoundedMap } from '../../util/bounded-map.ts';
import { shareWork } from '../../util/share-work.ts';

/** Of payloads, and of the entries in their manifests all together: a few hundred bytes each. */
const KEPT = { count: 256, weight: 50_000 } as const;

/** A payload that was compared with its digest, and what its archive looked like then. */
interface Seen {
  readonly payload: Payload;
  readonly look: string;
}

/**
 * Payloads that were opened, by digest. An archive that still looks as it did is not read again; one that is gone or
 * was written to is.
 */
export class OpenedPayloads {
  readonly #store: PayloadStore;
  readonly #seen = new BoundedMap<string, Seen>({ ...KEPT, weigh: ({ payload }) => 1 + payload.manifest.files.length });
  readonly #underWay = new Map<string, Promise<Payload>>();

  constructor(store: PayloadStore) {
    this.#store = store;
  }

  /** @throws SpotError as `openVersion` */
  async open(version: VersionOnDisk): Promise<Payload> {
    const look = lookOf(await this.#store.provide(version.checksum));
    const seen = this.#seen.get(version.checksum);
    if (seen?.look === look) return seen.payload;
    return shareWork(this.#underWay, version.checksum, async () => {
      const payload = await openVersion(version, this.#store);
      this.#keep(payload, look);
      return payload;
    });
  }

  /** One that was written just now. */
  add(payload: Payload): void {
    this.#keep(payload, lookOf(payload.path));
  }

  #keep(payload: Payload, look: string): void {
    this.#seen.set(payload.digest, { payload, look });
  }
}

/**
 * '' where there is nothing to look at: opening it says why. Asked at once, as the state is: to hand it to another thread
 * costs ten times as much.
 */
function lookOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(' ');
  } catch {
    return '';
  }
}
