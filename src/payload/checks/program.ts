/** How a program of this machine ended. */
export interface ProgramEnd {
  /** null where a signal ended it */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program of this machine, in an environment that has nothing but PATH, HOME and a locale of English messages.
 * @returns `missing` where there is none of that name, `too-slow` where it was ended
 */
export type RunProgram = (
  argv: readonly string[],
  options: { readonly timeoutMs: number; readonly input?: string },
) => Promise<ProgramEnd | 'missing' | 'too-slow'>;
