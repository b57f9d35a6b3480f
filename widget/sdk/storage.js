// Keeps small JSON values in localStorage under one prefix; where that is forbidden or full, in memory.

export class Storage {
  #prefix;
  /** @type {Map<string, any>} */
  #memory = new Map();

  /** @param {string} prefix */
  constructor(prefix) {
    this.#prefix = `${prefix}:`;
  }

  /**
   * @param {string} name
   * @returns {any} null when nothing is kept
   */
  get(name) {
    if (this.#memory.has(name)) return this.#memory.get(name);
    try {
      return JSON.parse(localStorage.getItem(this.#prefix + name) ?? "null");
    } catch {
      return null;
    }
  }

  /**
   * The name kept under a key of localStorage, if it is one of ours.
   * @param {string | null} key
   */
  nameOf(key) {
    return key?.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : null;
  }

  /**
   * @param {string} name
   * @param {any} value JSON; null removes it
   */
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

/**
 * A short key for a signed-in customer, so that two who share a browser do not see each other's chat.
 * @param {string} identity JWT, or ""
 */
export function customerKey(identity) {
  try {
    const claims = JSON.parse(atob(identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
    let hash = 0;
    for (const c of String(claims.email)) hash = (Math.imul(hash, 31) + (c.codePointAt(0) ?? 0)) >>> 0;
    return hash.toString(36);
  } catch {
    return "guest";
  }
}
