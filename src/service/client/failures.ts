import { configError, SpotError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { DeadlineError } from '../../util/deadline.ts';
import { formatDuration } from '../../util/format.ts';
import { reasonOf } from '../../util/system-error.ts';
import type { ServiceAddress } from './address.ts';

/** Those of Node's TLS for a certificate that it does not believe. */
const CERTIFICATE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)|_CERT(_|$)/;
const UNTRUSTED = /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** Why the service could not be asked, as one sentence. */
export function explainFailure(error: unknown, address: ServiceAddress): SpotError {
  if (error instanceof SpotError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  if (CERTIFICATE.test(code)) return certificateRefused(error, code, address);
  const { kind, shown } = address;
  if (error instanceof DeadlineError)
    return unreachable(address, `no answer within ${formatDuration(error.afterMs)}`, error);
  if (code === 'EACCES' && kind === 'socket') {
    const message = `the service at ${shown} may not be asked (permission denied); its socket is for the user who runs it`;
    return configError('service-refused', message, error);
  }
  if (code === 'ENOENT' && kind === 'socket') return unreachable(address, 'there is no such socket', error);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return unreachable(address, 'it does not speak TLS', error);
  if (code.startsWith('HPE_')) return unreachable(address, 'what listens there does not speak HTTP', error);
  if (['ECONNRESET', 'EPIPE'].includes(code)) return unreachable(address, 'the connection broke', error);
  if (code === 'ENOTFOUND') return unreachable(address, 'the host name is not found', error);
  return unreachable(address, reasonOf(error), error);
}

export function unreachable({ shown }: ServiceAddress, why: string, cause?: unknown): SpotError {
  const message = `the service at ${shown} cannot be reached: ${why}; see to it that spot serve runs there, or correct --via`;
  return new SpotError('service-unreachable', message, { exitCode: ExitCode.noInstance, cause });
}

/** What answers is no service of spot, or one of another age. */
export function misunderstood({ shown }: ServiceAddress, what: string, cause?: unknown): SpotError {
  const message = `what answers at ${shown} is not understood (${what}); see to it that it is spot serve, of the same version`;
  return new SpotError('service-answer', message, { exitCode: ExitCode.config, cause });
}

/** Of a proxy whose service is away. */
export function badGateway(address: ServiceAddress, status: number): SpotError {
  return status >= 500
    ? unreachable(address, `it answers with status ${status}`)
    : misunderstood(address, `status ${status}`);
}

/** Whether it may be better in a moment. */
export function isPassing(error: unknown): boolean {
  return error instanceof SpotError && (error.code === 'service-unreachable' || error.details['isPassing'] === true);
}

function certificateRefused(error: unknown, code: string, { shown }: ServiceAddress): SpotError {
  const advice = UNTRUSTED.test(code)
    ? 'name the file of the authority that has signed it with NODE_EXTRA_CA_CERTS'
    : 'have it made anew for that name';
  const message = `the certificate of ${shown} is not accepted (${reasonOf(error)}); ${advice}`;
  return configError('service-certificate', message, error);
}

/** An error as the service has told it. */
export interface ToldError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** What the service has refused, with the exit code that the same has on the command line. */
export function refused({ status, code, message }: ToldError, { shown }: ServiceAddress): SpotError {
  if (status === 401) {
    const advice = 'give a token by SPOT_TOKEN or service.token_file';
    return configError('service-refused', `the service at ${shown} refuses: ${message.split(';')[0]}; ${advice}`);
  }
  return new SpotError(code, message, {
    exitCode: exitCodeFor(status, code),
    details: { isPassing: status >= 500 || status === 429 },
  });
}

/** By the beginning of the code; what is wrong with the payload is what the user has to look at. */
const EXIT_CODES: readonly (readonly [RegExp, number])[] = [
  [/^(payload|no-such|no-active|upload|path|digest)/, ExitCode.noInput],
  [/^(instance|no-instance|none-|selection)/, ExitCode.noInstance],
];

function exitCodeFor(status: number, code: string): number {
  const known = EXIT_CODES.find(([pattern]) => pattern.test(code));
  if (known !== undefined) return known[1];
  return status >= 500 || status === 429 ? ExitCode.noInstance : ExitCode.usage;
}
