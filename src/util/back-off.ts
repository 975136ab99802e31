/** First pause and the longest one, ms; each is twice the one before. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

const OF_CONNECTIONS: BackOff = { firstMs: 500, longestMs: 10_000 };

/**
 * How long to wait after try number `tries` (from 1), ms: twice as long each time, and a random half of it.
 * @param random in [0, 1)
 */
export function backOffMs({ firstMs, longestMs }: BackOff, tries: number, random: () => number): number {
  const longest = Math.min(longestMs, firstMs * 2 ** (tries - 1));
  return longest / 2 + (random() * longest) / 2;
}

/**
 * Waits before try number `tries` (from 1): twice as long each time, and a random half of it, so that many instances do
 * not come back at once.
 * @param random in [0, 1)
 * @throws the signal's reason
 */
export function backOff(tries: number, random: () => number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', abort);
        resolve();
      },
      backOffMs(OF_CONNECTIONS, tries, random),
    );
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
