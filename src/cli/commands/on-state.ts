/** Commands that read and change the state alone: loaded together, so that the others' parts are not cut to pieces. */
export { addInstances } from './add.ts';
export { completion } from './completion.ts';
export { showConfig } from './config.ts';
export { diff } from './diff.ts';
export { exportFleet } from './export.ts';
export { hostKey } from './host-key.ts';
export { listInstances } from './list.ts';
export { logs } from './logs.ts';
export { removeInstances } from './remove.ts';
export { listRuns } from './runs.ts';
export { setInstance } from './set.ts';
export { show } from './show.ts';
export { overview } from './overview.ts';
