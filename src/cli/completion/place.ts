import type { Argument, Command, Option } from 'commander';
import { type Kind, KINDS, KINDS_OF_COMMANDS } from './kinds.ts';

/** What is to be completed. */
export interface Place {
  readonly kind: Kind | { readonly commandsOf: Command } | { readonly flagsOf: Command };
  /** what is typed already and stays: `--limit=`, `web-1,` */
  readonly front: string;
  /** several may stand there, with commas in between */
  readonly isList: boolean;
  /** arguments before it, without the command */
  readonly before: readonly string[];
  /** values of `--config` and `--state-dir`, as given so far */
  readonly where: { readonly config?: string; readonly stateDir?: string };
}

/** Finds out what the word at the cursor is about. */
export function findPlace(program: Command, words: readonly string[], current: string): Place {
  const walk = new Walk(program);
  for (const word of words) walk.step(word);
  return walk.place(current);
}

class Walk {
  #command: Command;
  /** names that lead to the command: `payload add` */
  #path: string[] = [];
  readonly #arguments: string[] = [];
  #pending: Option | null = null;
  #isBehindDashes = false;
  #where: { config?: string; stateDir?: string } = {};

  constructor(program: Command) {
    this.#command = program;
  }

  step(word: string): void {
    const pending = this.#pending;
    this.#pending = null;
    if (this.#isBehindDashes) return;
    if (pending !== null) return this.#note(pending, word);
    if (word === '--') this.#isBehindDashes = true;
    else if (word.startsWith('-') && word !== '-') this.#stepFlag(word);
    else this.#stepWord(word);
  }

  place(current: string): Place {
    const base = { front: '', isList: false, before: this.#arguments, where: this.#where };
    if (this.#isBehindDashes) return { ...base, kind: 'files' };
    if (this.#pending !== null) return { ...base, ...this.#valueOf(this.#pending) };
    const [, flag, equals] = /^(--?[^=]*)(=?)/.exec(current) ?? [];
    const option = flag === undefined || equals !== '=' ? undefined : this.#optionOf(flag);
    if (option !== undefined) return { ...base, ...this.#valueOf(option), front: `${flag}=` };
    if (current.startsWith('-')) return { ...base, kind: { flagsOf: this.#command } };
    if (this.#isGroup()) return { ...base, kind: { commandsOf: this.#command } };
    return { ...base, ...this.#argument() };
  }

  #stepFlag(word: string): void {
    const [flag = '', value] = word.split(/=(.*)/s);
    const option = this.#optionOf(flag);
    if (option === undefined) return;
    if (value !== undefined) this.#note(option, value);
    // the value of `--wait-ready` may be left out, and then stands behind `=`
    else if (option.required) this.#pending = option;
  }

  #stepWord(word: string): void {
    const child = this.#isGroup() ? this.#command.commands.find((each) => each.name() === word) : undefined;
    if (child === undefined) {
      this.#arguments.push(word);
      return;
    }
    this.#command = child;
    this.#path = [...this.#path, word];
  }

  #isGroup(): boolean {
    return this.#command.commands.length > 0 && this.#arguments.filter((word) => word !== 'help').length === 0;
  }

  #optionOf(flag: string): Option | undefined {
    return this.#command.options.find(({ long, short }) => flag === long || flag === short);
  }

  #note(option: Option, value: string): void {
    if (option.long === '--config') this.#where = { ...this.#where, config: value };
    if (option.long === '--state-dir') this.#where = { ...this.#where, stateDir: value };
  }

  #argument(): Pick<Place, 'kind' | 'isList'> {
    const known = this.#command.registeredArguments;
    const last = known.at(-1);
    const argument = known[this.#arguments.length] ?? (last?.variadic === true ? last : undefined);
    if (argument === undefined) return { kind: 'nothing', isList: false };
    return { kind: this.#kindOf(argument.name(), argument), isList: argument.name() === 'words' };
  }

  #valueOf(option: Option): Pick<Place, 'kind' | 'isList'> {
    const name = placeholderOf(option);
    return { kind: this.#kindOf(name, option), isList: name === 'words' };
  }

  #kindOf(name: string, { argChoices }: Pick<Argument | Option, 'argChoices'>): Kind {
    if (argChoices !== undefined) return argChoices;
    const kind = KINDS_OF_COMMANDS[[...this.#path, name].join(' ')] ?? KINDS[name];
    return kind ?? (name.includes('|') ? name.split('|') : 'nothing');
  }
}

/** `file` for `--config <file>`; empty for a flag without a value. */
export function placeholderOf({ flags }: Option): string {
  return /[<[]([^\]>]+)[\]>]/.exec(flags)?.[1]?.replace('...', '') ?? '';
}
