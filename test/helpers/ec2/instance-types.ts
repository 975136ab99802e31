import type { Architecture } from './images.ts';

export interface InstanceType {
  readonly name: string;
  readonly architectures: readonly Architecture[];
  readonly cpus: number;
  readonly memoryMib: number;
  /** US dollars an hour, of Linux in us-east-1 */
  readonly onDemand: number;
  /** US dollars an hour in the first zone of a region */
  readonly spot: number;
}

const X86: readonly Architecture[] = ['x86_64'];
const ARM: readonly Architecture[] = ['arm64'];

const TYPES: readonly InstanceType[] = [
  { name: 't2.micro', architectures: ['i386', 'x86_64'], cpus: 1, memoryMib: 1024, onDemand: 0.0116, spot: 0.0035 },
  { name: 't3.micro', architectures: X86, cpus: 2, memoryMib: 1024, onDemand: 0.0104, spot: 0.0031 },
  { name: 't3.small', architectures: X86, cpus: 2, memoryMib: 2048, onDemand: 0.0208, spot: 0.0062 },
  { name: 't3.medium', architectures: X86, cpus: 2, memoryMib: 4096, onDemand: 0.0416, spot: 0.0125 },
  { name: 't4g.micro', architectures: ARM, cpus: 2, memoryMib: 1024, onDemand: 0.0084, spot: 0.0025 },
  { name: 't4g.small', architectures: ARM, cpus: 2, memoryMib: 2048, onDemand: 0.0168, spot: 0.005 },
  { name: 'c5.large', architectures: X86, cpus: 2, memoryMib: 4096, onDemand: 0.085, spot: 0.034 },
  { name: 'm5.large', architectures: X86, cpus: 2, memoryMib: 8192, onDemand: 0.096, spot: 0.035 },
  { name: 'm6g.large', architectures: ARM, cpus: 2, memoryMib: 8192, onDemand: 0.077, spot: 0.031 },
];

export const INSTANCE_TYPES: ReadonlyMap<string, InstanceType> = new Map(TYPES.map((type) => [type.name, type]));

/** What a spot instance costs in a zone: in the second a tenth more than in the first, in the third two tenths. */
export function usualSpotPrice(type: InstanceType, zone: string): number {
  const index = zone.charCodeAt(zone.length - 1) - 'a'.charCodeAt(0);
  return Number((type.spot * (1 + index / 10)).toFixed(6));
}
