import { SpotError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';

/** Where something was asked for. */
export interface Place {
  readonly region: string;
  /** URL, or null: AWS itself */
  readonly endpoint: string | null;
  /** whose credentials were asked for, or null: as the SDK's chain decides */
  readonly profile: string | null;
  /** in EC2's words: `RunInstances` */
  readonly action: string;
  /** the `Cloud` was closed meanwhile */
  readonly isClosed: boolean;
}

/** What went wrong, in the words of AWS or of the SDK. */
export interface Fault {
  /** `InvalidAMIID.NotFound`, `CredentialsProviderError` */
  readonly name: string;
  /** without what nobody can read, and without a full stop */
  readonly words: string;
  /** of the answer, or null where there was none */
  readonly status: number | null;
  readonly cause: unknown;
}

/** How one kind of fault is told. */
export interface Telling {
  readonly code: `aws-${string}`;
  readonly exit: 'config' | 'unavailable';
  /** what, where, and what to do next */
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The configuration or the rights are wrong. */
export function misconfigured(code: Telling['code'], message: string, details?: Telling['details']): Telling {
  return { code, exit: 'config', message, ...(details === undefined ? {} : { details }) };
}

/** AWS does not answer, or has not what is asked for. */
export function unavailable(code: Telling['code'], message: string, details?: Telling['details']): Telling {
  return { code, exit: 'unavailable', message, ...(details === undefined ? {} : { details }) };
}

export function toSpotError({ code, exit, message, details }: Telling, fault: Fault): SpotError {
  return new SpotError(code, message, {
    exitCode: exit === 'config' ? ExitCode.config : ExitCode.noInstance,
    details: { awsCode: fault.name, awsMessage: fault.words, ...details },
    cause: fault.cause,
  });
}

/** `us-east-1`, or `us-east-1 (http://127.0.0.1:5000)`. */
export function placeName({ region, endpoint }: Place): string {
  return endpoint === null ? region : `${region} (${endpoint})`;
}

export function faultOf(error: unknown): Fault {
  const { name, message, metadata } = partsOf(error);
  return { name, words: readable(message), status: metadata.httpStatusCode ?? null, cause: error };
}

interface Parts {
  readonly name: string;
  readonly message: string;
  readonly metadata: { readonly httpStatusCode?: number };
}

function partsOf(error: unknown): Parts {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), metadata: {} };
  const metadata = '$metadata' in error ? (error.$metadata as Parts['metadata']) : {};
  return { name: error.name, message: error.message, metadata };
}

/** EC2 appends an encoded text to refusals that only a call of its own can decode. */
export function readable(message: string): string {
  return message
    .replace(/\.?\s*Encoded authorization failure message:.*$/s, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '')
    .slice(0, 400);
}
