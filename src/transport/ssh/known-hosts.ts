import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../model/errors.ts';
import { parseKnownHostsLine, type HashedName, type KeyRole, type KnownKey } from './known-hosts-line.ts';
import { matchesPatternList } from './pattern.ts';

export type { KnownKey } from './known-hosts-line.ts';

/**
 * What known_hosts says about one host. Each list is worked out when it is first looked at: hashed names have to be
 * tried one by one, and a host with a pinned key needs only `revoked`.
 */
export interface KnownHostsVerdict {
  readonly keys: readonly KnownKey[];
  /** keys that must not be used, even if pinned */
  readonly revoked: readonly KnownKey[];
  /**
   * Keys that sign host certificates for this host. The ssh2 package cannot check certificates, so they vouch for
   * nothing here: not even for a host that shows such a key as its own.
   */
  readonly authorities: readonly KnownKey[];
}

/** Reads known_hosts files, which are never written. Missing files are empty; what cannot be read is a warning. */
export async function loadKnownHosts(paths: readonly string[]): Promise<KnownHosts> {
  const knownHosts = new KnownHosts();
  for (const path of paths) {
    try {
      knownHosts.add(await readFile(path, 'utf8'), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      knownHosts.warnings.push(`known_hosts file ${path} cannot be read and is ignored: ${messageOf(error)}`);
    }
  }
  return knownHosts;
}

export class KnownHosts {
  /** sentences about files and lines that are ignored */
  readonly warnings: string[] = [];
  readonly #names: Readonly<Record<KeyRole, NameIndex>> = {
    host: new NameIndex(),
    revoked: new NameIndex(),
    authority: new NameIndex(),
  };

  /** Takes up the content of one file. */
  add(content: string, file: string): void {
    for (const [index, text] of content.split('\n').entries()) {
      const parsed = parseKnownHostsLine(text);
      if (parsed === null) continue;
      if (parsed === 'broken') this.warnings.push(`${file}:${index + 1} is no line of known_hosts and is ignored`);
      else this.#names[parsed.role].add(parsed.names, { key: parsed.key, file, line: index + 1 });
    }
  }

  /**
   * Looks a host up as ssh does: by its alias if it has one, else by address, with the port if that is not 22.
   * @param hostKeyAlias HostKeyAlias of ssh_config
   */
  lookup(address: string, port: number, hostKeyAlias: string | null = null): KnownHostsVerdict {
    const name = (hostKeyAlias ?? (port === 22 ? address : `[${address}]:${port}`)).toLowerCase();
    const keys = once(() => this.#names.host.find(name));
    const revoked = once(() => this.#names.revoked.find(name));
    const authorities = once(() => this.#names.authority.find(name));
    return {
      get keys() {
        return keys();
      },
      get revoked() {
        return revoked();
      },
      get authorities() {
        return authorities();
      },
    };
  }
}

/** Keys by host name: written out, as patterns, or hashed. */
class NameIndex {
  readonly #written = new Map<string, KnownKey[]>();
  readonly #patterns: { readonly patterns: readonly string[]; readonly key: KnownKey }[] = [];
  readonly #hashed: { readonly name: HashedName; readonly key: KnownKey }[] = [];

  add(names: readonly string[] | HashedName, key: KnownKey): void {
    if ('salt' in names) this.#hashed.push({ name: names, key });
    else if (names.some((name) => /[*?!]/.test(name))) this.#patterns.push({ patterns: names, key });
    else for (const name of names) this.#addWritten(name, key);
  }

  #addWritten(name: string, key: KnownKey): void {
    const keys = this.#written.get(name);
    if (keys === undefined) this.#written.set(name, [key]);
    else keys.push(key);
  }

  find(name: string): KnownKey[] {
    const written = this.#written.get(name) ?? [];
    const byPattern = this.#patterns.filter(({ patterns }) => matchesPatternList(patterns, name));
    // every line has its own salt: one HMAC per line and name, about 2.5 µs
    const hashed = this.#hashed.filter((entry) => hashesTo(entry.name, name));
    return [...written, ...byPattern.map(({ key }) => key), ...hashed.map(({ key }) => key)];
  }
}

function hashesTo({ salt, digest }: HashedName, name: string): boolean {
  return createHmac('sha1', salt).update(name).digest().equals(digest);
}

function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | null = null;
  return () => (done ??= { value: work() }).value;
}
