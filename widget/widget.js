// The chat as one tag:
//   <script type="module" src="https://desk.example/widget.js" data-language="zh-Hans" data-color="#0b6b50"></script>
// data-server (default: where this file comes from), data-language (en, zh-Hans, zh-Hant or any tag), data-color,
// data-position (right or left, or page: the chat is the page), data-identity (JWT of the signed-in customer),
// data-seller and data-currency (whose plans and which prices are shown first), data-open (opens at once).
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
import "./ui/listeners.js";
import "./ui/log.js";
import "./ui/menu.js";
import "./ui/messages.js";
import "./ui/panel.js";
import "./ui/placement.js";
import "./ui/rating.js";
import "./ui/status.js";
import "./ui/style.js";
import "./ui/texts.js";
import { EsimChat } from "./ui/shell.js";

/** @param {EventTarget | null} element */
const isTag = (element) => element instanceof HTMLScriptElement && element.src === import.meta.url;

if (!customElements.get("esim-aftercare")) {
  customElements.define("esim-aftercare", EsimChat);
  const tag = [...document.scripts].find(isTag)?.dataset ?? {};
  const chat = new EsimChat({ ...tag, server: new URL(tag.server || "/", import.meta.url).origin });
  await chat.prepare();
  chat.place();
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
  if (tag.open !== undefined || tag.position === "page") chat.open();
  // a framework that draws the next page may add the tag again: the module does not run twice, but the tag loads
  const again = (/** @type {Event} */ { target }) => {
    if (isTag(target)) chat.tagged(/** @type {HTMLScriptElement} */ (target).dataset);
  };
  document.addEventListener("load", again, true);
}
