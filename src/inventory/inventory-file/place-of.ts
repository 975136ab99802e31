import { SpotError } from '../../model/errors.ts';
import type { Host } from '../../model/plan.ts';
import { isUserName, parseHostSpec } from '../host-spec.ts';
import type { VariableValue } from './draft.ts';
import type { ListedHost } from './resolve.ts';

/** A host of the file, with where it is. */
export interface PlacedHost extends Host {
  readonly listed: ListedHost;
  /** what people call it, without user and port */
  readonly name: string;
  /** the file says the address, not only a name that may be one */
  readonly isAddressGiven: boolean;
  /** its id, where the file was written by `spot export` */
  readonly instanceId: string | null;
  /** its tags, where the file was written by `spot export` */
  readonly tags: Readonly<Record<string, string>> | null;
}

/**
 * Where a host of the file is: its variables count, then its name, which may be `[user@]host[:port]`.
 * @returns a sentence where that cannot be told
 */
export function placeOf(listed: ListedHost): PlacedHost | string {
  const variables = { address: textOf(listed, ADDRESS), port: textOf(listed, PORT), user: textOf(listed, USER) };
  const template = Object.values(variables).find((value) => value?.includes('{{'));
  if (template !== undefined) {
    return `${listed.where}: ${listed.name} has the template ${template}, and no template is filled in here; write the value itself`;
  }
  try {
    return place(listed, variables);
  } catch (error) {
    if (!(error instanceof SpotError)) throw error;
    return `${listed.where}: ${error.message}`;
  }
}

/** The newer name first. */
const ADDRESS = ['ansible_host', 'ansible_ssh_host'];
const PORT = ['ansible_port', 'ansible_ssh_port'];
const USER = ['ansible_user', 'ansible_ssh_user'];

interface Variables {
  readonly address: string | undefined;
  readonly port: string | undefined;
  readonly user: string | undefined;
}

function place(listed: ListedHost, { address, port, user }: Variables): PlacedHost | string {
  const instanceId = textOf(listed, ['spot_instance_id']) ?? null;
  // what spot export writes says all of it in variables
  const isAlias = instanceId !== null && address !== undefined;
  const spec = isAlias ? aliasOf(listed.name) : specOf(listed.name, address === undefined);
  const host = address === undefined ? spec : parseHostSpec(address.includes(':') ? `[${address}]` : address);
  const at = { ...host, port: spec.port, user: spec.user };
  if (port !== undefined && !isPort(port))
    return `${listed.where}: the port '${port}' is no number from 1 to 65535; correct it`;
  if (user !== undefined && !isUserName(user)) return `${listed.where}: '${user}' is no user name; correct it`;
  const name = textOf(listed, ['spot_name']) ?? instanceId ?? spec.address;
  const known = { instanceId, tags: tagsOf(listed) };
  const places = { address: at.address, port: port === undefined ? at.port : Number(port), user: user ?? at.user };
  return { listed, name, isAddressGiven: address !== undefined, ...known, ...places };
}

/** A name that is an alias only may be any word. */
function specOf(name: string, isAddress: boolean): Host {
  if (isAddress) return parseHostSpec(name);
  try {
    return parseHostSpec(name);
  } catch {
    return aliasOf(name);
  }
}

function aliasOf(name: string): Host {
  return { user: null, address: name, port: null };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function textOf({ variables }: ListedHost, names: readonly string[]): string | undefined {
  const value = names
    .map((name) => variables.get(name))
    .find((each) => each !== undefined && each !== null && each !== '');
  return value === undefined || typeof value === 'object' ? undefined : scalarText(value);
}

function tagsOf({ variables }: ListedHost): PlacedHost['tags'] {
  const tags: VariableValue = variables.get('spot_tags');
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) return null;
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, scalarText(value)]));
}

function scalarText(value: VariableValue): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}
