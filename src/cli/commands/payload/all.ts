/** The commands of `spot payload`. */
export { activatePayload } from './activate.ts';
export { addPayload } from './add.ts';
export { listPayloads } from './list.ts';
export { prunePayloads } from './prune.ts';
export { removePayload } from './remove.ts';
export { showPayload } from './show.ts';
export { verifyPayloads } from './verify.ts';
