import fc from 'fast-check';

const hex = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }).map((all) => all.join(''));
const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const joined = (separator: string, ...parts: fc.Arbitrary<unknown>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((all) => all.join(separator));
const two = (max: number): fc.Arbitrary<string> => between(0, max).map((value) => String(value).padStart(2, '0'));

const octet = between(0, 255);
const ipv4 = joined('.', octet, octet, octet, octet);
const port = between(1, 65_535);
const ipv6 = fc.oneof(fc.ipV6().filter(hasWholeGroups), joined('', fc.constant('fe80::'), hex(4)));
const time = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
const clock = joined(':', two(23), two(59), two(59));
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = fc.constantFrom(...months);
const pid = between(1000, 4_194_304);
const madeUp = fc.stringMatching(/^[A-Z][a-z][0-9][A-Za-z0-9]{5}$/);

/** `::` and `1::` alone are punctuation as often as they are addresses. */
function hasWholeGroups(address: string): boolean {
  return address.split(':').filter((group) => group !== '').length > 2;
}

/** Something that the fingerprint masks, each kind with its own ways to write it. */
export function arbitraryMasked(): fc.Arbitrary<string> {
  return fc.oneof(
    ipv4,
    joined(':', ipv4, port),
    ipv6,
    joined('', fc.constant('['), ipv6, fc.constant(']:'), port),
    joined(':', hex(2), hex(2), hex(2), hex(2), hex(2), hex(2)),
    joined('-', fc.constant('ip'), octet, octet, octet, octet).map((name) => `${name}.ec2.internal`),
    joined('-', fc.constantFrom('i', 'vol', 'eni', 'ami'), hex(17)),
    fc.uuid(),
    time.map((date) => date.toISOString()),
    time.map((date) => date.toISOString().slice(0, 19).replace('T', ' ')),
    joined(' ', month, between(1, 31), clock),
    time.map((date) => date.toUTCString()),
    clock,
    joined(' ', between(1, 999), fc.constantFrom('ms', 's', 'seconds')),
    joined('', between(1, 59), fc.constant('m'), two(59), fc.constant('s')),
    hex(40).filter((digest) => /\d/.test(digest)),
    hex(64),
    hex(12).map((digits) => `0x${digits}`),
    pid.map(String),
    joined('', between(1, 999), fc.constantFrom('%', 'K', ' MB', ' bytes')),
  );
}

/** A path of which a part is made up anew each time; all of them come to the same. */
export function arbitraryTempPath(): fc.Arbitrary<string> {
  const stamp = joined('T', fc.constantFrom('20261121', '20270101'), between(100_000, 999_999_999));
  return fc.oneof(
    joined('_', fc.constant('/tmp/deploy_files'), stamp, pid),
    madeUp.map((name) => `/tmp/tmp.${name}`),
  );
}
