import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;

/**
 * Waits until a condition holds, however long the machine takes up to the deadline.
 * @param what names the condition in the error, e.g. `sshd to listen`
 * @param condition returns something truthy when it holds; may throw to give up at once
 * @returns what the condition returned
 * @throws Error when `timeoutMs` have passed
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 5000,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | null | undefined>;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(POLL_MS);
  }
}
