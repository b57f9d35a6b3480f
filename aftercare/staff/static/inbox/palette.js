// The palette: everything that can be pressed on this page, found by its name.

import { insertReply } from "./composer.js";
import { $, $$, isComposing, on, onClick } from "./dom.js";

const MOST = 12; // lines offered
const LENGTH = 90; // characters of a line
const PRESSABLE =
  "nav a, .tabs a, .head button, .head .button, .line a, .composer button, #canned option[value]:not([value=''])";

/** @type {(HTMLElement | HTMLOptionElement)[]} */
let found = [];
let chosen = 0;

/** Open it, with everything in it. */
export function openPalette() {
  $("#palette-text").value = "";
  chosen = 0;
  offer();
  $("#palette")?.showModal();
}

function offer() {
  const text = $("#palette-text").value.trim().toLowerCase();
  const fits = (/** @type {HTMLElement} */ { textContent }) =>
    textContent?.trim() && textContent.toLowerCase().includes(text);
  found = $$(PRESSABLE).filter(fits).slice(0, MOST);
  chosen = Math.min(chosen, Math.max(0, found.length - 1));
  $("#palette-list").replaceChildren(
    ...found.map((each, index) => {
      const line = document.createElement("li");
      line.role = "option";
      line.id = `palette-${index}`;
      line.ariaSelected = String(index === chosen);
      line.textContent = (each.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, LENGTH);
      return line;
    }),
  );
  $("#palette-text").setAttribute("aria-activedescendant", found.length ? `palette-${chosen}` : "");
}

/** @param {number} index of the line to press */
function run(index) {
  const target = found[index];
  $("#palette").close();
  if (target instanceof HTMLOptionElement) insertReply(target.value);
  else target?.click();
}

/**
 * A key in the palette's field.
 * @param {KeyboardEvent} event
 */
export function keyInPalette(event) {
  if (isComposing(event)) return;
  if (event.key === "Enter") {
    event.preventDefault();
    run(chosen);
    return;
  }
  if (event.key === "ArrowDown") chosen = Math.min(found.length - 1, chosen + 1);
  else if (event.key === "ArrowUp") chosen = Math.max(0, chosen - 1);
  else return;
  event.preventDefault();
  offer();
}

on("input", (target) => target.id === "palette-text" && offer());

onClick("#palette-list li", (line) => run([...line.parentNode.children].indexOf(line)));
