/** Commands about EC2 itself: loaded together, as they share nearly everything. */
export { destroy } from './destroy.ts';
export { sync } from './sync.ts';
