/**
 * An attempt is left as it is, and someone may take it up again: what was begun on the instance goes on. Whoever aborts the
 * signal of a run with it leaves at once, whatever the attempt is at; then the ledger alone says how far it came.
 */
export class Detached extends Error {
  override readonly name = 'Detached';

  constructor() {
    super('the attempt was left');
  }
}
