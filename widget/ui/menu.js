// The menu: sound, saving, mailing, printing, Telegram, ending and deleting the chat.

import { h } from "./dom.js";
import { ICONS, label, roundButton } from "./icons.js";

/** @typedef {import("./launcher.js").Attention} Attention */
/** @typedef {import("./context.js").Context} Context */

export class Menu {
  #context;
  #attention;
  #on;
  #sound;
  #save;
  #mail;
  #print;
  #telegram;
  #end;
  #forget;

  /**
   * @param {Context} context
   * @param {Attention} attention
   * @param {object} on
   * @param {(work: (done: () => void) => void) => void} on.drawAll draws every message until `done`
   * @param {() => void} on.end called before the chat is ended
   * @param {(what: "forget" | "end", onYes: () => void) => void} on.confirm asks first
   * @param {() => void} on.forget
   * @param {(error: unknown) => void} on.error
   */
  constructor(context, attention, on) {
    this.#context = context;
    this.#attention = attention;
    this.#on = on;
    this.button = roundButton(ICONS.more, {
      "aria-expanded": "false",
      "aria-controls": "menu",
      onclick: () => this.toggle(Boolean(this.element.hidden)),
    });
    /** @param {() => void} onclick */
    const item = (onclick, properties = {}) => h("button", { type: "button", ...properties, onclick });
    /** @param {() => void} act */
    const closing = (act) => () => {
      this.toggle(false);
      act();
    };
    this.#sound = item(() => this.#toggleSound(), { role: "checkbox" });
    this.#save = item(closing(() => this.#download()));
    this.#mail = item(() => this.#mailChat(), { hidden: true, "aria-live": "polite" });
    this.#print = item(closing(() => this.#printChat()));
    this.#telegram = item(
      closing(() => this.#toTelegram()),
      { hidden: true },
    );
    const end = () => this.#close();
    const waits = () => ["waiting", "agent"].includes(context.state.state ?? "");
    this.#end = item(closing(() => (waits() ? on.confirm("end", end) : end())));
    this.#forget = item(closing(() => on.confirm("forget", on.forget)));
    this.element = h(
      "div",
      { class: "menu", id: "menu", hidden: true },
      this.#sound,
      this.#save,
      this.#mail,
      this.#print,
      this.#telegram,
      this.#end,
      this.#forget,
    );
  }

  /** Show the words in the context's language. */
  translate() {
    const { store, texts } = this.#context;
    label(this.button, texts.more);
    this.#sound.textContent = texts.sound;
    this.#sound.setAttribute("aria-checked", String(Boolean(store.get("sound"))));
    this.#save.textContent = texts.save;
    this.#mail.textContent = texts.mail;
    this.#print.textContent = texts.print;
    this.#telegram.textContent = texts.telegram;
    this.#end.textContent = texts.end;
    this.#forget.textContent = texts.forget;
  }

  /** @param {boolean} open */
  toggle(open) {
    const { client, state, texts } = this.#context;
    this.#mail.textContent = texts.mail;
    this.element.hidden = !open;
    this.#end.hidden = state.state === "closed" || !client.events.length;
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.#sound.focus();
    this.#show(this.#mail, "transcript-mail");
    this.#show(this.#telegram, "telegram-link");
  }

  /**
   * @param {HTMLElement} entry shown where there is this way
   * @param {"telegram-link" | "transcript-mail"} way
   */
  #show(entry, way) {
    const show = (/** @type {boolean} */ available) => {
      entry.hidden = !available;
    };
    this.#context.client.has(way).then(show, () => show(false));
  }

  #toggleSound() {
    const { store } = this.#context;
    const on = !store.get("sound");
    store.set("sound", on);
    this.#sound.setAttribute("aria-checked", String(on));
    if (on) this.#attention.sound();
  }

  /** The whole chat on paper, without the page around it. */
  #printChat() {
    this.#on.drawAll((done) => {
      const alone = new CSSStyleSheet();
      alone.replaceSync("@media print { body { display: none !important } }");
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, alone];
      const printed = () => {
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== alone);
        done();
      };
      addEventListener("afterprint", printed, { once: true });
      print();
    });
  }

  async #download() {
    let file;
    try {
      file = await this.#context.client.download();
    } catch (error) {
      this.#on.error(error);
      return;
    }
    const link = h("a", { href: URL.createObjectURL(file), download: "esim-chat.html" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  async #mailChat() {
    try {
      await this.#context.client.mail();
      this.#mail.textContent = this.#context.texts.mailed;
    } catch (error) {
      this.toggle(false);
      this.#on.error(error);
    }
  }

  /** The click itself opens the tab: one opened later would be blocked as a pop-up. */
  async #toTelegram() {
    const tab = open("", "_blank");
    try {
      const { url } = await this.#context.client.post("/api/chat/telegram-link");
      if (tab) tab.opener = null;
      (tab || window).location = url;
    } catch (error) {
      tab?.close();
      this.#on.error(error);
    }
  }

  async #close() {
    this.#on.end();
    try {
      await this.#context.client.post("/api/chat/end");
    } catch (error) {
      this.#on.error(error);
    }
  }
}
