import fc from 'fast-check';
import { directory, file, link, type Node, type Tree } from './support.ts';

const LONG = 'a-name-of-more-than-one-hundred-letters-'.repeat(5);

/** All that a name, a mode and a link may be. */
export const ODD: Tree = {
  '-rf': file('minus'),
  '...': file('dots'),
  'a b  c ': file('blanks'),
  'back\\slash': file('backslash'),
  'percent%20': file(''),
  'quo\'te"s': file('quotes'),
  empty: directory(0o700),
  'empty/inner': directory(0o711),
  'grüße/日本語/\u{1F600}.txt': file('not ASCII', 0o640),
  'nfd-e\u0301': file('not normalised'),
  [`${LONG}.txt`]: file('long'),
  [`${LONG}/${LONG}/${LONG}`]: file('very long', 0o755),
  [`${LONG}/to-long`]: link(`${LONG}/${LONG}`),
  'links/up': link('../a b  c '),
  'links/deep/up-twice': link('../../grüße/日本語'),
  'links/dangling': link('nowhere/at-all'),
  'links/self': link('.'),
  'modes/all': file('', 0o777),
  'modes/owner-only': file('', 0o400),
  'read-only': directory(0o555),
  'read-only/below': directory(0o500),
  'read-only/below/x': file('in a closed folder', 0o444),
};

/** Trees of up to twelve entries, as deep as four folders; all can be read by their owner. */
export function trees(): fc.Arbitrary<Tree> {
  const path = fc.array(names(), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const entries = fc.array(fc.tuple(path, nodes()), { maxLength: 12 });
  return entries.map((all) => {
    const tree: Record<string, Node> = {};
    for (const [place, node] of all) if (isFree(tree, place)) tree[place] = node;
    return tree;
  });
}

/** Whether nothing stands there, above it is nothing but folders, and below it nothing. */
function isFree(tree: Tree, place: string): boolean {
  return Object.entries(tree).every(
    ([path, { type }]) =>
      path !== place && !path.startsWith(`${place}/`) && (type === 'directory' || !place.startsWith(`${path}/`)),
  );
}

function names(): fc.Arbitrary<string> {
  const units = [fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 })];
  const long = fc
    .tuple(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), fc.nat(240))
    .map(([text, n]) => text + LONG.slice(0, n));
  return fc
    .oneof(...units, long)
    .filter((name) => Buffer.byteLength(name) <= 255 && !/^\.{1,2}$|[\p{Cc}\p{Cs}/\uFFFD]/u.test(name));
}

function nodes(): fc.Arbitrary<Node> {
  const mode = fc.nat(0o777);
  return fc.oneof(
    fc.tuple(fc.string(), mode).map(([content, bits]) => file(content, bits | 0o400)),
    mode.map((bits) => directory(bits | 0o500)),
    names().map(link),
  );
}
