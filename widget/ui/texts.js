// The language of the interface, chosen or followed, and what the widget says in it, a module of widget/texts for each.
// Everything else comes from the desk, already in the traveller's language.

import { fromTag } from "../sdk/language.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {typeof import("../texts/en.js").default} Texts */
/** @typedef {import("../sdk/language.js").Language} Language */

/**
 * The texts of a language; fails without a network, unless they were read before.
 * @param {Language} language
 * @returns {Promise<Texts>}
 */
const load = async (language) => (await import(`../texts/${language}.js`)).default;

/** @type {Record<Language, string>} */
export const NAMES = {
  en: "English",
  "zh-Hans": "简体中文",
  "zh-Hant": "繁體中文",
  ja: "日本語",
  ko: "한국어",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
};

/**
 * Names where there is little room.
 * @type {Partial<Record<Language, string>>}
 */
export const SHORT = { "zh-Hans": "简", "zh-Hant": "繁", ja: "日", ko: "한" };

/**
 * The text with its {placeholders} filled.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

export class InterfaceLanguage {
  #context;
  #on;

  /**
   * @param {Context} context
   * @param {string | undefined} tag the page's
   * @param {object} on
   * @param {(language: Language) => void} on.change
   * @param {() => void} on.texts the texts of the language are there
   */
  constructor(context, tag, on) {
    this.#context = context;
    this.#on = on;
    const { store } = context;
    context.language = fromTag(store.get("language") || store.get("written") || tag || navigator.language);
  }

  /** Read the texts of the first language; to be awaited before anything is shown. */
  async prepare() {
    this.#context.texts = await load(this.#context.language).catch(() => load("en"));
  }

  /**
   * A choice of the traveller or the page: from here on the language follows nothing.
   * @param {string} tag any language tag
   */
  choose(tag) {
    const language = fromTag(tag);
    this.#context.store.set("language", language);
    this.#context.store.set("untold", language);
    this.#show(language);
    this.tell();
  }

  /**
   * The page, or what the traveller wrote, is in this language.
   * @param {string | undefined} tag
   * @param {boolean} [written] by the traveller: other tabs and pages show it too
   */
  follow(tag, written) {
    const language = fromTag(tag);
    this.#context.store.set("written", written ? language : null);
    if (language !== this.#context.language && !this.#context.store.get("language")) this.#show(language);
  }

  /** @param {Language} language */
  async #show(language) {
    const context = this.#context;
    if (language !== context.language) this.#on.change(language);
    context.language = language;
    const texts = await load(language).catch(() => null);
    if (!texts || language !== context.language) return;
    context.texts = texts;
    this.#on.texts();
  }

  /** The desk answers what tells no language itself ("OK", a choice) in the one that was chosen. */
  async tell() {
    const { client, store } = this.#context;
    const locale = store.get("untold");
    if (!locale || !client.hasSession) return; // a new conversation begins in it anyway
    try {
      await client.postJson("/api/chat/language", { locale });
      if (store.get("untold") === locale) store.set("untold", null);
    } catch {
      // sent when the network is back
    }
  }
}
