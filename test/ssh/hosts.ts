import { afterEach } from 'vitest';
import { describeProcess } from '../helpers/processes.ts';
import { startSshd, startSshds, type SshdOptions } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** Starts hosts that are closed after each test. */
export interface Hosts {
  start(options?: SshdOptions): Promise<SshdHost>;
  startMany(count: number, options?: Omit<SshdOptions, 'address' | 'port'>): Promise<SshdHost[]>;
}

/** Hosts for the tests of one file; a test that leaves a process behind on one of them fails. */
export function useHosts(): Hosts {
  const hosts: SshdHost[] = [];
  afterEach(async () => {
    const ended = hosts.splice(0);
    try {
      await Promise.all(ended.map(untilQuiet));
    } finally {
      await Promise.all(ended.map((host) => host.close()));
    }
  });
  return {
    start: async (options) => {
      const host = await startSshd(options);
      hosts.push(host);
      return host;
    },
    startMany: async (count, options) => {
      const started = await startSshds(count, options);
      hosts.push(...started);
      return started;
    },
  };
}

/** What a connection started ends a moment after it. */
async function untilQuiet(host: SshdHost): Promise<void> {
  await waitFor('the host to be quiet', () => host.processes().length === 0, 3000).catch(() => {
    throw new Error(`left behind on the host: ${host.processes().map(describeProcess).join(', ')}`);
  });
}
