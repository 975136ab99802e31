import { readdirSync, rmSync } from 'node:fs';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, onTestFinished } from 'vitest';
import { isOfNotedClient, leakMark, LEAK_MARK } from './leak-mark.ts';
import { describeProcess, descendantsOf, processesMarked } from './processes.ts';
import { waitFor } from './wait-for.ts';

/** What has just been closed may take a moment to go. */
const GRACE_MS = 3000;

/** Where an instance keeps the folders of its runs: on loopback that is this machine. */
const REMOTE_TMP = '/tmp';

const WATCHED_RESOURCES = ['TCPServerWrap', 'TCPSocketWrap', 'PipeServerWrap', 'UDPWrap', 'ProcessWrap'];

/**
 * Fails every test of the file that leaves something behind, and names it: processes of this file (children, and
 * whatever carries its mark, here or on its hosts), remote folders of its clients, sockets and child handles.
 * Call it at the top of the file: then it looks after all other hooks have cleaned up. What a `beforeAll` started
 * counts as being there before. Other test files running at the same time are not looked at.
 */
export function leakCheck(): void {
  leakMark();
  beforeEach(() => {
    onTestFinished(watchLeaks());
  });
}

/**
 * Notes what is there now.
 * @returns a function that throws an Error naming what is new and does not go within `graceMs`
 */
export function watchLeaks(graceMs = GRACE_MS): () => Promise<void> {
  const before = snapshot();
  return async () => {
    // a handle that was closed goes in the next turn of the event loop; on a busy machine one look may take all of the grace
    await nextTurn();
    let left: string[] = [];
    const nothingNew = (): boolean => {
      left = [...snapshot()].filter(([key]) => !before.has(key)).map(([, description]) => description);
      return left.length === 0;
    };
    await waitFor('leftovers to go', nothingNew, graceMs).catch(() => {
      throw new Error(`the test left behind: ${left.join(', ')}`);
    });
  };
}

/** Removes the DEPLOY_FILES_DIRs that the clients of this file left in place, as they are meant to. */
export function removeDeployFolders(): string[] {
  const folders = remoteFolders().filter((path) => path.startsWith(`${REMOTE_TMP}/deploy_files_`));
  // the runner may be clearing older ones at this moment
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  return folders;
}

/** What is there, by a key that stays the same while it is. */
type Snapshot = ReadonlyMap<string, string>;

function snapshot(): Snapshot {
  const processes = [...descendantsOf(process.pid), ...processesMarked(LEAK_MARK, leakMark())];
  return new Map([
    ...processes.map((found) => [`process ${found.pid}`, `process ${describeProcess(found)}`] as const),
    ...remoteFolders().map((path) => [path, `folder ${path}`] as const),
    ...resources().map((resource) => [resource, `open ${resource}`] as const),
  ]);
}

/** Folders of the runs of this file's clients. */
function remoteFolders(): string[] {
  return readdirSync(REMOTE_TMP)
    .filter((name) => /^(?:deploy_files|\.spot)_/.test(name))
    .filter(isOfNotedClient)
    .map((name) => `${REMOTE_TMP}/${name}`);
}

/** `TCPServerWrap 1`, `TCPServerWrap 2`, …: numbered, because they have no identity. */
function resources(): string[] {
  const active = process.getActiveResourcesInfo();
  return WATCHED_RESOURCES.flatMap((kind) =>
    active.filter((resource) => resource === kind).map((_, index) => `${kind} ${index + 1}`),
  );
}
