import type { Manifest } from '../model/payload.ts';
import { Secret } from '../util/secret.ts';

/** The variables of a payload: those it has values for, and those it has to be given. */
export interface PayloadEnvironment {
  /** told on by nobody, although they are no secrets of whoever runs the payload */
  readonly values: ReadonlyMap<string, Secret>;
  readonly needed: readonly string[];
}

/** Takes the entries of a manifest apart. */
export function readPayloadEnvironment({ environment }: Pick<Manifest, 'environment'>): PayloadEnvironment {
  const values = new Map<string, Secret>();
  const needed: string[] = [];
  for (const entry of environment) {
    const at = entry.indexOf('=');
    if (at === -1) needed.push(entry);
    else values.set(entry.slice(0, at), new Secret(entry.slice(at + 1)));
  }
  return { values, needed };
}

/** The name of an entry, with a value or without. */
export function nameOfEntry(entry: string): string {
  const at = entry.indexOf('=');
  return at === -1 ? entry : entry.slice(0, at);
}
