// The chat as one tag:
//   <script type="module" src="https://desk.example/widget.js" data-language="zh-Hans" data-color="#0b6b50"></script>
// data-server (default: where this file comes from), data-language (en, zh-Hans, zh-Hant or any tag), data-color,
// data-position (right or left, or page: the chat is the page), data-identity (JWT of the signed-in customer),
// data-open (opens at once).
// window.esimAftercare: open(draft), close(), toggle(), setLanguage(tag), identify(jwt), on(event, listener).

import { EsimChat } from "./parts/element.js";
import "./parts/attention.js";
import "./parts/client.js";
import "./parts/color.js";
import "./parts/dom.js";
import "./parts/language.js";
import "./parts/messages.js";
import "./parts/outbox.js";
import "./parts/rating.js";
import "./parts/storage.js";
import "./parts/style.js";
import "./parts/tabs.js";
import "./parts/texts.js";

const tag = [...document.scripts].find((script) => script.src === import.meta.url);

function start() {
  if (window.esimAftercare) return;
  customElements.define("esim-aftercare", EsimChat);
  const { server, language, color, position, identity, open } = tag?.dataset ?? {};
  const chat = document.createElement("esim-aftercare");
  chat.setUp({ server: new URL(server || "/", import.meta.url).origin, language, color, position, identity });
  document.body.append(chat);
  window.esimAftercare = Object.freeze({
    open: (draft) => chat.open(draft),
    close: () => chat.close(),
    toggle: () => chat.toggle(),
    setLanguage: (language) => chat.setLanguage(language),
    identify: (identity) => chat.identify(identity),
    on: (name, listener) => chat.on(name, listener),
  });
  performance.mark("esim-aftercare:ready");
  window.dispatchEvent(new Event("esim-aftercare:ready"));
  if (open !== undefined || position === "page") chat.open();
}

if (document.body) start();
else document.addEventListener("DOMContentLoaded", start);
