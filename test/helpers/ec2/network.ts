import type { NewId } from './region.ts';
import { notFound } from './error.ts';

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly isDefault: boolean;
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly cidr: string;
  readonly isDefault: boolean;
}

/** What a group lets in. */
export interface Rule {
  readonly id: string;
  /** `tcp`, `udp`, `icmp`, or `-1` for all */
  readonly protocol: string;
  readonly fromPort: number | null;
  readonly toPort: number | null;
  readonly cidr: string;
  readonly description: string | null;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly tags: Record<string, string>;
  readonly rules: Rule[];
}

/** The VPCs of a region: at first the default one, with a subnet a zone and its default group. */
export class Network {
  readonly vpcs = new Map<string, Vpc>();
  readonly subnets = new Map<string, Subnet>();
  readonly groups = new Map<string, SecurityGroup>();
  readonly #zones: readonly string[];
  readonly #newId: NewId;

  constructor(zones: readonly string[], newId: NewId) {
    this.#zones = zones;
    this.#newId = newId;
    this.addVpc('172.31.0.0/16', true);
  }

  /** A VPC with a subnet in every zone, and the group `default`. */
  addVpc(cidr: string, isDefault = false): Vpc {
    const vpc = { id: this.#newId('vpc'), cidr, isDefault };
    this.vpcs.set(vpc.id, vpc);
    const start = cidr.split('.').slice(0, 2).join('.');
    for (const [index, zone] of this.#zones.entries()) {
      const subnet = { id: this.#newId('subnet'), vpcId: vpc.id, zone, cidr: `${start}.${index * 16}.0/20`, isDefault };
      this.subnets.set(subnet.id, subnet);
    }
    this.addGroup({ name: 'default', description: 'default VPC security group', vpcId: vpc.id, tags: {} });
    return vpc;
  }

  /** Leaves the region as accounts are that threw their default VPC away. */
  removeDefaultVpc(): void {
    const id = this.defaultVpc()?.id;
    if (id === undefined) return;
    this.vpcs.delete(id);
    for (const map of [this.subnets, this.groups]) {
      for (const [key, { vpcId }] of map) if (vpcId === id) map.delete(key);
    }
  }

  addGroup(group: Omit<SecurityGroup, 'id' | 'rules'>): SecurityGroup {
    const made = { ...group, id: this.#newId('sg'), rules: [] };
    this.groups.set(made.id, made);
    return made;
  }

  defaultVpc(): Vpc | null {
    return [...this.vpcs.values()].find(({ isDefault }) => isDefault) ?? null;
  }

  defaultSubnet(zone: string): Subnet | null {
    return [...this.subnets.values()].find((subnet) => subnet.isDefault && subnet.zone === zone) ?? null;
  }

  /** @throws Ec2Error InvalidSubnetID.NotFound */
  subnet(id: string): Subnet {
    const subnet = this.subnets.get(id);
    if (subnet === undefined) throw notFound('InvalidSubnetID.NotFound', 'subnet ID', [id]);
    return subnet;
  }

  /** @throws Ec2Error InvalidGroup.NotFound */
  group(id: string): SecurityGroup {
    const group = this.groups.get(id);
    if (group === undefined) throw notFound('InvalidGroup.NotFound', 'security group', [id]);
    return group;
  }

  groupNamed(name: string, vpcId: string): SecurityGroup | null {
    return [...this.groups.values()].find((group) => group.name === name && group.vpcId === vpcId) ?? null;
  }
}
