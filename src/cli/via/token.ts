import type { Config } from '../../config/config.ts';
import type { Secret } from '../../util/secret.ts';
import type { Io } from '../io.ts';
import { checkToken, readTokenFile } from '../token-file.ts';

/**
 * The token that a service is shown: `SPOT_TOKEN`, else that of `service.token_file`; null where there is none.
 * @throws SpotError (exit 78) where what is there is none, or others may read it
 */
export function readToken({ service: { tokenFile } }: Config, { env }: Pick<Io, 'env'>): Secret | null {
  const inEnvironment = env['SPOT_TOKEN'] || null;
  if (inEnvironment !== null) return checkToken(inEnvironment, 'SPOT_TOKEN');
  return tokenFile === null ? null : readTokenFile(tokenFile);
}
