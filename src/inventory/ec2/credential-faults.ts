import { misconfigured, placeName } from './fault.ts';
import type { Fault, Place, Telling } from './fault.ts';

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'TokenProviderError'];
const REFUSED = [
  'AuthFailure',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
];
const SKEWED = ['RequestInTheFuture', 'RequestTimeTooSkewed'];
const NOT_ALLOWED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'];
const NO_ROLE = 'AuthFailure.ServiceLinkedRoleCreationNotPermitted';

/** Who asks is not known, or may not ask; null for anything else. */
export function tellCredentialFault(fault: Fault, place: Place): Telling | null {
  const { name, words } = fault;
  if (NOT_ALLOWED.includes(name)) return tellNotAllowed(fault, place);
  if (name === NO_ROLE) return tellNoRole(place);
  if (words.includes('scoped to a valid region')) return tellWrongRegion(words, place);
  if (name === 'CredentialsProviderError') return tellNoCredentials(words, place);
  if (SKEWED.includes(name) || (REFUSED.includes(name) && /expired|not yet current/i.test(words))) {
    return misconfigured(
      'aws-clock',
      `AWS refuses the time of this machine (${words}); set its clock right, e.g. with NTP`,
    );
  }
  if (EXPIRED.includes(name)) return tellExpired(words);
  if (name === 'RequestExpired') return tellTooOld(words);
  if (!REFUSED.includes(name) || isAboutImage(words)) return null;
  return misconfigured(
    'aws-credentials-refused',
    `AWS does not accept the credentials for ${placeName(place)} (${name}: ${words}); check access key and secret, ` +
      'that the region is enabled for the account, and the clock of this machine',
  );
}

/** `Not authorized for images: [ami-…]`: the image belongs to somebody else. */
function isAboutImage(words: string): boolean {
  return /not authorized for images/i.test(words);
}

/** The endpoint is another region's, or has never heard of this one. */
function tellWrongRegion(words: string, place: Place): Telling {
  return misconfigured(
    'aws-unknown-region',
    `what answers for EC2 does not serve ${placeName(place)} (${words}); check --region, aws.regions and aws.endpoint`,
  );
}

function tellNoCredentials(words: string, { profile }: Place): Telling {
  if (/expired|sso login/i.test(words)) return tellExpired(words);
  if (profile === null) {
    return misconfigured(
      'aws-no-credentials',
      `no AWS credentials (${words}); set aws.profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ` +
        'or run: aws configure',
    );
  }
  return misconfigured(
    'aws-no-credentials',
    `the AWS profile '${profile}' gives no credentials (${words}); correct aws.profile, ` +
      'and see which profiles there are with: aws configure list-profiles',
    { profile },
  );
}

function tellExpired(words: string): Telling {
  return misconfigured(
    'aws-credentials-expired',
    `the AWS credentials have expired (${words}); renew them, e.g. with: aws sso login`,
  );
}

/** EC2 has one code for both. */
function tellTooOld(words: string): Telling {
  return misconfigured(
    'aws-credentials-expired',
    `the AWS credentials have expired, or the clock of this machine is wrong (${words}); renew the credentials, ` +
      'e.g. with: aws sso login, and check the clock',
  );
}

/** `User: arn:… is not authorized to perform: ec2:RunInstances on resource: arn:… because no … policy allows …`. */
const REFUSAL = /User: (\S+) is not authorized to perform: (\S+)(?: on resource: (\S+))?(?: (because .*))?/;

function tellNotAllowed({ words }: Fault, place: Place): Telling {
  const [, user, action = `ec2:${place.action}`, resource, because] = REFUSAL.exec(words) ?? [];
  const who = user ?? 'the AWS credentials';
  const onWhat = resource === undefined ? '' : ` on ${resource}`;
  const why = because === undefined ? '' : ` (${because})`;
  return misconfigured(
    'aws-not-allowed',
    `${who} may not do ${action}${onWhat} in ${placeName(place)}${why}; have ${action} allowed in the IAM policy, ` +
      'or use other credentials',
    { action, resource: resource ?? null, user: user ?? null },
  );
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html */
function tellNoRole({ action }: Place): Telling {
  const service = action === 'CreateFleet' ? 'ec2fleet.amazonaws.com' : 'spot.amazonaws.com';
  return misconfigured(
    'aws-no-service-role',
    'the account lacks the service-linked role for spot instances, and these credentials may not make it; ' +
      `have an administrator run once: aws iam create-service-linked-role --aws-service-name ${service}`,
  );
}
