// Keeps small JSON values in localStorage under one prefix; where that is forbidden or full, in memory.

export class Storage {
  #prefix;
  #memory = new Map();

  constructor(prefix) {
    this.#prefix = `${prefix}:`;
  }

  get(name) {
    if (this.#memory.has(name)) return this.#memory.get(name);
    try {
      return JSON.parse(localStorage.getItem(this.#prefix + name));
    } catch {
      return null;
    }
  }

  /** The name kept under a key of localStorage, if it is one of ours. */
  nameOf(key) {
    return key?.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : null;
  }

  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(this.#prefix + name);
      else localStorage.setItem(this.#prefix + name, JSON.stringify(value));
      this.#memory.delete(name);
    } catch {
      this.#memory.set(name, value);
    }
  }
}
