import { matchesPatternList } from './pattern.ts';
import type { Criterion, Statement } from './ssh-config-file.ts';
import { lineError, type ConfigLine } from './ssh-config-line.ts';
import { expandTokens } from './ssh-tokens.ts';

/** What is known about a host before ssh_config is asked. */
export interface Query {
  /** the name as given, which `Host` lines match */
  readonly host: string;
  /** given with the host: goes before every User line */
  readonly user: string | null;
  /** who logs in where nothing names a user; `Match user` compares with it */
  readonly defaultUser: string;
  /** who runs this program */
  readonly localUser: string;
}

/** The settings that hold for one host; for each keyword (in lower case) the first line wins. */
export interface Settings {
  readonly first: ReadonlyMap<string, ConfigLine>;
  /** IdentityFile is the one keyword whose lines add up */
  readonly identityFiles: readonly ConfigLine[];
}

interface State {
  readonly query: Query;
  readonly first: Map<string, ConfigLine>;
  readonly identityFiles: ConfigLine[];
  /** what `Host` lines match: the name as given, in the final pass the HostName found */
  host: string;
  finalPass: boolean;
  wantsFinalPass: boolean;
}

const EVALUATED_CRITERIA = new Set(['all', 'canonical', 'final', 'host', 'localuser', 'originalhost', 'user']);

/**
 * Finds the settings of a host the way ssh does: from top to bottom, the first value wins; and a second time with the
 * HostName found, if a `Match final` line asks for it.
 * @throws SpotError (exit 78) where the answer depends on a criterion that is not evaluated, such as `Match exec`
 */
export function evaluate(statements: readonly Statement[], query: Query): Settings {
  const state: State = {
    query,
    first: new Map(),
    identityFiles: [],
    host: query.host,
    finalPass: false,
    wantsFinalPass: false,
  };
  applyAll(state, statements, true);
  if (state.wantsFinalPass) {
    state.finalPass = true;
    state.host = hostNameOf(state.query.host, state.first);
    applyAll(state, statements, true);
  }
  return state;
}

function applyAll(state: State, statements: readonly Statement[], active: boolean): void {
  let matching = active;
  for (const statement of statements) {
    if (statement.type === 'host') matching = active && matchesPatternList(statement.patterns, state.host);
    else if (statement.type === 'match') matching = active && matchesCriteria(state, statement);
    else if (!matching) continue;
    else if (statement.type === 'setting') record(state, statement);
    else for (const file of statement.files) applyAll(state, file, true);
  }
}

function record(state: State, line: ConfigLine): void {
  if (line.keyword === 'identityfile') {
    state.identityFiles.push(line);
    return;
  }
  // the two ways to go through another host exclude each other: the first one named counts
  const keyword = line.keyword === 'proxycommand' ? 'proxyjump' : line.keyword;
  if (!state.first.has(keyword)) state.first.set(keyword, line);
}

function matchesCriteria(state: State, statement: Statement & { readonly type: 'match' }): boolean {
  const { criteria, origin } = statement;
  const evaluated = criteria.filter(({ name }) => EVALUATED_CRITERIA.has(name));
  if (!evaluated.every((criterion) => holds(state, criterion) !== criterion.negated)) return false;
  const other = criteria.find(({ name }) => !EVALUATED_CRITERIA.has(name));
  if (other === undefined) return true;
  const reason = other.name === 'exec' ? 'would run a command' : 'is not understood';
  const problem = `"Match ${other.name}" ${reason}, so it is not known whether it applies to ${state.query.host}`;
  throw lineError(origin, `${problem}; use Host or Match host, or another file as ssh.config_file`);
}

function holds(state: State, { name, value }: Criterion): boolean {
  const { query } = state;
  const patterns = value.split(',');
  // host names are compared without regard to case, users with
  const matchesName = (host: string): boolean => matchesPatternList(value.toLowerCase().split(','), host.toLowerCase());
  switch (name) {
    case 'all':
      return true;
    case 'final':
      state.wantsFinalPass = true;
      return state.finalPass;
    case 'host':
      return matchesName(hostNameOf(query.host, state.first));
    case 'originalhost':
      return matchesName(query.host);
    case 'user':
      return matchesPatternList(patterns, query.user ?? state.first.get('user')?.words[0] ?? query.defaultUser);
    case 'localuser':
      return matchesPatternList(patterns, query.localUser);
    default:
      return false; // `canonical`: names are never canonicalized
  }
}

/** The HostName of a host, which may hold `%h` for the name as given; without one, the name as given. */
export function hostNameOf(host: string, first: Settings['first']): string {
  const line = first.get('hostname');
  return line === undefined ? host : expandTokens(line.words[0], { h: host }, line.origin);
}
