import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';

/**
 * Sends what a command prints to its two streams and settles when both have ended or were destroyed; reads no faster
 * than the client takes. Never rejects. A write that waits when the client goes is never answered: the promise is then
 * left pending, and dropped with the channel.
 *
 * The two streams take turns: ssh2 keeps what waits for the client's window in one slot for each stream, wakes only the
 * first when the window opens, and never empties the slots (1.17, lib/Channel.js and lib/server.js). Two streams that
 * wait at once would stall, and a slot filled long ago would be sent again.
 */
export async function sendOutput(channel: ServerChannel, stdout: Readable, stderr: Readable): Promise<void> {
  let turn = Promise.resolve();
  const copy = async (from: Readable, to: Writable): Promise<void> => {
    for await (const chunk of from) {
      turn = turn.then(() => write(channel, to, chunk as Buffer));
      await turn;
    }
  };
  await Promise.allSettled([copy(stdout, channel), copy(stderr, channel.stderr)]);
}

/** the slots of ssh2's channel */
interface WaitingSlots {
  _chunk: unknown;
  _chunkcb: unknown;
  _chunkErr: unknown;
  _chunkcbErr: unknown;
}

function write(channel: ServerChannel, to: Writable, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    to.write(chunk, () => {
      const none: WaitingSlots = {
        _chunk: undefined,
        _chunkcb: undefined,
        _chunkErr: undefined,
        _chunkcbErr: undefined,
      };
      Object.assign(channel, none);
      resolve();
    });
  });
}
