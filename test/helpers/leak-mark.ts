import process from 'node:process';

/** Stands in the environment of everything a test file starts, here and on its hosts. */
export const LEAK_MARK = 'TEST_LEAK_MARK';

const VALUE = `${process.pid}-${Date.now()}`;
const clients = new Set([process.pid]);

/** Marks what this process starts from now on; the value differs between test files, which run side by side. */
export function leakMark(): string {
  process.env[LEAK_MARK] = VALUE;
  return VALUE;
}

/** Remembers the process id of a client: it is part of the names of its folders on the hosts. */
export function noteClient(pid: number): void {
  clients.add(pid);
}

/** All clients of this test file: this process, and every binary it started. */
export function notedClients(): ReadonlySet<number> {
  return clients;
}
