import type { ParsedKey } from 'ssh2';
import { messageOf, type Problem } from '../../model/errors.ts';
import { remember } from '../../util/remember.ts';
import { listAgentKeys, type AgentKey } from './agent.ts';
import { readKeyFile, type KeyFile } from './key-file.ts';
import { askToUnlock, type AskPassphrase } from './passphrase.ts';

/** An agent's keys, or why there are none. */
export interface AgentContent {
  readonly keys: readonly AgentKey[];
  readonly problem: string | null;
}

/**
 * The keys of a whole run: every file is read and decrypted once, every passphrase asked for once, every agent listed
 * once, however many hosts need them.
 */
export class Keyring {
  readonly #ask: AskPassphrase | null;
  readonly #files = new Map<string, Promise<KeyFile>>();
  readonly #unlocked = new Map<string, Promise<ParsedKey | Problem>>();
  readonly #agents = new Map<string, Promise<AgentContent>>();
  /** settles when the last question asked is answered: two prompts at once would mix in the terminal */
  #answered: Promise<unknown> = Promise.resolve();

  /** @param ask null where nobody can be asked */
  constructor(ask: AskPassphrase | null) {
    this.#ask = ask;
  }

  file(path: string): Promise<KeyFile> {
    return remember(this.#files, path, () => readKeyFile(path));
  }

  /** Decrypts a key file of kind `encrypted`. */
  unlock(path: string, file: KeyFile & { readonly kind: 'encrypted' }): Promise<ParsedKey | Problem> {
    return remember(this.#unlocked, path, () => {
      const key = this.#answered.then(() => askToUnlock(path, file.unlock, this.#ask));
      this.#answered = key.catch(() => undefined);
      return key;
    });
  }

  agent(socketPath: string): Promise<AgentContent> {
    return remember(this.#agents, socketPath, async () => {
      try {
        return { keys: await listAgentKeys(socketPath), problem: null };
      } catch (error) {
        return { keys: [], problem: `ssh-agent at ${socketPath} is not used: ${messageOf(error)}` };
      }
    });
  }
}
