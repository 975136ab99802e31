import type { ConfigOverrides } from './config.ts';
import { isKeyPath } from './schema.ts';
import type { Setting } from './setting.ts';

/** @throws Error for a key path that is not in the schema: a mistake in the program, not of its user */
export function readFlags(flags: ConfigOverrides, names: ReadonlyMap<string, string>): readonly Setting[] {
  return [...flags].map(([key, raw]) => {
    if (!isKeyPath(key)) throw new Error(`the flag for ${key} has no such config key`);
    const place = names.get(key) ?? key;
    return { key, raw, source: 'flag', where: place, place };
  });
}
