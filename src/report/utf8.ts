/** Splits bytes before a character that is not whole yet, so that its rest can arrive with the next chunk. */
export function splitWholeCharacters(bytes: Buffer): { readonly whole: Buffer; readonly rest: Buffer } {
  const end = bytes.length - incompleteLength(bytes);
  return { whole: bytes.subarray(0, end), rest: bytes.subarray(end) };
}

/** Bytes at the end that begin a character and do not finish it: 0 to 3. */
function incompleteLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    const isContinuation = (byte & 0b1100_0000) === 0b1000_0000;
    if (!isContinuation) return back < characterLength(byte) ? back : 0;
  }
  return 0;
}

/** Length of the character that a byte begins (RFC 3629); 1 for a byte that begins none. */
function characterLength(byte: number): number {
  if (byte >= 0xf0 && byte <= 0xf4) return 4;
  if (byte >= 0xe0 && byte <= 0xef) return 3;
  return byte >= 0xc2 && byte <= 0xdf ? 2 : 1;
}
