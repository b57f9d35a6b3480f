// The demo shop: its language, the plans and the orders to try. The chat comes from /widget.js alone.

const KEY = "shop.language";
/** @typedef {"en" | "zh"} Tongue */
/** @typedef {{number: string, email: string, en: string, zh: string, ask_en: string, ask_zh: string}} Order */

/**
 * A plan as /shop/plans.json has it.
 * @typedef {object} Plan
 * @property {string} id
 * @property {number | null} data_mb null for unlimited data
 * @property {number | null} fair_use_mb a day at full speed
 * @property {number} days
 * @property {number} price_minor in cents
 * @property {string} currency
 * @property {boolean} hotspot
 * @property {string[]} countries
 * @property {string[]} operators
 */

const TAG = { en: "en-NZ", zh: "zh-CN" };
const TEXTS = {
  en: {
    copied: "Copied: ",
    copy: "Copy the order number and e-mail",
    days: (/** @type {number} */ n) => `${n} days`,
    unlimited: "Unlimited",
    fullSpeed: (/** @type {number} */ gb) => `full speed for ${gb} GB a day`,
    hotspot: "hotspot allowed",
    ask: "Ask about it",
    and: " + ",
    question: (/** @type {string} */ where, /** @type {string} */ data, /** @type {string} */ days) =>
      `Which ${data === "Unlimited" ? "unlimited plan" : "plan"} for ${days} in ${where}${data === "Unlimited" ? "" : ` with ${data}`}?`,
  },
  zh: {
    copied: "已复制：",
    copy: "复制订单号和邮箱",
    days: (/** @type {number} */ n) => `${n} 天`,
    unlimited: "不限量",
    fullSpeed: (/** @type {number} */ gb) => `每天 ${gb} GB 高速`,
    hotspot: "可开热点",
    ask: "咨询这个套餐",
    and: "+",
    question: (/** @type {string} */ where, /** @type {string} */ data, /** @type {string} */ days) =>
      `${where} ${days}，${data}，选哪个套餐？`,
  },
};

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {Tongue} */
let language = (localStorage.getItem(KEY) ?? navigator.language).startsWith("zh") ? "zh" : "en";

/**
 * An element with its text, class and language.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [text]
 * @param {string} [className]
 * @param {string} [lang]
 */
function made(tag, text, className, lang) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  if (lang) element.lang = lang;
  return element;
}

/**
 * The same text in both languages; the style sheet shows the one that is chosen.
 * @param {string} en
 * @param {string} zh
 */
const both = (en, zh) => [made("span", en, "", "en"), made("span", zh, "", "zh-Hans")];

/**
 * @param {string} className
 * @param {() => void} act
 * @param {(Node | string)[]} content
 */
function button(className, act, ...content) {
  const element = made("button", "", className);
  element.type = "button";
  element.append(...content);
  element.addEventListener("click", act);
  return element;
}

/** @param {string | undefined} draft text to put into the chat's field */
function chat(draft) {
  if (window.esimAftercare) window.esimAftercare.open(draft);
  else window.addEventListener("esim-aftercare:ready", () => window.esimAftercare?.open(draft), { once: true });
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // pages without https may not use the clipboard: the text is selected and shown instead
    const area = made("textarea", "", "hidden");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  $("copied").textContent = TEXTS[language].copied + text;
}

/**
 * What the card of a plan says in one language.
 * @param {Plan} plan
 * @param {Tongue} tongue
 */
function wordsOf(plan, tongue) {
  const texts = TEXTS[tongue];
  const name = new Intl.DisplayNames(TAG[tongue], { type: "region" });
  const countries = plan.countries.map((country) => name.of(country));
  const data = plan.data_mb ? `${plan.data_mb / 1024} GB` : texts.unlimited;
  const days = texts.days(plan.days);
  const notes = [plan.operators.join(tongue === "zh" ? "、" : ", ")];
  if (plan.fair_use_mb) notes.push(texts.fullSpeed(plan.fair_use_mb / 1024));
  if (plan.hotspot) notes.push(texts.hotspot);
  /** @type {Intl.NumberFormatOptions} */
  const money = { style: "currency", currency: plan.currency, currencyDisplay: "narrowSymbol" };
  return {
    where: countries.join(texts.and),
    data,
    days,
    notes: notes.join(" · "),
    price: plan.currency.slice(0, 2) + new Intl.NumberFormat(TAG[tongue], money).format(plan.price_minor / 100),
    ask: texts.ask,
    question: texts.question(countries.join(tongue === "zh" ? "和" : " and "), data, days),
  };
}

/** @param {Plan} plan */
function planCard(plan) {
  const words = { en: wordsOf(plan, "en"), zh: wordsOf(plan, "zh") };
  /**
   * @param {"span" | "strong"} tag
   * @param {keyof typeof words.en} name
   */
  const line = (tag, name) => {
    const element = made(tag, "", name);
    element.append(...both(words.en[name], words.zh[name]));
    return element;
  };
  const item = made("li");
  item.id = plan.id;
  const ask = button("ask", () => chat(words[language].question), ...both(words.en.ask, words.zh.ask));
  item.append(
    line("span", "where"),
    line("strong", "data"),
    line("span", "days"),
    line("span", "notes"),
    line("span", "price"),
    ask,
  );
  return item;
}

/** @param {Order} order */
function orderCard(order) {
  const item = made("li");
  const situation = made("h3");
  situation.append(...both(order.en, order.zh));
  const proof = `${order.number} ${order.email}`;
  const hint = made("span", "", "hidden");
  hint.append(...both(`${TEXTS.en.copy}: `, `${TEXTS.zh.copy}：`));
  const number = made("b", order.number);
  item.append(
    situation,
    button("ask", () => chat(language === "zh" ? order.ask_zh : order.ask_en), ...both(order.ask_en, order.ask_zh)),
    button("copy", () => copy(proof), hint, number, " ", made("span", order.email)),
  );
  return item;
}

/**
 * @template T
 * @param {string} address of a JSON list
 * @param {HTMLElement} into
 * @param {(item: T) => Node} make
 */
async function list(address, into, make) {
  const answer = await fetch(address);
  if (answer.ok) into.replaceChildren(...(await answer.json()).map(make));
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  $("language").textContent = language === "zh" ? "English" : "中文";
  $("language").lang = language === "zh" ? "en" : "zh";
}

$("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem(KEY, language);
  speak();
  window.esimAftercare?.setLanguage(document.documentElement.lang);
});

for (const topic of /** @type {HTMLCollectionOf<HTMLElement>} */ ($("topics").children)) {
  topic.addEventListener("click", () => chat(topic.dataset[language]));
}

speak();
window.addEventListener("esim-aftercare:ready", () => {
  if (localStorage.getItem(KEY)) window.esimAftercare?.setLanguage(document.documentElement.lang);
});
list("/shop/plans.json", $("plan-list"), planCard);
list("/shop/orders.json", $("order-list"), orderCard);
