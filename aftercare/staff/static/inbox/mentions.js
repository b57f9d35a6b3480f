// The names of colleagues, offered in a note while one is being typed after an @.

import { $, $$, isComposing, on, onClick } from "./dom.js";
import { keepDrafts } from "./drafts.js";

const MOST = 6; // names offered

/** @returns {string | undefined} what is typed of a name so far */
function begun() {
  const field = $("#note-text");
  return field && /@([^\s@,.;:!?，。；：！？、]*)$/.exec(field.value.slice(0, field.selectionStart))?.[1];
}

/** @param {string | undefined} part of a name; undefined takes the list away */
function offerNames(part) {
  const list = $("#names");
  if (!list) return;
  /** @type {string[]} */
  const all = part === undefined ? [] : JSON.parse(list.dataset.names);
  const begins = (/** @type {string} */ name) =>
    name
      .replace(/ /g, "")
      .toLowerCase()
      .startsWith(part?.toLowerCase() ?? "");
  list.replaceChildren(
    ...all
      .filter(begins)
      .slice(0, MOST)
      .map((name, index) => {
        const line = document.createElement("li");
        line.role = "option";
        line.textContent = name;
        line.ariaSelected = String(index === 0);
        return line;
      }),
  );
  list.hidden = !list.children.length;
}

/** @param {number} step */
function moveName(step) {
  const all = $$("#names li");
  const next = (all.findIndex((each) => each.ariaSelected === "true") + step + all.length) % all.length;
  all.forEach((each, index) => {
    each.ariaSelected = String(index === next);
  });
}

const selected = () => $("#names li[aria-selected='true']");

/** @param {HTMLElement} line */
function insertName(line) {
  const field = $("#note-text");
  const end = field.selectionStart;
  const name = `@${line.textContent?.replace(/ /g, "")} `;
  field.setRangeText(name, end - (begun() ?? "").length - 1, end, "end");
  $("#names").replaceChildren();
  $("#names").hidden = true;
  field.focus();
  keepDrafts(field);
}

/**
 * A key in a text field, while names are offered.
 * @param {KeyboardEvent} event
 * @returns {boolean} whether it was meant for the names
 */
export function keyInNames(event) {
  const field = /** @type {HTMLElement} */ (event.target);
  const line = selected();
  if (!line) return false;
  if (isComposing(event)) return false;
  const enters = event.key === "Enter" && field.matches("textarea") && !event.shiftKey;
  if (!enters && (field.id !== "note-text" || !["ArrowDown", "ArrowUp", "Tab", "Escape"].includes(event.key)))
    return false;
  event.preventDefault();
  if (enters || event.key === "Tab") insertName(line);
  else if (event.key === "Escape") offerNames(undefined);
  else moveName(event.key === "ArrowDown" ? 1 : -1);
  return true;
}

on("input", (target) => target.id === "note-text" && offerNames(begun()));

onClick("#names li", insertName);
