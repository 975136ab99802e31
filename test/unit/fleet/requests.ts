import type { CreationRequest } from '../../../src/model/creation.ts';

export function aRequest(changes: Partial<CreationRequest> = {}): CreationRequest {
  return {
    clientToken: null,
    count: 5,
    lifecycle: 'spot',
    instanceTypes: ['t3.micro'],
    regions: ['us-east-1'],
    maxPrice: null,
    imageId: null,
    system: 'ubuntu',
    sshUser: null,
    subnetId: null,
    securityGroup: null,
    sshFrom: 'auto',
    publicKey: 'ssh-ed25519 AAAA',
    userDataDigest: null,
    tags: { Name: 'web' },
    ...changes,
  };
}
