import { readFileSync, rmSync } from 'node:fs';
import type { SshdHost } from '../sshd-host.ts';

/** Folders of runs, wherever they stand in a command line or an environment. */
const RUN_FOLDERS = /\/tmp\/(?:deploy_files|\.spot)_\d+T\d+_\d+/g;

/**
 * Notes the folders of the runs that are under way on a host.
 * @returns a function that removes them, for when the host is no more
 */
export function removeRunsOf(host: SshdHost): () => void {
  const folders = new Set(host.processes().flatMap(({ pid }) => foldersOf(pid)));
  return () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
}

function foldersOf(pid: number): string[] {
  return ['cmdline', 'environ'].flatMap((file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1').match(RUN_FOLDERS) ?? [];
    } catch {
      // it has just ended
      return [];
    }
  });
}
