import {
  loadIdentities,
  type Identity,
  type IdentityRequest,
  type IdentitySet,
} from '../../../src/transport/ssh/identity.ts';
import { Keyring } from '../../../src/transport/ssh/keyring.ts';

const NOTHING: IdentityRequest = {
  privateKeyPath: null,
  publicKeyPath: null,
  identityFiles: [],
  identitiesOnly: false,
  agentSocket: null,
};

/** Loads what a request with nothing but these parts asks for. */
export function load(request: Partial<IdentityRequest>, keyring = new Keyring(null)): Promise<IdentitySet> {
  return loadIdentities({ ...NOTHING, ...request }, keyring);
}

/** `<how> <name of the file>`, or what the agent calls the key. */
export function summary(identities: readonly Identity[]): string[] {
  return identities.map(({ means, label }) => `${means.type} ${label.split('/').at(-1)}`);
}
