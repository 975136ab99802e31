export type Paint = (text: string) => string;

/** Colours by meaning. What they say is always in the words as well. */
export interface Painter {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

export const COLOR_FLAGS = ['auto', 'always', 'never'] as const;
export type ColorFlag = (typeof COLOR_FLAGS)[number];

export interface ColorQuestion {
  /** `--color` */
  readonly flag: ColorFlag;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
}

const same: Paint = (text) => text;

export const plainPainter: Painter = { good: same, bad: same, warn: same, dim: same, bold: same };

/** A painter in colour or without; the colour library is loaded for colour only. */
export async function loadPainter(color: boolean): Promise<Painter> {
  if (!color) return plainPainter;
  const { Chalk } = await import('chalk');
  const { green, red, yellow, dim, bold } = new Chalk({ level: 1 });
  return { good: green, bad: red, warn: yellow, dim, bold };
}

/**
 * Whether to use colour: `--color` first, then `NO_COLOR` (no-color.org), `FORCE_COLOR` (force-color.org; `0` and
 * `false` turn it off, as in Node), then a terminal that is not `dumb`.
 */
export function resolveColor({ flag, env, isTTY }: ColorQuestion): boolean {
  if (flag !== 'auto') return flag === 'always';
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined) return !['0', 'false'].includes(env['FORCE_COLOR']);
  return isTTY && env['TERM'] !== 'dumb';
}
