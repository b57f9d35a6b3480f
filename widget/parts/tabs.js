// Keeps the tabs of one browser in step: they talk over a BroadcastChannel, and one at a time holds the event stream
// (browsers allow about six connections to a server, so a stream in each tab would leave none for messages).

export class Tabs {
  #channel = null;
  #name;
  id = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;

  constructor(name, heard) {
    this.#name = name;
    if (!globalThis.BroadcastChannel) return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener("message", ({ data }) => heard(data));
  }

  tell(message) {
    this.#channel?.postMessage({ ...message, by: this.id });
  }

  /** Run `work` while no other tab runs work of this name; `steal` takes over from a tab that does not answer. */
  async alone(what, work, options = {}) {
    if (!navigator.locks) return work(); // pages without https: each tab for itself, which is harmless
    return navigator.locks.request(`${this.#name}:${what}`, options, work);
  }

  close() {
    this.#channel?.close();
    this.#channel = null;
  }

  get shared() {
    return Boolean(navigator.locks && this.#channel);
  }
}
