import type { NewId } from './region.ts';

export type Architecture = 'i386' | 'x86_64' | 'arm64';

export interface Image {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  /** as AWS shows it for itself and those it vouches for; null for all others */
  readonly ownerAlias: 'amazon' | 'aws-marketplace' | null;
  readonly architecture: Architecture;
  readonly createdAt: Date;
  readonly state: 'available' | 'pending' | 'failed';
  /** from this date on only who asks for deprecated images sees it, and its owner */
  readonly deprecatedAt: Date | null;
}

/** The account of Canonical: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
export const CANONICAL = '099720109477';
/** The account of Amazon Linux. */
export const AMAZON = '137112412989';
/** Somebody whose images have the names of others. */
const STRANGER = '210987654321';

const NOBLE = 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04';
const JAMMY = 'ubuntu/images/hvm-ssd/ubuntu-jammy-22.04';

type Line = readonly [owner: string, name: string, architecture: Architecture, created: string];

/** Several ages of the same system, in no order, and images that look alike. */
const LINES: readonly Line[] = [
  [CANONICAL, `${NOBLE}-amd64-server-20250305`, 'x86_64', '2025-03-05T08:15:22Z'],
  [CANONICAL, `${NOBLE}-amd64-server-20250610`, 'x86_64', '2025-06-10T05:48:55Z'],
  [CANONICAL, `${NOBLE}-amd64-server-20250508`, 'x86_64', '2025-05-08T06:20:11Z'],
  [CANONICAL, `${NOBLE}-arm64-server-20250305`, 'arm64', '2025-03-05T08:19:02Z'],
  [CANONICAL, `${NOBLE}-arm64-server-20250610`, 'arm64', '2025-06-10T05:52:41Z'],
  [CANONICAL, `${JAMMY}-amd64-server-20250712`, 'x86_64', '2025-07-12T04:10:00Z'],
  [CANONICAL, `${JAMMY}-arm64-server-20250712`, 'arm64', '2025-07-12T04:11:00Z'],
  [
    CANONICAL,
    'ubuntu-minimal/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-minimal-20250715',
    'x86_64',
    '2025-07-15T04:00:00Z',
  ],
  [
    CANONICAL,
    'ubuntu/images-testing/hvm-ssd-gp3/ubuntu-noble-daily-amd64-server-20250801',
    'x86_64',
    '2025-08-01T04:00:00Z',
  ],
  [STRANGER, `${NOBLE}-amd64-server-20250901`, 'x86_64', '2025-09-01T00:00:00Z'],
  [AMAZON, 'al2023-ami-2023.7.20250331.0-kernel-6.1-x86_64', 'x86_64', '2025-03-31T20:02:11Z'],
  [AMAZON, 'al2023-ami-2023.7.20250609.0-kernel-6.1-x86_64', 'x86_64', '2025-06-09T20:10:43Z'],
  [AMAZON, 'al2023-ami-2023.7.20250609.0-kernel-6.1-arm64', 'arm64', '2025-06-09T20:11:17Z'],
  [AMAZON, 'al2023-ami-2023.7.20250331.0-kernel-6.1-arm64', 'arm64', '2025-03-31T20:03:09Z'],
  [AMAZON, 'al2023-ami-minimal-2023.7.20250623.1-kernel-6.1-x86_64', 'x86_64', '2025-06-23T20:00:00Z'],
  [AMAZON, 'al2023-ami-ecs-hvm-2023.0.20250626-kernel-6.1-x86_64', 'x86_64', '2025-06-26T20:00:00Z'],
  [STRANGER, 'al2023-ami-2023.9.20250901.0-kernel-6.1-x86_64', 'x86_64', '2025-09-01T00:00:00Z'],
];

export function defaultImages(newId: NewId): Image[] {
  return LINES.map(([ownerId, name, architecture, created]) => ({
    id: newId('ami'),
    name,
    ownerId,
    ownerAlias: ownerId === STRANGER ? null : 'amazon',
    architecture,
    createdAt: new Date(created),
    state: 'available',
    deprecatedAt: null,
  }));
}
