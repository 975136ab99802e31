import process from 'node:process';
import { EC2Client } from '@aws-sdk/client-ec2';
import type {
  $Command,
  EC2ClientConfig,
  EC2ClientResolvedConfig,
  Instance,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-ec2';
import { withDeadline } from '../../util/deadline.ts';
import { pause } from '../../util/pause.ts';
import { explainAwsError } from './errors.ts';
import { refusalOf } from './refusal.ts';

export interface ApiOptions {
  /** of `~/.aws/config`, or null: as the SDK's chain decides */
  readonly profile: string | null;
  /** URL of any server that speaks EC2's API, or null: AWS_ENDPOINT_URL or AWS itself */
  readonly endpoint: string | null;
  /** for requests that change nothing; READING by default */
  readonly patience?: Patience;
}

/** How long an answer may take, ms. */
export interface Patience {
  /** of one try */
  readonly tryMs: number;
  /** of all tries with the pauses between them, and of looking up the credentials before the first */
  readonly allMs: number;
}

export const READING: Patience = { tryMs: 7000, allMs: 15_000 };
/** Orders are answered when the instances have their ids, a fleet's after a search in all pools of capacity. */
export const LAUNCHING: Patience = { tryMs: 40_000, allMs: 100_000 };

/** Four tries that find nobody take nine seconds at most. */
const CONNECT_TIMEOUT_MS = 2000;
const MAX_ATTEMPTS = 4;
const CONSISTENCY_PAUSES_MS = [500, 1000, 2000];

type Client = Pick<EC2Client, 'config' | 'send' | 'destroy'>;
type Request<I extends ServiceInputTypes, O extends ServiceOutputTypes> = $Command<I, O, EC2ClientResolvedConfig>;
export type Ec2Instance = Instance;

/** Requests to EC2: one client a region, made when it is needed first. */
export class Ec2Api {
  readonly #options: ApiOptions;
  readonly #clients = new Map<string, Client>();
  readonly #closing = new AbortController();

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** @throws SpotError `aws-*` */
  async send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    region: string,
    request: Request<I, O>,
    patience: Patience = this.#options.patience ?? READING,
  ): Promise<O> {
    const client = this.#client(region);
    try {
      return await withDeadline(this.#closing.signal, patience.allMs, (deadline) =>
        deadline.race(client.send(request, { abortSignal: deadline.signal, requestTimeout: patience.tryMs })),
      );
    } catch (error) {
      throw explainAwsError(error, {
        region,
        endpoint: await customEndpoint(client),
        profile: this.#options.profile,
        action: request.constructor.name.replace(/Command\d*$/, ''),
        isClosed: this.#closing.signal.aborted,
      });
    }
  }

  /**
   * Asks again where EC2 does not know yet what was made a moment ago.
   * https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
   * @param unknown codes that say so
   */
  async onceKnown<T>(unknown: RegExp, ask: () => Promise<T>): Promise<T> {
    for (const pauseMs of CONSISTENCY_PAUSES_MS) {
      try {
        return await ask();
      } catch (error) {
        if (!unknown.test(refusalOf(error)?.code ?? '')) throw error;
        await pause(pauseMs, this.#closing.signal);
      }
    }
    return ask();
  }

  /** As its last answer shows, where it is so much that a signature would not count. */
  clockAheadMs(region: string): number {
    return this.#clients.get(region)?.config.systemClockOffset ?? 0;
  }

  close(): void {
    this.#closing.abort();
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
  }

  #client(region: string): Client {
    const known = this.#clients.get(region);
    if (known !== undefined) return known;
    const client = withoutVersionWarning(() => new EC2Client(this.#configOf(region)));
    this.#clients.set(region, client);
    return client;
  }

  #configOf(region: string): EC2ClientConfig {
    const { profile, endpoint } = this.#options;
    const [first] = this.#clients.values();
    return {
      region,
      retryMode: 'standard',
      maxAttempts: MAX_ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, throwOnRequestTimeout: true },
      logger: SILENCE,
      ...(profile === null ? {} : { profile }),
      ...(endpoint === null ? {} : { endpoint }),
      // looked up once for all regions: a role is assumed, or a login asked for, one time
      ...(first === undefined ? {} : { credentials: first.config.credentials }),
    };
  }
}

const nothing = (): void => undefined;
/** Without a logger the SDK writes some of its thoughts to the console. */
const SILENCE = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** The SDK's switch for the warning that a later version will need a later Node; looked at with the first client. */
const QUIET = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

function withoutVersionWarning<T>(make: () => T): T {
  const before = process.env[QUIET];
  process.env[QUIET] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, QUIET);
    else process.env[QUIET] = before;
  }
}

/** `http://127.0.0.1:5000`, or null where it is AWS's own; the SDK knows it once it has looked at the environment. */
async function customEndpoint({ config }: Client): Promise<string | null> {
  if (config.isCustomEndpoint !== true || config.endpoint === undefined) return null;
  const { protocol, hostname, port, path } = await config.endpoint();
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path === '/' ? '' : path}`;
}
