// The button that opens the chat, and what tells of unread messages: a number on it and in the page's title, a sound.

import { h } from "./dom.js";
import { ICONS, icon } from "./icons.js";
import { fill } from "./texts.js";

/** @typedef {import("./context.js").Context} Context */

const MARK = /^\(\d+\+?\) /;

export class Launcher {
  #context;
  #badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });

  /**
   * @param {Context} context
   * @param {() => void} onPress
   */
  constructor(context, onPress) {
    this.#context = context;
    this.element = h(
      "button",
      { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: onPress },
      icon(ICONS.chat),
      icon(ICONS.down),
      this.#badge,
    );
  }

  /**
   * @param {boolean} open whether the chat is
   * @param {number} count of unread messages
   */
  show(open, count) {
    const { texts } = this.#context;
    this.#badge.hidden = !count;
    this.#badge.textContent = count > 99 ? "99+" : String(count);
    const unread = count ? ` (${fill(texts.unread, { n: count })})` : "";
    this.element.setAttribute("aria-label", (open ? texts.close : texts.open) + unread);
  }
}

export class Attention {
  /** @type {AudioContext | null} */
  #audio = null;

  /**
   * Put the number of unread messages in front of the page's title; 0 takes it away.
   * @param {number} count
   */
  title(count) {
    const bare = document.title.replace(MARK, "");
    const wanted = count ? `(${count > 99 ? "99+" : count}) ${bare}` : bare;
    if (document.title !== wanted) document.title = wanted;
  }

  /** A short soft tone; browsers allow it only after the traveller has touched the page. */
  sound() {
    try {
      this.#audio ??= new AudioContext();
      const start = this.#audio.currentTime;
      const tone = this.#audio.createOscillator();
      const volume = this.#audio.createGain();
      tone.frequency.setValueAtTime(660, start);
      tone.frequency.setValueAtTime(880, start + 0.09);
      volume.gain.setValueAtTime(0.08, start);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
      tone.connect(volume).connect(this.#audio.destination);
      tone.start(start);
      tone.stop(start + 0.3);
    } catch {
      // no sound on this device
    }
  }
}
