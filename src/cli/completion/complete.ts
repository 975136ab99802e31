import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { type Candidate, NOTHING, type Offer } from './candidate.ts';
import { findPlace, type Place } from './place.ts';
import { forBash, readBashLine, type TypedWords, unquote } from './shell-words.ts';

/**
 * `spot __complete <shell> …`: what may stand at the cursor, for the scripts of `spot completion`. The first line says what
 * the shell adds, then comes a candidate a line, with a tab before what is said about it.
 *
 * Whatever is wrong, a prompt is no place to say it: then nothing is offered.
 * @param words of bash the line up to the cursor and `$COMP_WORDBREAKS`; of the others the words, the one at the cursor last
 */
export async function complete(program: Command, [shell, ...words]: readonly string[], io: Io): Promise<number> {
  const typed = shell === 'bash' ? readBashLine(words[0] ?? '', words[1] ?? '') : typedOf(words);
  const place = findPlace(program, typed.words, typed.current);
  const offer = await offerOf(place, io).catch(() => NOTHING);
  const isMeant = matcherOf(place, typed.current);
  const candidates = offer.candidates.map((each) => ({
    ...each,
    value: place.front + listFront(place, typed.current) + each.value,
  }));
  const lines = candidates.filter(({ value }) => isMeant(value)).flatMap((each) => lineOf(each, shell ?? '', typed));
  const head = [offer.also, ...(offer.isOrdered ? ['ordered'] : [])].join(' ');
  io.stdout.write([head, ...lines, ''].join('\n'));
  return 0;
}

function typedOf(words: readonly string[]): TypedWords {
  return { words: words.slice(0, -1), current: unquote(words.at(-1) ?? ''), kept: 0, quote: '' };
}

async function offerOf({ kind, ...place }: Place, io: Io): Promise<Offer> {
  if (typeof kind === 'object' && 'commandsOf' in kind) return commandsOf(kind.commandsOf);
  if (typeof kind === 'object' && 'flagsOf' in kind) return flagsOf(kind.flagsOf);
  if (typeof kind !== 'string')
    return { ...NOTHING, candidates: kind.map((value) => ({ value, about: '' })), isOrdered: true };
  const also = kind === 'files' || kind === 'scripts' ? 'files' : kind === 'folders' ? 'folders' : 'none';
  const { candidatesOfState, isOfState } = await import('./of-state.ts');
  if (!isOfState(kind)) return { ...NOTHING, also };
  const isOrdered = kind === 'runs' || kind === 'open-runs';
  const candidates = await candidatesOfState(kind, { kind, ...place }, io).catch(() => []);
  return { candidates, also, isOrdered };
}

function commandsOf(command: Command): Offer {
  const shown = command.createHelp().visibleCommands(command);
  return { ...NOTHING, candidates: shown.map((each) => ({ value: each.name(), about: each.description() })) };
}

function flagsOf(command: Command): Offer {
  const shown = command.createHelp().visibleOptions(command);
  const candidates = shown.map(({ long, short, description }) => ({ value: long ?? short ?? '', about: description }));
  return { ...NOTHING, candidates };
}

/** The words of a list that stand already: `web-1,web-2,`. */
function listFront({ isList, front }: Place, current: string): string {
  return isList ? current.slice(front.length, current.lastIndexOf(',') + 1) : '';
}

/** Ids are many, and nobody types one unseen: they are offered once some of it is typed. Nothing is named twice. */
function matcherOf(place: Place, current: string): (value: string) => boolean {
  const front = place.front + listFront(place, current);
  const named = place.isList ? front.slice(place.front.length).split(',') : place.before;
  return (value) => {
    const own = value.slice(front.length);
    const isWritable = !/\p{Cc}/u.test(own) && !(place.isList && own.includes(','));
    return isWritable && value.startsWith(current) && !named.includes(own);
  };
}

function lineOf({ value, about }: Candidate, shell: string, typed: TypedWords): string[] {
  if (shell !== 'bash') return [`${value}\t${about.replace(/\p{Cc}/gu, ' ')}`];
  const text = forBash(value, typed);
  return text === null ? [] : [text];
}
