// The open conversation: its messages as they come, its head, and the way through what is marked.

import { $, $$, fetchPage, on, onClick, thread } from "./dom.js";
import { keepDrafts, restoreDrafts } from "./drafts.js";
import { notify } from "./notices.js";
import { redraw } from "./redraw.js";

const NEAR = 80; // pixels from the end that still count as the end
const LAST = 2 ** 31 - 1; // after every message

let loading = false;
/** @type {number | null} the first message to ask for as soon as that is possible again */
let missed = null;
let atEnd = true; // the end stays in sight while it was, also when the room for it changes
const room = new ResizeObserver(() => followEnd());

const address = () => `/desk/inbox/c/${thread()?.dataset.id}`;

/**
 * Ask for what changed: from the first message whose meaning is not known yet, else the last one, which may have been
 * flagged. A part far from the end stays as it is: what is new stands behind "to the latest messages".
 * @param {number} [first] the message that changed, if it is an earlier one
 */
export async function refreshThread(first = Number.POSITIVE_INFINITY) {
  const open = thread();
  if (!open) return;
  // what nobody looks at is not read
  if (loading || document.hidden) {
    missed = Math.min(missed ?? first, first);
    return;
  }
  const numbers = (/** @type {string} */ selector) => $$(selector, open).map((each) => Number(each.dataset.seq));
  const shown = numbers("[data-seq]");
  const last = shown.length ? Math.max(...shown) : 1;
  const isPart = "part" in open.dataset;
  const from = isPart ? LAST : Math.max(1, Math.min(first, ...numbers("[data-pending]"), last));
  loading = true;
  try {
    const page = await fetchPage(`${address()}/items?from=${from}&script=${open.dataset.script}`);
    if (thread() === open) swap(page, isPart);
  } catch (error) {
    // anything else: the stream connects again, and then the messages are asked for again
    if (/** @type {Error} */ (error).message === "404" && thread() === open) leaveThread();
  }
  loading = false;
  catchUp();
}

/** The traveller has deleted the conversation: nothing of it stays on the page. */
export function leaveThread() {
  const notice = $("#gone").content.firstElementChild.cloneNode(true);
  $("#pane").replaceChildren(notice);
  $("#pane").focus({ preventScroll: true });
}

function catchUp() {
  if (missed === null) return;
  const first = missed;
  missed = null;
  refreshThread(first);
}

/**
 * @param {Document} page with the messages that changed
 * @param {boolean} isPart whether the messages shown end before the latest
 */
function swap(page, isPart) {
  const items = $("#items");
  for (const fresh of [...$("#items", page).children]) {
    const old = document.getElementById(fresh.id);
    if (!old && fresh.matches(".traveller")) $("#typing").textContent = ""; // it was this that they typed
    if (!old && isPart) continue;
    if (old) redraw(old, fresh);
    else {
      items.append(fresh);
      htmx.process(fresh);
    }
  }
  for (const sent of $$("[data-sent]", items)) sent.remove();
  for (const waiting of $$("[data-outbox]", items)) items.append(waiting);
  swapHead(page);
  followEnd();
}

/** @param {Document} page */
function swapHead(page) {
  redraw($("#head"), $("#head", page));
  const composer = $("#composer");
  const fresh = $("#composer", page);
  const unchanged = composer.dataset.mode === fresh.dataset.mode;
  if (unchanged && (composer.dataset.mode === "mine" || $("#why").textContent === $("#why", page).textContent)) return;
  keepDrafts();
  redraw(composer, fresh);
  restoreDrafts();
  const send = $("#reply button:not([type])");
  if (send) send.disabled = composer.dataset.mode !== "mine";
}

function followEnd() {
  const items = $("#items");
  if (items && atEnd) items.scrollTop = items.scrollHeight;
}

/**
 * Show an element as the last one, and the end with it.
 * @param {Element} item
 */
export function appendToEnd(item) {
  $("#items").append(item);
  atEnd = true;
  followEnd();
}

/** A conversation was opened: show its end, or the message or note the address leads to. */
export function startThread() {
  const open = thread();
  if (!open) return;
  const items = $("#items");
  const linked = open.dataset.linked && document.getElementById(`m${open.dataset.linked}`);
  const note = location.hash.startsWith("#note-") && document.getElementById(location.hash.slice(1));
  const goal = linked || note;
  if (goal) goal.scrollIntoView({ block: "center" });
  else items.scrollTop = items.scrollHeight;
  atEnd = !goal;
  const scrolled = () => {
    atEnd = items.scrollHeight - items.scrollTop - items.clientHeight < NEAR;
  };
  items.addEventListener("scroll", scrolled, { passive: true });
  room.disconnect();
  room.observe(items);
}

/** Go to the next marked message after the one gone to last, or after what is in sight; also where it is not loaded. */
export async function nextMarked() {
  const open = thread();
  if (!open) return;
  const response = await fetch(`${address()}/marked`);
  /** @type {number[]} */
  const marked = response.ok ? await response.json() : [];
  if (thread() !== open) return;
  if (!marked.length) {
    if (response.ok) notify($("#connection").dataset.none);
    return;
  }
  const items = $("#items");
  const half = items.scrollTop + items.clientHeight / 2;
  const above = $$("[data-seq]", items).filter((each) => each.offsetTop - items.offsetTop <= half);
  const now = Number(($(".linked", items) ?? above.pop())?.dataset.seq ?? 0);
  const seq = marked.find((each) => each > now) ?? marked[0];
  const next = document.getElementById(`m${seq}`);
  if (!next) {
    const url = `${address()}?${$("#list").dataset.query}&m=${seq}`;
    await htmx.ajax("GET", url, { target: "#pane" });
    history.pushState(null, "", url);
    return;
  }
  for (const each of $$(".linked", items)) each.classList.remove("linked");
  next.classList.add("linked");
  atEnd = false;
  next.scrollIntoView({ block: "center" });
}

/** The order beside the conversation is read again. */
export async function refreshContext() {
  const open = thread();
  const page = await fetchPage(`${address()}/context`).catch(() => null);
  if (page && thread() === open) redraw($("#context"), $("#context", page));
}

onClick("[data-jump]", nextMarked);

onClick("[data-earlier]", async (button) => {
  const script = thread()?.dataset.script;
  const page = await fetchPage(`${address()}/items?before=${button.dataset.earlier}&script=${script}`);
  const items = $("#items");
  const earlier = [...page.body.children].filter((each) => each.id !== "notices");
  const height = items.scrollHeight;
  button.closest("p").replaceWith(...earlier);
  for (const each of earlier) htmx.process(each);
  items.scrollTop += items.scrollHeight - height;
});

on("visibilitychange", () => !document.hidden && catchUp());
