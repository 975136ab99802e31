/** Commands that talk to instances, or to EC2 about them: loaded together, as they share nearly everything. */
export { attach } from './attach.ts';
export { create } from './create.ts';
export { destroy } from './destroy.ts';
export { doctor } from './doctor.ts';
export { fetch } from './fetch.ts';
export { rerun } from './rerun.ts';
export { stop } from './stop.ts';
export { sync } from './sync.ts';
export { uploadScript } from './upload-script.ts';
export { watchFleet } from './watch.ts';
