import { DeadlineError } from '../../util/deadline.ts';
import { formatDuration } from '../../util/format.ts';
import { misconfigured, placeName, unavailable } from './fault.ts';
import type { Fault, Place, Telling } from './fault.ts';
import { KNOWN_REGIONS } from './regions.ts';

const HOW: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ETIMEDOUT: 'no connection came about',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  EAI_AGAIN: 'no name server answers',
};

/** Those of Node's TLS for a certificate that it does not believe. */
const CERTIFICATE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)|_CERT(_|$)/;

/** Nobody was there, or nobody answered; null for anything else. */
export function tellNetworkFault(fault: Fault, place: Place): Telling | null {
  if (place.isClosed) return unavailable('aws-closed', `${place.action} in ${placeName(place)} was given up`);
  if (fault.cause instanceof DeadlineError) return tellNoAnswer(place, formatDuration(fault.cause.afterMs));
  const { code, hostname } = systemPartsOf(fault.cause);
  if (code === 'ENOTFOUND') return tellUnknownHost(place, hostname);
  if (CERTIFICATE.test(code)) return tellCertificate(place, fault.words);
  const how = HOW[code];
  if (how !== undefined) return tellUnreachable(place, how);
  if (fault.name !== 'TimeoutError') return null;
  return fault.words.includes('connection') ? tellUnreachable(place, 'no connection came about') : tellNoAnswer(place);
}

function systemPartsOf(error: unknown): { readonly code: string; readonly hostname: string | null } {
  if (!(error instanceof Error)) return { code: '', hostname: null };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const hostname = 'hostname' in error && typeof error.hostname === 'string' ? error.hostname : null;
  return { code, hostname };
}

function tellUnreachable(place: Place, how: string): Telling {
  return unavailable(
    'aws-unreachable',
    `cannot reach EC2 in ${placeName(place)}: ${how}; check the network${checkEndpoint(place)}`,
  );
}

function tellNoAnswer(place: Place, after?: string): Telling {
  const within = after === undefined ? 'in time' : `within ${after}`;
  return unavailable(
    'aws-no-answer',
    `${place.action} in ${placeName(place)} was not answered ${within}; check the network${checkEndpoint(place)}, and try again`,
  );
}

/** Offline, some systems say the same as for a name that does not exist. */
function tellUnknownHost(place: Place, hostname: string | null): Telling {
  const { region, endpoint } = place;
  if (endpoint !== null || KNOWN_REGIONS.includes(region) || hostname?.startsWith('ec2.') === false) {
    return tellUnreachable(place, `the host name ${hostname ?? 'of the endpoint'} is not found`);
  }
  return misconfigured(
    'aws-unknown-region',
    `there is no region '${region}', as far as anybody knows here: the host name ${hostname ?? ''} is not found; ` +
      'check --region and aws.regions',
  );
}

function tellCertificate(place: Place, words: string): Telling {
  return misconfigured(
    'aws-certificate',
    `cannot trust the certificate of EC2 in ${placeName(place)} (${words}); name the authority that signed it in ` +
      `NODE_EXTRA_CA_CERTS${checkEndpoint(place, ', or correct aws.endpoint')}`,
  );
}

function checkEndpoint({ endpoint }: Place, words = ' and aws.endpoint (AWS_ENDPOINT_URL)'): string {
  return endpoint === null ? '' : words;
}
