// The stream of what changes while the page is open.

import { $, onHtmx, thread } from "./dom.js";
import { refreshList } from "./list.js";
import { connected, disconnected, notify, signedOut } from "./notices.js";
import { refreshThread } from "./thread.js";

const TYPING = 5000; // ms a typing notice holds without another one
const RETRY = 2000; // ms before a refused stream is opened again

/** @type {EventSource | null} */
let source = null;
let typingUntil = 0;

/** Whether the page hears of news. */
export const isLive = () => source?.readyState === EventSource.OPEN;

/** Follow what changes; again after another conversation was opened. */
export function listen() {
  source?.close();
  const open = thread()?.dataset.id ?? "";
  const stream = new EventSource(`/desk/inbox/live?open=${encodeURIComponent(open)}`);
  source = stream;
  /**
   * @param {string} kind
   * @param {(data: any) => void} listener
   */
  const onEvent = (kind, listener) => {
    stream.addEventListener(kind, (/** @type {MessageEvent} */ event) => listener(JSON.parse(event.data)));
  };
  stream.addEventListener("error", broken);
  stream.addEventListener("open", () => {
    connected();
    refreshList(); // what changed between the page and its stream was told to nobody
    refreshThread();
    document.body.dataset.live = open || "list";
  });
  onEvent("list", () => refreshList());
  onEvent("thread", () => refreshThread());
  onEvent("settled", () => refreshThread());
  onEvent("mention", ({ id, author }) => {
    refreshList();
    if (id !== open) notify($("#connection").dataset.mention.replace("#", author), id);
  });
  onEvent("given", ({ id, author }) => {
    refreshList();
    notify($("#connection").dataset.given.replace("#", author), id);
  });
  onEvent("typing", showTyping);
  onEvent("presence", ({ names }) => {
    const notice = $("#presence");
    if (notice) notice.textContent = names.length ? notice.dataset.text.replace("#", names.join(", ")) : "";
  });
}

/** A stream that was refused is not tried again by the browser: the desk may be starting, or we are signed out. */
async function broken() {
  disconnected();
  if (source?.readyState !== EventSource.CLOSED) return;
  const answer = fetch("/desk/inbox/lines?size=1", { headers: { "HX-Request": "true" } });
  const status = await answer.then(
    (response) => response.status,
    () => 0,
  );
  if (status === 401 || status === 403) signedOut();
  else setTimeout(listen, RETRY);
}

function showTyping() {
  const notice = $("#typing");
  if (!notice) return;
  notice.textContent = notice.dataset.text;
  typingUntil = Date.now() + TYPING;
  setTimeout(() => {
    if (Date.now() >= typingUntil) notice.textContent = "";
  }, TYPING + 100);
}

onHtmx("sendError", disconnected);
