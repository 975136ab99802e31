import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { SpotError } from '../../../src/model/errors.ts';

/** What a test gives; everything left out is empty. */
export interface Given {
  /** path below the test's folder to content: `work/config.yaml`, `home/.config/spot/config.yaml` */
  readonly files?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
  readonly flagNames?: Readonly<Record<string, string>>;
  readonly configFile?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Loads the configuration with `<root>/work` as the current folder and `<root>/home` as the home folder. */
export async function load(given: Given, root: string): Promise<Config> {
  for (const [path, content] of Object.entries(given.files ?? {})) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return loadConfig({
    flags: new Map(Object.entries(given.flags ?? {})),
    flagNames: new Map(Object.entries(given.flagNames ?? {})),
    configFile: given.configFile ?? null,
    env: given.env ?? {},
    cwd: join(root, 'work'),
    home: join(root, 'home'),
  });
}

/** Runs `use` with an empty folder that is removed afterwards. */
export async function withFolder<T>(use: (root: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'spot-config-'));
  try {
    return await use(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

/** The error that loading ends with; `<root>` stands for the test's folder. */
export function errorOf(given: Given): Promise<{ code: string; exitCode: number; message: string }> {
  return withFolder(async (root) => {
    const error: unknown = await load(given, root).catch((reason: unknown) => reason);
    if (!(error instanceof SpotError)) throw new Error('a SpotError was expected', { cause: error });
    return { code: error.code, exitCode: error.exitCode, message: error.message.replaceAll(root, '<root>') };
  });
}
