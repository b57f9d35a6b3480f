// Draws a part of the page anew around what somebody does there: elements stay the ones they were, so that a press, an
// open list, a caret and what was chosen or typed but not sent yet outlive every change.

import { $$ } from "./dom.js";

const VALUES = new Set(["value", "checked", "selected"]);
const TEXT_FIELDS = "textarea, input:not([type=checkbox], [type=radio], [type=file], [type=hidden])";

/**
 * Whether a control holds something other than what the desk has drawn.
 * @param {any} control
 * @returns {boolean}
 */
function isChanged(control) {
  if (control.matches("select")) {
    const drawn = [...control.options].findIndex((option) => option.defaultSelected);
    return control.selectedIndex !== Math.max(0, drawn);
  }
  if (control.type === "file") return control.files.length > 0;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
}

/** @param {Element} control */
const isInUse = (control) => control === document.activeElement || isChanged(control);

/**
 * Whether an element must not go: somebody writes in it now, or it is a reply with something in it.
 * @param {Element} element
 * @returns {boolean}
 */
function isWrittenIn(element) {
  if (document.activeElement?.matches(TEXT_FIELDS) && element.contains(document.activeElement)) return true;
  const reply = element.matches("#reply") ? element : element.querySelector("#reply");
  return reply !== null && $$("textarea, [type=file]", reply).some(isChanged);
}

const callbacks = {
  // what a script of the page draws itself
  beforeNodeMorphed: (/** @type {any} */ old) => !old.hasAttribute?.("data-own"),
  beforeNodeRemoved: (/** @type {any} */ node) => node.nodeType !== Node.ELEMENT_NODE || !isWrittenIn(node),
  beforeAttributeUpdated: (/** @type {string} */ name, /** @type {Element} */ element) => {
    if (name === "open") return !element.matches("details, dialog");
    return (
      !VALUES.has(name) || !element.matches("input, textarea, option") || !isInUse(element.closest("select") ?? element)
    );
  },
};

/**
 * @param {Element} old
 * @param {Element} fresh what the desk has drawn
 */
export function redraw(old, fresh) {
  const parent = /** @type {Element} */ (old.parentElement);
  // options may stand in other places now
  const chosen = $$("select", old)
    .filter(isInUse)
    .map((select) => ({ select, value: select.value }));
  Idiomorph.morph(old, fresh, { callbacks });
  for (const { select, value } of chosen) select.value = value;
  htmx.process(parent);
}

/**
 * The desk has what the controls of a form hold: from now on its own word counts again.
 * @param {HTMLFormElement} form
 */
export function settle(form) {
  for (const control of /** @type {any[]} */ ([...form.elements])) {
    if (control.matches("select")) for (const option of control.options) option.defaultSelected = option.selected;
    else if (control.type === "checkbox" || control.type === "radio") control.defaultChecked = control.checked;
    else if (control.matches("textarea, input:not([type=file])")) control.defaultValue = control.value;
  }
}

let pressed = false;
/** @type {(() => void)[]} */
let waiting = [];

/** Ends when no button of a pointer is held down: a list that moves under a press takes the press away. */
export const released = () =>
  pressed ? new Promise((resolve) => waiting.push(() => resolve(null))) : Promise.resolve();

function release() {
  pressed = false;
  // after the click that belongs to the press
  setTimeout(() => {
    for (const go of waiting) go();
    waiting = [];
  });
}

document.addEventListener(
  "pointerdown",
  () => {
    pressed = true;
  },
  true,
);
for (const kind of ["pointerup", "pointercancel", "dragend"]) document.addEventListener(kind, release, true);
window.addEventListener("blur", release);
