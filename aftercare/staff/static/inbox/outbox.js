// Replies on their way: shown at once, sent in order, and again until the desk has them.

import { $, csrf, newId, parsePage, thread } from "./dom.js";
import { returnToDraft } from "./drafts.js";
import { isLive } from "./live.js";
import { connected, disconnected } from "./notices.js";
import { appendToEnd, refreshThread } from "./thread.js";

/**
 * A reply that the desk may not have yet.
 * @typedef {object} Entry
 * @property {string} conversation
 * @property {string} id sent again under it, the reply arrives once
 * @property {string} text
 * @property {File} [picture]
 */

const RETRY = 1500; // ms

/** @type {Entry[]} */
let entries = [];
/** @type {Promise<void> | null} */
let delivering = null;

/** @param {string} conversation */
const key = (conversation) => `desk-unsent:${conversation}`;

/** Ends when nothing is on its way any more; null when nothing is. */
export const delivery = () => delivering;

/**
 * Send a reply in the open conversation.
 * @param {string} text
 * @param {File} [picture]
 */
export function post(text, picture) {
  const entry = { conversation: thread()?.dataset.id ?? "", id: newId(), text, picture };
  entries.push(entry);
  remember(entry.conversation);
  showEntry(entry);
  deliver();
}

/** What was on its way when the page was left is sent again. */
export function resume() {
  const conversation = thread()?.dataset.id;
  if (!conversation) return;
  for (const { id, text } of JSON.parse(sessionStorage.getItem(key(conversation)) ?? "[]")) {
    if (text && !entries.some((each) => each.id === id)) entries.push({ conversation, id, text });
  }
  for (const entry of entries.filter((each) => each.conversation === conversation)) showEntry(entry);
  deliver();
}

/** @param {string} conversation */
function remember(conversation) {
  const mine = entries.filter((each) => each.conversation === conversation).map(({ id, text }) => ({ id, text }));
  if (mine.length) sessionStorage.setItem(key(conversation), JSON.stringify(mine));
  else sessionStorage.removeItem(key(conversation));
}

/** @param {Entry} entry */
const boxOf = (entry) => $(`[data-outbox="${entry.id}"]`);

/** @param {Entry} entry */
function showEntry(entry) {
  if (boxOf(entry) || entry.conversation !== thread()?.dataset.id) return;
  const box = $("#sending").content.firstElementChild.cloneNode(true);
  box.dataset.outbox = entry.id;
  $(".text", box).textContent = entry.text || entry.picture?.name || "";
  appendToEnd(box);
}

function deliver() {
  delivering ??= sendAll().finally(() => {
    delivering = null;
  });
}

async function sendAll() {
  while (entries.length) {
    const entry = entries[0];
    const response = await send(entry);
    if (!response || response.status >= 500) {
      disconnected();
      await new Promise((resolve) => setTimeout(resolve, RETRY));
      continue;
    }
    entries = entries.filter((each) => each !== entry);
    remember(entry.conversation);
    if (response.ok) accepted(entry);
    else await refused(entry, response);
    refreshThread();
  }
}

/**
 * @param {Entry} entry
 * @returns {Promise<Response | null>} null without a connection
 */
async function send(entry) {
  const body = new FormData();
  body.set("text", entry.text);
  body.set("client_id", entry.id);
  if (entry.picture) body.set("picture", entry.picture);
  const headers = { ...csrf(), "HX-Request": "true" };
  return fetch(`/desk/inbox/c/${entry.conversation}/reply`, { method: "POST", body, headers }).catch(() => null);
}

/** @param {Entry} entry */
function accepted(entry) {
  if (isLive()) connected();
  const box = boxOf(entry);
  if (!box) return;
  box.dataset.sent = "";
  delete box.dataset.outbox;
}

/**
 * What was refused is there to be sent again.
 * @param {Entry} entry
 * @param {Response} response
 */
async function refused(entry, response) {
  boxOf(entry)?.remove();
  const field = entry.conversation === thread()?.dataset.id ? $("#reply-text") : null;
  returnToDraft(entry.conversation, entry.text, field);
  const page = await parsePage(response);
  if ($("#notices", page)) $("#notices").replaceWith($("#notices", page));
}
