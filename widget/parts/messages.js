// Draws what was said: bubbles, plan cards, pictures, choices, times and the states of delivery.

import { h, linked, pictureUrl } from "./dom.js";
import { ofText } from "./language.js";
import { fill } from "./texts.js";

const CARD = /^• (.+?)(?:：|: )(.+?)(?:(?: – |——)(.+))?$/;

/** Plans as {name, facts, why}, if the text is a list of them ("• Name: 5 GB, 15 days, NZ$22.90 – why"); else null. */
export function plansOf(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  const plans = lines.map((line) => {
    const [, name, facts, why] = CARD.exec(line.trim()) || [];
    const list = facts ? facts.split(/, |，/) : [];
    return list.length >= 3 && /\d/.test(list.at(-1)) ? { name, facts: list, why } : null;
  });
  return plans.length && plans.every(Boolean) ? plans : null;
}

function cards(plans) {
  return h(
    "ul",
    { class: "cards" },
    ...plans.map(({ name, facts, why }) =>
      h(
        "li",
        {},
        h("strong", {}, name),
        h("span", { class: "price" }, facts.at(-1)),
        h("span", { class: "facts" }, facts.slice(0, -1).join(" · ")),
        why ? h("span", { class: "why" }, why) : null,
      ),
    ),
  );
}

/** Whose message it is, in words. */
export function whoOf(event, texts) {
  if (event.from === "traveller") return texts.you;
  return event.from === "agent" ? event.agent || texts.agent : texts.assistant;
}

/** The line about a change of state; "" when nobody needs to be told. */
function stateText(event, texts) {
  if (event.text) return event.text;
  if (event.state === "agent") return fill(texts.agentJoined, { who: event.agent || texts.agent });
  return event.state === "closed" ? texts.closed : "";
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
  const text = state ? stateText(event, texts) : event.text || "";
  const source = event.image ? pictureUrl(event.image, server) : null;
  const choices = event.choices?.length ? event.choices : null;
  if (!text && !source && !choices) return null;
  const from = state || !["traveller", "assistant", "agent"].includes(event.from) ? "system" : event.from;
  const box = h("div", { class: `message ${from}` });
  if (from === "agent") box.append(h("span", { class: "who" }, whoOf(event, texts)));
  else if (from !== "system") box.append(h("span", { class: "hidden" }, `${whoOf(event, texts)}: `));
  const plans = text && from === "assistant" ? plansOf(text) : null;
  if (plans) box.append(cards(plans));
  else if (text) box.append(h("p", { class: "bubble", dir: "auto", lang: ofText(text, language) }, ...linked(text)));
  if (source) {
    const alt = from === "traveller" ? texts.pictureYours : texts.pictureOf;
    box.append(picture(source, alt, texts, on.enlarge));
  }
  if (choices) {
    const row = choiceRow(choices, texts, on.choose);
    row.dataset.seq = event.seq;
    if (state) row.dataset.state = event.state;
    box.append(row);
  }
  if (!state) box.append(h("span", { class: "meta" }, timeOf(event.at, language)));
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
