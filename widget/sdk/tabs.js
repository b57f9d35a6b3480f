// Keeps the tabs of one browser in step: they talk over a BroadcastChannel, and one at a time holds the event stream
// (browsers allow about six connections to a server, so a stream in each tab would leave none for messages).

/** @typedef {import("./api.js").Message} Message */
/** @typedef {import("./api.js").Notice} Notice */

/**
 * What tabs tell each other; `by` is the sender, `to` a single receiver.
 * @typedef {{by?: string, to?: string} & (
 *   | {type: "hello", after: number, conversation: string | null}
 *   | {type: "events", conversation: string | null, events: (Message | Notice)[]}
 *   | {type: "online", online: boolean}
 * )} TabMessage
 */

export class Tabs {
  /** @type {BroadcastChannel | null} */
  #channel = null;
  #locks = origin === "null" ? null : navigator.locks; // a sandboxed frame without an origin may not use them
  #name;
  id = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;

  /**
   * @param {string} name shared by the tabs that belong together
   * @param {(message: TabMessage) => void} onMessage
   */
  constructor(name, onMessage) {
    this.#name = name;
    if (!globalThis.BroadcastChannel) return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener("message", ({ data }) => onMessage(data));
  }

  /** @param {TabMessage} message */
  tell(message) {
    this.#channel?.postMessage({ ...message, by: this.id });
  }

  /**
   * Run `work` while no other tab runs work of this name; `steal` takes over from a tab that does not answer.
   * @template T
   * @param {string} what
   * @param {() => Promise<T>} work
   * @param {LockOptions} [options]
   * @returns {Promise<T>}
   */
  async alone(what, work, options = {}) {
    if (!this.#locks) return work(); // as pages without https: each tab for itself, which is harmless
    return this.#locks.request(`${this.#name}:${what}`, options, work);
  }

  close() {
    this.#channel?.close();
    this.#channel = null;
  }

  get shared() {
    return Boolean(this.#locks && this.#channel);
  }
}
