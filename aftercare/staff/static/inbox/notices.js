// Lines above the inbox: that the connection is lost, and what a colleague did that concerns one.

import { $ } from "./dom.js";

const PATIENCE = 1500; // ms without a connection before it is said

let lostAt = 0;

/** The page hears of news. */
export function connected() {
  lostAt = 0;
  $("#connection").hidden = true;
}

/** The page does not hear of news any more. */
export function disconnected() {
  lostAt ||= Date.now();
  const notice = $("#connection");
  setTimeout(() => {
    if (lostAt && notice.hidden) showConnection(notice.dataset.lost, false);
  }, PATIENCE);
}

/** The desk does not know who we are any more. */
export function signedOut() {
  lostAt ||= Date.now();
  showConnection($("#connection").dataset.out, true);
}

/**
 * @param {string} text
 * @param {boolean} signIn whether to offer the way to the login
 */
function showConnection(text, signIn) {
  const notice = $("#connection");
  notice.hidden = false;
  $("span", notice).textContent = text;
  $("a", notice).hidden = !signIn;
}

/**
 * Add a line that can be closed.
 * @param {string} text
 * @param {string} [id] of the conversation it leads to
 */
export function notify(text, id) {
  const line = document.createElement("p");
  line.className = "notice ok";
  const link = document.createElement(id ? "a" : "span");
  if (id) link.setAttribute("href", `/desk/inbox/c/${id}?tab=all`);
  link.textContent = text;
  line.append(link, $("#close").content.firstElementChild.cloneNode(true));
  $("#notices").append(line);
}
