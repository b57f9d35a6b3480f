// What every part of the inbox needs: finding elements, fetching pieces of pages, and listening.

/**
 * The first element; typed loosely, because the templates decide what it is.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {any}
 */
export const $ = (selector, root = document) => root.querySelector(selector);

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {any[]}
 */
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** @returns {HTMLElement | null} the conversation that is open */
export const thread = () => $(".thread");

/**
 * A page or a piece of one; throws when the desk refused.
 * @param {string} url
 */
export async function fetchPage(url) {
  const response = await fetch(url, { headers: { "HX-Request": "true" } });
  if (!response.ok) throw new Error(String(response.status));
  return parsePage(response);
}

/** @param {Response} response */
export async function parsePage(response) {
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/**
 * The header that proves that this page sent a request.
 * @returns {Record<string, string>}
 */
export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");

/**
 * Listen on the document, whose parts are drawn anew all the time.
 * @param {string} kind of event
 * @param {(target: any, event: any) => void} listener
 */
export function on(kind, listener) {
  document.addEventListener(kind, (event) => listener(event.target, event));
}

/**
 * @param {string} selector of what is pressed
 * @param {(pressed: any) => void} listener
 */
export function onClick(selector, listener) {
  on("click", (target) => {
    const pressed = target.closest(selector);
    if (pressed) listener(pressed);
  });
}

/**
 * What htmx tells, with the details of the request.
 * @param {string} kind without "htmx:"
 * @param {(detail: any, event: Event) => void} listener
 */
export function onHtmx(kind, listener) {
  on(`htmx:${kind}`, (_target, event) => listener(event.detail, event));
}

/** One id per message: sent again after a lost answer, it is stored once. */
export const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

/**
 * Whether a key belongs to an input method, which takes Enter to accept a candidate. Safari ends the composition before
 * that key comes, and tells it apart by its code alone.
 * @param {KeyboardEvent} event
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;
