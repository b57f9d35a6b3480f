// The chat as a web component: launcher, dialog, and everything the traveller can do in it.

import { Attention } from "./attention.js";
import { Client } from "./client.js";
import { accentOf } from "./color.js";
import { h, icon } from "./dom.js";
import { fromTag, ofText } from "./language.js";
import { choiceRow, dayLine, message, waiting, whoOf } from "./messages.js";
import { ratingBox } from "./rating.js";
import { Outbox, PictureError, readPicture } from "./outbox.js";
import { Storage } from "./storage.js";
import { STYLE } from "./style.js";
import { fill, NAMES, SHORT, TEXTS } from "./texts.js";

const LIMIT = 1000; // characters of a message, counted as the desk counts them
const DRAWN = 150; // messages drawn at once; earlier ones on request, so that long chats stay light
const MANY = 20; // messages that come together and are drawn as a whole
const SETTLE = 1500; // ms after which what arrives is news and not history
const WRITES = 3_000; // ms between notices that the traveller is writing
const TYPING = { assistant: 30_000, agent: 8_000 }; // ms a notice of typing holds without another one

const ICONS = {
  chat: "M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5Z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M5 9l7 7 7-7",
  globe: "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0M3 12h18M12 3c3 3 3.6 6 3.6 9s-.6 6-3.6 9c-3-3-3.6-6-3.6-9s.6-6 3.6-9Z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M4 12l16-8-6 16-3-7-7-1Z",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
};

/** A short name for a signed-in customer, so that two who share a browser do not see each other's chat. */
function nameOf(identity) {
  try {
    const claims = JSON.parse(atob(identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
    let hash = 0;
    for (const c of String(claims.email)) hash = (Math.imul(hash, 31) + c.codePointAt(0)) >>> 0;
    return hash.toString(36);
  } catch {
    return "guest";
  }
}

export class EsimChat extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #settings = {};
  #store;
  #client;
  #outbox;
  #attention = new Attention();
  #listeners = new Map();
  #language = "en";
  #ui = {};
  #isOpen = false;
  #drawnFrom = 0;
  #lastDrawn = null;
  #startedAt = Date.now();
  #state = { state: "assistant" };
  #delayed = "";
  #wrote = 0;
  #typing = null;
  #quiet = null;
  #attached = null;
  #starters = {}; // by language, as the desk offers them
  #unread = 0;
  #atEnd = true;
  #top = 0;

  /** Before the element is added to the page; see widget.js for what the settings mean. */
  setUp({ server, language, color, position, identity }) {
    this.#settings = { server, color, position: ["left", "page"].includes(position) ? position : "right", identity: identity || "" };
    this.#openStore();
    const wanted = this.#store.get("language") || (language && fromTag(language)) || fromTag(navigator.language);
    this.#language = TEXTS[wanted] ? wanted : "en";
  }

  connectedCallback() {
    if (this.#ui.root) return;
    if ("adoptedStyleSheets" in Document.prototype) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.#root.adoptedStyleSheets = [sheet];
    } else this.#root.append(h("style", {}, STYLE)); // Safari before 16.4
    this.#build();
    this.#connect();
    document.addEventListener("visibilitychange", () => this.#seen());
    addEventListener("focus", () => this.#seen());
    if (this.#store.get("open")) this.#setOpen(true);
  }

  open(draft) {
    if (typeof draft === "string" && draft) this.#ui.text.value = draft;
    this.#setOpen(true, true);
    this.#grow();
  }

  close() {
    if (this.#settings.position !== "page") this.#setOpen(false, true);
  }

  toggle() {
    if (this.#isOpen) this.close();
    else this.open();
  }

  /** Show the widget in this language; a choice of the traveller or the page, so it no longer follows the messages. */
  setLanguage(tag) {
    const language = fromTag(tag);
    this.#store.set("language", language);
    this.#store.set("untold", language);
    this.#speak(language);
    this.#tellLanguage();
  }

  /** The desk answers what tells no language itself ("OK", a choice) in the one that was chosen. */
  async #tellLanguage() {
    const locale = this.#store.get("untold");
    if (!locale || !this.#client.hasSession) return; // a new conversation begins in it anyway
    try {
      await this.#post("language", { locale });
      if (this.#store.get("untold") === locale) this.#store.set("untold", null);
    } catch {
      // told when the network is back
    }
  }

  #post(what, body) {
    return this.#client.post(`/api/chat/${what}`, JSON.stringify(body), "application/json");
  }

  /** Tell the desk who the customer is (JWT from the seller's site); "" signs out. */
  identify(identity) {
    this.#settings.identity = identity || "";
    this.#openStore();
    this.#client.dispose();
    this.#connect();
    this.#redraw();
  }

  /** Call `listener(detail)` at "open", "close", "message", "unread", "state" and "language"; returns how to stop it. */
  on(name, listener) {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
    return () => this.#listeners.get(name).delete(listener);
  }

  #tell(name, detail) {
    for (const listener of this.#listeners.get(name) || []) {
      try {
        listener(detail);
      } catch (error) {
        reportError(error); // the page's own mistake must not stop the chat
      }
    }
  }

  get #texts() {
    return TEXTS[this.#language];
  }

  #openStore() {
    const { server, identity } = this.#settings;
    this.#store = new Storage(`esim-aftercare:${server}:${nameOf(identity)}`);
  }

  #connect() {
    const { server, identity } = this.#settings;
    const client = (this.#client = new Client({
      server,
      identity,
      store: this.#store,
      locale: () => this.#language,
      channel: `esim-aftercare:${server}:${nameOf(identity)}`,
    }));
    this.#outbox = new Outbox(client, this.#store);
    this.#startedAt = client.hasSession ? Date.now() : 0; // a new conversation has no history
    this.#state = { state: "assistant" };
    client.addEventListener("events", ({ detail }) => this.#received(detail));
    client.addEventListener("live", ({ detail }) => this.#happens(detail));
    client.addEventListener("online", () => {
      this.#status();
      if (client.online) {
        this.#tellLanguage();
        this.#loadStarters();
      }
    });
    client.addEventListener("seen", () => this.#count());
    client.addEventListener("reset", () => {
      this.#store.set("seen", 0);
      this.#store.set("rating", null);
      this.#state = { state: "assistant" };
      this.#redraw();
      this.#loadStarters();
    });
    this.#outbox.addEventListener("change", () => this.#drawWaiting());
    client.connect();
    this.#outbox.pump();
    this.#drawWaiting();
    this.#status();
  }

  // ---- what is on the screen

  #build() {
    const ui = this.#ui;
    const { position, color } = this.#settings;
    const round = (path, properties) => h("button", { type: "button", class: "round", ...properties }, icon(path));

    ui.badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
    ui.launcher = h(
      "button",
      { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.toggle() },
      icon(ICONS.chat),
      icon(ICONS.down),
      ui.badge,
    );
    ui.title = h("h2", { id: "title" });
    ui.state = h("p", { class: "state", role: "status" });
    ui.language = h(
      "select",
      { onchange: () => this.setLanguage(ui.language.value) },
      ...Object.entries(NAMES).map(([tag, name]) => h("option", { value: tag, lang: tag }, name)),
    );
    ui.speaks = h("span", { "aria-hidden": "true" });
    ui.more = round(ICONS.more, { "aria-expanded": "false", "aria-controls": "menu", onclick: () => this.#toggleMenu() });
    ui.close = round(ICONS.close, { hidden: position === "page", onclick: () => this.close() });

    ui.sound = h("button", { type: "button", role: "checkbox", onclick: () => this.#toggleSound() });
    ui.save = h("button", { type: "button", onclick: () => this.#save() });
    ui.print = h("button", { type: "button", onclick: () => this.#print() });
    ui.telegram = h("button", { type: "button", hidden: true, onclick: () => this.#toTelegram() });
    ui.end = h("button", { type: "button", onclick: () => this.#end() });
    ui.forget = h("button", { type: "button", onclick: () => (this.#toggleMenu(false), this.#askForget()) });
    ui.menu = h("div", { class: "menu", id: "menu", hidden: true }, ui.sound, ui.save, ui.print, ui.telegram, ui.end, ui.forget);

    ui.earlier = h("button", { type: "button", class: "earlier", hidden: true, onclick: () => this.#showEarlier() });
    ui.list = h("div");
    ui.waiting = h("div");
    ui.jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.#scrollDown() });
    ui.log = h(
      "div",
      { class: "log", role: "log", "aria-live": "polite", tabindex: "0", onscroll: () => this.#scrolled() },
      ui.earlier,
      ui.list,
      ui.waiting,
      ui.jump,
    );
    ui.typingText = h("span");
    ui.typing = h(
      "div",
      { class: "typing", role: "status", hidden: true },
      h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      ui.typingText,
    );
    ui.notice = h("p", { class: "notice", role: "status", hidden: true });

    ui.preview = h("img", { alt: "" });
    ui.unattach = round(ICONS.close, { onclick: () => this.#attach(null) });
    ui.attached = h("div", { class: "attached", hidden: true }, ui.preview, ui.unattach);
    ui.file = h("input", {
      type: "file",
      accept: "image/png,image/jpeg,image/webp,image/gif",
      hidden: true,
      onchange: () => {
        this.#take(ui.file.files[0]);
        ui.file.value = "";
      },
    });
    ui.picture = round(ICONS.picture, { onclick: () => ui.file.click() });
    ui.text = h("textarea", {
      rows: "1",
      autocomplete: "off",
      enterkeyhint: "send",
      "aria-describedby": "count",
      oninput: () => (this.#grow(), this.#writes()),
      onkeydown: (event) => this.#typed(event),
      onpaste: (event) => this.#pasted(event),
    });
    ui.count = h("p", { class: "count", id: "count", hidden: true });
    ui.send = round(ICONS.send, { class: "round send", type: "submit", disabled: true });
    ui.form = h(
      "form",
      { onsubmit: (event) => (event.preventDefault(), this.#submit()) },
      ui.file,
      ui.picture,
      h("div", { class: "field" }, ui.text, ui.count),
      ui.send,
    );
    // pictures that load and a keyboard that opens must not push the end out of sight
    const follow = new ResizeObserver(() => this.#atEnd && this.#scrollDown());
    for (const part of [ui.log, ui.list, ui.waiting]) follow.observe(part);
    ui.dialogs = h("div");
    ui.panel = h(
      "div",
      {
        class: "panel",
        role: "dialog",
        "aria-labelledby": "title",
        tabindex: "-1",
        hidden: true,
        onkeydown: (event) => this.#key(event),
        ondragover: (event) => this.#dragged(event),
        ondrop: (event) => this.#dragged(event) && this.#take(event.dataTransfer.files[0]),
      },
      h("div", { class: "head" }, h("div", { class: "titles" }, ui.title, ui.state), h("div", { class: "language" }, icon(ICONS.globe), ui.speaks, ui.language), ui.more, ui.close),
      ui.menu,
      ui.log,
      ui.typing,
      ui.notice,
      ui.attached,
      ui.form,
    );
    // keys typed here are not shortcuts of the host page, which cannot see that they go into a text field
    for (const name of ["keydown", "keyup", "keypress"]) ui.panel.addEventListener(name, (event) => event.stopPropagation());
    // the interface's languages run from left to right whatever the page's does; what people write finds its own way
    ui.root = h("div", { class: `root ${position}`, dir: "ltr" }, ui.panel, ui.launcher, ui.dialogs);
    const chosen = accentOf(color);
    if (chosen) {
      ui.root.style.setProperty("--accent", chosen.accent);
      ui.root.style.setProperty("--on-accent", chosen.onAccent);
      for (const [scheme, ring] of Object.entries(chosen.rings)) if (ring) ui.root.style.setProperty(`--ring-${scheme}`, ring);
    }
    this.#root.append(ui.root);
    ui.text.value = this.#draft();
    for (const name of ["resize", "scroll"]) globalThis.visualViewport?.addEventListener(name, () => this.#fit());
    this.#speak(this.#language);
  }

  #speak(language) {
    const changed = language !== this.#language;
    this.#language = language;
    const ui = this.#ui;
    const texts = this.#texts;
    const label = (element, text) => {
      element.setAttribute("aria-label", text);
      element.title = text;
    };
    ui.root.lang = language;
    ui.title.textContent = texts.title;
    ui.language.value = language;
    ui.speaks.textContent = (innerWidth < 380 ? SHORT : NAMES)[language];
    ui.language.setAttribute("aria-label", texts.language);
    label(ui.more, texts.more);
    label(ui.close, texts.close);
    label(ui.picture, texts.picture);
    label(ui.unattach, texts.discard);
    label(ui.send, texts.send);
    ui.sound.textContent = texts.sound;
    ui.sound.setAttribute("aria-checked", String(Boolean(this.#store.get("sound"))));
    ui.save.textContent = texts.save;
    ui.print.textContent = texts.print;
    ui.telegram.textContent = texts.telegram;
    ui.end.textContent = texts.end;
    ui.forget.textContent = texts.forget;
    ui.earlier.textContent = texts.earlier;
    ui.jump.textContent = texts.newMessages;
    ui.log.setAttribute("aria-label", texts.messages);
    ui.text.placeholder = texts.placeholder;
    ui.text.setAttribute("aria-label", texts.placeholder);
    this.#redraw();
    this.#grow();
    this.#loadStarters();
    if (changed) this.#tell("language", language);
  }

  /** The height the on-screen keyboard leaves. */
  #fit() {
    const { height, offsetTop, scale } = globalThis.visualViewport;
    if (scale > 1.01) return; // somebody enlarges the page to read it
    this.#ui.root.style.setProperty("--height", `${height}px`);
    this.#ui.root.style.setProperty("--top", `${offsetTop}px`);
  }

  get #fillsScreen() {
    return this.#settings.position === "page" || matchMedia("(max-width: 520px), (max-height: 480px)").matches;
  }

  #setOpen(open, byHand = false) {
    const ui = this.#ui;
    if (open === this.#isOpen) {
      if (open && byHand) ui.text.focus();
      return;
    }
    this.#isOpen = open;
    this.#store.set("open", open);
    ui.panel.hidden = !open;
    ui.root.classList.toggle("open", open);
    ui.launcher.setAttribute("aria-expanded", String(open));
    if (this.#fillsScreen) ui.panel.setAttribute("aria-modal", "true");
    else ui.panel.removeAttribute("aria-modal");
    if (open) {
      this.#loadStarters();
      this.#grow();
      this.#scrollDown();
      // a keyboard that jumps up by itself would cover a phone's screen before anything was read
      if (byHand) (matchMedia("(pointer: coarse)").matches ? ui.panel : ui.text).focus();
    } else {
      this.#toggleMenu(false);
      if (byHand) ui.launcher.focus();
    }
    this.#seen();
    this.#tell(open ? "open" : "close");
  }

  #toggleMenu(open = this.#ui.menu.hidden) {
    this.#ui.menu.hidden = !open;
    this.#ui.end.hidden = this.#state.state === "closed" || !this.#client.events.length;
    this.#ui.more.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.#ui.sound.focus();
    this.#client.hasTelegram().then((has) => (this.#ui.telegram.hidden = !has), () => {});
  }

  #toggleSound() {
    const on = !this.#store.get("sound");
    this.#store.set("sound", on);
    this.#ui.sound.setAttribute("aria-checked", String(on));
    if (on) this.#attention.sound();
  }

  #key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      if (this.#ui.menu.hidden) this.close();
      else {
        this.#toggleMenu(false);
        this.#ui.more.focus();
      }
    } else if (event.key === "Tab") {
      const stops = [...this.#ui.panel.querySelectorAll('button, a[href], select, textarea, [tabindex="0"]')].filter(
        (stop) => !stop.disabled && stop.getClientRects().length,
      );
      const at = stops.indexOf(this.#root.activeElement);
      const next = event.shiftKey ? (at <= 0 ? stops.at(-1) : null) : at === stops.length - 1 ? stops[0] : null;
      if (!next) return;
      event.preventDefault();
      next.focus();
    }
  }

  // ---- the conversation

  #view() {
    const { server } = this.#settings;
    return {
      texts: this.#texts,
      language: this.#language,
      server,
      online: this.#client?.online ?? true,
      on: {
        choose: (choice) => this.#choose(choice),
        enlarge: (source, alt) => this.#enlarge(source, alt),
        retry: (id) => this.#outbox.retry(id),
        discard: (id) => this.#outbox.discard(id),
      },
    };
  }

  #redraw() {
    const ui = this.#ui;
    if (!ui.root) return;
    const events = this.#client?.events || [];
    this.#drawnFrom = Math.max(0, events.length - DRAWN);
    this.#drawAll();
  }

  #drawAll() {
    const ui = this.#ui;
    const events = this.#client?.events || [];
    ui.log.setAttribute("aria-live", "off"); // what was read out already is no news
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => ui.log.setAttribute("aria-live", "polite"), SETTLE);
    ui.list.replaceChildren();
    this.#lastDrawn = null;
    ui.earlier.hidden = !this.#drawnFrom;
    if (!this.#drawnFrom) ui.list.append(this.#welcome());
    for (const event of events.slice(this.#drawnFrom)) this.#draw(event);
    this.#drawWaiting();
    this.#status();
    this.#count();
    this.#scrollDown();
  }

  #welcome() {
    const texts = this.#texts;
    const row = choiceRow(this.#starters[this.#language] || [], texts, (choice) => this.#choose(choice));
    row.dataset.seq = "0";
    return h(
      "div",
      { class: "message assistant" },
      h("span", { class: "hidden" }, `${texts.assistant}: `),
      h("p", { class: "bubble" }, texts.welcome),
      row,
    );
  }

  /** Ask the desk what a conversation can begin with, once it is needed; without a network, when it is back. */
  async #loadStarters() {
    const language = this.#language;
    if (!this.#isOpen || this.#starters[language] || this.#client.events.length) return;
    try {
      this.#starters[language] = await this.#client.starters();
    } catch {
      return;
    }
    if (language === this.#language) this.#redraw();
  }

  #draw(event) {
    if (event.kind === "state") this.#state = event;
    const box = message(event, this.#view());
    if (!box) return;
    if (event.rate) box.append(this.#askRating(event.seq));
    const last = this.#lastDrawn;
    const day = (at) => new Date(at).toDateString();
    if (last ? day(last.at) !== day(event.at) : day(event.at) !== new Date().toDateString()) this.#ui.list.append(dayLine(event.at, this.#language, this.#texts));
    else if (last && last.from === event.from && last.agent === event.agent && last.kind === event.kind) {
      const minute = (at) => Math.floor(Date.parse(at) / 60_000);
      if (minute(last.at) === minute(event.at)) {
        this.#ui.list.lastElementChild.classList.add("joined");
        box.querySelector(".who")?.classList.add("hidden");
      }
    }
    this.#ui.list.append(box);
    this.#lastDrawn = event;
  }

  #drawWaiting() {
    const ui = this.#ui;
    if (!ui.root) return;
    const entries = this.#outbox?.entries || [];
    const before = ui.waiting.childElementCount;
    ui.waiting.replaceChildren(...entries.map((entry) => waiting(entry, this.#view())));
    this.#offerChoices(entries);
    if (entries.length > before) this.#scrollDown();
  }

  /** Only the choices of what was said last can be taken, and of the state the conversation is in. */
  #offerChoices(entries) {
    const events = this.#client?.events || [];
    const said = events.findLast((event) => event.from === "traveller")?.seq ?? (this.#drawnFrom ? 1 : 0);
    const sending = entries.some((entry) => entry.state !== "failed");
    for (const row of this.#ui.list.querySelectorAll(".choices")) {
      const seq = Number(row.dataset.seq);
      const current = row.dataset.state
        ? seq === this.#state.seq
        : seq > said || (seq === 0 && said === 0 && !events.length);
      row.hidden = !current || sending;
    }
    const asked = events.findLast((event) => event.rate)?.seq;
    for (const box of this.#ui.list.querySelectorAll(".rating")) {
      box.hidden = Number(box.dataset.seq) !== asked || asked < said || sending;
    }
  }

  /** What was given at a goodbye still holds at the end right after it. */
  #askRating(seq) {
    const kept = this.#store.get("rating");
    const goneOn = kept && this.#client.events.some((event) => event.from === "traveller" && event.seq > kept.seq);
    const given = { score: 0, comment: "", done: false, ...(goneOn ? {} : kept), seq };
    const box = ratingBox(given, this.#texts, {
      keep: () => this.#store.set("rating", given),
      send: () => this.#post("rating", { score: given.score, comment: given.comment.trim() }),
    });
    box.dataset.seq = seq;
    return box;
  }

  #showEarlier() {
    const log = this.#ui.log;
    const fromEnd = log.scrollHeight - log.scrollTop;
    this.#drawnFrom = Math.max(0, this.#drawnFrom - DRAWN);
    this.#drawAll();
    log.scrollTop = log.scrollHeight - fromEnd;
    log.focus();
  }

  /** A history is drawn in one go, news one after the other. */
  #received(events) {
    const news = Date.now() - this.#startedAt > SETTLE;
    if (events.length < MANY || (this.#lastDrawn && !this.#atEnd)) for (const event of events) this.#add(event, news);
    else {
      this.#setTyping(null);
      this.#delayed = "";
      this.#state = events.findLast((event) => event.kind === "state") ?? this.#state;
      this.#redraw();
    }
    this.#seen();
    for (const event of events) if (event.kind === "state") this.#tell("state", event.state);
    if (!news) return;
    const theirs = events.some((event) => event.from !== "traveller");
    if (theirs && (document.hidden || !this.#isOpen) && this.#store.get("sound")) this.#attention.sound();
    for (const { from, text, at } of events) this.#tell("message", { from, text, at });
  }

  #add(event, news) {
    const ui = this.#ui;
    const atEnd = this.#atEnd;
    const theirs = event.from !== "traveller";
    if (theirs) this.#setTyping(null);
    if (event.kind === "state" || (theirs && event.kind === "message")) this.#delayed = "";
    if (news) ui.log.setAttribute("aria-live", "polite");
    this.#draw(event);
    this.#trim(atEnd);
    this.#drawWaiting();
    this.#status();
    if (atEnd || !theirs) this.#scrollDown();
    else ui.jump.hidden = false;
  }

  /** Keep the number of drawn messages bounded while the traveller reads the end. */
  #trim(atEnd) {
    const { list } = this.#ui;
    if (!atEnd || list.childElementCount < 2 * DRAWN) return;
    this.#redraw();
  }

  #happens(notice) {
    if (notice.kind === "typing") return this.#setTyping(notice);
    this.#delayed = notice.state === "delayed" ? notice.text : "";
    if (this.#delayed) this.#setTyping(null);
    this.#status();
  }

  #setTyping(notice) {
    const ui = this.#ui;
    clearTimeout(this.#typing);
    ui.typing.hidden = !notice;
    if (!notice) return;
    const line = fill(this.#texts.typing, { who: whoOf(notice, this.#texts) });
    ui.typingText.textContent = line.replace(/(?<=[a-z])(?=\p{Script=Han})/iu, " ");
    if (this.#atEnd) this.#scrollDown();
    this.#typing = setTimeout(() => this.#setTyping(null), TYPING[notice.from] || TYPING.assistant);
  }

  #status() {
    const ui = this.#ui;
    if (!ui.root) return;
    const texts = this.#texts;
    const line = texts.state[this.#state.state] ?? texts.state.assistant;
    ui.state.textContent = fill(line, { who: this.#state.agent || texts.agent });
    const online = this.#client?.online ?? true;
    if (!online) this.#setTyping(null);
    const notice = online ? this.#delayed : texts.offline;
    if (ui.notice.textContent !== notice) ui.notice.textContent = notice;
    ui.notice.hidden = !notice;
    if (ui.waiting.childElementCount && ui.waiting.dataset.online !== String(online)) {
      ui.waiting.dataset.online = String(online);
      this.#drawWaiting();
    }
  }

  #scrollDown() {
    const { log, jump } = this.#ui;
    jump.hidden = true;
    this.#atEnd = true;
    log.scrollTop = log.scrollHeight;
  }

  /** Only going up leaves the end: a picture that loads late moves the end away by itself. */
  #scrolled() {
    const { log, jump } = this.#ui;
    if (log.scrollHeight - log.scrollTop - log.clientHeight < 80) this.#atEnd = true;
    else if (log.scrollTop < this.#top) this.#atEnd = false;
    this.#top = log.scrollTop;
    if (this.#atEnd) jump.hidden = true;
  }

  // ---- what was not seen yet

  #seen() {
    if (this.#isOpen && !document.hidden && this.#client.lastSeq > (this.#store.get("seen") || 0)) {
      this.#store.set("seen", this.#client.lastSeq);
    }
    this.#count();
  }

  #count() {
    const ui = this.#ui;
    const seen = this.#store.get("seen") || 0;
    const events = this.#client?.events || [];
    const count = events.filter((e) => e.seq > seen && e.kind === "message" && e.from !== "traveller").length;
    ui.badge.hidden = !count;
    ui.badge.textContent = count > 99 ? "99+" : String(count);
    const unread = count ? ` (${fill(this.#texts.unread, { n: count })})` : "";
    ui.launcher.setAttribute("aria-label", (this.#isOpen ? this.#texts.close : this.#texts.open) + unread);
    this.#attention.title(count);
    if (count !== this.#unread) this.#tell("unread", count);
    this.#unread = count;
  }

  // ---- what the traveller does

  #draft(text) {
    try {
      if (text === undefined) return sessionStorage.getItem("esim-aftercare:draft") || "";
      sessionStorage.setItem("esim-aftercare:draft", text);
    } catch {
      // a draft is a comfort only
    }
    return "";
  }

  #grow() {
    const { text, count, send } = this.#ui;
    const length = [...text.value.trim()].length;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
    count.hidden = length < LIMIT - 100;
    count.textContent = count.hidden ? "" : fill(this.#texts.tooLong, { n: length, limit: LIMIT });
    count.classList.toggle("over", length > LIMIT);
    send.disabled = length > LIMIT || (!length && !this.#attached);
    this.#draft(text.value);
  }

  #typed(event) {
    // Enter that ends a composition must not send half a word (229: input methods that hide isComposing)
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const { text, send } = this.#ui;
    if (send.disabled) return;
    const words = text.value.trim();
    if (this.#attached) {
      this.#outbox.add({ picture: this.#attached });
      this.#attach(null);
    }
    text.value = "";
    this.#grow();
    if (words) this.#say({ text: words });
    text.focus();
  }

  #choose(choice) {
    this.#say({ choice: choice.id, text: choice.title });
    this.#ui.panel.focus();
  }

  #say(content) {
    if (!content.choice && !this.#store.get("language")) {
      const language = ofText(content.text, this.#language);
      if (language !== this.#language) this.#speak(language);
    }
    this.#outbox.add(content);
    this.#scrollDown();
  }

  /** Files are ours to take; dragged text goes where it is dropped. */
  #dragged(event) {
    const files = event.dataTransfer.types.includes("Files");
    if (files) event.preventDefault();
    return files;
  }

  #pasted(event) {
    const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    this.#take(file);
  }

  async #take(file) {
    if (!file) return;
    try {
      this.#attach(await readPicture(file));
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      this.#ui.notice.textContent = this.#texts[error.message];
      this.#ui.notice.hidden = false;
    }
  }

  #attach(picture) {
    const ui = this.#ui;
    this.#attached = picture;
    ui.attached.hidden = !picture;
    if (picture) {
      ui.preview.src = picture;
      ui.preview.alt = this.#texts.pictureYours;
    } else ui.preview.removeAttribute("src");
    this.#status();
    this.#grow();
    ui.text.focus();
  }

  #show(properties, ...children) {
    const dialog = h("dialog", { ...properties, onclose: () => dialog.remove() }, ...children);
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    this.#ui.dialogs.append(dialog);
    dialog.showModal();
    return dialog;
  }

  #enlarge(source, alt) {
    const close = h("button", { type: "button", onclick: () => dialog.close() }, this.#texts.shrink);
    const keep = h("a", { href: source, download: "picture", target: "_blank", rel: "noopener" }, this.#texts.keepPicture);
    const dialog = this.#show({ "aria-label": alt }, h("img", { src: source, alt }), h("div", { class: "buttons" }, keep, close));
  }

  /** Tell the person who has the conversation that an answer is on its way. */
  #writes() {
    if (this.#state.state !== "agent" || Date.now() - this.#wrote < WRITES) return;
    this.#wrote = Date.now();
    this.#client.post("/api/chat/typing").catch(() => {}); // passing, and worth nothing later
  }

  async #end() {
    this.#toggleMenu(false);
    this.#ui.panel.focus();
    try {
      await this.#client.post("/api/chat/end");
    } catch (error) {
      this.#tellProblem(error);
    }
  }

  /** The click itself opens the tab: one opened later would be blocked as a pop-up. */
  async #toTelegram() {
    this.#toggleMenu(false);
    const tab = open("", "_blank");
    try {
      const { url } = await this.#client.post("/api/chat/telegram-link");
      if (tab) tab.opener = null;
      (tab || window).location = url;
    } catch (error) {
      tab?.close();
      this.#tellProblem(error);
    }
  }

  #tellProblem(error) {
    this.#ui.notice.textContent = this.#client.online ? error.message : this.#texts.offline;
    this.#ui.notice.hidden = false;
  }

  /** The whole chat on paper, without the page around it. */
  #print() {
    this.#toggleMenu(false);
    const drawnFrom = this.#drawnFrom;
    this.#drawnFrom = 0;
    this.#drawAll();
    const alone = new CSSStyleSheet();
    alone.replaceSync("@media print { body > :not(esim-aftercare) { display: none !important } }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, alone];
    const done = () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== alone);
      this.#drawnFrom = drawnFrom;
      this.#drawAll();
    };
    addEventListener("afterprint", done, { once: true });
    print();
  }

  async #save() {
    this.#toggleMenu(false);
    let file;
    try {
      file = await this.#client.download();
    } catch (error) {
      return this.#tellProblem(error);
    }
    const link = h("a", { href: URL.createObjectURL(file), download: "esim-chat.html" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  #askForget() {
    const texts = this.#texts;
    const keep = h("button", { type: "button", onclick: () => dialog.close() }, texts.cancel);
    const forget = h("button", { type: "button", class: "danger", onclick: () => (dialog.close(), this.#forget()) }, texts.forgetYes);
    const dialog = this.#show(
      { "aria-label": texts.forget },
      h("p", {}, texts.forgetSure),
      h("div", { class: "buttons" }, keep, forget),
    );
  }

  async #forget() {
    try {
      await this.#client.forget();
    } catch (error) {
      return this.#tellProblem(error);
    }
    this.#outbox.clear();
    this.#store.set("seen", 0);
    this.#redraw();
  }
}
