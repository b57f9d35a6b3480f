// The lines between the messages and the text field: who is typing, and what is wrong.

import { h } from "./dom.js";
import { nameOf } from "./messages.js";
import { fill } from "./texts.js";

/** @typedef {import("../sdk/api.js").Notice} Notice */
/** @typedef {import("./context.js").Context} Context */

const HOLDS = { assistant: 30_000, agent: 8_000 }; // ms a typing notice holds without another one

export class Status {
  #context;
  #onTyping;
  #typingText = h("span");
  #delay = "";
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {Context} context
   * @param {() => void} onTyping called when a typing notice appeared, which takes room from the messages
   */
  constructor(context, onTyping) {
    this.#context = context;
    this.#onTyping = onTyping;
    this.typing = h(
      "div",
      { class: "typing", role: "status", hidden: true },
      h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      this.#typingText,
    );
    this.notice = h("p", { class: "notice", role: "status", hidden: true });
  }

  /** @param {Notice} notice */
  showTyping(notice) {
    clearTimeout(this.#timer);
    this.typing.hidden = false;
    const { texts } = this.#context;
    const line = fill(texts.typing, { who: nameOf(notice, texts) }).replace(/([a-z])(?=\p{Script=Han})/iu, "$1 ");
    if (this.#typingText.textContent !== line) this.#typingText.textContent = line; // or it would be read out again
    this.#onTyping();
    this.#timer = setTimeout(() => this.hideTyping(), notice.from === "agent" ? HOLDS.agent : HOLDS.assistant);
  }

  hideTyping() {
    clearTimeout(this.#timer);
    this.typing.hidden = true;
  }

  /**
   * An answer takes longer than usual, which the desk says in these words; "" when it does no longer.
   * @param {string} text
   */
  setDelay(text) {
    this.#delay = text;
  }

  /** Show what holds now: no connection, a delay, or nothing. */
  show() {
    const { client, texts } = this.#context;
    if (!client.online) this.hideTyping();
    const text = client.online ? this.#delay : texts.offline;
    if (this.notice.textContent !== text) this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  /**
   * Say what went wrong, until the next change.
   * @param {string} text
   */
  showProblem(text) {
    this.notice.textContent = text;
    this.notice.hidden = false;
  }

  /**
   * A request failed: say why, or that there is no connection.
   * @param {unknown} error
   */
  showError(error) {
    const { client, texts } = this.#context;
    this.showProblem(client.online && error instanceof Error ? error.message : texts.offline);
  }
}
