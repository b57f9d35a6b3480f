// Asks for feedback: one to five stars, then a comment for those who want to say more.

import { ApiError } from "../sdk/api.js";
import { h } from "./dom.js";
import { fill } from "./texts.js";

/** @typedef {import("./context.js").Context} Context */

/**
 * The feedback as kept in the browser.
 * @typedef {object} Feedback
 * @property {number} seq the message that asked for it
 * @property {number} score 0 while none was given
 * @property {string} comment
 * @property {boolean} done whether the comment was sent
 */

const BEST = 5;

/**
 * The question that comes with a message. What was given at a goodbye still holds at the end right after it.
 * @param {number} seq of the message
 * @param {Context} context
 */
export function askRating(seq, { store, client, texts }) {
  /** @type {Feedback | null} */
  const kept = store.get("rating");
  const wentOn = kept && client.events.some((event) => event.from === "traveller" && event.seq > kept.seq);
  /** @type {Feedback} */
  const given = { score: 0, comment: "", done: false, ...(wentOn ? {} : kept), seq };
  const keep = () => store.set("rating", given);

  const result = h("p", { class: "meta", role: "status" }, given.done ? texts.rateThanks : "");
  const comment = h("textarea", {
    rows: "2",
    maxlength: "1000",
    "aria-label": texts.rateComment,
    placeholder: texts.rateComment,
    oninput: () => {
      given.comment = comment.value;
      keep();
    },
  });
  comment.value = given.comment;
  const sendButton = h("button", { type: "button", onclick: () => send(true) }, texts.send);
  const more = h("div", { class: "more" }, comment, sendButton);
  const stars = Array.from({ length: BEST }, (_, index) => {
    const onclick = () => {
      given.score = index + 1;
      send(false);
    };
    return h("button", { type: "button", "aria-label": fill(texts.rateScore, { n: index + 1 }), onclick });
  });
  const show = () => {
    stars.forEach((star, index) => {
      star.setAttribute("aria-pressed", String(index < given.score));
      star.textContent = index < given.score ? "★" : "☆";
    });
    more.hidden = !given.score || given.done;
  };
  const send = async (/** @type {boolean} */ done) => {
    given.done = done;
    keep();
    show();
    try {
      await client.postJson("/api/chat/rating", { score: given.score, comment: given.comment.trim() });
      result.textContent = done ? texts.rateThanks : "";
    } catch (error) {
      result.textContent = error instanceof ApiError ? error.message : texts.offline;
      given.done = false;
      keep();
      show();
    }
  };
  show();
  return h(
    "div",
    { class: "rating", role: "group", "aria-label": texts.rate, "data-seq": seq },
    h("p", {}, texts.rate),
    h("div", { class: "stars" }, ...stars),
    more,
    result,
  );
}
