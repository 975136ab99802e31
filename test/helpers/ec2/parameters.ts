/** The parameters of a request in EC2's query protocol: `TagSpecification.1.Tag.2.Key` is a member of a list of a list. */
export class Parameters {
  readonly #all: Readonly<Record<string, string>>;
  readonly #prefix: string;

  constructor(all: Readonly<Record<string, string>>, prefix = '') {
    this.#all = all;
    this.#prefix = prefix;
  }

  /** Everything at or below here, by the names that are used here. */
  all(): Record<string, string> {
    const below = Object.entries(this.#all).filter(([key]) => key.startsWith(this.#prefix));
    return Object.fromEntries(below.map(([key, value]) => [key.slice(this.#prefix.length), value]));
  }

  text(name: string): string | null {
    return this.#all[this.#prefix + name] ?? null;
  }

  number(name: string): number | null {
    const text = this.text(name);
    return text === null ? null : Number(text);
  }

  isTrue(name: string): boolean {
    return this.text(name) === 'true';
  }

  /** The values of `name.1`, `name.2`, …. */
  texts(name: string): string[] {
    return this.#numbersOf(name).flatMap((number) => this.text(`${name}.${number}`) ?? []);
  }

  /** The members below `name`; none where the request has none. */
  struct(name: string): Parameters {
    return new Parameters(this.#all, `${this.#prefix}${name}.`);
  }

  /** The structures `name.1`, `name.2`, …. */
  structs(name: string): Parameters[] {
    return this.#numbersOf(name).map((number) => this.struct(`${name}.${number}`));
  }

  /** Whether anything stands at or below `name`. */
  has(name: string): boolean {
    const path = this.#prefix + name;
    return Object.keys(this.#all).some((key) => key === path || key.startsWith(`${path}.`));
  }

  #numbersOf(name: string): number[] {
    const start = `${this.#prefix}${name}.`;
    const keys = Object.keys(this.#all).filter((key) => key.startsWith(start));
    const numbers = keys.map((key) => Number.parseInt(key.slice(start.length), 10));
    return [...new Set(numbers)].sort((a, b) => a - b);
  }
}

/** The pairs `Key`, `Value` of a list of tags. */
export function tagsOf(parameters: readonly Parameters[]): Record<string, string> {
  return Object.fromEntries(parameters.map((tag) => [tag.text('Key') ?? '', tag.text('Value') ?? '']));
}

/** The tags that a request gives to what it makes of this type, e.g. `instance`. */
export function tagsFor(resourceType: string, parameters: Parameters): Record<string, string> {
  const specifications = parameters.structs('TagSpecification');
  return Object.assign(
    {},
    ...specifications
      .filter((specification) => specification.text('ResourceType') === resourceType)
      .map((specification) => tagsOf(specification.structs('Tag'))),
  ) as Record<string, string>;
}
