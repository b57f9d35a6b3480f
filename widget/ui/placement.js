// Where on the page the chat is: frameworks replace, transform and cover what is there.

const MARK = "esimAftercare"; // in the state of a history entry: the chat was opened there

/** An element that stays on the page, above it, until remove() is called. */
export class PlacedElement extends HTMLElement {
  #removed = false;
  /** @type {HTMLElement | null} what is raised above the page */
  raised = null;

  connectedCallback() {
    this.#rise(true);
  }

  /** Whatever else than remove() takes the element away is a framework that draws its next page: it comes back. */
  disconnectedCallback() {
    setTimeout(() => {
      if (!this.#removed && !this.isConnected) this.place();
    });
  }

  constructor() {
    super();
    addEventListener("beforeprint", () => this.#rise(false));
    addEventListener("afterprint", () => this.#rise(true));
  }

  /**
   * Be in the browser's top layer, where no transform, filter or overflow of the page reaches; what is printed takes its
   * room in the page instead.
   * @param {boolean} up
   */
  #rise(up) {
    if (!this.isConnected || !this.raised?.showPopover) return; // Safari before 17 goes without
    this.raised.popover = up ? "manual" : null;
    if (up) this.raised.showPopover();
  }

  /**
   * Be on the page: beside its body, which frameworks replace, or in its open modal dialog, outside of which nothing can
   * be pressed.
   */
  place() {
    this.#removed = false;
    const modals = CSS.supports("selector(:modal)") ? [...document.querySelectorAll("dialog:modal")] : [];
    const home = modals.at(-1) ?? document.documentElement;
    if (this.parentNode === home) return;
    home?.append(this);
    home?.addEventListener("close", () => this.place(), { once: true });
  }

  /** Leave the page until place() is called. */
  remove() {
    this.#removed = true;
    super.remove();
  }
}

/** The Back key closes what fills the screen: an entry of its own in the page's history. */
export class BackKey {
  /** @param {() => void} onBack */
  constructor(onBack) {
    addEventListener("popstate", () => {
      if (!history.state?.[MARK]) onBack();
    });
  }

  /** What was opened fills the screen. */
  opened() {
    if (history.state?.[MARK]) return;
    try {
      history.pushState({ ...history.state, [MARK]: true }, "");
    } catch {
      // a frame that may not write its history
    }
  }

  closed() {
    if (history.state?.[MARK]) history.back();
  }
}
