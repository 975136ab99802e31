import type { ConsoleKey } from './console-keys.ts';

/**
 * What is known of the host keys of an instance from where it was started: `nothing-yet` where it may still say;
 * `no-source` where nobody is to be asked; `failed` with why nobody answers, and whether that may pass.
 */
export type ExpectedKeys =
  | { readonly kind: 'keys'; readonly keys: readonly ConsoleKey[] }
  | { readonly kind: 'nothing-yet' | 'no-source' }
  | { readonly kind: 'failed'; readonly reason: string; readonly mayPass: boolean };

/** Tells the host keys of instances. */
export interface KeySource {
  /** Never rejects; takes as long as it takes. */
  expected(instanceId: string): Promise<ExpectedKeys>;
  close(): void;
}
