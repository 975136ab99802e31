import { misconfigured, placeName, unavailable } from './fault.ts';
import type { Fault, Place, Telling } from './fault.ts';

/** Which faults are told by a row: by EC2's code, and by its words where one code means many things. */
interface Row {
  readonly names: RegExp;
  readonly words?: RegExp;
  readonly tell: (fault: Fault, where: string, place: Place) => Telling;
}

const BAD_VALUE = /^(InvalidParameterValue|InvalidParameter|InvalidParameterCombination)$/;

/** https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html; the first row that fits counts. */
const ROWS: readonly Row[] = [
  {
    names: /^(RequestLimitExceeded|.*Throttl.*|TooManyRequestsException|SlowDown|BandwidthLimitExceeded)$/,
    tell: ({ name }, where) =>
      unavailable(
        'aws-throttled',
        `EC2 in ${where} takes no more requests of this account for now (${name}, after several tries); ` +
          'wait a minute and try again',
      ),
  },
  {
    names: /^OptInRequired$/,
    words: /marketplace/i,
    tell: ({ words }) =>
      misconfigured(
        'aws-not-subscribed',
        `the image needs a subscription (${words}); accept its terms in AWS Marketplace, or choose another --ami`,
      ),
  },
  {
    names: /^OptInRequired$/,
    tell: ({ words }, where) =>
      misconfigured(
        'aws-region-disabled',
        `EC2 in ${where} is not open to this account (${words}); enable the region in the account settings, or choose another one`,
      ),
  },
  {
    names: /^(Blocked|PendingVerification|AccountDisabled)$/,
    tell: ({ name, words }, where) =>
      unavailable('aws-account', `EC2 in ${where} does not serve this account (${name}: ${words}); ask AWS Support`),
  },
  {
    names: /^(VPCIdNotSpecified|DefaultVpcDoesNotExist|DefaultSubnetDoesNotExist|MissingInput)$/,
    tell: ({ words }, where) => noDefaultVpc(where, words),
  },
  {
    names: /^(InvalidAMIID\..*|AuthFailure)$/,
    tell: ({ words }, where) =>
      misconfigured(
        'aws-unknown-image',
        `no such image in ${where} (${words}); ids differ from region to region: correct --ami (aws.ami), or leave it out`,
      ),
  },
  {
    names: BAD_VALUE,
    words: /architecture/i,
    tell: ({ words }, where) =>
      misconfigured(
        'aws-architecture',
        `image and instance type do not fit in ${where} (${words}); choose another --ami or --instance-type`,
      ),
  },
  {
    names: /^InvalidInstanceType$/,
    tell: ({ words }, where) => unknownType(where, words),
  },
  {
    names: BAD_VALUE,
    words: /instance ?type/i,
    tell: ({ words }, where) => unknownType(where, words),
  },
  {
    names: /^InvalidSubnet(ID)?(\.|$)/,
    tell: ({ words }, where) =>
      misconfigured('aws-unknown-subnet', `no such subnet in ${where} (${words}); correct aws.subnet`),
  },
  {
    names: BAD_VALUE,
    words: /different (networks|VPCs?)|not belong/i,
    tell: ({ words }, where) =>
      misconfigured(
        'aws-network-mismatch',
        `security group and subnet do not fit in ${where} (${words}); choose aws.security_group and aws.subnet of one VPC`,
      ),
  },
  {
    names: /^Invalid(Group|SecurityGroup|SecurityGroupID|GroupId)\./,
    tell: ({ words }, where) => unknownGroup(where, words),
  },
  {
    names: /^InvalidKeyPair\.NotFound$/,
    tell: ({ words }, where) =>
      misconfigured('aws-unknown-key', `no such key pair in ${where} (${words}); run the command again`),
  },
  {
    names: /^InvalidKey\.Format$/,
    tell: ({ words }) =>
      misconfigured(
        'aws-key-refused',
        `EC2 does not take the public key (${words}); set aws.public_ssh_key_path to an ed25519 or RSA key`,
      ),
  },
  {
    names: BAD_VALUE,
    words: /availability zone/i,
    tell: ({ words }, where) => unknownZone(where, words),
  },
  {
    names: /^InvalidAvailabilityZone$/,
    tell: ({ words }, where) => unknownZone(where, words),
  },
  {
    names: /^IdempotentParameterMismatch$/,
    tell: (_, where, { action }) =>
      misconfigured(
        'aws-token-reused',
        `${action} in ${where} was asked for with the token of an earlier, different request; repeat that one exactly`,
      ),
  },
  {
    names: /^OperationNotPermitted$/,
    tell: ({ words }, where, { action }) =>
      misconfigured(
        'aws-protected',
        `${action} in ${where} is not permitted (${words}); take away the protection of the instance first`,
      ),
  },
  {
    names: /^InvalidInstanceID\./,
    tell: ({ words }, where) =>
      unavailable('aws-unknown-instance', `no such instance in ${where} (${words}); look again with: spot sync`),
  },
  {
    names: /LimitExceeded$/,
    tell: ({ name, words }, where) =>
      unavailable(
        'aws-limit',
        `a limit of the account in ${where} is reached (${name}: ${words}); remove what is not needed, or have it raised`,
      ),
  },
];

/** What EC2 itself answered; null where the answer is none of EC2's. */
export function tellServiceFault(fault: Fault, place: Place): Telling | null {
  if (fault.status === null) return null;
  const where = placeName(place);
  const row = ROWS.find(({ names, words }) => names.test(fault.name) && words?.test(fault.words) !== false);
  if (row !== undefined) return row.tell(fault, where, place);
  if (fault.status >= 500) {
    return unavailable(
      'aws-unavailable',
      `EC2 in ${where} cannot answer ${place.action} (${fault.name}, HTTP ${fault.status}); try again later`,
    );
  }
  if (!isFromEc2(fault.cause)) return null;
  return misconfigured('aws-refused', `EC2 in ${where} refuses ${place.action}: ${fault.words} (${fault.name})`);
}

/** The SDK makes up a name where the answer has no code. */
function isFromEc2(error: unknown): boolean {
  return error instanceof Error && 'Code' in error && error.Code !== undefined;
}

function noDefaultVpc(where: string, words: string): Telling {
  return misconfigured(
    'aws-no-default-vpc',
    `there is no default VPC with a subnet in ${where} (${words}); set aws.subnet, or make one with: aws ec2 create-default-vpc`,
  );
}

function unknownZone(where: string, words: string): Telling {
  return misconfigured('aws-unknown-zone', `no such zone in ${where} (${words}); choose another`);
}

function unknownType(where: string, words: string): Telling {
  return misconfigured(
    'aws-unknown-instance-type',
    `no such instance type in ${where} (${words}); correct --instance-type (aws.instance_types)`,
  );
}

function unknownGroup(where: string, words: string): Telling {
  return misconfigured(
    'aws-unknown-security-group',
    `no such security group in ${where} (${words}); correct aws.security_group, or leave it out`,
  );
}
