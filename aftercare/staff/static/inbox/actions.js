// What staff do with conversations through forms: asked about first where it matters, shown at once, and undone.

import { ask, isConfirmed, pressAgain } from "../ask.js";
import { $, $$, csrf, newId, on, onClick, onHtmx } from "./dom.js";
import { keepDrafts } from "./drafts.js";
import { picked, refreshList, unpickAll } from "./list.js";
import { delivery } from "./outbox.js";
import { settle } from "./redraw.js";
import { refreshContext, refreshThread } from "./thread.js";

const LEAVES = /\/(hand-back|resolve|reassign)$/;
const CHANGES_ORDER = /\/(refund|exchange-done|new-esim|ticket-done|resolve|hand-back|claim)$/;

// what others notice is asked about; who leaves a conversation does so after what was said before
onHtmx("confirm", async ({ path, verb, triggeringEvent }, event) => {
  const button = triggeringEvent?.submitter;
  if (verb !== "post" || !button || isConfirmed(button)) return;
  const question = button.dataset.ask;
  const leaves = LEAVES.test(path);
  if (!question && !(leaves && delivery())) return;
  event.preventDefault();
  if (question && !(await ask(question.replace("#", picked().length)))) return;
  if (leaves) await delivery();
  pressAgain(button);
});

onHtmx("configRequest", ({ elt, path, parameters }) => {
  if (!elt.matches("form")) return;
  const id = $("[name=client_id]", elt);
  if (id) {
    id.value ||= newId();
    parameters.set("client_id", id.value);
  }
  // handing back sends what was still being typed, so that it is not lost
  if (path.endsWith("/hand-back") && $("#reply-text")?.value) parameters.append("text", $("#reply-text").value);
});

onHtmx("afterRequest", ({ elt, successful, requestConfig: { path, verb } }) => {
  if (verb !== "post") return;
  const isNote = elt.matches("#note");
  if (successful && (isNote || path.endsWith("/hand-back"))) {
    const field = $(isNote ? "#note-text" : "#reply-text");
    if (field) field.value = "";
    keepDrafts();
    for (const id of $$("[name=client_id]", elt)) id.value = "";
  }
  if (successful && elt.matches("#bulk")) unpickAll();
  if (successful && CHANGES_ORDER.test(path)) refreshContext();
  for (const menu of $$(".menu[open]")) menu.open = menu.contains(document.activeElement) && !successful;
  if (elt.matches("form") && !elt.matches("#bulk")) {
    // what was refused is drawn as it stands at the desk; what was entered in full begins anew
    if ("once" in elt.dataset ? successful : !successful && elt.matches(".flagging")) elt.reset();
    else if (successful) settle(elt);
  }
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  if (active?.matches("button") && elt.contains(active)) active.blur();
  refreshThread(elt.matches(".flagging") ? Number($("[name=seq]", elt).value) : undefined);
});

// a correction that is not made after all: its button is there again
onClick("[data-not-now]", (button) => {
  const place = button.closest(".correcting");
  const message = place.closest("[data-seq]");
  place.removeAttribute("data-own"); // the page draws it again
  refreshThread(Number(message.dataset.seq));
});

// what was done to several can be undone while its notice stands
on("undo", (_target, { detail: { act, ids, name } }) => {
  const notice = $$("#notices .notice").pop();
  const button = $("#undoing").content.firstElementChild.cloneNode(true);
  button.dataset.undo = JSON.stringify({ act, ids, name });
  $("[data-close]", notice)?.before(button);
});

onClick("[data-undo]", async (button) => {
  const { act, ids, name } = JSON.parse(button.dataset.undo);
  const body = new URLSearchParams({ act, name });
  for (const id of ids) body.append("id", id);
  button.disabled = true;
  const done = await fetch("/desk/inbox/bulk", { method: "POST", body, headers: { ...csrf(), "HX-Request": "true" } });
  if (done.ok) button.closest(".notice").remove();
  else button.disabled = false;
  refreshList();
});
