/** Where one is on the page; behind the # of its address. */
export type Route =
  | { readonly at: 'fleet' }
  | { readonly at: 'instance'; readonly id: string }
  | { readonly at: 'runs' }
  | { readonly at: 'run'; readonly id: string }
  | { readonly at: 'attempt'; readonly id: string; readonly instance: string }
  | { readonly at: 'payloads' }
  | { readonly at: 'version'; readonly name: string; readonly version: string };

/** Words that lead nowhere lead to the fleet. */
export function routeOf(hash: string): Route {
  const [first, second, third] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decoded);
  if (first === 'instance' && second) return { at: 'instance', id: second };
  if (first === 'runs') return { at: 'runs' };
  if (first === 'run' && second && third) return { at: 'attempt', id: second, instance: third };
  if (first === 'run' && second) return { at: 'run', id: second };
  if (first === 'payloads' && second && third) return { at: 'version', name: second, version: third };
  return first === 'payloads' ? { at: 'payloads' } : { at: 'fleet' };
}

export function hrefOf(route: Route): string {
  return `#/${wordsOf(route).map(encodeURIComponent).join('/')}`;
}

function wordsOf(route: Route): string[] {
  switch (route.at) {
    case 'fleet':
      return [];
    case 'instance':
      return ['instance', route.id];
    case 'run':
      return ['run', route.id];
    case 'attempt':
      return ['run', route.id, route.instance];
    case 'version':
      return ['payloads', route.name, route.version];
    default:
      return [route.at];
  }
}

/** Where Esc leads; null at the top. */
export function parentOf(route: Route): Route | null {
  switch (route.at) {
    case 'instance':
      return { at: 'fleet' };
    case 'run':
      return { at: 'runs' };
    case 'attempt':
      return { at: 'run', id: route.id };
    case 'version':
      return { at: 'payloads' };
    default:
      return null;
  }
}

/** The part of the page that a route belongs to. */
export function sectionOf({ at }: Route): 'fleet' | 'runs' | 'payloads' {
  if (at === 'fleet' || at === 'instance') return 'fleet';
  return at === 'payloads' || at === 'version' ? 'payloads' : 'runs';
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
