import { expect, test } from 'vitest';
import { type Proposal, questionFor } from '../../../src/cli/consent.ts';
import { newInstance } from '../../../src/model/instance.ts';

function proposal(more: Partial<Proposal>): Proposal {
  const instances = Array.from({ length: 120 }, (_, index) => newInstance(`i-${index}`, {}));
  return { label: 'deploy.sh', mode: 'run', instances, sizeBytes: 386, rollout: null, ...more };
}

test('what is sent where is named', () => {
  expect(questionFor(proposal({}))).toBe('Run deploy.sh on 120 instances (120 added by hand; 386 B × 120 = 46 KB)?');
});

test('sources, regions and waves are named, and what is not known is left out', () => {
  const regions = ['us-east-1', 'us-east-1', 'eu-west-1', null, 'a', 'b'];
  const instances = regions.map((region, index) => newInstance(`i-${index}`, { source: 'ec2', region }));
  const rollout = { waves: [1, 5], pauseMs: 30_000, maxFailures: null };
  expect(questionFor(proposal({ instances, rollout, sizeBytes: null, mode: 'copy' }))).toBe(
    'Copy deploy.sh to 6 instances (2 from EC2 us-east-1, 1 from EC2 eu-west-1, 1 from EC2, 1 from EC2 a, 1 from elsewhere; in waves of 1, 5 instances, 30 s apart)?',
  );
});

test('names from elsewhere do no harm', () => {
  const instances = [newInstance('i-1', { source: '\u001B[2Jx' })];
  expect(questionFor(proposal({ label: 'a\u001B[31mb', instances }))).toBe(
    'Run ab on 1 instance (1 from x; 386 B × 1 = 386 B)?',
  );
});
