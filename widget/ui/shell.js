// The chat as a web component: puts the regions together, opens and closes, and passes on what the desk sends.

import { Composer, isTouch } from "./composer.js";
import { Context } from "./context.js";
import { Dialogs } from "./dialogs.js";
import { h } from "./dom.js";
import { Header } from "./header.js";
import { Attention, Launcher } from "./launcher.js";
import { Listeners } from "./listeners.js";
import { Log, SETTLE } from "./log.js";
import { Menu } from "./menu.js";
import { fillsScreen, Panel } from "./panel.js";
import { BackKey, PlacedElement } from "./placement.js";
import { Status } from "./status.js";
import { addStyle, setAccent } from "./style.js";
import { InterfaceLanguage } from "./texts.js";

/** @typedef {import("../sdk/api.js").Message} Message */
/** @typedef {import("../sdk/api.js").Notice} Notice */
/** @typedef {import("../sdk/outbox.js").Content} Content */

/**
 * What the page's tag says; see widget.js.
 * @typedef {object} Settings
 * @property {string} server origin of the desk
 * @property {string} [language] any language tag
 * @property {string} [color] any CSS colour
 * @property {string} [position] right, left or page
 * @property {string} [identity] JWT of the signed-in customer
 * @property {string} [seller] whose page it is
 * @property {string} [currency] the page's
 */

export class EsimChat extends PlacedElement {
  #shadow = this.attachShadow({ mode: "open" });
  #attention = new Attention();
  #listeners = new Listeners();
  #isOpen = false;
  #startedAt = 0;
  #unread = 0;
  #isPage;
  #context;
  #language;
  #dialogs = new Dialogs();
  #launcher;
  #menu;
  #header;
  #log;
  #status;
  #composer;
  #panel;
  #root;
  #drawn = false;
  #back = new BackKey(() => {
    if (this.#isOpen && !this.#isPage && fillsScreen()) this.#setOpen(false);
  });
  /** @type {DOMStringMap} what the tag said last */
  #tag;

  /** @param {Settings} settings */
  constructor(settings) {
    super();
    const { server, language, color, position = "", identity = "" } = settings;
    this.#tag = { language, identity };
    this.#isPage = position === "page";
    const context = new Context(server, identity, settings);
    this.#context = context;
    this.#language = new InterfaceLanguage(context, language, {
      change: (language) => this.#listeners.tell("language", language),
      texts: () => this.#showTexts(),
    });

    this.#launcher = new Launcher(context, () => this.toggle());
    this.#menu = new Menu(context, this.#attention, {
      drawAll: (work) => this.#log.withAll(work),
      end: () => this.#panel.focus(),
      confirm: (what, onYes) => this.#dialogs.confirm(what, context.texts, onYes),
      forget: () => this.#forget(),
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
    this.raised = this.#root;
    setAccent(this.#root, color);
  }

  connectedCallback() {
    if (!this.#drawn) {
      this.#drawn = true;
      addStyle(this.#shadow);
      this.#shadow.append(this.#root);
      this.#showTexts();
      this.#connect();
      document.addEventListener("visibilitychange", () => this.#markSeen());
      addEventListener("focus", () => this.#markSeen());
      if (this.#context.store.get("open")) this.#setOpen(true);
    }
    super.connectedCallback();
    this.#log.follow();
  }

  // ---- what the page may call

  /** Take the chat off the page until open() or its tag is added again. */
  remove() {
    super.remove();
    this.#countUnread();
  }

  /**
   * The page's tag was added once more.
   * @param {DOMStringMap} tag its data attributes
   */
  tagged({ language, identity = "", open }) {
    const before = this.#tag;
    this.#tag = { language, identity };
    this.place();
    if (identity !== before.identity) this.identify(identity);
    if (language !== before.language) this.#language.follow(language);
    if (open !== undefined) this.open();
  }

  /** @param {string} [draft] text to put into the field */
  open(draft) {
    this.place();
    if (typeof draft === "string" && draft) this.#composer.text = draft;
    this.#setOpen(true, true);
    this.#composer.resize();
  }

  close() {
    if (!this.#isPage) this.#setOpen(false, true);
  }

  toggle = () => (this.#isOpen ? this.close() : this.open());

  /**
   * Show the widget in this language; a choice of the traveller or the page, so it no longer follows the messages.
   * @param {string} tag any language tag
   */
  setLanguage(tag) {
    this.#language.choose(tag);
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
   * Call `listener(detail)` at "open", "close", "message", "unread", "state", "language" and "identity".
   * @param {string} name
   * @param {(detail?: any) => void} listener
   * @returns {() => void} stops it
   */
  on(name, listener) {
    return this.#listeners.add(name, listener);
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
      this.#language.tell();
      this.#loadStarters();
    });
    client.addEventListener("seen", () => this.#countUnread());
    client.addEventListener("identityrefused", () => this.#listeners.tell("identity", "refused"));
    client.addEventListener("reset", () => {
      store.set("seen", 0);
      store.set("rating", null);
      store.set("written", null);
      this.#context.state = { state: "assistant" };
      this.#log.redraw();
      this.#loadStarters();
    });
    outbox.addEventListener("change", () => this.#log.drawWaiting());
    const written = (/** @type {any} */ { detail }) => this.#language.follow(detail, true);
    outbox.addEventListener("language", written);
    client.connect();
    outbox.pump();
    this.#log.drawWaiting();
    this.#showStatus();
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
    if (news && this.#log.below > 0) this.#composer.makeRoom();
    this.#markSeen();
    for (const event of events) if (event.kind === "state") this.#listeners.tell("state", event.state);
    if (!news) return;
    const theirs = events.some((event) => event.from !== "traveller");
    const unseen = document.hidden || !this.#isOpen;
    if (theirs && unseen && this.#context.store.get("sound")) this.#attention.sound();
    for (const { from, text, at } of events) this.#listeners.tell("message", { from, text, at });
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
    this.#context.outbox.add(content);
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

  /** To be awaited before the chat is placed: the first texts. */
  prepare = () => this.#language.prepare();

  /** Show the words in the context's language. */
  #showTexts() {
    this.#root.lang = this.#context.language;
    this.#header.translate();
    this.#menu.translate();
    this.#composer.translate();
    this.#log.translate();
    this.#composer.resize();
    this.#loadStarters();
    this.#showStatus();
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
    this.#attention.title(this.isConnected ? count : 0);
    if (count !== this.#unread) this.#listeners.tell("unread", count);
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
    if (byHand && open && !this.#isPage && fillsScreen()) this.#back.opened();
    else if (byHand && !open) this.#back.closed();
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
      if (byHand) (isTouch() ? this.#panel : this.#composer).focus();
    } else {
      this.#menu.toggle(false);
      if (byHand) this.#launcher.element.focus();
    }
    this.#markSeen();
    this.#listeners.tell(open ? "open" : "close");
  }
}
