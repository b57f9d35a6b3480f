// The plain chat page: a client of the chat API that keeps its conversation over reloads and lost connections.
// Whatever the other side says is only ever set as text.

const TEXTS = {
  en: {
    title: "eSIM help",
    subtitle: "Answers at any hour, in English and Chinese",
    download: "Save chat",
    forget: "Delete chat",
    forgetSure: "Delete this chat for good?",
    placeholder: "Your message",
    picture: "Send a picture",
    send: "Send",
    welcome: "Kia ora! What can I do for you? You can start with one of these:",
    starters: ["My eSIM won't activate", "I have no signal", "I want a refund", "Which phones work?"],
    typing: "Writing …",
    offline: "No connection. Your message is sent as soon as it is back.",
    other: "中文",
  },
  zh: {
    title: "eSIM 售后",
    subtitle: "随时解答，中文英文都可以",
    download: "保存聊天",
    forget: "删除聊天",
    forgetSure: "确定永久删除这段聊天吗？",
    placeholder: "请输入消息",
    picture: "发送图片",
    send: "发送",
    welcome: "您好！需要什么帮助？可以从这里开始：",
    starters: ["我的 eSIM 激活不了", "没有信号", "我想退款", "哪些手机可以用？"],
    typing: "正在输入……",
    offline: "网络断开了，恢复后会自动发送。",
    other: "English",
  },
};
const KEY = "aftercare.chat";
const $ = (id) => document.getElementById(id);
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

let language = localStorage.getItem("aftercare.language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
let session = null;
let lastSeq = 0;
let reading = null;
let outbox = Promise.resolve();

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function withLinks(paragraph, text) {
  for (const part of text.split(/(https?:\/\/[^\s<>"'，。；）)]+)/)) {
    if (/^https?:\/\//.test(part)) {
      const link = element("a", part);
      link.href = part;
      link.rel = "noopener noreferrer";
      link.target = "_blank";
      paragraph.append(link);
    } else {
      paragraph.append(part);
    }
  }
}

function choicesOf(list, choose) {
  const row = element("div", "", "choices");
  for (const choice of list) {
    const button = element("button", choice.title);
    button.type = "button";
    button.addEventListener("click", () => {
      for (const each of row.children) each.disabled = true;
      choose(choice);
    });
    row.append(button);
  }
  return row;
}

function scrollDown() {
  $("log").scrollTop = $("log").scrollHeight;
}

function show(event) {
  const sender = event.kind === "state" ? "system" : event.from;
  const box = element("div", "", `message ${sender}`);
  if (event.agent) box.append(element("small", event.agent));
  if (event.text) {
    const paragraph = element("p");
    withLinks(paragraph, event.text);
    box.append(paragraph);
  }
  if (event.image && /^(data:image\/|\/media\/)/.test(event.image)) {
    const image = element("img");
    image.src = event.image;
    image.alt = event.text || TEXTS[language].picture;
    image.addEventListener("load", scrollDown);
    box.append(image);
  }
  if (event.choices.length) box.append(choicesOf(event.choices, (choice) => send({ choice: choice.id })));
  const time = element("small", new Date(event.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  if (event.kind === "message") box.append(time);
  $("log").append(box);
  scrollDown();
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

function received(event) {
  if (event.seq) {
    if (event.seq <= lastSeq) return;
    lastSeq = event.seq;
    $("welcome")?.remove();
    if (event.text || event.image) show(event);
    if (event.from !== "traveller") notice("");
  } else if (event.kind === "typing") {
    if ($("notice").hidden) notice(TEXTS[language].typing);
  } else {
    notice(event.state === "delayed" ? event.text : "");
  }
}

async function request(path, options = {}) {
  const headers = { ...options.headers };
  if (session) headers.Authorization = `Bearer ${session.token}`;
  if (options.json) {
    headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(options.json);
    options.method = "POST";
  }
  return fetch(path, { ...options, headers });
}

async function openSession() {
  const kept = localStorage.getItem(KEY);
  for (const json of kept ? [{ resume: kept }, {}] : [{}]) {
    const response = await request("/api/chat/sessions", { json: { locale: language, ...json } });
    if (response.ok) {
      session = await response.json();
      localStorage.setItem(KEY, session.token);
      return;
    }
    if (response.status !== 401) throw new Error("no session");
    localStorage.removeItem(KEY);
  }
}

async function readEvents() {
  reading = new AbortController();
  const response = await request(`/api/chat/events?after=${lastSeq}`, { signal: reading.signal });
  if (response.status === 401) {
    session = null;
    return;
  }
  if (!response.ok) throw new Error("no events");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) received(JSON.parse(data.slice(6)));
    }
  }
}

async function stayConnected() {
  for (let tries = 0; ; tries += 1) {
    try {
      if (!session) await openSession();
      if ($("notice").textContent === TEXTS[language].offline) notice("");
      tries = 0;
      await readEvents();
    } catch {
      notice(TEXTS[language].offline);
    }
    await pause(Math.min(10, 0.5 * 2 ** tries) * (0.8 + Math.random() * 0.4));
  }
}

// one after the other, each until it is accepted: order is kept, and its id makes repeating harmless
function send(content) {
  const id = crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join("-");
  outbox = outbox.then(async () => {
    for (let tries = 0; ; tries += 1) {
      try {
        const response = content.picture
          ? await request(`/api/chat/pictures?id=${id}`, { method: "POST", body: content.picture })
          : await request("/api/chat/messages", { json: { id, ...content } });
        if (response.ok) return;
        if (response.status === 401) {
          session = null;
          reading?.abort();
        } else if (response.status !== 429 && response.status < 500) {
          notice((await response.json()).error.message);
          return;
        }
      } catch {
        notice(TEXTS[language].offline);
      }
      await pause(Math.min(10, 0.5 * 2 ** tries));
    }
  });
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  const texts = TEXTS[language];
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  $("text").placeholder = texts.placeholder;
  $("language").textContent = texts.other;
  $("language").lang = language === "zh" ? "en" : "zh";
  if (lastSeq) return;
  $("welcome")?.remove();
  const box = element("div", "", "message assistant");
  box.id = "welcome";
  const starters = texts.starters.map((title) => ({ title }));
  box.append(element("p", texts.welcome), choicesOf(starters, (choice) => send({ text: choice.title })));
  $("log").append(box);
}

$("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("aftercare.language", language);
  speak();
});

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text) send({ text });
  $("text").value = "";
});

// Enter that ends a Chinese input method's composition must not send half a word (229: browsers that hide isComposing)
$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  $("form").requestSubmit();
});

$("picture").addEventListener("change", () => {
  const [picture] = $("picture").files;
  if (picture) send({ picture });
  $("picture").value = "";
});

$("download").addEventListener("click", async () => {
  const response = await request("/api/chat/conversation");
  if (!response.ok) return;
  const link = element("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "chat.json";
  link.click();
  URL.revokeObjectURL(link.href);
});

$("forget").addEventListener("click", async () => {
  if (!confirm(TEXTS[language].forgetSure)) return;
  const response = await request("/api/chat/conversation", { method: "DELETE" });
  if (response.status !== 204 && response.status !== 401) return;
  localStorage.removeItem(KEY);
  session = null;
  lastSeq = 0;
  $("log").replaceChildren();
  speak();
  reading?.abort();
});

speak();
stayConnected();
