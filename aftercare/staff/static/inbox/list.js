// The list of conversations: drawn anew when something changed, without moving what is being looked at.

import { $, $$, fetchPage, on, onClick, thread } from "./dom.js";
import { redraw, released } from "./redraw.js";

const EVERY = 60_000; // ms: waiting times grow, and snoozed conversations return, though nobody says anything
const PAUSE = 300; // ms between two requests

let loading = false;
let again = false;

/** Ask for the list; while an answer is awaited, once more after it. */
export async function refreshList() {
  if (loading) {
    again = true;
    return;
  }
  const list = $("#list");
  if (!list) return;
  loading = true;
  try {
    const size = Math.max(40, $$(".line").length);
    const page = await fetchPage(`/desk/inbox/lines?${list.dataset.query}&size=${size}`);
    await released();
    swap(list, page);
  } catch {
    // the stream connects again, and then the list is asked for again
  }
  loading = false;
  if (again) {
    again = false;
    setTimeout(refreshList, PAUSE);
  }
}

/**
 * @param {HTMLElement} list
 * @param {Document} page with the new list
 */
function swap(list, page) {
  const at = $(".line.at")?.id;
  const focused = document.activeElement?.closest(".line")?.id;
  const column = $(".list");
  const top = column.getBoundingClientRect().top;
  // what is being looked at stays where it is, whatever arrives above it
  const seen = column.scrollTop && $$(".line").find((line) => line.getBoundingClientRect().bottom > top);
  const offset = seen ? seen.getBoundingClientRect().top : 0;
  const scroll = column.scrollTop;
  if (at) page.getElementById(at)?.classList.add("at");
  redraw(list, $("#list", page));
  redraw($("#tabs"), $("#tabs", page));
  if (focused) $(`[id="${focused}"] a`)?.focus({ preventScroll: true });
  column.scrollTop = scroll;
  const same = seen && document.getElementById(seen.id);
  if (same) column.scrollTop += same.getBoundingClientRect().top - offset;
  markOpen();
  showPicked();
  showWaiting();
}

/** Mark the line of the open conversation, which is read by being open. */
export function markOpen() {
  for (const link of $$("[data-line]")) {
    const line = link.closest(".line");
    if (line.dataset.id !== thread()?.dataset.id) {
      link.removeAttribute("aria-current");
      continue;
    }
    link.setAttribute("aria-current", "true");
    line.classList.remove("unread");
    $(".dot", link)?.remove();
  }
}

const title = document.title;

/** A page in the background tells in its title how many wait for a person. */
export function showWaiting() {
  const number = $("#tabs [data-tab=person] .count")?.textContent;
  document.title = number ? `(${number}) ${title}` : title;
}

/** Say how many lines are picked, and offer what can be done with them. */
export function showPicked() {
  const text = $("#picked");
  if (!text) return;
  const { length } = picked();
  $("#bulk").hidden = length === 0;
  text.textContent = text.dataset.text.replace("#", length);
}

/** The boxes of the picked lines. */
export const picked = () => $$(".line input:checked");

export function unpickAll() {
  for (const box of picked()) box.checked = false;
  showPicked();
}

/**
 * Go up or down, from the line reached by keyboard or else from the open one.
 * @param {number} step
 */
export function moveInList(step) {
  const lines = $$(".line");
  if (!lines.length) return;
  const now = lines.findIndex((line) => line.classList.contains("at"));
  const open = lines.findIndex((line) => $("[aria-current]", line));
  const next = lines[Math.max(0, Math.min(lines.length - 1, (now < 0 ? open : now) + step))];
  for (const line of lines) line.classList.toggle("at", line === next);
  $("a", next).focus();
}

setInterval(() => document.hidden || refreshList(), EVERY);

on("change", (target) => target.matches(".line input") && showPicked());

onClick("[data-unpick]", unpickAll);

onClick("[data-more]", async (button) => {
  const page = await fetchPage(`/desk/inbox/lines?${$("#list").dataset.query}&after=${button.dataset.more}`);
  const lines = [...page.body.children].filter((each) => each.tagName === "LI");
  button.closest("li").replaceWith(...lines);
  for (const line of lines) htmx.process(line);
});
