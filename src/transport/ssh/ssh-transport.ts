import { performance } from 'node:perf_hooks';
import type { Client } from 'ssh2';
import { messageOf, type Problem, SpotError } from '../../model/errors.ts';
import type { Host } from '../../model/plan.ts';
import { backOff } from '../../util/back-off.ts';
import { Deadline, DeadlineError, withDeadline } from '../../util/deadline.ts';
import { formatDuration } from '../../util/format.ts';
import { ConnectError, type ConnectRequest, type Connection, type Transport } from '../transport.ts';
import { algorithmsFor } from './algorithms.ts';
import { type ConnectStage, connectProblem } from './connect-problem.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { handshake, type Link, openTcp } from './dial.ts';
import { keyTextOf } from './fingerprint.ts';
import { type HostKeyPolicy, judgeHostKey } from './host-key.ts';
import { authMethods, identityRequestOf, type IdentitySet, loadIdentities } from './identity.ts';
import { JumpHosts } from './jump-hosts.ts';
import type { ExpectedKeys, KeySource } from './key-source.ts';
import type { Keyring } from './keyring.ts';
import { type KnownHosts, type KnownHostsVerdict, loadKnownHosts } from './known-hosts.ts';
import type { ResolvedHop, SshConfig } from './ssh-config.ts';
import { SshConnection } from './ssh-connection.ts';
import { remember } from '../../util/remember.ts';

/** What sshd does beyond MaxStartups, or under PerSourcePenalties. */
const OVERLOAD_CODES: ReadonlySet<string> = new Set(['connection-reset', 'connection-closed']);

/** How long a console may take to be read, ms: where it must be, and where it need not be. */
const CONSOLE_MS = 30_000;
const SHORT_CONSOLE_MS = 3000;

export interface SshTransportOptions {
  readonly sshConfig: SshConfig;
  readonly keyring: Keyring;
  /** the configured key, or null: those of ssh_config, or ssh's default ones */
  readonly privateKeyPath: string | null;
  readonly publicKeyPath: string | null;
  /** SSH_AUTH_SOCK, or null */
  readonly agentSocket: string | null;
  readonly hostKeys: HostKeyPolicy;
  /** asked at first contact; closed with the transport; null: there is none */
  readonly keySource: KeySource | null;
  /** a known_hosts file besides those that ssh_config names */
  readonly knownHostsFile: string;
  readonly keepaliveIntervalMs: number;
  /** in [0, 1) */
  readonly random: () => number;
}

/** One machine to be logged in to, and what is known of it. */
export interface HopRequest {
  readonly hop: ResolvedHop;
  /** what people call it */
  readonly label: string;
  readonly instanceId: string;
  readonly pinnedKey: string | null;
  /** on the way to an instance: it may want another key than the configured one */
  readonly isJump: boolean;
}

export interface Login {
  readonly client: Client;
  readonly hostKey: string;
}

/** SSH over TCP with the ssh2 package; one connection an instance, jump hosts shared. */
export class SshTransport implements Transport {
  readonly #options: SshTransportOptions;
  readonly #knownHosts = new Map<string, Promise<KnownHosts>>();
  readonly #identities = new Map<string, Promise<IdentitySet>>();
  readonly #gates = new Map<string, HandshakeGate>();
  readonly #jumpHosts: JumpHosts;

  constructor(options: SshTransportOptions) {
    this.#options = options;
    this.#jumpHosts = new JumpHosts((request, link, deadline) => this.#login(request, link, deadline));
  }

  /**
   * Finds out before anything starts whether these hosts can be logged in to at all: settings and keys.
   * @returns sentences about keys and known_hosts lines that are not used
   * @throws SpotError (exit 78)
   */
  async prepare(hosts: readonly Host[]): Promise<readonly string[]> {
    const notices = new Set<string>();
    for (const host of hosts) {
      const { jumps, ...hop } = this.#options.sshConfig.resolve(host);
      for (const jump of jumps) note(notices, (await this.#identitiesFor(jump, true)).notices);
      note(notices, (await this.#identitiesFor(hop, false)).notices);
      note(notices, (await this.#knownHostsFor(hop)).warnings);
    }
    return [...notices];
  }

  /**
   * A server that hangs up before the login is overloaded: then all that goes to it goes slower, and this one tries
   * again in its time.
   */
  async connect(request: ConnectRequest): Promise<Connection> {
    const gate = this.#gateOf(request.host);
    for (let tries = 1, leftMs = request.timeoutMs; ; tries += 1) {
      const place = await gate.enter(request.signal);
      const startedAt = performance.now();
      try {
        const connection = await this.#connectOnce({ ...request, timeoutMs: leftMs });
        place.leave('done');
        return connection;
      } catch (error) {
        place.leave(isOverload(error) ? 'overload' : 'failed');
        if (!isOverload(error)) throw error;
        await backOff(tries, this.#options.random, request.signal);
        leftMs -= performance.now() - startedAt;
        if (leftMs <= 0) throw error;
      }
    }
  }

  /** What bears only so many is one server: the first on the way, a bastion or the host itself. */
  #gateOf(host: Host): HandshakeGate {
    const { jumps, ...hop } = this.#options.sshConfig.resolve(host);
    const { address, port } = jumps[0] ?? hop;
    const server = `${address}:${port}`;
    const gate = this.#gates.get(server) ?? new HandshakeGate();
    this.#gates.set(server, gate);
    return gate;
  }

  async #connectOnce(request: ConnectRequest): Promise<Connection> {
    const { instanceId, label, pinnedKey } = request;
    const { jumps, ...hop } = this.#options.sshConfig.resolve(request.host);
    const deadline = new Deadline(request.signal, request.timeoutMs);
    try {
      const link = await this.#open(hop, jumps, deadline);
      const login = await this.#login({ hop, label, instanceId, pinnedKey, isJump: false }, link, deadline);
      return new SshConnection(login.client, {
        stream: link.stream,
        roundTripMs: link.roundTripMs,
        hostKey: login.hostKey,
      });
    } finally {
      deadline.clear();
    }
  }

  async close(): Promise<void> {
    this.#options.keySource?.close();
    await this.#jumpHosts.close();
  }

  async #open(hop: ResolvedHop, jumps: readonly ResolvedHop[], deadline: Deadline): Promise<Link> {
    if (jumps.length > 0) return this.#jumpHosts.open(jumps, hop, deadline);
    return attemptStage(hop, 'open', deadline, () => openTcp(hop.address, hop.port, deadline.signal));
  }

  async #login(request: HopRequest, link: Link, deadline: Deadline): Promise<Login> {
    const { hop, pinnedKey } = request;
    const [identities, knownHosts] = await Promise.all([
      this.#identitiesFor(hop, request.isJump),
      this.#knownHostsFor(hop),
    ]);
    const known = knownHosts.lookup(hop.address, hop.port, hop.hostKeyAlias);
    const expected = await attemptStage(hop, 'handshake', deadline, () => this.#expected(request, known, deadline));
    const preferred = pinnedKey === null ? [...typesOf(expected), ...known.keys.map(({ key }) => key)] : [pinnedKey];
    const seen: { hostKey: string; refusal: Problem | null } = { hostKey: '', refusal: null };
    const acceptKey = (blob: Buffer): boolean => {
      seen.hostKey = keyTextOf(blob);
      const facts = { shown: seen.hostKey, pinned: pinnedKey, policy: this.#options.hostKeys, known, expected };
      const { label, instanceId } = request;
      const judgement = judgeHostKey({ ...facts, label, instanceId, address: hop.address });
      seen.refusal = judgement.verdict === 'reject' ? judgement.problem : null;
      return seen.refusal === null;
    };
    try {
      const client = await attemptStage(hop, 'handshake', deadline, () =>
        handshake(link.stream, {
          username: hop.user,
          authHandler: authMethods(identities, hop.user),
          algorithms: algorithmsFor(preferred),
          acceptKey,
          keepaliveIntervalMs: this.#options.keepaliveIntervalMs,
          signal: deadline.signal,
        }),
      );
      return { client, hostKey: seen.hostKey };
    } catch (error) {
      throw seen.refusal === null ? error : new ConnectError('rejected', seen.refusal, error);
    }
  }

  /** Before the handshake: the host shows the key that is asked for. With `accept-new` nobody waits long for it. */
  async #expected(request: HopRequest, known: KnownHostsVerdict, deadline: Deadline): Promise<ExpectedKeys> {
    const { hostKeys, keySource } = this.#options;
    const isFirstContact = request.pinnedKey === null && !request.isJump;
    const isWanted = hostKeys === 'console' || (hostKeys === 'accept-new' && known.keys.length === 0);
    if (keySource === null || !isFirstContact || !isWanted) return { kind: 'no-source' };
    const asked = keySource.expected(request.instanceId);
    const patienceMs = hostKeys === 'console' ? CONSOLE_MS : SHORT_CONSOLE_MS;
    return withDeadline(deadline.signal, patienceMs, (own) => own.race(asked)).catch((error: unknown) => {
      deadline.signal.throwIfAborted();
      const reason =
        error instanceof DeadlineError ? `no answer within ${formatDuration(patienceMs)}` : messageOf(error);
      return { kind: 'failed', reason, mayPass: true };
    });
  }

  #identitiesFor(hop: ResolvedHop, isJump: boolean): Promise<IdentitySet> {
    const { keyring } = this.#options;
    const request = identityRequestOf(hop, this.#options, isJump);
    return remember(this.#identities, JSON.stringify(request), () => loadIdentities(request, keyring));
  }

  #knownHostsFor({ knownHostsFiles }: ResolvedHop): Promise<KnownHosts> {
    const paths = [...new Set([...knownHostsFiles, this.#options.knownHostsFile])];
    return remember(this.#knownHosts, paths.join('\0'), () => loadKnownHosts(paths));
  }
}

function typesOf(expected: ExpectedKeys): string[] {
  return expected.kind === 'keys' ? expected.keys.map(({ type }) => type).filter((type) => type !== null) : [];
}

function note(notices: Set<string>, more: readonly string[]): void {
  for (const notice of more) notices.add(notice);
}

function isOverload(error: unknown): boolean {
  return error instanceof ConnectError && OVERLOAD_CODES.has(error.problem.code);
}

/** Turns what went wrong into a ConnectError, unless the run was cancelled. */
async function attemptStage<T>(
  hop: ResolvedHop,
  stage: ConnectStage,
  deadline: Deadline,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cancelled = deadline.signal.aborted && !deadline.timedOut;
    if (cancelled || error instanceof SpotError || error instanceof ConnectError) throw error;
    throw new ConnectError('unreachable', connectProblem(error, hop, stage), error);
  }
}
