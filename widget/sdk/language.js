// Which of the three interface languages fits: from a tag such as "zh-TW", or from what the traveller writes.

// frequent characters that only one of the two scripts uses
const SIMPLIFIED =
  "这们么没为说时对会应问请帮机动转换开关们码还现订单无网络讯号钱国东车电话实发给让后书长门间听级红纪经练组细终结绝统继续维绿编缓缩";
const TRADITIONAL =
  "這們麼沒為說時對會應問請幫機動轉換開關碼還現訂單無網絡訊號錢國東車電話實發給讓後書長門間聽級紅紀經練組細終結絕統繼續維綠編緩縮灣臺";

/** @typedef {"en" | "zh-Hans" | "zh-Hant"} Language */

/**
 * The interface language of a language tag; "en" for every other language.
 * @param {string | null | undefined} tag
 * @returns {Language}
 */
export function fromTag(tag) {
  if (!/^zh\b/i.test(tag || "")) return "en";
  return /hant|tw|hk|mo/i.test(tag || "") ? "zh-Hant" : "zh-Hans";
}

/**
 * The language a text is written in, or `present` when it does not tell (numbers, addresses, "OK").
 * @param {string} text
 * @param {Language} present
 * @returns {Language}
 */
export function ofText(text, present) {
  /** @type {string[]} */
  const han = text.match(/\p{Script=Han}/gu) || [];
  if (han.length) {
    const score = han.reduce((sum, c) => sum + (SIMPLIFIED.includes(c) ? 1 : 0) - (TRADITIONAL.includes(c) ? 1 : 0), 0);
    if (score) return score > 0 ? "zh-Hans" : "zh-Hant";
    return present === "en" ? "zh-Hans" : present;
  }
  const words = text.replace(/\S*[@\d/]\S*/g, " ").match(/\p{Script=Latin}{2,}/gu) || [];
  return words.length >= 3 ? "en" : present;
}
