// The stream of what changes, for the conversations that are open: reconnects, and says when it is away.

const RETRY = 2000; // ms before a refused stream is opened again
const KINDS = ["list", "thread", "settled", "typing", "presence", "mention", "given", "taken", "gone", "out"];

/**
 * What is told of the stream: a notice of the desk, `open` (whether something may have been missed) or `lost`.
 * @callback Listener
 * @param {string} kind
 * @param {any} data
 */

export class News {
  /** @type {EventSource | null} */
  #source = null;
  #open = "";
  /** @type {Listener} */
  #listener;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /**
   * Hear of these conversations; the stream so far goes on until the new one is there.
   * @param {string[]} conversations
   */
  follow(conversations) {
    const open = [...new Set(conversations)].filter(Boolean).sort().join(",");
    if (open === this.#open && this.#source?.readyState === EventSource.OPEN) {
      this.#listener("open", { missed: false });
      return;
    }
    this.#open = open;
    this.#connect();
  }

  #connect() {
    const before = this.#source;
    let missed = before?.readyState !== EventSource.OPEN;
    const source = new EventSource(`/desk/inbox/live?open=${encodeURIComponent(this.#open)}`);
    this.#source = source;
    source.addEventListener("open", () => {
      before?.close();
      this.#listener("open", { missed });
      missed = true; // what is said until the browser has connected it again
    });
    source.addEventListener("error", () => {
      if (source === this.#source) this.#broken(source);
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (/** @type {MessageEvent} */ event) => {
        if (kind === "out") this.#end();
        this.#listener(kind, JSON.parse(event.data));
      });
    }
  }

  #end() {
    this.#source?.close();
    this.#source = null;
  }

  /**
   * A stream that was refused is not tried again by the browser: the desk may be starting, or we are signed out.
   * @param {EventSource} source
   */
  async #broken(source) {
    this.#listener("lost", {});
    if (source.readyState !== EventSource.CLOSED) return;
    const answer = fetch("/desk/inbox/lines?size=1", { headers: { "HX-Request": "true" } });
    const status = await answer.then(
      (response) => response.status,
      () => 0,
    );
    if (source !== this.#source) return;
    if (status === 401 || status === 403) {
      this.#end();
      this.#listener("out", {});
    } else setTimeout(() => source === this.#source && this.#connect(), RETRY);
  }
}
