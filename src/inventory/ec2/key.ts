import { createHash } from 'node:crypto';
import { DescribeKeyPairsCommand, ImportKeyPairCommand } from '@aws-sdk/client-ec2';
import { configError } from '../../model/errors.ts';
import type { Ec2Api } from './api.ts';
import { filter } from './filters.ts';
import { refusalOf } from './refusal.ts';

/** What EC2 imports. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html */
const IMPORTED = ['ssh-ed25519', 'ssh-rsa'];

interface PublicKey {
  /** `ssh-ed25519` */
  readonly type: string;
  /** base64 */
  readonly body: string;
}

/** See `Cloud.ensureKey`. The name says which key it is, so that it is imported once, whoever comes with it. */
export async function ensureKey(api: Ec2Api, region: string, publicKey: string): Promise<string> {
  const key = readKey(publicKey);
  const name = `spot-${createHash('sha256').update(Buffer.from(key.body, 'base64')).digest('hex').slice(0, 12)}`;
  if (await isKnown(api, region, name, key)) return name;
  const material = Buffer.from(`${key.type} ${key.body}`);
  await api
    .send(region, new ImportKeyPairCommand({ KeyName: name, PublicKeyMaterial: material }))
    .catch((error: unknown) => {
      // somebody else was quicker
      if (refusalOf(error)?.code !== 'InvalidKeyPair.Duplicate') throw error;
    });
  return name;
}

function readKey(line: string): PublicKey {
  const [type = '', body = ''] = line.trim().split(/\s+/);
  if (IMPORTED.includes(type) && /^[A-Za-z0-9+/]+=*$/.test(body)) return { type, body };
  const what = type.startsWith('ecdsa-') || type.startsWith('sk-') ? `a key of type ${type}` : 'it';
  const message = `EC2 does not take the public key: ${what} is neither ssh-ed25519 nor ssh-rsa; set aws.public_ssh_key_path to another one`;
  throw configError('aws-key-refused', message);
}

async function isKnown(api: Ec2Api, region: string, name: string, { body }: PublicKey): Promise<boolean> {
  const request = new DescribeKeyPairsCommand({ Filters: [filter('key-name', name)], IncludePublicKey: true });
  const [known] = (await api.send(region, request)).KeyPairs ?? [];
  const knownBody = known?.PublicKey?.trim().split(/\s+/)[1];
  if (knownBody === undefined || knownBody === body) return known !== undefined;
  const message = `the key pair ${name} in ${region} has another public key; delete it with: aws ec2 delete-key-pair --key-name ${name}`;
  throw configError('aws-key-differs', message);
}
