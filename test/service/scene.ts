import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Project, specOf } from '../e2e/project.ts';
import { type FaultPlan, type Proxy, startProxy } from '../helpers/proxy.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import type { Hosts } from '../ssh/hosts.ts';
import { configFor, Workshop, type WorkshopOptions } from './workshop.ts';

/** A service whose only instance, `web-1`, is a real sshd. */
export interface Scene {
  readonly shop: Workshop;
  readonly host: SshdHost;
}

export interface SceneOptions extends WorkshopOptions {
  /** further lines of config.yaml */
  readonly more?: string;
  /** programs of these names come before all others on the instance */
  readonly programs?: Readonly<Record<string, string>>;
}

export async function sceneOf(
  hosts: Hosts,
  { more = '', programs = {}, ...options }: SceneOptions = {},
): Promise<Scene> {
  const host = await hosts.start({ environment: { PATH: pathWith(programs) } });
  const project = new Project();
  configFor(project, host.identityFile, more);
  const shop = await Workshop.open(project, options);
  shop.add('web-1', specOf(host));
  return { shop, host };
}

/** The same with a link that breaks where it is told to. */
export async function proxiedScene(
  hosts: Hosts,
  { faults, more = '' }: { readonly faults?: FaultPlan; readonly more?: string } = {},
): Promise<Scene & { readonly proxy: Proxy }> {
  const host = await hosts.start();
  const proxy = await startProxy(host, faults);
  const project = new Project();
  configFor(project, host.identityFile, more);
  const shop = await Workshop.open(project);
  shop.add('web-1', `${host.user}@${proxy.address}:${proxy.port}`);
  return { shop, host, proxy };
}

function pathWith(programs: Readonly<Record<string, string>>): string {
  const usual = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  if (Object.keys(programs).length === 0) return usual;
  const folder = join(tempDir(), 'bin');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
  return `${folder}:${usual}`;
}

/** A cloud-init that runs until the file is there. */
export const cloudInitUntil = (file: string): string => `#!/bin/sh
[ "$2" != --wait ] || until [ -e ${file} ]; do sleep 0.1; done
if [ -e ${file} ]; then echo 'status: done'; else echo 'status: running'; fi
`;
