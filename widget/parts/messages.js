// Draws what was said: bubbles, plan cards, pictures, choices, times and the states of delivery.

import { h, linked, pictureUrl } from "./dom.js";
import { ofText } from "./language.js";

/** A card like those of the desk: {title, lines, price, reason, choice?}. */
function card({ title, lines, price, reason, choice }, button) {
  return h(
    "li",
    {},
    h("strong", { dir: "auto" }, title),
    h("span", { class: "price" }, price),
    h("span", { class: "facts", dir: "auto" }, lines.join(" · ")),
    reason ? h("span", { class: "why", dir: "auto" }, reason) : null,
    choice ? button(choice) : null,
  );
}

/** Whose message it is, in words. */
export function whoOf(event, texts) {
  if (event.from === "traveller") return texts.you;
  return event.from === "agent" ? event.agent || texts.agent : texts.assistant;
}

export function timeOf(at, language) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const format = (options) => new Intl.DateTimeFormat(language, options).format(date);
  return h(
    "time",
    { datetime: at, title: format({ dateStyle: "full", timeStyle: "short" }) },
    format({ hour: "numeric", minute: "2-digit" }),
  );
}

/** The line between two days. */
export function dayLine(at, language, texts) {
  const days = (date) => Math.round((new Date(date).setHours(12, 0, 0, 0) - new Date().setHours(12, 0, 0, 0)) / 864e5);
  const name =
    { 0: texts.today, "-1": texts.yesterday }[days(at)] ??
    new Intl.DateTimeFormat(language, { weekday: "short", month: "long", day: "numeric" }).format(new Date(at));
  return h("p", { class: "day" }, h("span", {}, name));
}

function picture(source, alt, texts, enlarge) {
  const image = h("img", { src: source, alt, decoding: "async" });
  return h("button", { type: "button", class: "picture", "aria-label": `${alt}: ${texts.enlarge}`, onclick: () => enlarge(source, alt) }, image);
}

/** A row of buttons; `choose(choice)` is called at most once. */
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

/** One stored event, or null when it has nothing to show. `on` holds what buttons do: {choose, enlarge}. */
export function message(event, { texts, language, server, on }) {
  const state = event.kind === "state";
  const source = event.image ? pictureUrl(event.image, server) : null;
  const choices = event.choices?.length ? event.choices : null;
  const { cards } = event;
  // what the cards say is not said twice
  const text = cards ? event.text.split("\n").filter((line) => !line.trim().startsWith("• ")).join("\n").trim() : event.text;
  if (!text && !cards && !source && !choices && !event.rate) return null;
  const from = state || !["traveller", "assistant", "agent"].includes(event.from) ? "system" : event.from;
  const box = h("div", { class: `message ${from}` });
  if (from === "agent") box.append(h("span", { class: "who" }, whoOf(event, texts)));
  else if (from !== "system") box.append(h("span", { class: "hidden" }, `${whoOf(event, texts)}: `));
  const row = (offered) => {
    const made = choiceRow(offered, texts, on.choose);
    made.dataset.seq = event.seq;
    if (state) made.dataset.state = event.state;
    return made;
  };
  if (text) box.append(h("p", { class: "bubble", dir: "auto", lang: ofText(text, language) }, ...linked(text, server, texts.file)));
  if (cards) box.append(h("ul", { class: "cards" }, ...cards.map((each) => card(each, (choice) => row([choice])))));
  if (source) {
    const alt = from === "traveller" ? texts.pictureYours : texts.pictureOf;
    box.append(picture(source, alt, texts, on.enlarge));
  }
  if (!state) box.append(h("span", { class: "meta" }, timeOf(event.at, language)));
  if (choices) box.append(row(choices));
  return box;
}

/** A message that waits in the outbox. `on` holds {retry, discard, enlarge}. */
export function waiting(entry, { texts, language, online, on }) {
  const box = h("div", { class: `message traveller ${entry.state}` }, h("span", { class: "hidden" }, `${texts.you}: `));
  if (entry.picture) box.append(picture(entry.picture, texts.pictureYours, texts, on.enlarge));
  else box.append(h("p", { class: "bubble", dir: "auto" }, ...linked(entry.text)));
  if (entry.state === "failed") {
    box.append(
      h(
        "span",
        { class: "meta problem" },
        h("span", {}, `${texts.failed} ${entry.error || ""}`),
        h("button", { type: "button", class: "retry", onclick: () => on.retry(entry.id) }, texts.retry),
        h("button", { type: "button", class: "retry", onclick: () => on.discard(entry.id) }, texts.discard),
      ),
    );
  } else {
    const sending = online ? texts.sending : texts.queued;
    box.append(
      h("span", { class: "meta" }, timeOf(entry.at, language), " · ", entry.state === "sent" ? `✓ ${texts.sent}` : sending),
    );
  }
  return box;
}
