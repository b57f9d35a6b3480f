// What the traveller sends waits here, over reloads and without a network, until the desk has it. Each message has an
// id of ours: sending it twice stores it once. They go one after the other, so that they arrive in order.

import { ApiError, backoff } from "./api.js";

/** @typedef {import("./api.js").Message} Message */
/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./storage.js").Storage} Storage */

/**
 * What the traveller sends: a text, a choice with its title as text, or a picture.
 * @typedef {object} Content
 * @property {string} [text]
 * @property {string} [choice] its id
 * @property {string} [picture] data URL
 */

/**
 * A content on its way.
 * @typedef {Content & {id: string, at: string, state: "sending" | "failed" | "sent", error?: string, seq?: number}} Entry
 */

/** The model of the phone, which a current Chrome leaves out of its user agent. */
const phone = /** @type {any} */ (navigator).userAgentData
  ?.getHighEntropyValues(["model"])
  .then((/** @type {any} */ { model }) => model || undefined)
  .catch(() => {});

const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} dataUrl */
function bytesOf(dataUrl) {
  const [head, data] = dataUrl.split(",");
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type: head.slice(5).split(";")[0] });
}

export class Outbox extends EventTarget {
  #client;
  #store;
  #page;
  #pumping = false;
  /** @type {(Entry & {seq: number})[]} */
  #accepted = []; // delivered, but their event has not come yet
  /** @type {Set<string>} */
  #hidden = new Set(); // their event came before the desk's acknowledgement

  /**
   * @param {Client} client
   * @param {Storage} store
   * @param {{seller?: string, currency?: string}} page whose page it is and its currency, as its tag says
   */
  constructor(client, store, page) {
    super();
    const told = (/** @type {RegExp} */ form, /** @type {string} */ text = "") => form.exec(text)?.[0]; // else refused
    this.#page = { seller: told(/^[a-z0-9-]{1,40}$/, page.seller), currency: told(/^[A-Z]{3}$/, page.currency) };
    this.#client = client;
    this.#store = store;
    client.addEventListener("events", (event) => {
      for (const message of /** @type {CustomEvent<Message[]>} */ (event).detail) this.#match(message);
    });
    client.addEventListener("outbox", () => {
      this.#changed();
      this.pump(); // the tab that wrote it may be gone before it is sent
    });
    client.addEventListener("reset", () => {
      this.#accepted = [];
      this.#hidden.clear();
      this.#changed();
    });
  }

  /**
   * What to show below the conversation, oldest first.
   * @returns {Entry[]}
   */
  get entries() {
    return [...this.#accepted, ...this.#stored()].filter((entry) => !this.#hidden.has(entry.id));
  }

  /** @param {Content} content to send */
  add(content) {
    /** @type {Entry} */
    const entry = { id: newId(), at: new Date().toISOString(), state: "sending", ...content };
    this.#save([...this.#stored(), entry]);
    this.pump();
  }

  /** @param {string} id */
  retry(id) {
    this.#update(id, { state: "sending", error: undefined });
    this.#client.wake();
    this.pump();
  }

  /** @param {string} id */
  discard(id) {
    this.#save(this.#stored().filter((entry) => entry.id !== id));
  }

  clear() {
    this.#save([]);
  }

  /** Send what waits; harmless when nothing does. */
  async pump() {
    if (this.#pumping || !this.#next()) return;
    this.#pumping = true;
    try {
      // two tabs sending at once would do no harm but mix the order; a frozen tab must not block the others for ever
      const patience = navigator.locks ? { signal: AbortSignal.timeout?.(3000) } : {};
      await this.#client.tabs
        .alone("outbox", () => this.#drain(), patience)
        .catch((error) => {
          if (error.name === "TimeoutError" || error.name === "AbortError") return this.#drain();
          throw error;
        });
    } finally {
      this.#pumping = false;
    }
    if (this.#next()) this.pump();
  }

  async #drain() {
    let tries = 0;
    for (let entry = this.#next(); entry; entry = this.#next()) {
      try {
        const { seq, language } = await this.#post(entry);
        if (language) this.dispatchEvent(new CustomEvent("language", { detail: language }));
        tries = 0;
        this.#settled(entry, seq);
      } catch (error) {
        const refused = error instanceof ApiError ? error : null;
        if (!refused || refused.status === 429 || refused.status === 408 || refused.status >= 500) {
          await this.#client.rest(Math.max((refused?.retryAfter ?? 0) * 1000, backoff(tries)));
          tries += 1;
        } else {
          this.#hidden.delete(entry.id);
          this.#update(entry.id, { state: "failed", error: refused.message });
        }
      }
    }
  }

  /**
   * @param {Entry} entry
   * @returns {Promise<{seq: number, language?: string}>} the language a text is written in, when it tells
   */
  async #post({ id, text, choice, picture }) {
    if (picture) {
      const blob = bytesOf(picture);
      return this.#client.post(`/api/chat/pictures?id=${id}`, blob, blob.type);
    }
    return this.#client.postJson("/api/chat/messages", {
      id,
      ...(choice ? { choice } : { text }),
      phone: await phone,
      ...this.#page,
    });
  }

  /**
   * @param {Entry} entry
   * @param {number} seq
   */
  #settled(entry, seq) {
    if (seq > this.#client.lastSeq) this.#accepted.push({ ...entry, seq, state: "sent" });
    this.#hidden.delete(entry.id);
    this.#save(this.#stored().filter((other) => other.id !== entry.id));
    this.#client.connect();
  }

  /**
   * A stored message of the traveller takes the place of its entry.
   * @param {Message} event
   */
  #match(event) {
    if (event.from !== "traveller") return;
    const before = this.#accepted.length;
    this.#accepted = this.#accepted.filter((entry) => entry.seq > event.seq);
    if (this.#accepted.length < before) return this.#changed();
    const first = this.#stored().find((entry) => entry.state === "sending" && !this.#hidden.has(entry.id));
    if (!first || !(first.picture ? event.image : first.text === event.text)) return;
    this.#hidden.add(first.id);
    this.#changed();
  }

  #next() {
    return this.#stored().find((entry) => entry.state === "sending");
  }

  /** @returns {Entry[]} */
  #stored() {
    return this.#store.get("outbox") || [];
  }

  /**
   * @param {string} id
   * @param {Partial<Entry>} change
   */
  #update(id, change) {
    this.#save(this.#stored().map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  /** @param {Entry[]} entries */
  #save(entries) {
    this.#store.set("outbox", entries.length ? entries : null);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
