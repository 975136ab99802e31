/** All that can be asked: loaded together, the first time that something is, so that the others' parts are not cut to pieces. */
export { askForHidden } from './hidden.ts';
export { askOneKey } from './one-key.ts';
export { pickMany } from './pick-many.ts';
export { pickOne } from './pick-one.ts';
export { given, nothingDone } from './put.ts';
export { isYes } from './yes-no.ts';
