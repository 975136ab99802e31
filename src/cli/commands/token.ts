import { nearest } from '../../util/nearest.ts';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { formatTable } from '../../report/table.ts';
import { createToken, hashToken } from '../../service/tokens.ts';
import type { TokenRecord, TokenTable } from '../../state/tokens.ts';
import { createTimeIds } from '../../util/time-ids.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';

export interface TokenListOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** Who these names mean stands in `audit` already. */
const TAKEN_NAMES = ['socket', 'nobody', 'file', 'environment'];

/** `spot token create`: the token is shown this once; the state keeps its digest. */
export async function createNamedToken(name: string, options: GlobalOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  checkName(name);
  return withState(config, io, (state) => {
    const token = createToken();
    const id = createTimeIds(io.clock, io.random)('to');
    if (!state.tokens.create({ id, name, hash: hashToken(token) })) {
      const isRevoked = state.tokens.list().some((known) => known.name === name && known.revokedAt !== null);
      const what = isRevoked ? `a token ${name} was revoked` : `there is a token ${name}`;
      throw usageError('token-taken', `${what}; choose another name, as each stands for one token`);
    }
    io.stdout.write(`${token}\n`);
    return ExitCode.ok;
  });
}

/** `spot token list` */
export async function listTokens(options: TokenListOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, (state) => {
    const records = state.tokens.list();
    if (options.json) io.stdout.write(`${JSON.stringify(listDocument(records), null, 2)}\n`);
    else if (records.length === 0)
      io.stderr.write(`no token in ${state.path}; make one with: spot token create NAME\n`);
    else io.stdout.write(listText(records, io.stdout.columns));
    return ExitCode.ok;
  });
}

/** `spot token revoke`: it opens nothing any more, not even a service that runs. */
export async function revokeToken(name: string, options: GlobalOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, (state) => {
    if (!state.tokens.revoke(name)) throw nothingToRevoke(name, state.tokens);
    io.stderr.write(`revoked ${name}\n`);
    return ExitCode.ok;
  });
}

function checkName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name)) {
    const rule = 'it has letters, digits, dots, dashes and underscores, 64 at most';
    throw usageError('bad-token-name', `'${name}' is no name for a token; ${rule}`);
  }
  if (!TAKEN_NAMES.includes(name)) return;
  throw usageError('bad-token-name', `the name ${name} means another way in; choose another one`);
}

function nothingToRevoke(name: string, tokens: TokenTable): Error {
  const records = tokens.list();
  if (records.some((known) => known.name === name)) {
    return usageError('token-revoked', `the token ${name} is revoked already; see: spot token list`);
  }
  const near = nearest(
    name,
    records.filter(({ revokedAt }) => revokedAt === null).map((known) => known.name),
  );
  const advice = near === null ? 'see what there is with: spot token list' : `did you mean ${near}?`;
  return usageError('no-such-token', `there is no token ${name}; ${advice}`);
}

function listDocument(records: readonly TokenRecord[]): unknown {
  return {
    schema: 1,
    tokens: records.map(({ name, createdAt, usedAt, revokedAt }) => ({
      name,
      created_at: createdAt,
      used_at: usedAt,
      revoked_at: revokedAt,
    })),
  };
}

function listText(records: readonly TokenRecord[], columns: number | undefined): string {
  const rows = records.map(({ name, createdAt, usedAt, revokedAt }) => [
    name,
    createdAt,
    usedAt ?? 'never',
    revokedAt ?? '',
  ]);
  return formatTable(['NAME', 'CREATED', 'USED', 'REVOKED'], rows, { columns });
}
