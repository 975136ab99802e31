/** What the views of the page have to do with each other. */
export interface Page {
  /** aborted when one goes elsewhere */
  readonly signal: AbortSignal;
  /** somebody answers, or nobody does, or one has to sign in again */
  problem(error: unknown): void;
  fine(): void;
  /** said aloud to whoever does not see it */
  announce(text: string): void;
}

/** What is shown of a route. Keys of the page reach it here. */
export interface View {
  readonly element: HTMLElement;
  readonly title: string;
  /** `/` */
  readonly filter?: HTMLInputElement;
  /** the arrow keys, where nothing has the focus */
  readonly enter?: () => void;
}
