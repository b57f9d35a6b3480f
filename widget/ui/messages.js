// Draws what was said: bubbles, plan cards, pictures, choices, times and the states of delivery.

import { h, linked, pictureUrl } from "./dom.js";

/** @typedef {import("../sdk/api.js").Message} Message */
/** @typedef {import("../sdk/api.js").Notice} Notice */
/** @typedef {import("../sdk/api.js").Choice} Choice */
/** @typedef {import("../sdk/api.js").Card} Card */
/** @typedef {import("../sdk/language.js").Language} Language */
/** @typedef {import("../sdk/outbox.js").Entry} Entry */
/** @typedef {import("./texts.js").Texts} Texts */

/**
 * What drawing needs to know, and what the drawn buttons do.
 * @typedef {object} View
 * @property {Texts} texts
 * @property {Language} language
 * @property {string} server origin of the desk
 * @property {boolean} online
 * @property {(choice: Choice) => void} choose
 * @property {(source: string, alt: string) => void} enlarge
 * @property {(id: string) => void} retry of an entry
 * @property {(id: string) => void} discard of an entry
 */

/**
 * @param {Card} card
 * @param {(choice: Choice) => Node} button
 */
function card({ title, lines, price, reason, seller, link, choice }, button) {
  return h(
    "li",
    {},
    h("strong", { dir: "auto" }, ...linked(title)),
    h("span", { class: "price" }, price),
    h("span", { class: "facts", dir: "auto" }, [seller, ...lines].filter(Boolean).join(" · ")),
    reason ? h("span", { class: "why", dir: "auto" }, reason) : null,
    link && /^https?:/.test(link.url)
      ? h("a", { class: "buy", href: link.url, target: "_blank", rel: "noopener" }, link.title)
      : null,
    choice ? button(choice) : null,
  );
}

/**
 * Whose message it is, in words.
 * @param {{from: Message["from"], agent?: string}} event
 * @param {Texts} texts
 */
export function nameOf(event, texts) {
  if (event.from === "traveller") return texts.you;
  return event.from === "agent" ? event.agent || texts.agent : texts.assistant;
}

/**
 * @param {string} at ISO time
 * @param {Language} language
 */
function timeOf(at, language) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options) => new Intl.DateTimeFormat(language, options).format(date);
  return h(
    "time",
    { datetime: at, title: format({ dateStyle: "full", timeStyle: "short" }) },
    format({ hour: "numeric", minute: "2-digit" }),
  );
}

/**
 * The line between two days.
 * @param {string} at ISO time
 * @param {Language} language
 * @param {Texts} texts
 */
export function dayLine(at, language, texts) {
  const noon = (/** @type {Date} */ date) => date.setHours(12, 0, 0, 0);
  const days = Math.round((noon(new Date(at)) - noon(new Date())) / 864e5);
  const format = new Intl.DateTimeFormat(language, { weekday: "short", month: "long", day: "numeric" });
  const name = days === 0 ? texts.today : days === -1 ? texts.yesterday : format.format(new Date(at));
  return h("p", { class: "day" }, h("span", {}, name));
}

/**
 * @param {string} source
 * @param {string} alt
 * @param {View} view
 */
function picture(source, alt, { texts, enlarge }) {
  const properties = {
    class: "picture",
    "aria-label": `${alt}: ${texts.enlarge}`,
    onclick: () => enlarge(source, alt),
  };
  return h("button", { type: "button", ...properties }, h("img", { src: source, alt, decoding: "async" }));
}

/**
 * A row of buttons; `choose` is called at most once.
 * @template {{title: string}} T
 * @param {T[]} choices
 * @param {Texts} texts
 * @param {(choice: T) => void} choose
 */
export function choiceRow(choices, texts, choose) {
  let chosen = false;
  const buttons = choices.map((choice) =>
    h(
      "button",
      {
        type: "button",
        dir: "auto",
        onclick: () => {
          if (!chosen) choose(choice);
          chosen = true;
        },
      },
      choice.title,
    ),
  );
  return h("div", { class: "choices", role: "group", "aria-label": texts.choices }, ...buttons);
}

/**
 * A stored message, or null when it has nothing to show.
 * @param {Message} event
 * @param {View} view
 */
export function drawMessage(event, view) {
  const { texts, language, server } = view;
  const state = event.kind === "state";
  const source = event.image ? pictureUrl(event.image, server) : null;
  const { cards } = event;
  const choices = event.choices?.length ? event.choices : null;
  const text = cards ? withoutPlans(event.text) : event.text;
  if (!text && !cards && !source && !choices && !event.rate) return null;
  const from = state || !["traveller", "assistant", "agent"].includes(event.from) ? "system" : event.from;
  const box = h("div", { class: `message ${from}`, "data-seq": event.seq });
  if (from === "agent") box.append(h("span", { class: "who" }, nameOf(event, texts)));
  else if (from !== "system") box.append(h("span", { class: "hidden" }, `${nameOf(event, texts)}: `));
  /** @param {Choice[]} offered */
  const row = (offered) => {
    const made = choiceRow(offered, texts, view.choose);
    made.dataset.seq = String(event.seq);
    if (state) made.dataset.state = event.state;
    return made;
  };
  if (text) {
    const chinese = language === "zh-Hant" ? language : "zh-Hans";
    const spoken = /\p{Script=Han}/u.test(text) ? chinese : "en"; // what the desk says is one of the two
    const properties = { class: "bubble", dir: "auto", lang: from === "traveller" ? null : spoken };
    box.append(h("p", properties, ...linked(text, server, texts.file, texts.install)));
  }
  if (cards) box.append(h("ul", { class: "cards" }, ...cards.map((each) => card(each, (choice) => row([choice])))));
  const alt = from === "traveller" ? texts.pictureYours : event.image_alt || texts.pictureOf;
  if (source) box.append(picture(source, alt, view));
  if (!state) box.append(h("span", { class: "meta" }, timeOf(event.at, language)));
  if (choices) box.append(row(choices));
  return box;
}

/**
 * What the cards say is not said twice.
 * @param {string} text with a line for each plan
 */
function withoutPlans(text) {
  const lines = text.split("\n").filter((line) => !line.trim().startsWith("• "));
  return lines.join("\n").trim();
}

/**
 * A message that waits in the outbox.
 * @param {Entry} entry
 * @param {View} view
 */
export function drawEntry(entry, view) {
  const { texts, language, online } = view;
  const box = h("div", { class: `message traveller ${entry.state}` }, h("span", { class: "hidden" }, `${texts.you}: `));
  if (entry.picture) box.append(picture(entry.picture, texts.pictureYours, view));
  else box.append(h("p", { class: "bubble", dir: "auto" }, ...linked(entry.text ?? "")));
  if (entry.state === "failed") {
    /** @param {(id: string) => void} act */
    const button = (act, /** @type {string} */ text) =>
      h("button", { type: "button", class: "retry", onclick: () => act(entry.id) }, text);
    box.append(
      h(
        "span",
        { class: "meta problem" },
        h("span", {}, `${texts.failed} ${entry.error || ""}`),
        button(view.retry, texts.retry),
        button(view.discard, texts.discard),
      ),
    );
  } else {
    const sending = online ? texts.sending : texts.queued;
    const state = entry.state === "sent" ? `✓ ${texts.sent}` : sending;
    box.append(h("span", { class: "meta" }, timeOf(entry.at, language), " · ", state));
  }
  return box;
}
