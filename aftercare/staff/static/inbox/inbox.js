// The inbox: starts its parts, again whenever another conversation is opened. Every module is named here, so that the
// browser asks for all of them at once.

import "./actions.js";
import "./composer.js";
import { $, onHtmx, thread } from "./dom.js";
import { keepDrafts, restoreDrafts } from "./drafts.js";
import "./keyboard.js";
import { markOpen, refreshList, showPicked, showWaiting } from "./list.js";
import { listen } from "./live.js";
import "./mentions.js";
import "./news.js";
import "./notices.js";
import { resume } from "./outbox.js";
import "./palette.js";
import "./redraw.js";
import { startThread } from "./thread.js";

function opened() {
  if (!thread()) return;
  startThread();
  restoreDrafts();
  markOpen();
  resume();
}

onHtmx("beforeSwap", ({ target }) => {
  if (target?.id === "pane") keepDrafts();
});

onHtmx("afterSettle", ({ target }) => {
  if (target?.id !== "pane") return;
  document.body.dataset.reading = "";
  opened();
  listen();
  refreshList();
  $("#pane").focus({ preventScroll: true });
});

if (thread()) document.body.dataset.reading = "";
opened();
listen();
showPicked();
showWaiting();
