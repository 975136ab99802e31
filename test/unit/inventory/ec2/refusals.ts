type Row = readonly [ec2Code: string, ec2Words: string, code: string, exitCode: number, message: string];

/** What EC2 says to DescribeInstances, in its own words, and what the user reads; AT stands for where. */
export const REFUSALS: readonly Row[] = [
  [
    'UnauthorizedOperation',
    'You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/bob is not authorized to ' +
      'perform: ec2:DescribeInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/* because no ' +
      'identity-based policy allows the ec2:DescribeInstances action. Encoded authorization failure message: 4gXzQ-w',
    'aws-not-allowed',
    78,
    'arn:aws:iam::123456789012:user/bob may not do ec2:DescribeInstances on ' +
      'arn:aws:ec2:us-east-1:123456789012:instance/* in AT (because no identity-based policy allows the ' +
      'ec2:DescribeInstances action); have ec2:DescribeInstances allowed in the IAM policy, or use other credentials',
  ],
  [
    'UnauthorizedOperation',
    'You are not authorized to perform this operation.',
    'aws-not-allowed',
    78,
    'the AWS credentials may not do ec2:DescribeInstances in AT; have ec2:DescribeInstances allowed in the IAM ' +
      'policy, or use other credentials',
  ],
  [
    'AuthFailure.ServiceLinkedRoleCreationNotPermitted',
    'The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.',
    'aws-no-service-role',
    78,
    'the account lacks the service-linked role for spot instances, and these credentials may not make it; have an ' +
      'administrator run once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com',
  ],
  [
    'AuthFailure',
    'AWS was not able to validate the provided access credentials',
    'aws-credentials-refused',
    78,
    'AWS does not accept the credentials for AT (AuthFailure: AWS was not able to validate the provided access ' +
      'credentials); check access key and secret, that the region is enabled for the account, and the clock of this machine',
  ],
  [
    'AuthFailure',
    'Not authorized for images: [ami-0a]',
    'aws-unknown-image',
    78,
    'no such image in AT (Not authorized for images: [ami-0a]); ids differ from region to region: correct --ami ' +
      '(aws.ami), or leave it out',
  ],
  [
    'InvalidClientTokenId',
    'The security token included in the request is invalid.',
    'aws-credentials-refused',
    78,
    'AWS does not accept the credentials for AT (InvalidClientTokenId: The security token included in the request is ' +
      'invalid); check access key and secret, that the region is enabled for the account, and the clock of this machine',
  ],
  [
    'ExpiredToken',
    'The security token included in the request is expired',
    'aws-credentials-expired',
    78,
    'the AWS credentials have expired (The security token included in the request is expired); renew them, ' +
      'e.g. with: aws sso login',
  ],
  [
    'RequestExpired',
    'Request has expired.',
    'aws-credentials-expired',
    78,
    'the AWS credentials have expired, or the clock of this machine is wrong (Request has expired); renew the ' +
      'credentials, e.g. with: aws sso login, and check the clock',
  ],
  [
    'SignatureDoesNotMatch',
    'Signature expired: 20261121T120000Z is now earlier than 20261121T123000Z (20261121T124500Z - 15 min.)',
    'aws-clock',
    78,
    'AWS refuses the time of this machine (Signature expired: 20261121T120000Z is now earlier than 20261121T123000Z ' +
      '(20261121T124500Z - 15 min.)); set its clock right, e.g. with NTP',
  ],
  [
    'OptInRequired',
    'You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.',
    'aws-region-disabled',
    78,
    'EC2 in AT is not open to this account (You are not subscribed to this service. Please go to ' +
      'http://aws.amazon.com to subscribe); enable the region in the account settings, or choose another one',
  ],
  [
    'OptInRequired',
    'In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please visit ' +
      'https://aws.amazon.com/marketplace/pp?sku=abc',
    'aws-not-subscribed',
    78,
    'the image needs a subscription (In order to use this AWS Marketplace product you need to accept terms and ' +
      'subscribe. To do so please visit https://aws.amazon.com/marketplace/pp?sku=abc); accept its terms in AWS ' +
      'Marketplace, or choose another --ami',
  ],
  [
    'PendingVerification',
    'Your request for accessing resources in this region is being validated.',
    'aws-account',
    69,
    'EC2 in AT does not serve this account (PendingVerification: Your request for accessing resources in this region ' +
      'is being validated); ask AWS Support',
  ],
  [
    'VPCIdNotSpecified',
    'No default VPC for this user',
    'aws-no-default-vpc',
    78,
    'there is no default VPC with a subnet in AT (No default VPC for this user); set aws.subnet, or make one with: ' +
      'aws ec2 create-default-vpc',
  ],
  [
    'MissingInput',
    "No subnets found for the default VPC 'vpc-0a'. Please specify a subnet.",
    'aws-no-default-vpc',
    78,
    "there is no default VPC with a subnet in AT (No subnets found for the default VPC 'vpc-0a'. Please specify a " +
      'subnet); set aws.subnet, or make one with: aws ec2 create-default-vpc',
  ],
  [
    'InvalidAMIID.NotFound',
    "The image id '[ami-0a]' does not exist",
    'aws-unknown-image',
    78,
    "no such image in AT (The image id '[ami-0a]' does not exist); ids differ from region to region: correct --ami " +
      '(aws.ami), or leave it out',
  ],
  [
    'InvalidParameterValue',
    "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64' of the specified AMI.",
    'aws-architecture',
    78,
    "image and instance type do not fit in AT (The architecture 'arm64' of the specified instance type does not match " +
      "the architecture 'x86_64' of the specified AMI); choose another --ami or --instance-type",
  ],
  [
    'InvalidParameterValue',
    "Invalid value 't9.micro' for InstanceType.",
    'aws-unknown-instance-type',
    78,
    "no such instance type in AT (Invalid value 't9.micro' for InstanceType); correct --instance-type (aws.instance_types)",
  ],
  [
    'InvalidInstanceType',
    'The following supplied instance types do not exist: [t9.micro]',
    'aws-unknown-instance-type',
    78,
    'no such instance type in AT (The following supplied instance types do not exist: [t9.micro]); correct ' +
      '--instance-type (aws.instance_types)',
  ],
  [
    'InvalidSubnetID.NotFound',
    "The subnet ID 'subnet-0a' does not exist",
    'aws-unknown-subnet',
    78,
    "no such subnet in AT (The subnet ID 'subnet-0a' does not exist); correct aws.subnet",
  ],
  [
    'InvalidParameter',
    'Security group sg-0a and subnet subnet-0a belong to different networks.',
    'aws-network-mismatch',
    78,
    'security group and subnet do not fit in AT (Security group sg-0a and subnet subnet-0a belong to different ' +
      'networks); choose aws.security_group and aws.subnet of one VPC',
  ],
  [
    'InvalidGroup.NotFound',
    "The security group 'sg-0a' does not exist",
    'aws-unknown-security-group',
    78,
    "no such security group in AT (The security group 'sg-0a' does not exist); correct aws.security_group, or leave it out",
  ],
  [
    'InvalidKeyPair.NotFound',
    "The key pair 'spot-0a' does not exist",
    'aws-unknown-key',
    78,
    "no such key pair in AT (The key pair 'spot-0a' does not exist); run the command again",
  ],
  [
    'InvalidKey.Format',
    'Key is not in valid OpenSSH public key format',
    'aws-key-refused',
    78,
    'EC2 does not take the public key (Key is not in valid OpenSSH public key format); set aws.public_ssh_key_path to ' +
      'an ed25519 or RSA key',
  ],
  [
    'InvalidParameterValue',
    'Invalid availability zone: [us-east-1z]',
    'aws-unknown-zone',
    78,
    'no such zone in AT (Invalid availability zone: [us-east-1z]); choose another',
  ],
  [
    'IdempotentParameterMismatch',
    'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    'aws-token-reused',
    78,
    'DescribeInstances in AT was asked for with the token of an earlier, different request; repeat that one exactly',
  ],
  [
    'OperationNotPermitted',
    "The instance 'i-0a' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
    'aws-protected',
    78,
    "DescribeInstances in AT is not permitted (The instance 'i-0a' may not be terminated. Modify its " +
      "'disableApiTermination' instance attribute and try again); take away the protection of the instance first",
  ],
  [
    'InvalidInstanceID.Malformed',
    'Invalid id: "i-x"',
    'aws-unknown-instance',
    69,
    'no such instance in AT (Invalid id: "i-x"); look again with: spot sync',
  ],
  [
    'RulesPerSecurityGroupLimitExceeded',
    'The maximum number of rules per security group has been reached.',
    'aws-limit',
    69,
    'a limit of the account in AT is reached (RulesPerSecurityGroupLimitExceeded: The maximum number of rules per ' +
      'security group has been reached); remove what is not needed, or have it raised',
  ],
  [
    'InvalidParameterValue',
    'User data is limited to 16384 bytes',
    'aws-refused',
    78,
    'EC2 in AT refuses DescribeInstances: User data is limited to 16384 bytes (InvalidParameterValue)',
  ],
];
