import ssh2 from 'ssh2';
import type { IdentityCallback, ParsedKey } from 'ssh2';

/** A key that an ssh-agent holds. */
export interface AgentKey {
  /** in wire format */
  readonly publicKey: Buffer;
  /** what the agent calls it, mostly the path it was loaded from */
  readonly comment: string;
  /** an agent with this key and no other, for ssh2 */
  readonly agent: SingleKeyAgent;
}

/** An agent on this machine answers at once; one that was forwarded over a dead link never does. */
const AGENT_TIMEOUT_MS = 3000;

/**
 * The keys an agent holds, in its order, without those of types that ssh2 does not know.
 * @throws Error where the agent does not answer
 */
export async function listAgentKeys(socketPath: string): Promise<AgentKey[]> {
  const keys = await getIdentities(new ssh2.OpenSSHAgent(socketPath));
  return keys.map((key) => ({
    publicKey: key.getPublicSSH(),
    comment: key.comment,
    agent: new SingleKeyAgent(socketPath, key),
  }));
}

function getIdentities(agent: InstanceType<typeof ssh2.OpenSSHAgent>): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${AGENT_TIMEOUT_MS} ms`)), AGENT_TIMEOUT_MS);
    agent.getIdentities((error, keys) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(keys as ParsedKey[]);
    });
  });
}

/**
 * Lets ssh2 log in with one key of an agent, at the place we choose among other keys. The agent is asked to sign only:
 * ssh2's own way would list its keys for every connection, and fail the connection where that fails.
 */
export class SingleKeyAgent extends ssh2.OpenSSHAgent {
  readonly #key: ParsedKey;

  constructor(socketPath: string, key: ParsedKey) {
    super(socketPath);
    this.#key = key;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(null, [this.#key]);
  }
}
