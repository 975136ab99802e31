import { programOnStdin } from '../remote/program-on-stdin.ts';
import { readReadyWord, readyProgram, type ReadyWord } from '../remote/ready.ts';
import type { Connection } from '../transport/transport.ts';
import { withDeadline } from '../util/deadline.ts';
import { ByteReader } from './fetch/byte-reader.ts';
import { ChannelEnded } from './runner-session.ts';

/** What a login shell may say first, and a line of the program, bytes. */
const LONGEST_GREETING = 64 * 1024;
const LONGEST_LINE = 4096;
/** How much of what was said instead is kept for a message, characters. */
const WORDS_LIMIT = 2048;
/** The program speaks every second; python, in which cloud-init is written, may take long on a machine that starts, ms. */
const SILENCE_MS = 60_000;

export interface ReadyRequest {
  /** a word that nobody else says */
  readonly nonce: string;
  /** after which the program gives up by itself */
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** told everything but the last word; what it throws ends the conversation */
  readonly onWord: (word: ReadyWord) => void;
}

/**
 * Waits on one connection until the instance says that it is ready.
 * @throws LinkLostError, ChannelEnded, DeadlineError after a long silence, the signal's reason, or Error for words that are
 * none
 */
export async function askReady(connection: Connection, request: ReadyRequest): Promise<void> {
  const { nonce, seconds, signal, onWord } = request;
  const command = programOnStdin(nonce);
  const channel = await withDeadline(signal, SILENCE_MS, (deadline) => deadline.race(connection.exec(command)));
  let complaints = '';
  channel.stderr.on('data', (chunk: Buffer) => {
    complaints = `${complaints}${chunk.toString('utf8')}`.slice(0, WORDS_LIMIT);
  });
  channel.stdin.end(readyProgram(seconds));
  const reader = new ByteReader(channel.stdout, { silenceMs: SILENCE_MS, signal });
  try {
    const greeting = await reader.until(Buffer.from(`SPOT1 ${nonce}\n`), LONGEST_GREETING);
    if (greeting.ended) throw new ChannelEnded(await channel.exit, oneLine(complaints, greeting.bytes), false);
    for (;;) {
      const line = await reader.until(Buffer.from('\n'), LONGEST_LINE);
      if (line.ended) throw new ChannelEnded(await channel.exit, oneLine(complaints, line.bytes), true);
      const word = readReadyWord(line.bytes.toString('utf8'));
      if (word.type === 'ready') return;
      onWord(word);
    }
  } finally {
    channel.close();
  }
}

function oneLine(complaints: string, noise: Buffer): string {
  return `${complaints}\n${noise.toString('utf8')}`.replace(/\s+/g, ' ').trim();
}
