// The chat as one tag:
//   <script type="module" src="https://desk.example/widget.js" data-language="zh-Hans" data-color="#0b6b50"></script>
// data-server (default: where this file comes from), data-language (en, zh-Hans, zh-Hant or any tag), data-color,
// data-position (right or left, or page: the chat is the page), data-identity (JWT of the signed-in customer),
// data-open (opens at once).
// window.esimAftercare: open(draft), close(), toggle(), setLanguage(tag), identify(jwt), on(event, listener).

// Every module is named here, so that the browser asks for all of them at once.
import "./sdk/api.js";
import "./sdk/client.js";
import "./sdk/language.js";
import "./sdk/outbox.js";
import "./sdk/storage.js";
import "./sdk/tabs.js";
import "./ui/composer.js";
import "./ui/context.js";
import "./ui/dialogs.js";
import "./ui/dom.js";
import "./ui/header.js";
import "./ui/icons.js";
import "./ui/launcher.js";
import "./ui/log.js";
import "./ui/menu.js";
import "./ui/messages.js";
import "./ui/panel.js";
import "./ui/rating.js";
import "./ui/status.js";
import "./ui/style.js";
import "./ui/texts.js";
import { EsimChat } from "./ui/shell.js";

const tag = [...document.scripts].find((script) => script.src === import.meta.url);

function start() {
  if (window.esimAftercare) return;
  customElements.define("esim-aftercare", EsimChat);
  const { server, language, color, position, identity, open } = tag?.dataset ?? {};
  const origin = new URL(server || "/", import.meta.url).origin;
  const chat = new EsimChat({ server: origin, language, color, position, identity });
  document.body.append(chat);
  /** @type {EsimAftercare} */
  const api = {
    open: (draft) => chat.open(draft),
    close: () => chat.close(),
    toggle: () => chat.toggle(),
    setLanguage: (language) => chat.setLanguage(language),
    identify: (identity) => chat.identify(identity),
    on: (name, listener) => chat.on(name, listener),
  };
  window.esimAftercare = Object.freeze(api);
  performance.mark("esim-aftercare:ready");
  window.dispatchEvent(new Event("esim-aftercare:ready"));
  if (open !== undefined || position === "page") chat.open();
}

if (document.body) start();
else document.addEventListener("DOMContentLoaded", start);
