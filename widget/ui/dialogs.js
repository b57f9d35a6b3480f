// Dialogs above the chat: an enlarged picture, and the question before something is deleted.

import { h } from "./dom.js";

/** @typedef {import("./texts.js").Texts} Texts */

export class Dialogs {
  element = h("div");

  /**
   * @param {string} name for screen readers
   * @param {Node[]} children
   */
  #show(name, ...children) {
    const dialog = h("dialog", { "aria-label": name, onclose: () => dialog.remove() }, ...children);
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    this.element.append(dialog);
    dialog.showModal();
    return dialog;
  }

  /**
   * @param {string} source address of the picture
   * @param {string} alt
   * @param {Texts} texts
   */
  enlarge(source, alt, texts) {
    const close = h("button", { type: "button", onclick: () => dialog.close() }, texts.shrink);
    const save = { href: source, download: "picture", target: "_blank", rel: "noopener" };
    const buttons = h("div", { class: "buttons" }, h("a", save, texts.keepPicture), close);
    const dialog = this.#show(alt, h("img", { src: source, alt }), buttons);
  }

  /**
   * Ask before the conversation is deleted.
   * @param {Texts} texts
   * @param {() => void} onYes
   */
  confirmForget(texts, onYes) {
    const keep = h("button", { type: "button", onclick: () => dialog.close() }, texts.cancel);
    const yes = () => {
      dialog.close();
      onYes();
    };
    const forget = h("button", { type: "button", class: "danger", onclick: yes }, texts.forgetYes);
    const dialog = this.#show(texts.forget, h("p", {}, texts.forgetSure), h("div", { class: "buttons" }, keep, forget));
  }
}
