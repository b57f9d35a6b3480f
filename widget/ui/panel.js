// The dialog: the regions one above the other, with a keyboard that stays inside.

import { h } from "./dom.js";

/** @typedef {import("./composer.js").Composer} Composer */
/** @typedef {import("./header.js").Header} Header */
/** @typedef {import("./log.js").Log} Log */
/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {import("./status.js").Status} Status */

export class Panel {
  #menu;
  #onEscape;

  /**
   * @param {Header} header
   * @param {Menu} menu
   * @param {Log} log
   * @param {Status} status
   * @param {Composer} composer
   * @param {() => void} onEscape
   */
  constructor(header, menu, log, status, composer, onEscape) {
    this.#menu = menu;
    this.#onEscape = onEscape;
    this.element = h(
      "div",
      {
        class: "panel",
        role: "dialog",
        "aria-labelledby": "title",
        tabindex: "-1",
        hidden: true,
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
        ondragover: (/** @type {DragEvent} */ event) => composer.dragged(event),
        ondrop: (/** @type {DragEvent} */ event) => composer.dropped(event),
      },
      header.element,
      menu.element,
      log.element,
      status.typing,
      status.notice,
      composer.attached,
      composer.element,
    );
    // keys typed here are not shortcuts of the host page, which cannot see that they go into a text field
    for (const name of ["keydown", "keyup", "keypress"]) {
      this.element.addEventListener(name, (event) => event.stopPropagation());
    }
    for (const name of ["resize", "scroll"]) globalThis.visualViewport?.addEventListener(name, () => this.#fit());
  }

  focus() {
    this.element.focus();
  }

  /**
   * @param {boolean} open
   * @param {boolean} isPage the chat is the whole page
   */
  show(open, isPage) {
    this.element.hidden = !open;
    const fillsScreen = isPage || matchMedia("(max-width: 520px), (max-height: 480px)").matches;
    if (fillsScreen) this.element.setAttribute("aria-modal", "true");
    else this.element.removeAttribute("aria-modal");
  }

  /** Take the height the on-screen keyboard leaves. */
  #fit() {
    if (!visualViewport || visualViewport.scale > 1.01) return; // somebody enlarges the page to read it
    this.element.style.setProperty("--height", `${visualViewport.height}px`);
    this.element.style.setProperty("--top", `${visualViewport.offsetTop}px`);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      if (this.#menu.element.hidden) this.#onEscape();
      else {
        this.#menu.toggle(false);
        this.#menu.button.focus();
      }
    } else if (event.key === "Tab") this.#keepFocus(event);
  }

  /** @param {KeyboardEvent} event of the Tab key, which goes round in the dialog */
  #keepFocus(event) {
    /** @type {NodeListOf<HTMLButtonElement>} */
    const all = this.element.querySelectorAll('button, a[href], select, textarea, [tabindex="0"]');
    const stops = [...all].filter((stop) => !stop.disabled && stop.getClientRects().length);
    const root = /** @type {ShadowRoot} */ (this.element.getRootNode());
    const at = stops.indexOf(/** @type {HTMLButtonElement} */ (root.activeElement));
    const leavesAtStart = event.shiftKey && at <= 0;
    const leavesAtEnd = !event.shiftKey && at === stops.length - 1;
    if (!leavesAtStart && !leavesAtEnd) return;
    event.preventDefault();
    stops.at(leavesAtStart ? -1 : 0)?.focus();
  }
}
