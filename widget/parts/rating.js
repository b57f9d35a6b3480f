// Asks how the conversation was: one to five, then a comment for those who want to say more.

import { h } from "./dom.js";
import { fill } from "./texts.js";

const BEST = 5;

/** The question. `given` is {score, comment, done}; `keep()` remembers it here, `send()` tells the desk. */
export function ratingBox(given, texts, { keep, send }) {
  const told = h("p", { class: "meta", role: "status" }, given.done ? texts.rateThanks : "");
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
  const more = h("div", { class: "more" }, comment, h("button", { type: "button", onclick: () => tell(true) }, texts.send));
  const stars = Array.from({ length: BEST }, (_, index) =>
    h("button", { type: "button", "aria-label": fill(texts.rateScore, { n: index + 1 }), onclick: () => rate(index + 1) }, "★"),
  );
  const show = () => {
    stars.forEach((star, index) => star.setAttribute("aria-pressed", String(index < given.score)));
    more.hidden = !given.score || given.done;
  };
  const rate = (score) => {
    given.score = score;
    tell(false);
  };
  const tell = async (done) => {
    given.done = done;
    keep();
    show();
    try {
      await send();
      told.textContent = done ? texts.rateThanks : "";
    } catch (error) {
      told.textContent = error.status ? error.message : texts.offline;
      given.done = false;
      keep();
      show();
    }
  };
  show();
  return h(
    "div",
    { class: "rating", role: "group", "aria-label": texts.rate },
    h("p", {}, texts.rate),
    h("div", { class: "stars" }, ...stars),
    more,
    told,
  );
}
