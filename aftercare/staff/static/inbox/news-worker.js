// One stream for all pages of a browser: over HTTP/1.1 it has six connections to a site, and each stream takes one.

import { News } from "./news.js";

/** @type {Map<MessagePort, string>} each page, and the conversation it shows */
const pages = new Map();
/** @type {Set<MessagePort>} who waits to hear that the stream is there */
const asking = new Set();

const news = new News((kind, data) => {
  for (const port of pages.keys()) {
    if (kind !== "open" || data.missed || asking.has(port)) port.postMessage([kind, data]);
  }
  if (kind === "open") asking.clear();
});

const follow = () => news.follow([...pages.values()]);

/** @param {MessagePort} port of a page that is closed */
function leave(port) {
  pages.delete(port);
  asking.delete(port);
}

/** @type {any} */ (self).onconnect = (/** @type {MessageEvent} */ { ports: [port] }) => {
  port.onmessage = ({ data: { open, leaves, lock } }) => {
    // a page that crashes says nothing, but no longer holds its lock
    if (lock) navigator.locks?.request(lock, () => leave(port));
    if (leaves) {
      leave(port);
      return;
    }
    if (open === undefined) return;
    pages.set(port, open);
    asking.add(port);
    follow();
  };
};
