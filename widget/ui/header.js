// The head of the dialog: who answers, the language, the menu's button and the one that closes.

import { h } from "./dom.js";
import { ICONS, icon, label, roundButton } from "./icons.js";
import { fill, NAMES, SHORT } from "./texts.js";

/** @typedef {import("./context.js").Context} Context */

export class Header {
  #context;
  #title = h("h2", { id: "title" });
  #state = h("p", { class: "state" }); // read out where the log says it
  #shownLanguage = h("span", { "aria-hidden": "true" });
  #language;
  #close;

  /**
   * @param {Context} context
   * @param {HTMLElement} menuButton
   * @param {object} on
   * @param {(tag: string) => void} on.language
   * @param {(() => void) | null} on.close null where nothing closes the chat
   */
  constructor(context, menuButton, on) {
    this.#context = context;
    this.#language = h(
      "select",
      { onchange: () => on.language(this.#language.value) },
      ...Object.entries(NAMES).map(([tag, name]) => h("option", { value: tag, lang: tag }, name)),
    );
    this.#close = roundButton(ICONS.close, { hidden: !on.close, onclick: on.close });
    this.element = h(
      "div",
      { class: "head" },
      h("div", { class: "titles" }, this.#title, this.#state),
      h("div", { class: "language" }, icon(ICONS.globe), this.#shownLanguage, this.#language),
      menuButton,
      this.#close,
    );
  }

  /** Show the words in the context's language. */
  translate() {
    const { language, texts } = this.#context;
    this.#title.textContent = texts.title;
    this.#language.value = language;
    this.#shownLanguage.textContent = innerWidth < 380 ? (SHORT[language] ?? language.toUpperCase()) : NAMES[language];
    this.#language.setAttribute("aria-label", texts.language);
    label(this.#close, texts.close);
  }

  /** Say who has the conversation. */
  showState() {
    const { texts, state } = this.#context;
    const line = texts.state[state.state ?? "assistant"] ?? texts.state.assistant;
    this.#state.textContent = fill(line, { who: state.agent || texts.agent });
  }
}
