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
   * Ask before the conversation is deleted or ended.
   * @param {"forget" | "end"} what
   * @param {Texts} texts
   * @param {() => void} onYes
   */
  confirm(what, texts, onYes) {
    const keep = h("button", { type: "button", onclick: () => dialog.close() }, texts[`${what}No`]);
    const yes = () => {
      dialog.close();
      onYes();
    };
    const sure = h("button", { type: "button", class: "danger", onclick: yes }, texts[`${what}Yes`]);
    const buttons = h("div", { class: "buttons" }, keep, sure);
    const dialog = this.#show(texts[what], h("p", {}, texts[`${what}Sure`]), buttons);
  }
}
