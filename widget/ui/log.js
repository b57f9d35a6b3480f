// The messages on the screen: drawn as they come, bounded in number, with the end kept in sight while it is read.

import { h } from "./dom.js";
import { choiceRow, dayLine, drawEntry, drawMessage } from "./messages.js";
import { askRating } from "./rating.js";

/** @typedef {import("../sdk/api.js").Choice} Choice */
/** @typedef {import("../sdk/api.js").Message} Message */
/** @typedef {import("../sdk/language.js").Language} Language */
/** @typedef {import("../sdk/outbox.js").Content} Content */
/** @typedef {import("./context.js").Context} Context */

export const SETTLE = 1500; // ms after which what arrives is news and not history
const DRAWN = 150; // messages drawn at once; earlier ones on request, so that long chats stay light
const MANY = 20; // messages that come together and are drawn as a whole
const NEAR = 80; // pixels from the end within which somebody who scrolls reads the end
const CUT = 24; // pixels below the screen from which on a hint says that there is more

/** @param {string} at ISO time */
const day = (at) => new Date(at).toDateString();
/** @param {string} at ISO time */
const minute = (at) => Math.floor(Date.parse(at) / 60_000);

export class Log {
  #context;
  #on;
  #earlier = h("button", { type: "button", class: "earlier", hidden: true, onclick: () => this.#showEarlier() });
  #list = h("div");
  #waiting = h("div", { "aria-live": "off" }); // read out once they are stored
  #jump = h("button", {
    type: "button",
    class: "jump",
    "aria-live": "off",
    hidden: true,
    onclick: () => this.#jumped(),
  });
  /** @type {Partial<Record<Language, Choice[]>>} as the desk offers them */
  #starters = {};
  #drawnFrom = 0;
  /** @type {Message | null} */
  #lastDrawn = null;
  /** @type {number | undefined} */
  #quiet;
  #atEnd = true;
  #top = 0;
  #news = false; // whether something came while the traveller read above
  #first = 0; // seq of the first message that is new to the traveller, whose start stays in sight; 0 when none is

  /**
   * @param {Context} context
   * @param {object} on
   * @param {(content: Content) => void} on.choose a choice was pressed
   * @param {(source: string, alt: string) => void} on.enlarge a picture was pressed
   * @param {() => void} on.change what was drawn may have changed the conversation's state
   * @param {() => void} on.redraw everything was drawn anew
   */
  constructor(context, on) {
    this.#context = context;
    this.#on = on;
    this.element = h(
      "div",
      { class: "log", role: "log", "aria-live": "polite", tabindex: "0", onscroll: () => this.#scrolled() },
      this.#earlier,
      this.#list,
      this.#waiting,
      this.#jump,
    );
    // pictures that load and a keyboard that opens must not push the end out of sight
    const follow = new ResizeObserver(() => this.follow());
    for (const part of [this.element, this.#list, this.#waiting]) follow.observe(part);
  }

  /** Show the words in the context's language. */
  translate() {
    const { texts } = this.#context;
    this.#earlier.textContent = texts.earlier;
    this.element.setAttribute("aria-label", texts.messages);
    this.redraw();
  }

  #view() {
    const { texts, language, server, client, outbox } = this.#context;
    return {
      texts,
      language,
      server,
      online: client.online,
      choose: (/** @type {Choice} */ { id, title }) => this.#on.choose({ choice: id, text: title }),
      enlarge: this.#on.enlarge,
      retry: (/** @type {string} */ id) => outbox.retry(id),
      discard: (/** @type {string} */ id) => outbox.discard(id),
    };
  }

  /** Draw the latest messages anew. */
  redraw() {
    this.#drawnFrom = Math.max(0, this.#context.client.events.length - DRAWN);
    this.#drawAll();
  }

  #drawAll() {
    this.element.setAttribute("aria-live", "off"); // what was read out already is no news
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.element.setAttribute("aria-live", "polite"), SETTLE);
    this.#list.replaceChildren();
    this.#lastDrawn = null;
    this.#earlier.hidden = !this.#drawnFrom;
    if (!this.#drawnFrom) this.#list.append(this.#welcome());
    for (const event of this.#context.client.events.slice(this.#drawnFrom)) this.#draw(event);
    if (!this.#context.client.events.length) this.#first = 0;
    this.drawWaiting();
    this.#on.redraw();
    this.scrollDown();
  }

  #welcome() {
    const { language, texts } = this.#context;
    const row = choiceRow(this.#starters[language] ?? [], texts, this.#view().choose);
    row.dataset.seq = "0";
    return h(
      "div",
      { class: "message assistant" },
      h("span", { class: "hidden" }, `${texts.assistant}: `),
      h("p", { class: "bubble" }, texts.welcome),
      row,
    );
  }

  /** Ask the desk what a conversation can begin with, where there is none yet; without a network, nothing happens. */
  async loadStarters() {
    const { client, language } = this.#context;
    if (this.#starters[language] || client.events.length) return;
    try {
      this.#starters[language] = await client.starters();
    } catch {
      return; // asked again when the network is back
    }
    if (language === this.#context.language) this.redraw();
  }

  /** @param {Message} event */
  #draw(event) {
    if (event.kind === "state") this.#context.state = event;
    if (event.from === "traveller") {
      if (event.seq > this.#first) this.#first = 0;
    } else if (event.seq > (this.#context.store.get("seen") || 0)) this.#first ||= event.seq;
    const box = drawMessage(event, this.#view());
    if (!box) return;
    if (event.rate) box.append(askRating(event.seq, this.#context));
    const last = this.#lastDrawn;
    const newDay = day(event.at) !== (last ? day(last.at) : new Date().toDateString());
    const { language, texts } = this.#context;
    if (newDay) this.#list.append(dayLine(event.at, language, texts));
    else if (last && last.from === event.from && last.agent === event.agent && last.kind === event.kind) {
      if (minute(last.at) === minute(event.at)) {
        this.#list.lastElementChild?.classList.add("joined");
        box.querySelector(".who")?.classList.add("hidden");
      }
    }
    this.#list.append(box);
    this.#lastDrawn = event;
  }

  /** Draw what waits in the outbox, and offer the choices that can be taken meanwhile. */
  drawWaiting() {
    const { entries } = this.#context.outbox;
    const before = this.#waiting.childElementCount;
    this.#waiting.replaceChildren(...entries.map((entry) => drawEntry(entry, this.#view())));
    this.#offerChoices(entries.some((entry) => entry.state !== "failed" && !entry.picture));
    if (entries.length > before) {
      this.#first = 0;
      this.scrollDown();
    }
  }

  /** Messages that wait say whether there is a connection. */
  showOnline() {
    const online = String(this.#context.client.online);
    if (!this.#waiting.childElementCount || this.#waiting.dataset.online === online) return;
    this.#waiting.dataset.online = online;
    this.drawWaiting();
  }

  /**
   * Only the choices of the latest answer can be taken, and those of the state the conversation is in.
   * @param {boolean} sending
   */
  #offerChoices(sending) {
    const { client, state } = this.#context;
    const { events } = client;
    const said = events.findLast((event) => event.from === "traveller" && event.text);
    const answered = said?.seq ?? (this.#drawnFrom ? 1 : 0); // a picture answers no question
    /** @param {string} selector */
    const boxes = (selector) => /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll(selector));
    const offered = new Set();
    for (const row of [...boxes(".choices")].reverse()) {
      const seq = Number(row.dataset.seq);
      const current = row.dataset.state
        ? seq === state.seq
        : seq > answered || (seq === 0 && answered === 0 && !events.length);
      row.hidden = !current || sending;
      if (row.hidden) continue;
      for (const button of row.children) {
        /** @type {HTMLElement} */ (button).hidden = offered.has(button.textContent); // a reminder repeats them
        offered.add(button.textContent);
      }
    }
    const asked = events.findLast((event) => event.rate)?.seq ?? 0;
    for (const box of boxes(".rating")) {
      box.hidden = Number(box.dataset.seq) !== asked || asked < answered || sending;
    }
  }

  #showEarlier() {
    const log = this.element;
    const fromEnd = log.scrollHeight - log.scrollTop;
    this.#drawnFrom = Math.max(0, this.#drawnFrom - DRAWN);
    this.#drawAll();
    log.scrollTop = log.scrollHeight - fromEnd;
    log.focus();
  }

  /**
   * Whether so many messages are better drawn in one go, as a history is, than one after the other.
   * @param {number} number
   */
  isHistory(number) {
    return number >= MANY && (!this.#lastDrawn || this.#atEnd);
  }

  /**
   * Draw one more message.
   * @param {Message} event
   * @param {boolean} news whether it is read out
   */
  add(event, news) {
    const atEnd = this.#atEnd;
    if (!atEnd && !this.#news && event.from !== "traveller") {
      this.#news = true;
      this.#first = event.seq;
    }
    // an answer that was in view for 8 s has been read and holds no later message back
    const last = this.#first && this.below < CUT && this.#lastDrawn;
    if (last && Date.parse(event.at) - Date.parse(last.at) > 8e3) this.#first = event.seq;
    if (news) this.element.setAttribute("aria-live", "polite");
    this.#draw(event);
    // while the traveller reads the end, the number of drawn messages stays bounded
    if (atEnd && this.#list.childElementCount >= 2 * DRAWN) this.redraw();
    this.drawWaiting();
    this.#on.change();
    if (atEnd || event.from === "traveller") this.scrollDown();
    else this.#showJump();
  }

  /**
   * Draw every message while `work` runs, for example to print them.
   * @param {(done: () => void) => void} work calls `done` at its end
   */
  withAll(work) {
    const drawnFrom = this.#drawnFrom;
    this.#drawnFrom = 0;
    this.#drawAll();
    work(() => {
      this.#drawnFrom = drawnFrom;
      this.#drawAll();
    });
  }

  /** Show the end; of news longer than the room, their start. */
  scrollDown() {
    const log = this.element;
    /** @type {HTMLElement | null} */
    const first = this.#first ? this.#list.querySelector(`.message[data-seq="${this.#first}"]`) : null;
    this.#atEnd = true;
    this.#news = false;
    log.scrollTop = first ? Math.min(first.offsetTop - 8, log.scrollHeight - log.clientHeight) : log.scrollHeight;
    this.#top = log.scrollTop;
    this.#showJump();
  }

  /** Keep in sight what was, although the room changed. */
  follow() {
    if (this.#atEnd && this.element.isConnected) this.scrollDown();
  }

  /** Pixels of messages below what can be seen. */
  get below() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight;
  }

  #showJump() {
    this.#jump.textContent = this.#context.texts[this.#news ? "newMessages" : "moreBelow"];
    this.#jump.hidden = this.below < CUT || !(this.#news || this.#first);
  }

  #jumped() {
    if (!this.#news) this.#first = 0;
    this.scrollDown();
  }

  #scrolled() {
    const { scrollTop } = this.element;
    if (Math.abs(scrollTop - this.#top) < 1) return; // our own doing
    if (this.below < NEAR) {
      this.#atEnd = true;
      this.#news = false;
      this.#first = 0;
    } else if (scrollTop < this.#top || this.#first) this.#atEnd = false;
    this.#top = scrollTop;
    this.#showJump();
  }
}
