// The demo shop: its language, the plans and the orders to try. The chat comes from /widget.js alone.

const KEY = "shop.language";
const COPIED = { en: "Copied: ", zh: "已复制：" };
const DAYS = { en: (n) => `${n} days`, zh: (n) => `${n} 天` };
const UNLIMITED = { en: "Unlimited data", zh: "不限量" };

const $ = (id) => document.getElementById(id);
let language = localStorage.getItem(KEY) ?? (navigator.language.startsWith("zh") ? "zh" : "en");

function made(tag, text, className, lang) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  if (lang) element.lang = lang;
  return element;
}

const both = (en, zh) => [made("span", en, "", "en"), made("span", zh, "", "zh")];

function button(className, act, ...content) {
  const element = made("button", "", className);
  element.type = "button";
  element.append(...content);
  element.addEventListener("click", act);
  return element;
}

function chat(draft) {
  if (window.esimAftercare) window.esimAftercare.open(draft);
  else window.addEventListener("esim-aftercare:ready", () => window.esimAftercare.open(draft), { once: true });
}

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
  $("copied").textContent = COPIED[language] + text;
}

function planCard(plan) {
  const item = made("li");
  const price = (tag) =>
    new Intl.NumberFormat(tag, { style: "currency", currency: plan.currency }).format(plan.price_minor / 100);
  const data = (tag) => (plan.data_mb ? `${plan.data_mb / 1024} GB` : UNLIMITED[tag]);
  const name = made("strong");
  name.append(...both(plan.name_en, plan.name_zh));
  const facts = made("span", "", "facts");
  const summary = (tag) => `${data(tag)} · ${DAYS[tag](plan.days)}`;
  facts.append(...both(summary("en"), summary("zh")));
  const cost = made("span", "", "price");
  cost.append(...both(price("en"), price("zh-CN")));
  item.append(name, cost, facts);
  return item;
}

function orderRow(order) {
  const row = made("tr");
  const situation = made("th");
  situation.scope = "row";
  situation.append(...both(order.en, order.zh));
  const cell = (className, content) => {
    const element = made("td", "", className);
    element.append(content);
    return element;
  };
  row.append(
    situation,
    cell("", button("copy", () => copy(order.number), order.number)),
    cell("", button("copy", () => copy(order.email), order.email)),
    cell("asks", button("ask", () => chat(language === "zh" ? order.ask_zh : order.ask_en), ...both(order.ask_en, order.ask_zh))),
  );
  return row;
}

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

for (const topic of $("topics").children) {
  topic.addEventListener("click", () => chat(topic.dataset[language]));
}

speak();
window.addEventListener("esim-aftercare:ready", () => {
  if (localStorage.getItem(KEY)) window.esimAftercare.setLanguage(document.documentElement.lang);
});
list("/shop/plans.json", $("plan-list"), planCard);
list("/shop/orders.json", $("order-list"), orderRow);
