import { join } from 'node:path';
import { formatHostPort } from '../../inventory/host-spec.ts';
import { harmless } from '../../report/text.ts';
import { loadSshConfig, type SshConfig } from '../../transport/ssh/ssh-config.ts';
import type { Io } from '../io.ts';

/** A host that ~/.ssh/config names. */
export interface FoundHost {
  readonly name: string;
  /** `ann@10.0.0.4:2222`, harmless */
  readonly place: string;
}

/** Nobody runs scripts there. */
const NOT_INSTANCES = /(^|\.)(github|gitlab|bitbucket|codeberg)\.(com|org)$/i;

/** Those whose settings can be followed; where the file cannot be read, none. */
export async function findHosts({ env, home, user }: Pick<Io, 'env' | 'home' | 'user'>): Promise<FoundHost[]> {
  try {
    const options = { mustExist: false, home, localUser: user, env };
    const config = await loadSshConfig(join(home, '.ssh/config'), options);
    return config.namedHosts().flatMap((name) => hostOf(name, config));
  } catch {
    return [];
  }
}

function hostOf(name: string, config: SshConfig): FoundHost[] {
  try {
    const { user, address, port } = config.resolve({ user: null, address: name, port: null });
    if (NOT_INSTANCES.test(address)) return [];
    return [{ name, place: harmless(`${user}@${formatHostPort(address, port === 22 ? null : port)}`) }];
  } catch {
    return [];
  }
}
