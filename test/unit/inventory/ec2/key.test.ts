import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Ec2Endpoint, ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, refusal, REGION } from './cloud-at.ts';

leakCheck();

const BODY = 'AAAAC3NzaC1lZDI1NTE5AAAAIJd4kPPMdQbB0yJ5P1oZ3H4hV0mWk2u3o9sT6yQ1xYzA';
const LINE = `ssh-ed25519 ${BODY} me@laptop\n`;
const NAME = `spot-${createHash('sha256').update(Buffer.from(BODY, 'base64')).digest('hex').slice(0, 12)}`;

function pairs(endpoint: Ec2Endpoint): (readonly [string, string])[] {
  return [...endpoint.region().keyPairs.values()].map(({ name, publicKey }) => [name, publicKey]);
}

test('a key is imported once, under a name that follows from it', async () => {
  const endpoint = await ec2Endpoint();
  const cloud = cloudAt(endpoint);
  expect(await cloud.ensureKey(REGION, LINE)).toBe(NAME);
  expect(await cloud.ensureKey(REGION, `ssh-ed25519 ${BODY} other words`)).toBe(NAME);
  expect(pairs(endpoint)).toEqual([[NAME, `ssh-ed25519 ${BODY}`]]);
  expect(endpoint.requestsFor('ImportKeyPair')).toHaveLength(1);
});

test('two that come with it at once both get it', async () => {
  const endpoint = await ec2Endpoint();
  const cloud = cloudAt(endpoint);
  const both = await Promise.all([cloud.ensureKey(REGION, LINE), cloud.ensureKey(REGION, LINE)]);
  expect(both).toEqual([NAME, NAME]);
  expect(pairs(endpoint)).toHaveLength(1);
});

test('another key under its name is not used', async () => {
  const endpoint = await ec2Endpoint();
  const cloud = cloudAt(endpoint);
  await cloud.ensureKey(REGION, LINE);
  const pair = endpoint.region().keyPairs.get(NAME);
  if (pair === undefined) throw new Error('the key was not imported');
  endpoint.region().keyPairs.set(NAME, { ...pair, publicKey: 'ssh-ed25519 AAAAother' });
  const { code, message } = await refusal(cloud.ensureKey(REGION, LINE));
  expect([code, message]).toEqual([
    'aws-key-differs',
    `the key pair ${NAME} in us-east-1 has another public key; delete it with: aws ec2 delete-key-pair --key-name ${NAME}`,
  ]);
});

test.each([
  ['ecdsa-sha2-nistp256 AAAAE2VjZHNh me@laptop', 'a key of type ecdsa-sha2-nistp256'],
  ['sk-ssh-ed25519@openssh.com AAAAGnNr me@laptop', 'a key of type sk-ssh-ed25519@openssh.com'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----', 'it'],
  ['', 'it'],
])('%j is nothing that EC2 takes', async (line, what) => {
  const endpoint = await ec2Endpoint();
  const { code, exitCode, message } = await refusal(cloudAt(endpoint).ensureKey(REGION, line));
  expect([code, exitCode]).toEqual(['aws-key-refused', 78]);
  expect(message).toBe(
    `EC2 does not take the public key: ${what} is neither ssh-ed25519 nor ssh-rsa; set aws.public_ssh_key_path to another one`,
  );
  expect(endpoint.requests).toEqual([]);
});
