/** Commands about the service: loaded together, so that the others' parts are not cut to pieces. */
export { serve } from './serve.ts';
export { createNamedToken, listTokens, revokeToken } from './token.ts';
export { ui } from './ui.ts';
export { worker } from './worker.ts';
