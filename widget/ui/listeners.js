// What the page wants to hear of the chat.

export class Listeners {
  /** @type {Map<string, Set<(detail?: any) => void>>} */
  #byName = new Map();

  /**
   * @param {string} name
   * @param {(detail?: any) => void} listener
   * @returns {() => void} stops it
   */
  add(name, listener) {
    const listeners = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * @param {string} name
   * @param {any} [detail]
   */
  tell(name, detail) {
    for (const listener of this.#byName.get(name) ?? []) {
      try {
        listener(detail);
      } catch (error) {
        reportError(error); // the page's own mistake must not stop the chat
      }
    }
  }
}
