// The dialog: the regions one above the other, with a keyboard that stays inside.

import { h } from "./dom.js";

/** @typedef {import("./composer.js").Composer} Composer */
/** @typedef {import("./header.js").Header} Header */
/** @typedef {import("./log.js").Log} Log */
/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {import("./status.js").Status} Status */

/** Whether the chat fills the screen when it is open. */
export const fillsScreen = () => matchMedia("(max-width: 520px), (max-height: 480px)").matches;

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
    // a finger or wheel on what does not scroll would move the page behind
    for (const name of ["wheel", "touchmove"]) {
      this.element.addEventListener(name, (event) => this.#hold(event), { passive: false });
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
    if (isPage || fillsScreen()) this.element.setAttribute("aria-modal", "true");
    else this.element.removeAttribute("aria-modal");
  }

  /** @param {Event & {ctrlKey?: boolean, touches?: TouchList}} event of a wheel or finger; with Ctrl or two fingers it zooms */
  #hold(event) {
    const { target, ctrlKey, touches, cancelable } = event;
    const scroller = /** @type {Element} */ (target).closest(".log, textarea");
    const moves = scroller && scroller.scrollHeight > scroller.clientHeight;
    if (cancelable && !moves && !ctrlKey && !(touches && touches.length > 1)) event.preventDefault();
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
    const seen = [...all].filter((stop) => !stop.disabled && stop.getClientRects().length);
    // what can be answered with comes after the text field, although it is drawn above
    const answers = seen.filter((stop) => stop.closest(".choices"));
    const stops = [...seen.filter((stop) => !answers.includes(stop)), ...answers];
    const root = /** @type {ShadowRoot} */ (this.element.getRootNode());
    const at = stops.indexOf(/** @type {HTMLButtonElement} */ (root.activeElement));
    event.preventDefault();
    stops.at(event.shiftKey ? Math.max(at, 0) - 1 : (at + 1) % stops.length)?.focus();
  }
}
