/** Commands that talk to instances: loaded together, as they share nearly everything. */
export { attach } from './attach.ts';
export { doctor } from './doctor.ts';
export { fetch } from './fetch.ts';
export { rerun } from './rerun.ts';
export { stop } from './stop.ts';
export { uploadScript } from './upload-script.ts';
export { watchFleet } from './watch.ts';
