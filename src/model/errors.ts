import { ExitCode } from './exit-code.ts';

/** A reason in two forms: a stable code for programs, one sentence for people. */
export interface Problem {
  /** kebab-case, stable across releases, e.g. `connection-refused` */
  readonly code: string;
  /** one sentence: what, where, and what to do next */
  readonly message: string;
}

export interface SpotErrorOptions {
  readonly exitCode: number;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * An error that ends a command: bad input or a broken surrounding. What a remote host does is never one of these;
 * that is an `Outcome`.
 */
export class SpotError extends Error implements Problem {
  override readonly name = 'SpotError';
  readonly code: string;
  readonly exitCode: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: SpotErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = options.exitCode;
    this.details = options.details ?? {};
  }
}

/** Wrong words on the command line (exit 64). */
export function usageError(code: string, message: string, cause?: unknown): SpotError {
  return new SpotError(code, message, { exitCode: ExitCode.usage, cause });
}

/** The script or a file is missing or refused (exit 66). */
export function inputError(code: string, message: string, cause?: unknown): SpotError {
  return new SpotError(code, message, { exitCode: ExitCode.noInput, cause });
}

/** Nothing to run on (exit 69). */
export function noInstanceError(code: string, message: string, cause?: unknown): SpotError {
  return new SpotError(code, message, { exitCode: ExitCode.noInstance, cause });
}

/** Wrong configuration, key or state file (exit 78). */
export function configError(code: string, message: string, cause?: unknown): SpotError {
  return new SpotError(code, message, { exitCode: ExitCode.config, cause });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
