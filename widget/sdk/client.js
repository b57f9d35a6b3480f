// The client of the chat API: sends, reads the event stream and reconnects by itself.
// Emits: events (stored messages, those that came together), live (notices), online, seen, outbox (another tab changed
// them), reset (another or no conversation).

import { Api, ApiError, backoff } from "./api.js";
import { timeZone } from "./language.js";
import { Tabs } from "./tabs.js";

/** @typedef {import("./api.js").Choice} Choice */
/** @typedef {import("./api.js").Message} Message */
/** @typedef {import("./api.js").Notice} Notice */
/** @typedef {import("./storage.js").Storage} Storage */
/** @typedef {import("./tabs.js").TabMessage} TabMessage */

const HEARTBEAT = 40_000; // ms without a byte (the desk sends one every 15 s) after which a connection is dead
const SILENCE = 2_000; // ms after which the tab that holds the stream counts as frozen

export class Client extends EventTarget {
  /** @type {Message[]} */
  events = [];
  lastSeq = 0;
  online = navigator.onLine;
  #tabs;
  #api;
  /** @type {string | null} */
  #conversation = null;
  /** @type {AbortController | null} present while this tab holds the stream */
  #leading = null;
  #queued = false;
  #leaderSeenAt = 0;
  /** @type {Set<() => void>} */
  #waiting = new Set();
  #ended = new AbortController();

  /**
   * @param {object} settings
   * @param {string} settings.server origin of the desk
   * @param {Storage} settings.store
   * @param {() => string} settings.locale language tag
   * @param {string} settings.identity JWT from the seller's site, or ""
   * @param {string} settings.channel name that tabs of the same customer share
   */
  constructor({ server, store, locale, identity, channel }) {
    super();
    this.#tabs = new Tabs(channel, (message) => this.#onTabMessage(message));
    const onSession = () => this.#sessionChanged();
    const onIdentityRefused = () => this.dispatchEvent(new Event("identityrefused"));
    this.#api = new Api({ server, identity, locale, store, tabs: this.#tabs, onSession, onIdentityRefused });
    const { signal } = this.#ended;
    const online = () => {
      this.#setOnline(true);
      this.wake();
    };
    addEventListener("online", online, { signal });
    addEventListener("offline", () => this.#setOnline(false), { signal });
    addEventListener("pageshow", () => this.wake(), { signal });
    const shown = () => {
      if (document.hidden) return;
      this.wake();
      this.#checkLeader();
    };
    document.addEventListener("visibilitychange", shown, { signal });
    // not over the tabs' channel, whose messages can arrive before what the other tab stored
    addEventListener("storage", ({ key }) => this.#stored(store.nameOf(key)), { signal });
  }

  get tabs() {
    return this.#tabs;
  }

  get hasSession() {
    return Boolean(this.#api.stored);
  }

  /** Read events if there is a conversation; harmless when that is done already. */
  connect() {
    const session = this.#api.stored;
    if (!session || this.#ended.signal.aborted) return;
    if (this.#conversation !== session.conversation_id) {
      this.#forgetEvents();
      this.#conversation = session.conversation_id;
    }
    if (this.#leading) return;
    if (!this.#tabs.shared) return void this.#lead();
    this.#checkLeader();
    if (this.#queued) return;
    this.#queued = true;
    this.#hold().finally(() => {
      this.#queued = false;
    });
  }

  /**
   * Lead as soon as no other tab does; ends when another tab takes over or the conversation is gone.
   * @param {LockOptions} [options]
   */
  async #hold(options) {
    await this.#tabs.alone("stream", () => this.#lead(), options).catch(() => this.#leading?.abort());
  }

  /** Stop for good: another client takes its place. */
  dispose() {
    this.#ended.abort();
    this.#leading?.abort();
    this.#tabs.close();
    this.wake();
  }

  /** Try again now whatever waits for a better moment. */
  wake() {
    for (const wake of [...this.#waiting]) wake();
  }

  /**
   * Wait, or until something says that trying again makes sense.
   * @param {number} ms
   */
  async rest(ms) {
    await new Promise((done) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        done(undefined);
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }

  /**
   * POST to the chat API, opening a conversation when there is none; throws ApiError, or TypeError without network.
   * @param {string} path
   * @param {BodyInit} [body]
   * @param {string} [type] media type of the body
   * @returns {Promise<any>} the JSON of the answer
   */
  async post(path, body, type) {
    try {
      for (let tries = 0; ; tries += 1) {
        const session = await this.#api.session();
        const response = await this.#api.fetch(path, { method: "POST", body, type, token: session.token });
        if (response.status === 401 && tries < 2) this.#api.drop(session.token);
        else {
          const answer = await this.#api.json(response);
          if (!this.#leading) this.#setOnline(true);
          return answer;
        }
      }
    } catch (error) {
      if (!(error instanceof ApiError)) this.#setOnline(false);
      throw error;
    }
  }

  /**
   * POST an object as JSON.
   * @param {string} path
   * @param {object} body
   */
  postJson(path, body) {
    return this.post(path, JSON.stringify(body), "application/json");
  }

  /**
   * What a conversation can begin with, in the language of `locale`.
   * @returns {Promise<Choice[]>}
   */
  async starters() {
    return (await this.#api.json(await this.#api.fetch("/api/chat/starters", {}))).choices;
  }

  /**
   * Whether there is this way to take the conversation along.
   * @param {"telegram-link" | "transcript-mail"} way
   * @returns {Promise<boolean>}
   */
  async has(way) {
    const token = this.#api.stored?.token;
    return (await this.#api.json(await this.#api.fetch(`/api/chat/${way}`, { token }))).available;
  }

  /** The conversation as a page to keep. */
  async download() {
    const session = await this.#api.session();
    const path = `/api/chat/conversation?format=page&zone=${timeZone()}`;
    const response = await this.#api.fetch(path, { token: session.token });
    if (!response.ok) await this.#api.json(response);
    return response.blob();
  }

  /** Have the conversation mailed. */
  mail() {
    return this.post(`/api/chat/transcript-mail?zone=${timeZone()}`);
  }

  /** Delete the conversation at the desk and here. */
  async forget() {
    const session = this.#api.stored;
    if (session) {
      const response = await this.#api.fetch("/api/chat/conversation", { method: "DELETE", token: session.token });
      if (!response.ok && response.status !== 401) await this.#api.json(response);
    }
    this.#api.forget();
  }

  #sessionChanged() {
    const id = this.#api.stored?.conversation_id ?? null;
    if (id === this.#conversation) return;
    this.#leading?.abort();
    this.#forgetEvents();
    this.#conversation = id;
    if (id) this.connect();
  }

  #forgetEvents() {
    if (!this.events.length && !this.#conversation) return;
    this.events = [];
    this.lastSeq = 0;
    this.dispatchEvent(new Event("reset"));
  }

  /** Hold the stream for all tabs until this one goes, or the conversation ends. */
  async #lead() {
    if (this.#leading || this.#ended.signal.aborted) return;
    const stop = new AbortController();
    this.#leading = stop;
    try {
      for (let tries = 0; this.hasSession && !stop.signal.aborted; ) {
        let seconds = 0;
        try {
          if (await this.#read(stop.signal)) tries = 0;
        } catch (error) {
          if (stop.signal.aborted) break;
          if (error instanceof ApiError) seconds = error.retryAfter;
          this.#setOnline(false);
        }
        if (stop.signal.aborted) break;
        await this.rest(Math.max(seconds * 1000, backoff(tries)));
        tries += 1;
      }
    } finally {
      this.#leading = null;
    }
    if (this.hasSession) queueMicrotask(() => this.connect());
    else this.#sessionChanged();
  }

  /**
   * Read the stream until it ends; true when the desk answered at all.
   * @param {AbortSignal} signal
   */
  async #read(signal) {
    const session = await this.#api.session();
    const connection = new AbortController();
    const end = () => connection.abort();
    signal.addEventListener("abort", end);
    let alive = setTimeout(end, HEARTBEAT);
    // a tab that stays open renews its token before it expires
    const renew = setTimeout(end, Math.min(session.lifetime / 2 + 1000, 2 ** 31 - 1));
    try {
      const path = `/api/chat/events?after=${this.lastSeq}`;
      const response = await this.#api.fetch(path, { token: session.token, signal: connection.signal });
      if (response.status === 401) {
        this.#api.drop(session.token);
        return true;
      }
      if (!response.ok) await this.#api.json(response);
      this.#setOnline(true);
      const body = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body);
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return true;
        clearTimeout(alive);
        alive = setTimeout(end, HEARTBEAT);
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop() ?? "";
        const lines = blocks.map((block) => block.split("\n").find((line) => line.startsWith("data: ")));
        const events = lines.flatMap((line) => (line ? [JSON.parse(line.slice(6))] : []));
        if (!events.length) continue;
        this.#tabs.tell({ type: "events", conversation: this.#conversation, events });
        this.#take(events);
      }
    } finally {
      clearTimeout(alive);
      clearTimeout(renew);
      signal.removeEventListener("abort", end);
    }
  }

  /** @param {(Message | Notice)[]} events */
  #take(events) {
    /** @type {Message[]} */
    let fresh = [];
    const tell = () => {
      if (fresh.length) this.dispatchEvent(new CustomEvent("events", { detail: fresh }));
      fresh = [];
    };
    for (const event of events) {
      if (!("seq" in event && event.seq)) {
        tell();
        this.dispatchEvent(new CustomEvent("live", { detail: event }));
      } else if (event.seq > this.lastSeq) {
        this.lastSeq = event.seq;
        this.events.push(event);
        fresh.push(event);
      }
    }
    tell();
  }

  /** @param {boolean} online */
  #setOnline(online) {
    if (this.#leading) this.#tabs.tell({ type: "online", online });
    if (online === this.online) return;
    this.online = online;
    if (online) this.wake();
    this.dispatchEvent(new Event("online"));
  }

  /** @param {TabMessage} message from another tab */
  #onTabMessage(message) {
    if (message.to && message.to !== this.#tabs.id) return;
    if (message.type === "hello" && this.#leading && message.conversation === this.#conversation) {
      const events = this.events.filter((event) => event.seq > message.after);
      this.#tabs.tell({ type: "events", to: message.by, conversation: this.#conversation, events });
      this.#tabs.tell({ type: "online", online: this.online });
    } else if (!this.#leading && message.type === "online") {
      this.#leaderSeenAt = Date.now();
      this.#setOnline(message.online);
    } else if (!this.#leading && message.type === "events" && message.conversation === this.#conversation) {
      this.#leaderSeenAt = Date.now();
      const first = message.events.find((event) => "seq" in event && event.seq);
      if (first && "seq" in first && first.seq > this.lastSeq + 1) this.#hello();
      else this.#take(message.events);
    }
  }

  /** @param {string | null} name what another tab stored anew */
  #stored(name) {
    if (name === "session") this.#sessionChanged();
    else if (name === "outbox" || name === "seen") this.dispatchEvent(new Event(name));
  }

  #hello() {
    this.#tabs.tell({ type: "hello", after: this.lastSeq, conversation: this.#conversation });
  }

  /** Ask for what we missed; a tab the system froze does not answer, and then this one takes the stream over. */
  async #checkLeader() {
    if (!this.hasSession || this.#leading || !this.#tabs.shared) return;
    const asked = Date.now();
    this.#hello();
    await new Promise((done) => setTimeout(done, SILENCE));
    if (this.#leading || document.hidden || !this.hasSession || this.#leaderSeenAt >= asked) return;
    this.#hold({ steal: true });
  }
}
