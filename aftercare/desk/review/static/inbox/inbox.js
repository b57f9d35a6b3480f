// The inbox in the browser: follows what changes, keeps what is being typed, and answers to the keyboard.
/* global htmx */

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const thread = () => $(".thread");
const typed = "desk-typed:"; // what was typed and not sent, by conversation and field

const get = async (url) => {
  const response = await fetch(url, { headers: { "HX-Request": "true" } });
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
};

// --- the list ---

let listing = null;
let listAgain = false;

const refreshList = () => {
  if (listing) {
    listAgain = true;
    return;
  }
  const list = $("#list");
  if (!list) return;
  const url = `/desk/inbox/lines?${list.dataset.query}&size=${Math.max(40, $$(".line").length)}`;
  listing = get(url)
    .then((page) => {
      const picked = new Set($$(".line input:checked").map((box) => box.value));
      const at = $(".line.at")?.id;
      const focused = document.activeElement?.closest?.(".line")?.id;
      const scroll = $(".list").scrollTop;
      const fresh = $("#list", page);
      const bulk = $("#bulk");
      list.replaceWith(fresh);
      $("#bulk").replaceWith(bulk); // somebody may be typing a tag
      $("#tabs").replaceWith($("#tabs", page));
      htmx.process(fresh);
      htmx.process($("#tabs"));
      for (const box of $$(".line input")) box.checked = picked.has(box.value);
      if (at) document.getElementById(at)?.classList.add("at");
      if (focused) $("a", document.getElementById(focused) ?? document.createElement("p"))?.focus({ preventScroll: true });
      $(".list").scrollTop = scroll;
      mark();
      pick();
    })
    .catch(() => {}) // the stream connects again, and then the list is asked for again
    .finally(() => {
      listing = null;
      if (listAgain) {
        listAgain = false;
        setTimeout(refreshList, 300);
      }
    });
};

const mark = () => {
  for (const link of $$("[data-line]")) {
    const open = link.closest(".line").dataset.id === thread()?.dataset.id;
    open ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    if (!open) continue; // what is open is being read
    link.closest(".line").classList.remove("unread");
    $(".dot", link)?.remove();
  }
};

const pick = () => {
  const number = $$(".line input:checked").length;
  const text = $("#picked");
  if (!text) return;
  $("#bulk").hidden = number === 0;
  text.textContent = text.dataset.text.replace("#", number);
};

// --- the thread ---

let reading = null;
let readAgain = false;

const refreshThread = (first = Infinity) => {
  const open = thread();
  if (!open) return;
  if (reading) {
    readAgain = true;
    return;
  }
  const shown = $$("[data-seq]", open).map((each) => Number(each.dataset.seq));
  const waiting = $$("[data-pending]", open).map((each) => Number(each.dataset.seq));
  // from the first message whose meaning is not known yet, else the last one: it may have been flagged
  const from = Math.max(1, Math.min(first, ...waiting, ...(shown.length ? [Math.max(...shown)] : [1])));
  const url = `/desk/inbox/c/${open.dataset.id}/items?from=${from}&script=${open.dataset.script}`;
  reading = get(url)
    .then((page) => {
      if (thread() !== open) return;
      const items = $("#items");
      const end = items.scrollHeight - items.scrollTop - items.clientHeight < 80;
      for (const fresh of [...$("#items", page).children]) {
        const old = document.getElementById(fresh.id);
        if (!old && fresh.matches(".traveller")) $("#typing").textContent = ""; // it was this that they wrote
        const folded = old && $("details", old)?.open;
        old ? old.replaceWith(fresh) : place(items, fresh);
        if (folded && $("details", fresh)) $("details", fresh).open = true;
        htmx.process(fresh);
      }
      if (end) items.scrollTop = items.scrollHeight;
      swapHead(page);
    })
    .catch(() => {})
    .finally(() => {
      reading = null;
      if (readAgain) {
        readAgain = false;
        refreshThread();
      }
    });
};

// a note that is not new to the server may be new to this page: it goes where it was written
const place = (items, fresh) => items.append(fresh);

const swapHead = (page) => {
  const head = $("#head");
  const fresh = $("#head", page);
  const busy = head.contains(document.activeElement) && document.activeElement.matches("input, select");
  if (!busy && !$("details[open]", head)) {
    const present = $("#presence").textContent;
    head.replaceWith(fresh);
    $("#presence").textContent = present;
    htmx.process(fresh);
  }
  const composer = $("#composer");
  const other = $("#composer", page);
  if (composer.dataset.mode !== other.dataset.mode || composer.textContent !== other.textContent) {
    if (composer.dataset.mode === "mine" && other.dataset.mode === "mine") return;
    keep();
    composer.replaceWith(other);
    htmx.process(other);
    recall();
  }
};

const opened = () => {
  const open = thread();
  if (!open) return;
  const items = $("#items");
  const linked = open.dataset.linked && document.getElementById(`m${open.dataset.linked}`);
  const noted = location.hash.startsWith("#note-") && document.getElementById(location.hash.slice(1));
  if (linked || noted) (linked || noted).scrollIntoView({ block: "center" });
  else items.scrollTop = items.scrollHeight;
  recall();
  mark();
};

// --- what is being typed stays, whatever is drawn anew ---

const key = (field) => `${typed}${thread()?.dataset.id}:${field.id}`;

const keep = (field) => {
  for (const each of field ? [field] : $$("#reply-text, #note-text")) {
    each.value ? sessionStorage.setItem(key(each), each.value) : sessionStorage.removeItem(key(each));
  }
};

const recall = () => {
  for (const each of $$("#reply-text, #note-text")) {
    each.value ||= sessionStorage.getItem(key(each)) ?? "";
    if (each.id === "note-text" && each.value) each.closest("details").open = true;
  }
};

// one id per text: sent again after a lost answer, it is kept once
const stamp = (form) => {
  const field = $("[name=client_id]", form);
  if (field && !field.value) field.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
};

// --- live ---

let source = null;
let typingUntil = 0;

const listen = () => {
  source?.close();
  const open = thread()?.dataset.id ?? "";
  source = new EventSource(`/desk/inbox/live?open=${encodeURIComponent(open)}`);
  const on = (kind, does) => source.addEventListener(kind, (event) => does(JSON.parse(event.data)));
  source.addEventListener("open", () => {
    refreshList(); // what changed between the page and its stream was told to nobody
    refreshThread();
    document.body.dataset.live = open || "list";
  });
  on("list", refreshList);
  on("thread", () => refreshThread());
  on("settled", () => refreshThread());
  on("mention", refreshList);
  on("typing", () => {
    const notice = $("#typing");
    if (!notice) return;
    notice.textContent = notice.dataset.text;
    typingUntil = Date.now() + 5000;
    setTimeout(() => Date.now() >= typingUntil && (notice.textContent = ""), 5100);
  });
  on("presence", ({ names }) => {
    const notice = $("#presence");
    if (notice) notice.textContent = names.length ? notice.dataset.text.replace("#", names.join(", ")) : "";
  });
};

// --- keyboard ---

const lines = () => $$(".line");
const move = (step) => {
  const all = lines();
  if (!all.length) return;
  const now = all.findIndex((line) => line.classList.contains("at"));
  const open = all.findIndex((line) => $("[aria-current]", line));
  const next = all[Math.max(0, Math.min(all.length - 1, (now < 0 ? open : now) + step))];
  for (const line of all) line.classList.toggle("at", line === next);
  $("a", next).focus();
};
const into = (selector) => {
  const field = $(selector);
  if (!field) return;
  field.closest("details")?.setAttribute("open", "");
  field.focus();
};
const jump = () => {
  const items = $("#items");
  const all = $$("#items .flagged, #items .low");
  if (!all.length) return;
  const next = all.find((each) => each.offsetTop - items.offsetTop > items.scrollTop + items.clientHeight / 2) ?? all[0];
  next.scrollIntoView({ block: "center" });
  for (const each of all) each.classList.toggle("linked", each === next);
};
const show = (id) => $(`#${id}`)?.showModal();

const keys = {
  j: () => move(1),
  k: () => move(-1),
  c: () => $("#claim")?.click(),
  e: () => $("#resolve")?.click(),
  r: () => into("#reply-text"),
  n: () => into("#note-text"),
  t: () => into("#tag-name"),
  f: jump,
  x: () => $(".line.at input, .line:has([aria-current]) input")?.click(),
  "/": () => into("#q"),
  "?": () => show("help"),
};

// the palette: everything that can be pressed on this page, by its name
let found = [];
let chosen = 0;
const offer = () => {
  const text = $("#palette-text").value.trim().toLowerCase();
  const all = $$("nav a, .tabs a, .head button, .head .button, .line a, .composer button, #canned option[value]:not([value=''])");
  found = all.filter((each) => each.textContent.trim() && each.textContent.toLowerCase().includes(text)).slice(0, 12);
  chosen = Math.min(chosen, Math.max(0, found.length - 1));
  $("#palette-list").replaceChildren(
    ...found.map((each, index) => {
      const line = document.createElement("li");
      line.role = "option";
      line.id = `palette-${index}`;
      line.ariaSelected = String(index === chosen);
      line.textContent = each.textContent.trim().replace(/\s+/g, " ").slice(0, 90);
      return line;
    }),
  );
  $("#palette-text").setAttribute("aria-activedescendant", found.length ? `palette-${chosen}` : "");
};
const run = (index) => {
  const target = found[index];
  $("#palette").close();
  if (target?.tagName === "OPTION") insert(target.value);
  else target?.click();
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    $("#palette-text").value = "";
    chosen = 0;
    offer();
    show("palette");
    return;
  }
  if (event.target.id === "palette-text") {
    if (event.key === "ArrowDown") chosen = Math.min(found.length - 1, chosen + 1);
    else if (event.key === "ArrowUp") chosen = Math.max(0, chosen - 1);
    else if (event.key === "Enter") return event.preventDefault(), run(chosen);
    else return;
    event.preventDefault();
    offer();
    return;
  }
  if (event.target.matches("textarea") && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    if (event.target.id === "reply-text" || event.ctrlKey) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    return;
  }
  if (event.key === "Escape" && event.target.matches("textarea, input")) event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  if (document.querySelector("dialog[open]")) return;
  const does = keys[event.key];
  if (does) {
    event.preventDefault();
    does();
  }
});

// --- pressing ---

const insert = (text) => {
  const field = $("#reply-text");
  if (!field) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  keep(field);
};

document.addEventListener("click", async (event) => {
  const pressed = event.target.closest("[data-dialog], [data-cancel], [data-copy], [data-jump], [data-more], #palette-list li");
  if (!pressed) return;
  if (pressed.matches("#palette-list li")) run([...pressed.parentNode.children].indexOf(pressed));
  else if (pressed.dataset.dialog) show(pressed.dataset.dialog);
  else if ("cancel" in pressed.dataset) pressed.closest("dialog").close();
  else if ("jump" in pressed.dataset) jump();
  else if (pressed.dataset.copy) {
    const text = await (await fetch(pressed.dataset.copy)).text();
    await navigator.clipboard.writeText(text);
    pressed.textContent += " ✓";
  } else if (pressed.dataset.more) {
    const page = await get(`/desk/inbox/lines?${$("#list").dataset.query}&after=${pressed.dataset.more}`);
    const fresh = [...page.body.children].filter((each) => each.tagName === "LI");
    pressed.closest("li").replaceWith(...fresh);
    for (const each of fresh) htmx.process(each);
  }
});

let toldTyping = 0;
document.addEventListener("input", (event) => {
  if (event.target.id === "palette-text") offer();
  if (!event.target.matches("#reply-text, #note-text")) return;
  keep(event.target);
  const field = $("[name=client_id]", event.target.form);
  if (field) field.value = ""; // another text is another message
  if (event.target.dataset.typing && event.target.value && Date.now() - toldTyping > 3000) {
    toldTyping = Date.now();
    fetch(event.target.dataset.typing, { method: "POST", headers: csrf() });
  }
});

const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"));

document.addEventListener("change", (event) => {
  if (event.target.id === "canned" && event.target.value) {
    insert(event.target.value);
    event.target.value = "";
  }
  if (event.target.matches(".line input")) pick();
});

document.addEventListener("htmx:configRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches("form")) return;
  stamp(form);
  const field = $("[name=client_id]", form);
  if (field) event.detail.parameters.set?.("client_id", field.value) ?? (event.detail.parameters.client_id = field.value);
  // handing back sends what was still being typed, so that it is not lost
  if (event.detail.path.endsWith("/hand-back") && $("#reply-text")?.value) {
    event.detail.parameters.append?.("text", $("#reply-text").value);
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful, requestConfig } = event.detail;
  if (requestConfig.verb !== "post") return;
  if (successful && (elt.matches("#reply, #note") || requestConfig.path.endsWith("/hand-back"))) {
    for (const field of elt.matches("#note") ? [$("#note-text")] : [$("#reply-text")]) {
      if (field) field.value = "";
    }
    keep();
    toldTyping = 0; // the traveller sees a message now, and the next one is a new one
    for (const field of $$("[name=client_id], [type=file]", elt)) field.value = "";
  }
  if (successful && elt.id === "bulk") {
    for (const box of $$(".line input:checked")) box.checked = false;
    pick();
  }
  if (successful && requestConfig.path.endsWith("/refund")) {
    get(`/desk/inbox/c/${thread().dataset.id}/context`).then((page) => {
      $("#context").replaceWith($("#context", page));
      htmx.process($("#context"));
    });
  }
  for (const menu of $$(".menu[open]")) menu.open = menu.contains(document.activeElement) && !successful;
  if (elt.closest(".head")) document.activeElement?.blur?.();
  refreshThread(elt.matches(".flagging") ? Number($("[name=seq]", elt).value) : Infinity);
});

document.addEventListener("htmx:beforeSwap", (event) => event.detail.target?.id === "pane" && keep());
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "pane") return;
  opened();
  listen();
  refreshList();
  $("#pane").focus({ preventScroll: true });
});

opened();
listen();
pick();
