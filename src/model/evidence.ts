const NOT_CONFIRMED = 'not confirmed: ';

/** Evidence that something may run on. */
export function unconfirmed(what: string): string {
  return `${NOT_CONFIRMED}${what}`;
}

/** Everything that an attempt started has ended, as far as its evidence says. */
export function isConfirmed(evidence: readonly string[]): boolean {
  return !evidence.some((fact) => fact.startsWith(NOT_CONFIRMED));
}
