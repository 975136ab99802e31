import { configError, SpotError } from '../../model/errors.ts';
import { tellCredentialFault } from './credential-faults.ts';
import { faultOf, misconfigured, placeName, toSpotError } from './fault.ts';
import type { Fault, Place, Telling } from './fault.ts';
import { tellNetworkFault } from './network-faults.ts';
import type { Refusal } from './refusal.ts';
import { tellServiceFault } from './service-faults.ts';

/** What the SDK threw, as a sentence with a stable code (`aws-…`) and an exit code. */
export function explainAwsError(error: unknown, place: Place): SpotError {
  if (error instanceof SpotError) return error;
  // it leads to the request with its signature, which belongs into no log
  if (error instanceof Error) Reflect.deleteProperty(error, '$response');
  const fault = faultOf(error);
  return toSpotError(tell(fault, place), fault);
}

function tell(fault: Fault, place: Place): Telling {
  return (
    tellNetworkFault(fault, place) ??
    tellCredentialFault(fault, place) ??
    tellWrongSetting(fault, place) ??
    tellServiceFault(fault, place) ??
    tellBadAnswer(fault, place)
  );
}

/** What the SDK finds wrong before it asks. */
function tellWrongSetting({ status, words }: Fault, { region }: Place): Telling | null {
  if (status !== null) return null;
  if (/^(Region not accepted|Invalid region|Region is missing)/i.test(words)) {
    const message = `'${region}' is no name of a region; write one such as us-east-1 for --region and aws.regions`;
    return misconfigured('aws-unknown-region', message);
  }
  if (words !== 'Invalid URL') return null;
  const message = 'the value of AWS_ENDPOINT_URL is no URL; write one such as http://127.0.0.1:5000';
  return misconfigured('aws-bad-endpoint', message);
}

function tellBadAnswer({ name, words, status }: Fault, place: Place): Telling {
  const what = status === null ? `${name}: ${words}` : `HTTP ${status}`;
  return misconfigured(
    'aws-bad-answer',
    `what answers for EC2 in ${placeName(place)} does not speak its language (${what}); ` +
      'check aws.endpoint (AWS_ENDPOINT_URL) and the proxy',
  );
}

/** A refusal that came inside of an answer, or is read from an empty one. */
export function explainRefusal({ code, words }: Refusal, region: string, action = ''): SpotError {
  const fault = faultOf(
    Object.assign(new Error(words), { name: code, Code: code, $metadata: { httpStatusCode: 400 } }),
  );
  return toSpotError(tell(fault, { region, endpoint: null, profile: null, action, isClosed: false }), fault);
}

/** For an answer that could be read and says nothing that EC2 would say. */
export function badAnswer(region: string): SpotError {
  return configError(
    'aws-bad-answer',
    `what answers for EC2 in ${region} does not speak its language; check aws.endpoint (AWS_ENDPOINT_URL) and the proxy`,
  );
}
