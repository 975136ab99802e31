/** What secrets look like that can be told by their form. */
const FORMS: readonly { readonly what: string; readonly needle: string; readonly pattern: RegExp }[] = [
  { what: 'a private key', needle: 'PRIVATE KEY', pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/ },
  { what: 'a private key', needle: 'PuTTY-User-Key-File', pattern: /^PuTTY-User-Key-File-\d/m },
  { what: 'an access key of AWS', needle: 'AKIA', pattern: /\bAKIA[0-9A-Z]{16}\b/ },
  { what: 'a token of GitHub', needle: 'gh', pattern: /\b(?:ghp|gho|ghs|ghu)_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{50}/ },
];

export interface SecretWords {
  /** with its article: `a private key` */
  readonly what: string;
  /** from 1 */
  readonly line: number;
}

/** The first secret in a content, by its form; null where there is none. */
export function findSecret(content: Buffer): SecretWords | null {
  const candidates = FORMS.filter(({ needle }) => content.includes(needle));
  if (candidates.length === 0) return null;
  const text = content.toString('latin1');
  for (const { what, pattern } of candidates) {
    const at = text.search(pattern);
    if (at !== -1) return { what, line: text.slice(0, at).split('\n').length };
  }
  return null;
}

/** Names that are given to secrets, and not to their public halves or examples. */
const NAMES: readonly RegExp[] = [
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/,
  /\.(key|p12|pfx|jks|keystore|kdbx|keytab|ppk)$/i,
  /^\.env(\.(?!example|sample|template|dist).+)?$/,
  /^(credentials|credentials\.json|\.credentials)$/,
  /^\.(netrc|pgpass|git-credentials|htpasswd|my\.cnf)$/,
  /\.tfstate$/,
];

/** @param name the last part of a path */
export function namesSecret(name: string): boolean {
  return NAMES.some((pattern) => pattern.test(name));
}
