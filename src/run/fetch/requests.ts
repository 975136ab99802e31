import { bundleRequest, linkRequest, offerRequest } from '../../remote/fetch/program.ts';
import type { RemoteEntry } from './listing.ts';

/** A file or link that is asked for. */
export interface Wanted {
  readonly entry: RemoteEntry;
  /** SHA-256 of a file of that size that is here, or null */
  readonly mine: string | null;
}

/** What has one answer: one file or link, or small files in one go, of which the digests may be all that is needed. */
export type Request =
  | { readonly kind: 'one'; readonly wanted: Wanted }
  | { readonly kind: 'bundle'; readonly all: readonly Wanted[]; readonly withContents: boolean };

const MOST_IN_BUNDLE = 64;
/** Of a file in a bundle: together they are no more than a few packets. */
const SMALL_BYTES = 64 * 1024;
/** sha256sum has its own way with these. */
const ODD_NAME = /[\n\r\\]/;

/** @param together small files in bundles */
export function planRequests(wanted: readonly Wanted[], together: boolean): Request[] {
  const small = together ? wanted.filter(isSmall) : [];
  const others = wanted.filter((one) => !together || !isSmall(one));
  return [
    ...bundlesOf(small.filter(({ mine }) => mine === null)).map((all) => bundle(all, true)),
    ...bundlesOf(small.filter(({ mine }) => mine !== null)).map((all) => bundle(all, false)),
    ...others.map((one): Request => ({ kind: 'one', wanted: one })),
  ];
}

/** As the program on the instance reads it. */
export function textOf(request: Request, force: boolean): string {
  if (request.kind === 'bundle') {
    const bytes = request.all.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
    const paths = request.all.map(({ entry }) => entry.remotePath);
    return bundleRequest(request.withContents ? bytes : 0, paths);
  }
  const { entry, mine } = request.wanted;
  if (entry.kind === 'link') return linkRequest(entry.remotePath);
  return offerRequest(entry.remotePath, entry.sizeBytes, mine, force);
}

/** An empty file is looked at more closely. */
function isSmall({ entry: { kind, sizeBytes, remotePath } }: Wanted): boolean {
  return kind === 'file' && sizeBytes > 0 && sizeBytes <= SMALL_BYTES && !ODD_NAME.test(remotePath);
}

function bundlesOf(wanted: readonly Wanted[]): Wanted[][] {
  const count = Math.ceil(wanted.length / MOST_IN_BUNDLE);
  return Array.from({ length: count }, (_, index) =>
    wanted.slice(index * MOST_IN_BUNDLE, (index + 1) * MOST_IN_BUNDLE),
  );
}

function bundle(all: readonly Wanted[], withContents: boolean): Request {
  return { kind: 'bundle', all, withContents };
}
