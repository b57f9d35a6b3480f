// The chat as a web component: puts the regions together, opens and closes, and passes on what the desk sends.

import { fromTag, ofText } from "../sdk/language.js";
import { Composer } from "./composer.js";
import { Context } from "./context.js";
import { Dialogs } from "./dialogs.js";
import { h } from "./dom.js";
import { Header } from "./header.js";
import { Attention, Launcher } from "./launcher.js";
import { Log, SETTLE } from "./log.js";
import { Menu } from "./menu.js";
import { Panel } from "./panel.js";
import { Status } from "./status.js";
import { addStyle, setAccent } from "./style.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("../sdk/api.js").Message} Message */
/** @typedef {import("../sdk/api.js").Notice} Notice */
/** @typedef {import("../sdk/language.js").Language} Language */
/** @typedef {import("../sdk/outbox.js").Content} Content */

/**
 * What the page's tag says; see widget.js.
 * @typedef {object} Settings
 * @property {string} server origin of the desk
 * @property {string} [language] any language tag
 * @property {string} [color] any CSS colour
 * @property {string} [position] right, left or page
 * @property {string} [identity] JWT of the signed-in customer
 */

export class EsimChat extends HTMLElement {
  #shadow = this.attachShadow({ mode: "open" });
  #attention = new Attention();
  /** @type {Map<string, Set<(detail?: any) => void>>} */
  #listeners = new Map();
  #isOpen = false;
  #startedAt = 0;
  #unread = 0;
  #isPage;
  #context;
  #dialogs = new Dialogs();
  #launcher;
  #menu;
  #header;
  #log;
  #status;
  #composer;
  #panel;
  #root;

  /** @param {Settings} settings */
  constructor({ server, language, color, position = "", identity = "" }) {
    super();
    this.#isPage = position === "page";
    const context = new Context(server, identity);
    this.#context = context;
    const wanted = context.store.get("language") || fromTag(language || navigator.language);
    context.language = Object.hasOwn(TEXTS, wanted) ? wanted : "en";

    this.#launcher = new Launcher(context, () => this.toggle());
    this.#menu = new Menu(context, this.#attention, {
      drawAll: (work) => this.#log.withAll(work),
      end: () => this.#panel.focus(),
      forget: () => this.#dialogs.confirmForget(context.texts, () => this.#forget()),
      error: (error) => this.#status.showError(error),
    });
    this.#header = new Header(context, this.#menu.button, {
      language: (tag) => this.setLanguage(tag),
      close: this.#isPage ? null : () => this.close(),
    });
    this.#log = new Log(context, {
      choose: (content) => this.#choose(content),
      enlarge: (source, alt) => this.#dialogs.enlarge(source, alt, context.texts),
      change: () => this.#showStatus(),
      redraw: () => {
        this.#showStatus();
        this.#countUnread();
      },
    });
    this.#status = new Status(context, () => this.#log.follow());
    this.#composer = new Composer(context, {
      text: (text) => this.#say({ text }),
      attach: () => this.#showStatus(),
      problem: (text) => this.#status.showProblem(text),
    });
    this.#panel = new Panel(this.#header, this.#menu, this.#log, this.#status, this.#composer, () => this.close());
    const side = ["left", "page"].includes(position) ? position : "right";
    // the interface's languages run from left to right whatever the page's does; what people write finds its own way
    const regions = [this.#panel.element, this.#launcher.element, this.#dialogs.element];
    this.#root = h("div", { class: `root ${side}`, dir: "ltr" }, ...regions);
    setAccent(this.#root, color);
  }

  connectedCallback() {
    if (this.#root.isConnected) return;
    addStyle(this.#shadow);
    this.#shadow.append(this.#root);
    this.#translate(this.#context.language);
    this.#connect();
    document.addEventListener("visibilitychange", () => this.#markSeen());
    addEventListener("focus", () => this.#markSeen());
    if (this.#context.store.get("open")) this.#setOpen(true);
  }

  // ---- what the page may call

  /** @param {string} [draft] text to put into the field */
  open(draft) {
    if (typeof draft === "string" && draft) this.#composer.text = draft;
    this.#setOpen(true, true);
    this.#composer.resize();
  }

  close() {
    if (!this.#isPage) this.#setOpen(false, true);
  }

  toggle() {
    if (this.#isOpen) this.close();
    else this.open();
  }

  /**
   * Show the widget in this language; a choice of the traveller or the page, so it no longer follows the messages.
   * @param {string} tag any language tag
   */
  setLanguage(tag) {
    const language = fromTag(tag);
    this.#context.store.set("language", language);
    this.#context.store.set("untold", language);
    this.#translate(language);
    this.#sendLanguage();
  }

  /**
   * Tell the desk who the customer is.
   * @param {string} identity JWT from the seller's site; "" signs out
   */
  identify(identity) {
    this.#context.identify(identity || "");
    this.#connect();
    this.#log.redraw();
  }

  /**
   * Call `listener(detail)` at "open", "close", "message", "unread", "state" and "language".
   * @param {string} name
   * @param {(detail?: any) => void} listener
   * @returns {() => void} stops it
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * @param {string} name
   * @param {any} [detail]
   */
  #emit(name, detail) {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(detail);
      } catch (error) {
        reportError(error); // the page's own mistake must not stop the chat
      }
    }
  }

  // ---- the connection

  #connect() {
    const { client, outbox, store } = this.#context;
    this.#startedAt = client.hasSession ? Date.now() : 0; // a new conversation has no history
    this.#context.state = { state: "assistant" };
    client.addEventListener("events", (event) => this.#received(/** @type {CustomEvent<Message[]>} */ (event).detail));
    client.addEventListener("live", (event) => this.#noticed(/** @type {CustomEvent<Notice>} */ (event).detail));
    client.addEventListener("online", () => {
      this.#showStatus();
      if (!client.online) return;
      this.#sendLanguage();
      this.#loadStarters();
    });
    client.addEventListener("seen", () => this.#countUnread());
    client.addEventListener("reset", () => {
      store.set("seen", 0);
      store.set("rating", null);
      this.#context.state = { state: "assistant" };
      this.#log.redraw();
      this.#loadStarters();
    });
    outbox.addEventListener("change", () => this.#log.drawWaiting());
    client.connect();
    outbox.pump();
    this.#log.drawWaiting();
    this.#showStatus();
  }

  /** The desk answers what tells no language itself ("OK", a choice) in the one that was chosen. */
  async #sendLanguage() {
    const { client, store } = this.#context;
    const locale = store.get("untold");
    if (!locale || !client.hasSession) return; // a new conversation begins in it anyway
    try {
      await client.postJson("/api/chat/language", { locale });
      if (store.get("untold") === locale) store.set("untold", null);
    } catch {
      // sent when the network is back
    }
  }

  /**
   * A history is drawn in one go, news one after the other.
   * @param {Message[]} events
   */
  #received(events) {
    const news = Date.now() - this.#startedAt > SETTLE;
    if (this.#log.isHistory(events.length)) {
      this.#status.hideTyping();
      this.#status.setDelay("");
      this.#context.state = events.findLast((event) => event.kind === "state") ?? this.#context.state;
      this.#log.redraw();
    } else {
      for (const event of events) {
        const theirs = event.from !== "traveller";
        if (theirs) this.#status.hideTyping();
        if (event.kind === "state" || (theirs && event.kind === "message")) this.#status.setDelay("");
        this.#log.add(event, news);
      }
    }
    this.#markSeen();
    for (const event of events) if (event.kind === "state") this.#emit("state", event.state);
    if (!news) return;
    const theirs = events.some((event) => event.from !== "traveller");
    const unseen = document.hidden || !this.#isOpen;
    if (theirs && unseen && this.#context.store.get("sound")) this.#attention.sound();
    for (const { from, text, at } of events) this.#emit("message", { from, text, at });
  }

  /** @param {Notice} notice */
  #noticed(notice) {
    if (notice.kind === "typing") {
      this.#status.showTyping(notice);
      return;
    }
    const delay = notice.state === "delayed" ? (notice.text ?? "") : "";
    this.#status.setDelay(delay);
    if (delay) this.#status.hideTyping();
    this.#showStatus();
  }

  /** What a conversation can begin with is asked for once it is needed. */
  #loadStarters() {
    if (this.#isOpen) this.#log.loadStarters();
  }

  /** @param {Content} content */
  #choose(content) {
    this.#say(content);
    this.#panel.focus();
  }

  /** @param {Content} content */
  #say(content) {
    const { store, outbox, language } = this.#context;
    if (!content.choice && !store.get("language")) {
      const written = ofText(content.text ?? "", language);
      if (written !== language) this.#translate(written);
    }
    outbox.add(content);
    this.#log.scrollDown();
  }

  async #forget() {
    const { client, outbox, store } = this.#context;
    try {
      await client.forget();
    } catch (error) {
      this.#status.showError(error);
      return;
    }
    outbox.clear();
    store.set("seen", 0);
    this.#log.redraw();
  }

  // ---- what is on the screen

  /** @param {Language} language */
  #translate(language) {
    const changed = language !== this.#context.language;
    this.#context.language = language;
    this.#root.lang = language;
    this.#header.translate();
    this.#menu.translate();
    this.#composer.translate();
    this.#log.translate();
    this.#composer.resize();
    this.#loadStarters();
    if (changed) this.#emit("language", language);
  }

  #showStatus() {
    this.#header.showState();
    this.#status.show();
    this.#log.showOnline();
  }

  #markSeen() {
    const { client, store } = this.#context;
    if (this.#isOpen && !document.hidden && client.lastSeq > (store.get("seen") || 0)) {
      store.set("seen", client.lastSeq);
    }
    this.#countUnread();
  }

  #countUnread() {
    const count = this.#context.unread;
    this.#launcher.show(this.#isOpen, count);
    this.#attention.title(count);
    if (count !== this.#unread) this.#emit("unread", count);
    this.#unread = count;
  }

  /**
   * @param {boolean} open
   * @param {boolean} [byHand] the traveller or the page asked for it, so the focus moves
   */
  #setOpen(open, byHand = false) {
    if (open === this.#isOpen) {
      if (open && byHand) this.#composer.focus();
      return;
    }
    this.#isOpen = open;
    this.#context.store.set("open", open);
    this.#panel.show(open, this.#isPage);
    this.#root.classList.toggle("open", open);
    this.#launcher.element.setAttribute("aria-expanded", String(open));
    if (open) {
      this.#loadStarters();
      this.#composer.resize();
      this.#log.scrollDown();
      // a keyboard that jumps up by itself would cover a phone's screen before anything was read
      if (byHand) (matchMedia("(pointer: coarse)").matches ? this.#panel : this.#composer).focus();
    } else {
      this.#menu.toggle(false);
      if (byHand) this.#launcher.element.focus();
    }
    this.#markSeen();
    this.#emit(open ? "open" : "close");
  }
}
