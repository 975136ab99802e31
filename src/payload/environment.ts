import type { Manifest } from '../model/payload.ts';

/** The variables of a payload: those it has values for, and those it has to be given. */
export interface PayloadEnvironment {
  readonly values: ReadonlyMap<string, string>;
  readonly needed: readonly string[];
}

/** Takes the entries of a manifest apart. */
export function readPayloadEnvironment({ environment }: Pick<Manifest, 'environment'>): PayloadEnvironment {
  const values = new Map<string, string>();
  const needed: string[] = [];
  for (const entry of environment) {
    const at = entry.indexOf('=');
    if (at === -1) needed.push(entry);
    else values.set(entry.slice(0, at), entry.slice(at + 1));
  }
  return { values, needed };
}

/** The name of an entry, with a value or without. */
export function nameOfEntry(entry: string): string {
  const at = entry.indexOf('=');
  return at === -1 ? entry : entry.slice(0, at);
}
