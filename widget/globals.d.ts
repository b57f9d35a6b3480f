// What the widget adds to the page it is on, for type checks.

// biome-ignore lint/suspicious/noExplicitAny: what is passed differs by event (docs/widget.md)
type EsimAftercareListener = (detail?: any) => void;

interface EsimAftercare {
  open(draft?: string): void;
  close(): void;
  toggle(): void;
  setLanguage(tag: string): void;
  identify(jwt: string): void;
  /** Returns a function that stops the listener. */
  on(name: string, listener: EsimAftercareListener): () => void;
}

interface Window {
  esimAftercare?: EsimAftercare;
}
