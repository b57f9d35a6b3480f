// Where a reply is written: text, canned replies, a picture, and the notice that one is typing.

import { $, csrf, on, onClick } from "./dom.js";
import { keepDrafts } from "./drafts.js";
import { post } from "./outbox.js";

const TYPING_EVERY = 3000; // ms between notices

let typingSentAt = 0;

/** @param {HTMLFormElement} form */
function send(form) {
  const field = $("#reply-text", form);
  // somebody else has the conversation now, or it is closed: the text stays, and the line above says what to do
  if ($("#composer").dataset.mode !== "mine") return;
  const file = $("[name=picture]", form);
  const text = field.value.trim();
  const picture = file.files[0];
  if (!text && !picture) {
    field.focus();
    return;
  }
  field.value = "";
  file.value = "";
  showPicture(form);
  keepDrafts(field);
  typingSentAt = 0; // the traveller sees a message now, and the next one is a new one
  post(text, picture);
}

/** @param {HTMLFormElement} form whose chosen picture is named */
function showPicture(form) {
  const file = $("[name=picture]", form)?.files[0];
  const chosen = $(".chosen", form);
  if (!chosen) return;
  chosen.hidden = !file;
  $("span", chosen).textContent = file?.name ?? "";
}

/**
 * Put a canned reply where the caret is.
 * @param {string} text
 */
export function insertReply(text) {
  const field = $("#reply-text");
  if (!field) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  keepDrafts(field);
}

on("submit", (target, event) => {
  if (target.id !== "reply") return;
  event.preventDefault();
  send(target);
});

on("input", (target) => {
  if (!target.matches("#reply-text, #note-text")) return;
  keepDrafts(target);
  const id = $("[name=client_id]", target.form);
  if (id) id.value = ""; // another text is another message
  if (target.dataset.typing && target.value && Date.now() - typingSentAt > TYPING_EVERY) {
    typingSentAt = Date.now();
    fetch(target.dataset.typing, { method: "POST", headers: csrf() }).catch(() => {});
  }
});

on("change", (target) => {
  if (target.id === "canned" && target.value) {
    insertReply(target.value);
    target.value = "";
  }
  if (target.matches("#reply [name=picture]")) showPicture(target.form);
});

onClick("[data-no-picture]", ({ form }) => {
  $("[name=picture]", form).value = "";
  showPicture(form);
});

// a picture from the clipboard, as a screenshot is
on("paste", (target, event) => {
  /** @type {File[]} */
  const pasted = [...(event.clipboardData?.files ?? [])];
  const picture = pasted.find((each) => each.type.startsWith("image/"));
  if (target.id !== "reply-text" || !picture) return;
  event.preventDefault();
  const files = new DataTransfer();
  files.items.add(picture);
  $("[name=picture]", target.form).files = files.files;
  showPicture(target.form);
});
