// The keyboard: one letter for what one does all day, Enter to send, Ctrl+K for the palette.

import { $, isComposing, on, onClick } from "./dom.js";
import { moveInList } from "./list.js";
import { keyInNames } from "./mentions.js";
import { keyInPalette, openPalette } from "./palette.js";
import { nextMarked } from "./thread.js";

/** @param {string} selector of a field, which may be folded away */
function goTo(selector) {
  const field = $(selector);
  if (!field) return;
  field.closest("details")?.setAttribute("open", "");
  field.focus();
}

/** @param {string} id of a dialog */
const showDialog = (id) => $(`#${id}`)?.showModal();

/** @type {Record<string, () => void>} */
const keys = {
  j: () => moveInList(1),
  k: () => moveInList(-1),
  c: () => $("#claim")?.click(),
  e: () => $("#resolve")?.click(),
  r: () => ($("#reply-text") ? goTo("#reply-text") : $("#claim")?.focus()),
  n: () => goTo("#note-text"),
  t: () => goTo("#tag-name"),
  f: nextMarked,
  x: () => $(".line.at input, .line:has([aria-current]) input")?.click(),
  "/": () => goTo("#q"),
  "?": () => showDialog("help"),
};

/** Where something was typed last, and when: a field may be gone before the next letter. */
const typed = { at: 0, field: document.body };
const AFTERWARDS = 3000; // ms in which letters still belong to a field that is gone

on("keydown", (target, /** @type {KeyboardEvent} */ event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  // for a moment after a dialog was closed its field still has the keys
  const closed = target.closest("dialog:not([open])");
  if (target.id === "palette-text" && !closed) {
    keyInPalette(event);
    return;
  }
  if (keyInNames(event)) return;
  if (target.matches("textarea") && event.key === "Enter" && !event.shiftKey && !isComposing(event)) {
    if (target.id === "reply-text" || event.ctrlKey) {
      event.preventDefault();
      target.form.requestSubmit();
    }
    return;
  }
  if (event.key === "Escape" && target.matches("textarea, input")) target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!closed && target.matches("input:not([type=checkbox]), textarea, select")) {
    typed.at = Date.now();
    typed.field = target;
    return;
  }
  if ($("dialog[open]") || document.body.dataset.keys === "off") return;
  if (!typed.field.isConnected && Date.now() - typed.at < AFTERWARDS) return;
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

onClick("[data-dialog]", ({ dataset }) => showDialog(dataset.dialog));

onClick("[data-cancel]", (button) => button.closest("dialog").close());
