import type { Caller } from '../api.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** who asks; set before any handler runs */
    caller: Caller;
  }

  interface FastifyContextConfig {
    /** needs no token */
    open?: boolean;
    /** the page may ask for it with its session: it shows something, and changes nothing */
    page?: boolean;
    /** `none`: it may last, as a stream of events does; `upload`: it may take longer to arrive. Else: the usual one */
    timeLimit?: 'none' | 'upload';
    /** what is asked for often, by machines: logged at `debug` */
    quiet?: boolean;
  }
}

/** Who has not said who they are. */
export const NOBODY = 'nobody';

/** Whoever may open the Unix socket. */
export const SOCKET_CALLER = 'socket';
