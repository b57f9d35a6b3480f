// Requests to the chat API and the session they need: opened, renewed and forgotten here.

/**
 * An answer offered to press.
 * @typedef {object} Choice
 * @property {string} id opaque; of a starter the desk accepts it in every conversation, else in this one only
 * @property {string} title what the button says
 */

/**
 * A plan as a card beside the text.
 * @typedef {object} Card
 * @property {string} title
 * @property {string[]} lines facts such as data and days
 * @property {string} price with its currency
 * @property {string} reason why it fits, or ""
 * @property {string} [seller]
 * @property {{title: string, url: string}} [link] where it is bought
 * @property {Choice} [choice]
 */

/**
 * A stored message of either side, or a change of the conversation's state, as the desk streams it (wire: event).
 * @typedef {object} Message
 * @property {number} seq rises by one in a conversation
 * @property {string} at ISO time
 * @property {"message" | "state"} kind
 * @property {"traveller" | "assistant" | "agent" | "system"} from
 * @property {string} text
 * @property {string} [agent] name of the person who speaks
 * @property {Choice[]} [choices]
 * @property {Card[]} [cards]
 * @property {string} [image] path at the desk, or a data URL
 * @property {string} [image_alt] what the image is, in words
 * @property {"assistant" | "waiting" | "agent" | "closed"} [state] with kind "state"
 * @property {boolean} [rate] asks for feedback
 */

/**
 * What is streamed and not stored: somebody is typing, or the answer is delayed.
 * @typedef {object} Notice
 * @property {"typing" | "state"} kind
 * @property {"assistant" | "agent" | "system"} from
 * @property {string} [agent]
 * @property {string} [state] "delayed" while an answer takes longer than usual
 * @property {string} [text] what to say about the delay
 */

/**
 * The right to one conversation, as kept in the browser.
 * @typedef {object} Session
 * @property {string} conversation_id
 * @property {string} token
 * @property {string} expires_at ISO time
 * @property {number} lifetime ms from opening to expiry
 * @property {string} proof end of the identity it was opened with, or ""
 */

/** @typedef {import("./storage.js").Storage} Storage */
/** @typedef {import("./tabs.js").Tabs} Tabs */

/**
 * Milliseconds before try number `tries` (from 0), randomised so that clients do not come back in step.
 * @param {number} tries
 */
export const backoff = (tries) => Math.min(15_000, 500 * 2 ** Math.min(tries, 6)) * (0.8 + Math.random() * 0.4);

/** The desk refused a request; the message is meant for the traveller. */
export class ApiError extends Error {
  /**
   * @param {number} status of HTTP
   * @param {{error?: {code?: string, message?: string}} | null} [body]
   * @param {string | null} [retryAfter] seconds, as the header says it
   */
  constructor(status, body, retryAfter) {
    super(body?.error?.message || `HTTP ${status}`);
    this.status = status;
    this.code = body?.error?.code;
    this.retryAfter = Number(retryAfter) || 0; // seconds
  }
}

export class Api {
  #server;
  #identity;
  #locale;
  #store;
  #tabs;
  #onSession;
  #onIdentityRefused;

  /**
   * @param {object} settings
   * @param {string} settings.server origin of the desk
   * @param {string} settings.identity JWT from the seller's site, or ""
   * @param {() => string} settings.locale language tag
   * @param {Storage} settings.store
   * @param {Tabs} settings.tabs
   * @param {() => void} settings.onSession called when another session was stored
   * @param {() => void} settings.onIdentityRefused called when the desk does not believe the identity
   */
  constructor({ server, identity, locale, store, tabs, onSession, onIdentityRefused }) {
    this.#server = server;
    this.#identity = identity;
    this.#locale = locale;
    this.#store = store;
    this.#tabs = tabs;
    this.#onSession = onSession;
    this.#onIdentityRefused = onIdentityRefused;
  }

  /** @returns {Session | null} the stored session, whether or not the desk still accepts it */
  get stored() {
    return this.#store.get("session");
  }

  /**
   * @param {string} path
   * @param {{method?: string, body?: BodyInit, type?: string, token?: string, signal?: AbortSignal}} options
   */
  fetch(path, { type, token, ...options }) {
    /** @type {Record<string, string>} */
    const headers = { "Accept-Language": this.#locale() };
    if (type) headers["Content-Type"] = type;
    if (token) headers.Authorization = `Bearer ${token}`;
    return fetch(this.#server + path, { ...options, headers, credentials: "omit", cache: "no-store" });
  }

  /**
   * The JSON of a response; throws ApiError when the desk refused.
   * @param {Response} response
   */
  async json(response) {
    const body = await response.json().catch(() => null);
    if (!response.ok) throw new ApiError(response.status, body, response.headers.get("Retry-After"));
    return body;
  }

  /**
   * The session to use: the stored one, renewed when half its time is over or the traveller signed in meanwhile.
   * @returns {Promise<Session>}
   */
  async session() {
    const usable = () => {
      const kept = this.stored;
      if (!kept || (this.#identity && kept.proof !== this.#identity.slice(-24))) return null;
      return Date.parse(kept.expires_at) - Date.now() > kept.lifetime / 2 ? kept : null;
    };
    return usable() || this.#tabs.alone("session", async () => usable() || this.#open());
  }

  async #open() {
    const kept = this.stored;
    /** @type {{resume?: string, identity?: string}[]} */
    const attempts = [
      { resume: kept?.token, identity: this.#identity || undefined },
      { identity: this.#identity || undefined },
      {},
    ];
    for (const attempt of kept ? attempts : attempts.slice(1)) {
      const body = JSON.stringify({ locale: this.#locale(), ...attempt });
      const response = await this.fetch("/api/chat/sessions", { method: "POST", body, type: "application/json" });
      if (response.status === 401 && (attempt.resume || attempt.identity)) {
        const refused = await response.json().catch(() => null);
        if (refused?.error?.code === "identity_invalid") {
          this.#identity = "";
          this.#onIdentityRefused();
        }
        continue;
      }
      const opened = await this.json(response);
      /** @type {Session} */
      const session = {
        ...opened,
        lifetime: Date.parse(opened.expires_at) - Date.now(),
        proof: this.#identity.slice(-24),
      };
      this.#store.set("session", session);
      this.#onSession();
      return session;
    }
    throw new ApiError(401);
  }

  /**
   * The desk does not accept this token: forget it, unless another tab has a newer one.
   * @param {string} token
   */
  drop(token) {
    if (this.stored?.token === token) this.#store.set("session", null);
  }

  /** Forget the session here; the conversation stays at the desk. */
  forget() {
    this.#store.set("session", null);
    this.#onSession();
  }
}
