import { configError } from '../model/errors.ts';
import type { SpotError } from '../model/errors.ts';
import { INSTANCE_STATES, PAYLOAD_STATUSES } from '../model/instance.ts';
import type { Instance } from '../model/instance.ts';

/** Property of an `Instance` → column that holds it. */
export const INSTANCE_COLUMNS = {
  instanceId: 'instance_id',
  name: 'name',
  source: 'source',
  region: 'region',
  availabilityZone: 'availability_zone',
  instanceType: 'instance_type',
  state: 'state',
  publicIp: 'public_ip',
  privateIp: 'private_ip',
  sshUser: 'ssh_user',
  sshPort: 'ssh_port',
  hostKey: 'host_key',
  tags: 'tags',
  launchedAt: 'launched_at',
  lifecycle: 'lifecycle',
  hourlyPrice: 'hourly_price',
  stateReason: 'state_reason',
  payloadStatus: 'payload_status',
  payloadError: 'payload_error',
  seenAt: 'seen_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Record<keyof Instance, string>;

/**
 * Reads a row of the public table, which any program may have written; an empty text counts as none.
 * @param path of the state file, for the message
 * @throws SpotError `state-bad-row` that names the row and the column
 */
export function parseInstanceRow(row: unknown, path: string): Instance {
  const reader = new RowReader(row as Record<string, unknown>, path);
  return {
    instanceId: reader.instanceId(),
    name: reader.text('name'),
    source: reader.text('source') ?? 'manual',
    region: reader.text('region'),
    availabilityZone: reader.text('availabilityZone'),
    instanceType: reader.text('instanceType'),
    state: reader.oneOf('state', INSTANCE_STATES),
    publicIp: reader.text('publicIp'),
    privateIp: reader.text('privateIp'),
    sshUser: reader.text('sshUser'),
    sshPort: reader.port(),
    hostKey: reader.text('hostKey'),
    tags: reader.tags(),
    launchedAt: reader.text('launchedAt'),
    lifecycle: reader.text('lifecycle') === null ? null : reader.oneOf('lifecycle', ['spot', 'on-demand'] as const),
    hourlyPrice: reader.price(),
    stateReason: reader.text('stateReason'),
    payloadStatus: reader.oneOf('payloadStatus', PAYLOAD_STATUSES),
    payloadError: reader.text('payloadError'),
    seenAt: reader.text('seenAt'),
    createdAt: reader.text('createdAt') ?? '',
    updatedAt: reader.text('updatedAt') ?? '',
  };
}

class RowReader {
  readonly #row: Record<string, unknown>;
  readonly #path: string;

  constructor(row: Record<string, unknown>, path: string) {
    this.#row = row;
    this.#path = path;
  }

  /** The id names log files, so it must be one part of a path. */
  instanceId(): string {
    const value = this.#row['instanceId'];
    if (typeof value === 'string' && /^[^\s/\p{Cc}]+$/u.test(value)) return value;
    throw this.#wrong('instanceId', 'a text without spaces and slashes');
  }

  text(property: keyof Instance): string | null {
    const value = this.#row[property];
    if (value === null || value === '') return null;
    if (typeof value === 'string') return value;
    throw this.#wrong(property, 'a text');
  }

  oneOf<T extends string>(property: keyof Instance, words: readonly T[]): T {
    const word = words.find((known) => known === this.#row[property]);
    if (word !== undefined) return word;
    throw this.#wrong(property, `one of ${words.join(', ')}`);
  }

  price(): number | null {
    const value = this.#row['hourlyPrice'];
    if (value === null || value === '') return null;
    if (typeof value === 'number' && value >= 0) return value;
    throw this.#wrong('hourlyPrice', 'a number of dollars');
  }

  port(): number | null {
    const value = this.#row['sshPort'];
    if (value === null || value === '') return null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535) return value;
    throw this.#wrong('sshPort', 'a number from 1 to 65535');
  }

  tags(): Readonly<Record<string, string>> {
    const tags = parseJson(this.#row['tags']);
    if (isTextRecord(tags)) return tags;
    throw this.#wrong('tags', 'a JSON object whose values are texts');
  }

  #wrong(property: keyof Instance, expected: string): SpotError {
    const id = this.#row['instanceId'];
    const label = typeof id === 'string' && id !== '' ? id : '(no id)';
    const value = String(this.#row[property]);
    const message = `instance ${label} in ${this.#path} has ${INSTANCE_COLUMNS[property]} '${value}', which is not ${expected}; correct or delete that row`;
    return configError('state-bad-row', message);
  }
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

function isTextRecord(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === 'string');
}
