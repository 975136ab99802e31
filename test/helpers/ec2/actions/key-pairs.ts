import { createHash } from 'node:crypto';
import type { Action } from '../call.ts';
import { Ec2Error, notFound } from '../error.ts';
import { filtered } from '../filters.ts';
import { tagsFor } from '../parameters.ts';
import type { KeyPair } from '../region.ts';
import { tagSet } from './instance-xml.ts';

/** The kinds of keys that EC2 takes. */
const KEY_LINE = /^(ssh-ed25519|ssh-rsa) ([A-Za-z0-9+/]+=*)(?: .*)?\s*$/;

export const importKeyPair: Action = ({ world, region, parameters }) => {
  const name = parameters.text('KeyName') ?? '';
  const publicKey = Buffer.from(parameters.text('PublicKeyMaterial') ?? '', 'base64').toString('utf8');
  if (!KEY_LINE.test(publicKey)) {
    throw new Ec2Error('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
  }
  if (region.keyPairs.has(name)) {
    throw new Ec2Error('InvalidKeyPair.Duplicate', 'The keypair already exists');
  }
  const pair = {
    id: world.newId('key'),
    name,
    publicKey: publicKey.trim(),
    createdAt: new Date(),
    tags: tagsFor('key-pair', parameters),
  };
  region.keyPairs.set(name, pair);
  return { keyName: name, keyFingerprint: fingerprint(pair), keyPairId: pair.id, tagSet: tagSet(pair.tags) };
};

export const describeKeyPairs: Action = ({ region, parameters }) => {
  const [names, ids] = [parameters.texts('KeyName'), parameters.texts('KeyPairId')];
  const all = [...region.keyPairs.values()];
  const missing = names.filter((name) => !region.keyPairs.has(name));
  if (missing.length > 0) throw notFound('InvalidKeyPair.NotFound', 'key pair', missing);
  const missingIds = ids.filter((wanted) => !all.some(({ id }) => id === wanted));
  if (missingIds.length > 0) throw notFound('InvalidKeyPair.NotFound', 'key pair ID', missingIds);
  const isAsked = ({ id, name }: KeyPair) => names.includes(name) || ids.includes(id);
  const asked = all.filter((pair) => (names.length === 0 && ids.length === 0) || isAsked(pair));
  const found = filtered(asked, parameters, (pair) => ({
    tags: pair.tags,
    attributes: { fingerprint: fingerprint(pair), 'key-name': pair.name, 'key-pair-id': pair.id },
  }));
  return {
    keySet: found.map((pair) => ({
      keyPairId: pair.id,
      keyName: pair.name,
      keyFingerprint: fingerprint(pair),
      keyType: pair.publicKey.startsWith('ssh-rsa') ? 'rsa' : 'ed25519',
      publicKey: parameters.isTrue('IncludePublicKey') ? pair.publicKey : null,
      createTime: pair.createdAt,
      tagSet: tagSet(pair.tags),
    })),
  };
};

/** SHA-256 as OpenSSH shows it, without its prefix; MD5 in hex for RSA. */
function fingerprint({ publicKey }: KeyPair): string {
  const [type, base64 = ''] = publicKey.split(' ');
  const blob = Buffer.from(base64, 'base64');
  if (type !== 'ssh-rsa') return createHash('sha256').update(blob).digest('base64');
  return (createHash('md5').update(blob).digest('hex').match(/../g) ?? []).join(':');
}
