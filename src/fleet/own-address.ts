import { isIP } from 'node:net';
import { configError, messageOf } from '../model/errors.ts';

/** An address is short; more than this is a page of some proxy, characters. */
const LONGEST_ANSWER = 200;

/**
 * The address of this machine as others see it, as a network of its own: `203.0.113.7/32`.
 * @param service answers a GET with the address that it came from
 * @throws SpotError `address-unknown` (exit 78); the signal's reason
 */
export async function ownNetwork(service: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  const address = await askFor(service, timeoutMs, signal);
  const version = isIP(address);
  if (version !== 0) return `${address}/${version === 4 ? 32 : 128}`;
  throw unknown(service, `it says ${JSON.stringify(address.slice(0, 40))}, which is no IP address`);
}

async function askFor(service: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  const time = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(service, { signal: AbortSignal.any([time, signal]) });
    if (response.ok) return await firstWord(response);
    await response.body?.cancel();
    throw new Error(`it answers ${response.status}`);
  } catch (error) {
    signal.throwIfAborted();
    throw unknown(service, time.aborted ? `no answer in ${timeoutMs / 1000} s` : reasonOfFetch(error), error);
  }
}

/** Of an answer without end only as much is read as an address could have. */
async function firstWord(response: Response): Promise<string> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('latin1');
    if (text.length > LONGEST_ANSWER) break;
  }
  return text.trim();
}

/** fetch itself says only that it failed. */
function reasonOfFetch(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);
}

function unknown(service: string, reason: string, cause?: unknown): Error {
  const message = `cannot find out the address of this machine from ${service} (${reason}); set aws.ssh_from to the network that may reach port 22, such as 203.0.113.7/32, or name a group with --security-group`;
  return configError('address-unknown', message, cause);
}
