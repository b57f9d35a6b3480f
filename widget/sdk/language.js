// The languages of the interface; which one a message is written in, the desk tells.

/** @typedef {"en" | "zh-Hans" | "zh-Hant" | "ja" | "ko" | "de" | "fr" | "es"} Language */

/** @type {Language[]} those beside English and Chinese, which the assistant does not speak */
const FRAME = ["ja", "ko", "de", "fr", "es"];

/**
 * The interface language of a language tag; "en" for every other language.
 * @param {string | null | undefined} tag
 * @returns {Language}
 */
export function fromTag(tag) {
  const [language, ...rest] = (tag || "").toLowerCase().split(/[-_]/);
  if (language !== "zh") return FRAME.find((each) => each === language) ?? "en";
  return rest.some((part) => /^(hant|tw|hk|mo)$/.test(part)) ? "zh-Hant" : "zh-Hans";
}

/** The name of the browser's time zone, for an address. */
export function timeZone() {
  return encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
}
