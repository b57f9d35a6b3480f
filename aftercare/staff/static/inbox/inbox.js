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
      const column = $(".list");
      const top = column.getBoundingClientRect().top;
      // what is being looked at stays where it is, whatever arrives above it
      const seen = column.scrollTop && $$(".line").find((line) => line.getBoundingClientRect().bottom > top);
      const offset = seen ? seen.getBoundingClientRect().top : 0;
      const scroll = column.scrollTop;
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
      column.scrollTop = scroll;
      const again = seen && document.getElementById(seen.id);
      if (again) column.scrollTop += again.getBoundingClientRect().top - offset;
      mark();
      pick();
      title();
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

// waiting times grow, and what was put off comes back, though nobody says anything
setInterval(() => document.hidden || refreshList(), 60_000);

const mark = () => {
  for (const link of $$("[data-line]")) {
    const open = link.closest(".line").dataset.id === thread()?.dataset.id;
    open ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    if (!open) continue; // what is open is being read
    link.closest(".line").classList.remove("unread");
    $(".dot", link)?.remove();
  }
};

// a page in the background tells how many wait
const named = document.title;
const title = () => {
  const number = $("#tabs [data-tab=person] .count")?.textContent;
  document.title = number ? `(${number}) ${named}` : named;
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
  if (reading || document.hidden) { // what nobody looks at is not read
    readAgain = true;
    return;
  }
  const shown = $$("[data-seq]", open).map((each) => Number(each.dataset.seq));
  const waiting = $$("[data-pending]", open).map((each) => Number(each.dataset.seq));
  // from the first message whose meaning is not known yet, else the last one: it may have been flagged
  // a part far from the end stays as it is: what is new stands behind "to the latest messages"
  const part = "part" in open.dataset;
  const from = part ? 2 ** 31 - 1 : Math.max(1, Math.min(first, ...waiting, ...(shown.length ? [Math.max(...shown)] : [1])));
  const url = `/desk/inbox/c/${open.dataset.id}/items?from=${from}&script=${open.dataset.script}`;
  reading = get(url)
    .then((page) => {
      if (thread() !== open) return;
      const items = $("#items");
      for (const fresh of [...$("#items", page).children]) {
        const old = document.getElementById(fresh.id);
        if (!old && fresh.matches(".traveller")) $("#typing").textContent = ""; // it was this that they wrote
        const folded = old && $("details", old)?.open;
        if (!old && part) continue;
        old ? old.replaceWith(fresh) : items.append(fresh);
        if (folded && $("details", fresh)) $("details", fresh).open = true;
        htmx.process(fresh);
      }
      for (const sent of $$("[data-sent]", items)) sent.remove();
      for (const waits of $$("[data-outbox]", items)) items.append(waits);
      swapHead(page);
      toEnd();
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

// the end stays in sight while it was, also when the room for it changes
let atEnd = true;
const toEnd = () => {
  const items = $("#items");
  if (items && atEnd) items.scrollTop = items.scrollHeight;
};
const room = new ResizeObserver(toEnd);

const earlier = async (button) => {
  const page = await get(`/desk/inbox/c/${thread().dataset.id}/items?before=${button.dataset.earlier}&script=${thread().dataset.script}`);
  const items = $("#items");
  const fresh = [...page.body.children].filter((each) => each.id !== "notices");
  const height = items.scrollHeight;
  button.closest("p").replaceWith(...fresh);
  for (const each of fresh) htmx.process(each);
  items.scrollTop += items.scrollHeight - height;
};

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
  atEnd = !(linked || noted);
  items.addEventListener("scroll", () => (atEnd = items.scrollHeight - items.scrollTop - items.clientHeight < 80), { passive: true });
  room.disconnect();
  room.observe(items);
  recall();
  mark();
  unsent();
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

// --- replies: shown at once, sent in order, and again until the desk has them ---

const uuid = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
const stored = (id) => `desk-unsent:${id}`;
let outbox = [];
let delivering = null;

const remember = (id) => {
  const mine = outbox.filter((each) => each.talk === id).map(({ id: client, text }) => ({ id: client, text }));
  mine.length ? sessionStorage.setItem(stored(id), JSON.stringify(mine)) : sessionStorage.removeItem(stored(id));
};

// what was on its way when the page was left: sent again under its id, it arrives once
const unsent = () => {
  const talk = thread().dataset.id;
  for (const { id, text } of JSON.parse(sessionStorage.getItem(stored(talk)) ?? "[]")) {
    if (text && !outbox.some((each) => each.id === id)) outbox.push({ talk, id, text });
  }
  for (const entry of outbox.filter((each) => each.talk === talk)) bubble(entry);
  deliver();
};

const bubble = (entry) => {
  if ($(`[data-outbox="${entry.id}"]`) || entry.talk !== thread()?.dataset.id) return;
  const box = $("#sending").content.firstElementChild.cloneNode(true);
  box.dataset.outbox = entry.id;
  $(".text", box).textContent = entry.text || entry.picture?.name || "";
  $("#items").append(box);
  atEnd = true;
  toEnd();
};

const send = (form) => {
  const field = $("#reply-text", form);
  const file = $("[name=picture]", form);
  const entry = { talk: thread().dataset.id, id: uuid(), text: field.value.trim(), picture: file.files[0] };
  if (!entry.text && !entry.picture) return field.focus();
  outbox.push(entry);
  field.value = "";
  file.value = "";
  chosenPicture(form);
  keep(field);
  remember(entry.talk);
  toldTyping = 0; // the traveller sees a message now, and the next one is a new one
  bubble(entry);
  deliver();
};

const deliver = () => (delivering ??= delivery().finally(() => (delivering = null)));

const delivery = async () => {
  while (outbox.length) {
    const entry = outbox[0];
    const form = new FormData();
    form.set("text", entry.text);
    form.set("client_id", entry.id);
    if (entry.picture) form.set("picture", entry.picture);
    let response = null;
    try {
      response = await fetch(`/desk/inbox/c/${entry.talk}/reply`, {
        method: "POST", body: form, headers: { ...csrf(), "HX-Request": "true" },
      });
    } catch { /* the connection is away */ }
    if (!response || response.status >= 500) {
      lost(true);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      continue;
    }
    outbox = outbox.filter((each) => each !== entry);
    remember(entry.talk);
    const box = $(`[data-outbox="${entry.id}"]`);
    if (response.ok) {
      if (source.readyState === EventSource.OPEN) lost(false);
      if (box) {
        box.dataset.sent = "";
        delete box.dataset.outbox;
      }
      refreshThread();
      continue;
    }
    box?.remove();
    // what was refused is there to be sent again
    const field = entry.talk === thread()?.dataset.id && $("#reply-text");
    if (field) field.value = [entry.text, field.value].filter(Boolean).join("\n");
    const kept = `${typed}${entry.talk}:reply-text`;
    sessionStorage.setItem(kept, field ? field.value : [entry.text, sessionStorage.getItem(kept)].filter(Boolean).join("\n"));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if ($("#notices", page)) $("#notices").replaceWith($("#notices", page));
    refreshThread();
  }
};

const chosenPicture = (form) => {
  const file = $("[name=picture]", form)?.files[0];
  const shown = $(".chosen", form);
  if (!shown) return;
  shown.hidden = !file;
  $("span", shown).textContent = file?.name ?? "";
};

// one id per text: sent again after a lost answer, it is kept once
const stamp = (form) => {
  const field = $("[name=client_id]", form);
  if (field && !field.value) field.value = uuid();
};

// --- live ---

let source = null;
let typingUntil = 0;
let lostAt = 0;

// says that the page does not hear of news any more, and why
const lost = (is, out = false) => {
  const notice = $("#connection");
  lostAt = is ? lostAt || Date.now() : 0;
  if (!is) notice.hidden = true;
  else if (out) {
    notice.hidden = false;
    $("span", notice).textContent = notice.dataset.out;
    $("a", notice).hidden = false;
  } else {
    setTimeout(() => {
      if (!lostAt || !notice.hidden) return;
      notice.hidden = false;
      $("span", notice).textContent = notice.dataset.lost;
      $("a", notice).hidden = true;
    }, 1500);
  }
};

// a stream that was refused is not tried again by the browser: the desk may be starting, or we are signed out
const broken = async () => {
  lost(true);
  if (source.readyState !== EventSource.CLOSED) return;
  const status = await fetch("/desk/inbox/lines?size=1", { headers: { "HX-Request": "true" } }).then((each) => each.status, () => 0);
  if (status === 401 || status === 403) return lost(true, true);
  setTimeout(listen, 2000);
};

const say = (text, id) => {
  const line = document.createElement("p");
  line.className = "notice ok";
  const link = document.createElement(id ? "a" : "span");
  if (id) link.href = `/desk/inbox/c/${id}?tab=all`;
  link.textContent = text;
  const close = $("#close").content.firstElementChild.cloneNode(true);
  line.append(link, close);
  $("#notices").append(line);
};

const listen = () => {
  source?.close();
  const open = thread()?.dataset.id ?? "";
  source = new EventSource(`/desk/inbox/live?open=${encodeURIComponent(open)}`);
  const on = (kind, does) => source.addEventListener(kind, (event) => does(JSON.parse(event.data)));
  source.addEventListener("error", broken);
  source.addEventListener("open", () => {
    lost(false);
    refreshList(); // what changed between the page and its stream was told to nobody
    refreshThread();
    document.body.dataset.live = open || "list";
  });
  on("list", refreshList);
  on("thread", () => refreshThread());
  on("settled", () => refreshThread());
  on("mention", ({ id, author }) => {
    refreshList();
    if (id !== open) say($("#connection").dataset.mention.replace("#", author), id);
  });
  on("given", ({ id, author }) => {
    refreshList();
    say($("#connection").dataset.given.replace("#", author), id);
  });
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
// the next one after the one jumped to last, or after what is in sight; also where it is not loaded yet
const jump = async () => {
  const open = thread();
  const response = open && (await fetch(`/desk/inbox/c/${open.dataset.id}/marked`));
  const marked = response?.ok ? await response.json() : [];
  if (thread() !== open) return;
  if (!marked.length) return response?.ok && say($("#connection").dataset.none);
  const items = $("#items");
  const half = items.scrollTop + items.clientHeight / 2;
  const shown = $$("[data-seq]", items);
  const now = Number($(".linked", items)?.dataset.seq ?? shown.filter((each) => each.offsetTop - items.offsetTop <= half).pop()?.dataset.seq ?? 0);
  const seq = marked.find((each) => each > now) ?? marked[0];
  const next = document.getElementById(`m${seq}`);
  if (!next) {
    const url = `/desk/inbox/c/${open.dataset.id}?${$("#list").dataset.query}&m=${seq}`;
    return htmx.ajax("GET", url, { target: "#pane" }).then(() => history.pushState(null, "", url));
  }
  for (const each of $$(".linked", items)) each.classList.remove("linked");
  next.classList.add("linked");
  atEnd = false;
  next.scrollIntoView({ block: "center" });
};
const show = (id) => $(`#${id}`)?.showModal();

const keys = {
  j: () => move(1),
  k: () => move(-1),
  c: () => $("#claim")?.click(),
  e: () => $("#resolve")?.click(),
  r: () => ($("#reply-text") ? into("#reply-text") : $("#claim")?.focus()),
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
  // for a moment after a dialog was closed its field still has the keys
  const closed = event.target.closest("dialog:not([open])");
  if (event.target.id === "palette-text" && !closed) {
    if (event.key === "ArrowDown") chosen = Math.min(found.length - 1, chosen + 1);
    else if (event.key === "ArrowUp") chosen = Math.max(0, chosen - 1);
    else if (event.key === "Enter") return event.preventDefault(), run(chosen);
    else return;
    event.preventDefault();
    offer();
    return;
  }
  if (event.target.matches("textarea") && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    if ($("#names li[aria-selected='true']")) return event.preventDefault(), insertName();
    if (event.target.id === "reply-text" || event.ctrlKey) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    return;
  }
  if (event.target.id === "note-text" && $("#names li") && ["ArrowDown", "ArrowUp", "Tab", "Escape"].includes(event.key)) {
    event.preventDefault();
    if (event.key === "Tab") insertName();
    else if (event.key === "Escape") offerNames("");
    else moveName(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (event.key === "Escape" && event.target.matches("textarea, input")) event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!closed && event.target.matches("input:not([type=checkbox]), textarea, select")) return;
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

// names of colleagues, while one is being typed after an @
const begun = () => {
  const field = $("#note-text");
  return field && /@([^\s@,.;:!?，。；：！？、]*)$/.exec(field.value.slice(0, field.selectionStart))?.[1];
};
const offerNames = (part) => {
  const list = $("#names");
  if (!list) return;
  const all = part === undefined || part === null ? [] : JSON.parse(list.dataset.names);
  const fit = part === "" && !list.dataset.open ? all : all.filter((each) => each.replace(/ /g, "").toLowerCase().startsWith(part?.toLowerCase()));
  list.replaceChildren(
    ...fit.slice(0, 6).map((name, index) => {
      const line = document.createElement("li");
      line.role = "option";
      line.textContent = name;
      line.ariaSelected = String(index === 0);
      return line;
    }),
  );
  list.hidden = !list.children.length;
};
const moveName = (step) => {
  const all = $$("#names li");
  const next = (all.findIndex((each) => each.ariaSelected === "true") + step + all.length) % all.length;
  all.forEach((each, index) => (each.ariaSelected = String(index === next)));
};
const insertName = (line = $("#names li[aria-selected='true']")) => {
  const field = $("#note-text");
  const end = field.selectionStart;
  field.setRangeText(`@${line.textContent.replace(/ /g, "")} `, end - begun().length - 1, end, "end");
  $("#names").replaceChildren();
  $("#names").hidden = true;
  field.focus();
  keep(field);
};

document.addEventListener("click", async (event) => {
  const pressed = event.target.closest(
    "[data-dialog], [data-cancel], [data-jump], [data-more], [data-earlier], [data-undo], [data-unpick], [data-no-picture], #palette-list li, #names li",
  );
  if (!pressed) return;
  if (pressed.matches("#names li")) insertName(pressed);
  else if (pressed.dataset.earlier) earlier(pressed);
  else if ("noPicture" in pressed.dataset) {
    $("[name=picture]", pressed.form).value = "";
    chosenPicture(pressed.form);
  } else if ("unpick" in pressed.dataset) {
    for (const box of $$(".line input:checked")) box.checked = false;
    pick();
  } else if (pressed.dataset.undo) {
    const { act, ids, name } = JSON.parse(pressed.dataset.undo);
    const form = new URLSearchParams({ act, name });
    for (const id of ids) form.append("id", id);
    pressed.disabled = true;
    const done = await fetch("/desk/inbox/bulk", { method: "POST", body: form, headers: { ...csrf(), "HX-Request": "true" } });
    if (done.ok) pressed.closest(".notice").remove();
    else pressed.disabled = false;
    refreshList();
  } else if (pressed.matches("#palette-list li")) run([...pressed.parentNode.children].indexOf(pressed));
  else if (pressed.dataset.dialog) show(pressed.dataset.dialog);
  else if ("cancel" in pressed.dataset) pressed.closest("dialog").close();
  else if ("jump" in pressed.dataset) jump();
  else if (pressed.dataset.more) {
    const page = await get(`/desk/inbox/lines?${$("#list").dataset.query}&after=${pressed.dataset.more}`);
    const fresh = [...page.body.children].filter((each) => each.tagName === "LI");
    pressed.closest("li").replaceWith(...fresh);
    for (const each of fresh) htmx.process(each);
  }
});

let toldTyping = 0;
document.addEventListener("input", (event) => {
  if (event.target.id === "palette-text") offer();
  if (event.target.id === "note-text") offerNames(begun());
  if (!event.target.matches("#reply-text, #note-text")) return;
  keep(event.target);
  const field = $("[name=client_id]", event.target.form);
  if (field) field.value = ""; // another text is another message
  if (event.target.dataset.typing && event.target.value && Date.now() - toldTyping > 3000) {
    toldTyping = Date.now();
    fetch(event.target.dataset.typing, { method: "POST", headers: csrf() }).catch(() => {});
  }
});

const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"));

document.addEventListener("change", (event) => {
  if (event.target.id === "canned" && event.target.value) {
    insert(event.target.value);
    event.target.value = "";
  }
  if (event.target.matches(".line input")) pick();
  if (event.target.matches("#reply [name=picture]")) chosenPicture(event.target.form);
});

// a picture from the clipboard, as a screenshot is
document.addEventListener("paste", (event) => {
  const picture = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
  if (event.target.id !== "reply-text" || !picture) return;
  event.preventDefault();
  const files = new DataTransfer();
  files.items.add(picture);
  $("[name=picture]", event.target.form).files = files.files;
  chosenPicture(event.target.form);
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "reply") return;
  event.preventDefault();
  send(event.target);
});

document.addEventListener("visibilitychange", () => !document.hidden && readAgain && refreshThread());

// several conversations at once are asked about; who leaves a conversation does so after what was said before
let sure = null; // the button that may go on without being asked again
document.addEventListener("htmx:confirm", (event) => {
  const { elt, path, verb, triggeringEvent } = event.detail;
  const pressed = triggeringEvent?.submitter;
  if (verb !== "post" || !pressed || pressed === sure) return;
  const again = () => {
    sure = pressed;
    pressed.click();
    sure = null;
  };
  // by its selector: the boxes of the lines are named "id", and hide the form's own
  if (elt.matches("#bulk") && pressed.dataset.ask) {
    event.preventDefault();
    const dialog = $("#sure");
    $("p", dialog).textContent = pressed.dataset.ask.replace("#", $$(".line input:checked").length);
    dialog.returnValue = "";
    dialog.addEventListener("close", () => dialog.returnValue === "yes" && again(), { once: true });
    dialog.showModal();
  } else if (delivering && /\/(hand-back|resolve|reassign)$/.test(path)) {
    event.preventDefault();
    delivering.then(again);
  }
});

// what was done to several can be taken back while its notice stands
document.addEventListener("undo", (event) => {
  const notice = $$("#notices .notice").pop();
  const button = $("#undoing").content.firstElementChild.cloneNode(true);
  button.dataset.undo = JSON.stringify({ act: event.detail.act, ids: event.detail.ids, name: event.detail.name });
  $("[data-close]", notice)?.before(button);
});

document.addEventListener("htmx:sendError", () => lost(true));

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
  if (successful && (elt.matches("#note") || requestConfig.path.endsWith("/hand-back"))) {
    for (const field of elt.matches("#note") ? [$("#note-text")] : [$("#reply-text")]) {
      if (field) field.value = "";
    }
    keep();
    for (const field of $$("[name=client_id]", elt)) field.value = "";
  }
  if (successful && elt.matches("#bulk")) {
    for (const box of $$(".line input:checked")) box.checked = false;
    pick();
  }
  if (successful && /\/(refund|ticket-done|resolve|hand-back|claim)$/.test(requestConfig.path)) {
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
  document.body.dataset.reading = "";
  opened();
  listen();
  refreshList();
  $("#pane").focus({ preventScroll: true });
});

if (thread()) document.body.dataset.reading = "";
opened();
listen();
pick();
title();
