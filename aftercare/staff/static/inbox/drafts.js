// What is being written stays, whatever is drawn anew: kept in this tab by conversation and field.

import { $$, thread } from "./dom.js";

/**
 * @param {string} id of the conversation
 * @param {string} field
 */
const key = (id, field) => `desk-typed:${id}:${field}`;

const fields = () => $$("#reply-text, #note-text");

/**
 * Keep what stands in the fields of the open conversation.
 * @param {HTMLTextAreaElement[]} some
 */
export function keepDrafts(...some) {
  for (const field of some.length ? some : fields()) {
    const name = key(thread()?.dataset.id ?? "", field.id);
    if (field.value) sessionStorage.setItem(name, field.value);
    else sessionStorage.removeItem(name);
  }
}

/** Put back into empty fields what was written there before. */
export function restoreDrafts() {
  for (const field of fields()) {
    field.value ||= sessionStorage.getItem(key(thread()?.dataset.id ?? "", field.id)) ?? "";
    if (field.id === "note-text" && field.value) field.closest("details").open = true;
  }
}

/**
 * A reply was refused: it stands in front of the draft again, to be sent once more.
 * @param {string} id of the conversation
 * @param {string} text
 * @param {HTMLTextAreaElement | null} field where the conversation is open
 */
export function returnToDraft(id, text, field) {
  const name = key(id, "reply-text");
  const draft = field ? field.value : sessionStorage.getItem(name);
  const whole = [text, draft].filter(Boolean).join("\n");
  if (field) field.value = whole;
  sessionStorage.setItem(name, whole);
}
