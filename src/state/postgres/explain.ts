import { configError } from '../../model/errors.ts';
import type { SpotError } from '../../model/errors.ts';
import { brokenState } from '../state-error.ts';
import type { Failure } from './protocol.ts';

/** No such login, password, database or right; or there is no place for a change. */
const REFUSED = /^(28...|3D000|42501|25006|53[^3]..|0A000)$/;

/** What the system says, in words that fit into a sentence. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ENOENT: 'there is no such socket',
  ETIMEDOUT: 'it does not answer',
};

/**
 * A sentence for what went wrong with the database; what only a mistake of ours can be stays an Error. The server never
 * repeats a password, so its words may be shown.
 * @param location without its password
 */
export function explainFailure(failure: Failure, location: string): SpotError | Error {
  const { stage, code, message } = failure;
  const cause = Object.assign(new Error(message), { code });
  if (stage === 'lost') {
    const text = `the connection to the database ${location} broke in the middle of a change, which is undone; try again`;
    return configError('database-lost', text, cause);
  }
  if (stage === 'unknown') {
    const text = `the connection to the database ${location} broke while a change was being completed; whether it was is not known: look before you try again`;
    return configError('database-lost', text, cause);
  }
  if (REFUSED.test(code) || isRefusedHere(failure)) {
    const reason = message.includes('client password must be a string') ? 'it wants a password' : message;
    const text = `the database ${location} refuses (${reason}); check the user, the password and the rights that database, SPOT_DATABASE or ~/.pgpass give`;
    return configError('database-refused', text, cause);
  }
  if (stage === 'connecting') {
    const reason = REASONS[code] ?? (message || code);
    const text = `the database ${location} cannot be reached (${reason}); check that it runs, and what database or SPOT_DATABASE says`;
    return configError('database-unreachable', text, cause);
  }
  return explainAnswer(cause, location);
}

function explainAnswer(cause: Error & { readonly code: string }, location: string): SpotError | Error {
  // a table or column is missing
  if (/^42(P01|703)$/.test(cause.code)) return brokenState(location, cause);
  if (/^(55P03|57014)$/.test(cause.code)) {
    const text = `the database ${location} has been locked by another program, or busy, for too long; try again when it has finished`;
    return configError('state-busy', text, cause);
  }
  return cause;
}

/** Before anything was asked: there is no password, or no TLS where it is wanted. */
function isRefusedHere({ stage, message }: Failure): boolean {
  return stage === 'connecting' && /^SASL|password|SSL|certificate/i.test(message);
}
