// What changes while the page is open: told by the browser's one stream, or where pages cannot share one by their own.

import { $, newId, onHtmx, thread } from "./dom.js";
import { refreshList } from "./list.js";
import { News } from "./news.js";
import { connected, disconnected, notify, signedOut } from "./notices.js";
import { leaveThread, refreshThread } from "./thread.js";

const TYPING = 5000; // ms a typing notice holds without another one

let live = false;
let typingUntil = 0;

/** Whether the page hears of news. */
export const isLive = () => live;

const here = () => thread()?.dataset.id ?? "";

/** @type {Record<string, (data: any) => void>} */
const heard = {
  open: () => {
    live = true;
    connected();
    refreshList(); // what changed between the page and its stream was told to nobody
    refreshThread();
    document.body.dataset.live = here() || "list";
  },
  lost: () => {
    live = false;
    disconnected();
  },
  out: () => {
    live = false;
    signedOut();
  },
  list: () => refreshList(),
  thread: ({ id }) => id === here() && refreshThread(),
  settled: ({ id }) => id === here() && refreshThread(),
  gone: ({ id }) => {
    refreshList();
    if (id === here()) leaveThread();
  },
  mention: ({ id, author }) => {
    refreshList();
    if (id !== here()) say("mention", author, id);
  },
  given: ({ id, author }) => {
    refreshList();
    say("given", author, id);
  },
  taken: ({ id, author }) => {
    refreshList();
    say("taken", author, id);
  },
  typing: ({ id }) => id === here() && showTyping(),
  presence: ({ id, names }) => {
    const notice = $("#presence");
    if (!notice || id !== here()) return;
    notice.textContent = names.length ? notice.dataset.text.replace("#", names.join(", ")) : "";
  },
};

/**
 * @param {string} kind
 * @param {string} author
 * @param {string} id of the conversation
 */
const say = (kind, author, id) => notify($("#connection").dataset[kind].replace("#", author), id);

/** @type {(open: string) => void} */
let follow = followAlone();

function followAlone() {
  const news = new News((kind, data) => heard[kind]?.(data));
  return (/** @type {string} */ open) => news.follow([open]);
}

function followTogether() {
  const worker = new SharedWorker(new URL("./news-worker.js", import.meta.url), { type: "module" });
  const lock = newId();
  worker.port.onmessage = ({ data: [kind, data] }) => heard[kind]?.(data);
  worker.addEventListener("error", () => {
    follow = followAlone();
    listen();
  });
  // held until the page is gone, however it goes
  navigator.locks?.request(lock, () => {
    worker.port.postMessage({ lock });
    return new Promise(() => {});
  });
  window.addEventListener("pagehide", () => worker.port.postMessage({ leaves: true }));
  window.addEventListener("pageshow", ({ persisted }) => persisted && listen());
  return (/** @type {string} */ open) => worker.port.postMessage({ open });
}

if ("SharedWorker" in window) follow = followTogether();

/** Follow what changes; again after another conversation was opened. */
export const listen = () => follow(here());

function showTyping() {
  const notice = $("#typing");
  notice.textContent = notice.dataset.text;
  typingUntil = Date.now() + TYPING;
  setTimeout(() => {
    if (Date.now() >= typingUntil) notice.textContent = "";
  }, TYPING + 100);
}

onHtmx("sendError", disconnected);
