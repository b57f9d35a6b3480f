// What every staff page does: notices can be closed, what is shown once can be copied, what cannot be taken back is asked
// about, and using a page keeps one signed in, which an open page alone does not.

import { ask, isConfirmed, pressAgain } from "./ask.js";

const ACTIVE_EVERY = 60_000;
let active = Date.now(); // loading the page counts

function used() {
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  if (Date.now() - active < ACTIVE_EVERY || !document.querySelector("form[action='/desk/logout']")) return;
  active = Date.now();
  fetch("/desk/active", { method: "POST", headers }).catch(() => {});
}

for (const kind of ["pointerdown", "keydown", "scroll"]) {
  document.addEventListener(kind, used, { passive: true, capture: true });
}

// on a phone the line of pages is longer than the screen
const pages = document.querySelector(".top nav");
const current = pages?.querySelector("[aria-current]")?.getBoundingClientRect();
if (pages && current) pages.scrollLeft = current.left - (pages.clientWidth - current.width) / 2;

for (const table of document.querySelectorAll("table.whole")) {
  const names = [...table.querySelectorAll("thead tr > *")].map((cell) => cell.textContent?.trim() ?? "");
  for (const row of table.querySelectorAll("tbody tr")) {
    [.../** @type {HTMLTableRowElement} */ (row).cells].forEach((cell, at) => {
      if (names[at]) cell.dataset.label = names[at];
    });
  }
}

// without https, browsers have no clipboard for scripts, and copy what is selected
/** @param {string} text */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

// what htmx sends is asked about by the inbox (actions.js)
document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const question = event.submitter?.dataset.ask;
  if (!question || !event.submitter || isConfirmed(event.submitter) || form.hasAttribute("hx-post")) return;
  const button = event.submitter;
  event.preventDefault();
  if (await ask(question)) pressAgain(button);
});

document.addEventListener("click", async (event) => {
  const target = /** @type {Element} */ (event.target);
  target.closest("[data-close]")?.closest(".notice")?.remove();

  /** @type {HTMLElement | null} */
  const button = target.closest("[data-copy]");
  if (!button) return;
  const { copy: from = "", failed = "", copied = "" } = button.dataset;
  // an address to fetch, or the id of what is to be copied
  /** @type {any} */
  const source = from.startsWith("/") ? null : document.getElementById(from);
  button.dataset.own = ""; // what it says now outlives the page's being drawn anew
  const response = source ? null : await fetch(from).catch(() => null);
  if (!source && !response?.ok) {
    // an error page is not what was meant
    button.textContent = failed;
    return;
  }
  // biome-ignore lint/performance/useDomNodeTextContent: lines are copied as they are shown
  await copy(source ? (source.value ?? source.innerText) : await response?.text());
  button.textContent = copied;
});
