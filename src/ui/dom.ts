/** What an element is made of besides its content; `on…` are listeners. */
export type Props = Readonly<Record<string, string | number | boolean | null | undefined | EventListener>>;

export type Child = Node | string | null | false;

/** Makes an element. Text is text: nothing that comes from an instance is ever read as HTML. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** Sets what has changed, so that nothing is laid out again for nothing. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** How the children of an element follow a list: one for each key, reused as long as it is in the list. */
export interface Keyed<Item, Node extends HTMLElement> {
  readonly keyOf: (item: Item) => string;
  readonly make: (item: Item) => Node;
  readonly update: (node: Node, item: Item) => void;
}

export function createKeyed<Item, Node extends HTMLElement>(
  parent: HTMLElement,
  { keyOf, make, update }: Keyed<Item, Node>,
): (items: readonly Item[]) => void {
  let known = new Map<string, Node>();
  return (items) => {
    const next = new Map<string, Node>();
    for (const item of items) {
      const key = keyOf(item);
      const node = known.get(key) ?? make(item);
      update(node, item);
      next.set(key, node);
    }
    for (const [key, node] of known) if (!next.has(key)) node.remove();
    let place: ChildNode | null = parent.firstChild;
    for (const node of next.values()) {
      if (node === place) place = place.nextSibling;
      else parent.insertBefore(node, place);
    }
    known = next;
  };
}

/** A moment, told by its age; what it is exactly shows when one points at it. */
export function timeElement(iso: string, words: string): HTMLTimeElement {
  return h('time', { datetime: iso, title: new Date(iso).toLocaleString() }, words);
}
