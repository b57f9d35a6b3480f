// The client of the chat API: opens and renews the session, reads events, reconnects by itself.
// Emits: events (stored, those that came together), live (passing), online, reset (another or no conversation).

import { Tabs } from "./tabs.js";

const HEARTBEAT = 40_000; // ms without a byte (the desk sends one every 15 s) after which a connection is dead
const SILENCE = 2_000; // ms after which the tab that holds the stream counts as frozen

/** Milliseconds before try number `tries` (from 0), with some chance so that clients do not come back in step. */
export const backoff = (tries) => Math.min(15_000, 500 * 2 ** Math.min(tries, 6)) * (0.8 + Math.random() * 0.4);

export class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body?.error?.message || `HTTP ${status}`);
    this.status = status;
    this.code = body?.error?.code;
    this.retryAfter = Number(retryAfter) || 0; // seconds
  }
}

export class Client extends EventTarget {
  events = [];
  lastSeq = 0;
  online = navigator.onLine;
  #server;
  #store;
  #locale;
  #identity;
  #tabs;
  #conversation = null;
  #leading = null; // AbortController while this tab holds the stream
  #queued = false;
  #heardLeader = 0;
  #waiting = new Set();
  #ended = new AbortController();

  /** `server` is an origin; `identity` a JWT from the seller's site or ""; `locale()` a language tag. */
  constructor({ server, store, locale, identity, channel }) {
    super();
    this.#server = server;
    this.#store = store;
    this.#locale = locale;
    this.#identity = identity;
    this.#tabs = new Tabs(channel, (message) => this.#hear(message));
    const { signal } = this.#ended;
    addEventListener("online", () => (this.#setOnline(true), this.wake()), { signal });
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
    return Boolean(this.#store.get("session"));
  }

  /** Read events if there is a conversation; harmless when that is done already. */
  connect() {
    const session = this.#store.get("session");
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
    this.#hold().finally(() => (this.#queued = false));
  }

  /** Lead as soon as no other tab does; ends when another tab takes over or the conversation is gone. */
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

  /** Wait `ms`, or until something says that trying again makes sense. */
  async rest(ms) {
    await new Promise((done) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        done();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }

  /** POST to the chat API, opening a conversation when there is none; throws ApiError, or TypeError without network. */
  async post(path, body, type) {
    try {
      for (let tries = 0; ; tries += 1) {
        const session = await this.#session();
        const response = await this.#fetch(path, { method: "POST", body, type, token: session.token });
        if (response.status === 401 && tries < 2) this.#drop(session.token);
        else {
          const body = await this.#checked(response);
          if (!this.#leading) this.#setOnline(true);
          return body;
        }
      }
    } catch (error) {
      if (!(error instanceof ApiError)) this.#setOnline(false);
      throw error;
    }
  }

  /** What a conversation can begin with: [{id, title}]. */
  async starters() {
    return (await this.#checked(await this.#fetch("/api/chat/starters", {}))).choices;
  }

  /** Whether the conversation can go on in Telegram. */
  async hasTelegram() {
    return (await this.#checked(await this.#fetch("/api/chat/telegram-link", {}))).available;
  }

  /** The conversation as a page to keep. */
  async download() {
    const session = await this.#session();
    const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
    const response = await this.#fetch(`/api/chat/conversation?format=page&zone=${zone}`, { token: session.token });
    if (!response.ok) await this.#checked(response);
    return response.blob();
  }

  /** Delete the conversation at the desk and here. */
  async forget() {
    const session = this.#store.get("session");
    if (session) {
      const response = await this.#fetch("/api/chat/conversation", { method: "DELETE", token: session.token });
      if (!response.ok && response.status !== 401) await this.#checked(response);
    }
    this.#store.set("session", null);
    this.#sessionChanged();
  }

  #fetch(path, { type, token, ...options }) {
    const headers = { "Accept-Language": this.#locale() };
    if (type) headers["Content-Type"] = type;
    if (token) headers.Authorization = `Bearer ${token}`;
    return fetch(this.#server + path, { ...options, headers, credentials: "omit", cache: "no-store" });
  }

  async #checked(response) {
    const body = await response.json().catch(() => null);
    if (!response.ok) throw new ApiError(response.status, body, response.headers.get("Retry-After"));
    return body;
  }

  /** The session to use: the stored one, renewed when half its time is over or the traveller signed in meanwhile. */
  async #session() {
    const usable = () => {
      const kept = this.#store.get("session");
      if (!kept || (this.#identity && kept.proof !== this.#identity.slice(-24))) return null;
      return Date.parse(kept.expires_at) - Date.now() > kept.lifetime / 2 ? kept : null;
    };
    return usable() || this.#tabs.alone("session", async () => usable() || this.#openSession());
  }

  async #openSession() {
    const kept = this.#store.get("session");
    const attempts = [
      { resume: kept?.token, identity: this.#identity || undefined },
      { identity: this.#identity || undefined },
      {},
    ];
    for (const attempt of kept ? attempts : attempts.slice(1)) {
      const body = JSON.stringify({ locale: this.#locale(), ...attempt });
      const response = await this.#fetch("/api/chat/sessions", { method: "POST", body, type: "application/json" });
      if (response.status === 401 && (attempt.resume || attempt.identity)) {
        const refused = await response.json().catch(() => null);
        if (refused?.error?.code === "identity_invalid") this.#identity = "";
        continue;
      }
      const opened = await this.#checked(response);
      const session = {
        ...opened,
        lifetime: Date.parse(opened.expires_at) - Date.now(),
        proof: this.#identity.slice(-24),
      };
      this.#store.set("session", session);
      this.#sessionChanged();
      return session;
    }
    throw new ApiError(401, null);
  }

  /** The desk does not accept this token: forget it, unless another tab has a newer one. */
  #drop(token) {
    if (this.#store.get("session")?.token !== token) return;
    this.#store.set("session", null);
  }

  #sessionChanged() {
    const id = this.#store.get("session")?.conversation_id ?? null;
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
    const stop = (this.#leading = new AbortController());
    try {
      for (let tries = 0; this.hasSession && !stop.signal.aborted; ) {
        let seconds = 0;
        try {
          if (await this.#read(stop.signal)) tries = 0;
        } catch (error) {
          if (stop.signal.aborted) break;
          seconds = error.retryAfter || 0;
          this.#setOnline(false);
        }
        if (stop.signal.aborted) break;
        await this.rest(Math.max(seconds * 1000, backoff(tries)));
        tries += 1;
      }
    } finally {
      this.#leading = null;
    }
    const session = this.#store.get("session");
    if (session) queueMicrotask(() => this.connect());
    else this.#sessionChanged();
  }

  async #read(signal) {
    const session = await this.#session();
    const connection = new AbortController();
    const end = () => connection.abort();
    signal.addEventListener("abort", end);
    let alive = setTimeout(end, HEARTBEAT);
    // a tab that stays open renews its token before it expires
    const renew = setTimeout(end, Math.min(session.lifetime / 2 + 1000, 2 ** 31 - 1));
    try {
      const path = `/api/chat/events?after=${this.lastSeq}`;
      const response = await this.#fetch(path, { token: session.token, signal: connection.signal });
      if (response.status === 401) {
        this.#drop(session.token);
        return true;
      }
      if (!response.ok) await this.#checked(response);
      this.#setOnline(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return true;
        clearTimeout(alive);
        alive = setTimeout(end, HEARTBEAT);
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        const data = blocks.map((block) => block.split("\n").find((line) => line.startsWith("data: ")));
        const events = data.filter(Boolean).map((line) => JSON.parse(line.slice(6)));
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

  #take(events) {
    let fresh = [];
    const tell = () => {
      if (fresh.length) this.dispatchEvent(new CustomEvent("events", { detail: fresh }));
      fresh = [];
    };
    for (const event of events) {
      if (!event.seq) {
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

  #setOnline(online) {
    if (this.#leading) this.#tabs.tell({ type: "online", online });
    if (online === this.online) return;
    this.online = online;
    if (online) this.wake();
    this.dispatchEvent(new Event("online"));
  }

  #hear(message) {
    if (message.to && message.to !== this.#tabs.id) return;
    if (message.type === "hello" && this.#leading && message.conversation === this.#conversation) {
      const events = this.events.filter((event) => event.seq > message.after);
      this.#tabs.tell({ type: "events", to: message.by, conversation: this.#conversation, events });
      this.#tabs.tell({ type: "online", online: this.online });
    } else if (!this.#leading && message.type === "online") {
      this.#heardLeader = Date.now();
      this.#setOnline(message.online);
    } else if (!this.#leading && message.type === "events" && message.conversation === this.#conversation) {
      this.#heardLeader = Date.now();
      const first = message.events.find((event) => event.seq);
      if (first && first.seq > this.lastSeq + 1) this.#hello();
      else this.#take(message.events);
    }
  }

  /** Another tab stored something new under this name. */
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
    if (this.#leading || document.hidden || !this.hasSession || this.#heardLeader >= asked) return;
    this.#hold({ steal: true });
  }
}
