// The icons, and the round buttons that carry one.

import { h } from "./dom.js";

/** SVG path data on a square of 24 units. */
export const ICONS = {
  chat: "M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5Z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M5 9l7 7 7-7",
  globe: "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0M3 12h18M12 3c3 3 3.6 6 3.6 9s-.6 6-3.6 9c-3-3-3.6-6-3.6-9s.6-6 3.6-9Z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M4 12l16-8-6 16-3-7-7-1Z",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
};

const SVG = "http://www.w3.org/2000/svg";

/**
 * An outline icon.
 * @param {string} path one of ICONS
 */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/**
 * A round button with an icon.
 * @param {string} path one of ICONS
 * @param {Record<string, any>} properties as for `h`
 */
export const roundButton = (path, properties) =>
  h("button", { type: "button", class: "round", ...properties }, icon(path));

/**
 * Name a button that shows an icon only.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function label(element, text) {
  element.setAttribute("aria-label", text);
  element.title = text;
}
