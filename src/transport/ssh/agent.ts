import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { GetStreamCallback, IdentityCallback, ParsedKey } from 'ssh2';

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
  const keys = await getIdentities(new ClosableAgent(socketPath));
  return keys.map((key) => ({
    publicKey: key.getPublicSSH(),
    comment: key.comment,
    agent: new SingleKeyAgent(socketPath, key),
  }));
}

async function getIdentities(agent: ClosableAgent): Promise<ParsedKey[]> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${AGENT_TIMEOUT_MS} ms`)), AGENT_TIMEOUT_MS);
      agent.getIdentities((error, keys) => (error ? reject(error) : resolve(keys as ParsedKey[])));
    });
  } finally {
    clearTimeout(timer);
    agent.close();
  }
}

/** ssh2 closes the connection to an agent only when it has answered. */
class ClosableAgent extends ssh2.OpenSSHAgent {
  #stream: Duplex | undefined;

  override getStream(callback: GetStreamCallback): void {
    super.getStream((error, stream) => {
      this.#stream = stream;
      callback(error, stream);
    });
  }

  close(): void {
    this.#stream?.destroy();
  }
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
