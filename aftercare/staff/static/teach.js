// Annotating by keyboard: numbers choose an intent, c opens the commands, e marks the selected part as an entity,
// Enter accepts.

/**
 * A part of a sentence that is an entity: its name, first and last code point (exclusive).
 * @typedef {[entity: string, start: number, end: number]} Span
 */

/** @type {HTMLFormElement | null} */
const form = document.querySelector("[data-item]");

/** @param {HTMLElement} target */
const isField = (target) =>
  target.matches("input:not([type=radio]):not([type=checkbox]), select, textarea:not([data-sentence])");

if (form) {
  /**
   * @param {string} selector
   * @returns {any} present in every such form
   */
  const part = (selector) => form.querySelector(selector);
  const sentence = part("[data-sentence]");
  const label = part("[data-label]");
  const list = part("[data-list]");
  const field = part("[name=spans]");
  const removeWord = part("[data-spans]").dataset.remove;
  // offsets are counted in code points, as Python does; the browser counts UTF-16 units
  const points = (/** @type {string} */ text) => Array.from(text);
  const toPoints = (/** @type {number} */ unit) => points(sentence.value.slice(0, unit)).length;
  const quote = (/** @type {number} */ start, /** @type {number} */ end) =>
    points(sentence.value).slice(start, end).join("");
  /** @type {Span[]} */
  let spans = JSON.parse(field.value);

  // Chromium gives a read-only field no caret to select with, so this one is guarded instead
  const original = sentence.value;
  sentence.addEventListener("beforeinput", (/** @type {Event} */ event) => event.preventDefault());
  sentence.addEventListener("input", () => {
    sentence.value = original; // an input method does not ask beforehand
  });

  const titleOf = (/** @type {string} */ entity) =>
    part(`[data-entity] option[value="${CSS.escape(entity)}"]`)?.textContent ?? entity;

  const show = () => {
    spans.sort((one, other) => one[1] - other[1]);
    field.value = JSON.stringify(spans);
    list.replaceChildren(
      ...spans.map((span, at) => {
        const [entity, start, end] = span;
        const row = document.createElement("li");
        const text = document.createElement("span");
        text.textContent = `${quote(start, end)} → ${titleOf(entity)}`;
        const remove = document.createElement("button");
        remove.type = "button";
        remove.textContent = removeWord;
        remove.setAttribute("aria-label", `${removeWord}: ${quote(start, end)}`);
        remove.addEventListener("click", () => {
          spans.splice(at, 1);
          show();
          sentence.focus();
        });
        row.append(text, remove);
        return row;
      }),
    );
  };

  const showCommands = () => {
    const more = form.querySelector("[data-commands] details");
    more?.setAttribute("open", "");
    more?.querySelector("input")?.focus();
  };

  const mark = () => {
    let [start, end] = [sentence.selectionStart, sentence.selectionEnd];
    while (start < end && /\s/.test(sentence.value[start])) start += 1;
    while (end > start && /\s/.test(sentence.value[end - 1])) end -= 1;
    if (start === end) {
      sentence.focus();
      return;
    }
    const [from, to] = [toPoints(start), toPoints(end)];
    spans = spans.filter(([, first, last]) => last <= from || first >= to);
    spans.push([part("[data-entity]").value, from, to]);
    show();
  };

  /**
   * @param {string} command
   * @returns {HTMLInputElement | null}
   */
  const boxOf = (command) => form.querySelector(`[name=commands][value="${CSS.escape(command)}"]`);
  let meant = label.value;
  // what begins follows the intent: both name one matter
  const follow = () => {
    const before = boxOf(`start:${meant}`);
    if (meant !== label.value && before?.checked) {
      const now = boxOf(`start:${label.value}`) ?? boxOf("ask");
      before.checked = false;
      if (now) {
        now.checked = true;
        now.closest("details")?.setAttribute("open", "");
      }
    }
    meant = label.value;
  };

  const choose = (/** @type {HTMLInputElement} */ radio) => {
    radio.checked = true;
    label.value = radio.value;
    follow();
  };

  form.addEventListener("change", (event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    if (target.name === "offered") choose(target);
    if (target === label) {
      /** @type {NodeListOf<HTMLInputElement>} */
      const radios = form.querySelectorAll("[name=offered]");
      for (const radio of radios) radio.checked = radio.value === label.value;
      follow();
    }
  });
  part("[data-mark]").addEventListener("click", mark);
  show();
  sentence.focus();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.keyCode === 229) return;
    if (document.body.dataset.keys === "off" && event.key.length === 1) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === "Escape" && (isField(target) || target.closest("[data-commands]"))) {
      sentence.focus();
      return;
    }
    if (event.key === "Enter" && target === label) return; // the form sends itself
    if (isField(target) || target.closest("a, button, select, summary")) {
      if (event.key === "Enter" || isField(target)) return;
    }
    /** @type {HTMLInputElement | null} */
    const radio = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    /** @type {HTMLElement | null} */
    const button = document.querySelector(`[data-press="${CSS.escape(event.key)}"]`);
    if (radio) choose(radio);
    else if (event.key === "e") mark();
    else if (event.key === "c") showCommands();
    else if (event.key === "i") {
      label.focus();
      label.select();
    } else if (button) button.click();
    else return;
    event.preventDefault();
  });
} else {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || isField(target) || event.key !== "u") return;
    if (document.body.dataset.keys === "off") return;
    /** @type {HTMLElement | null} */
    const button = document.querySelector('[data-press="u"]');
    button?.click();
  });
}

// a training that ended: show the comparison
document.querySelector("[data-progress]")?.addEventListener("htmx:sseMessage", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.type === "done") window.location.reload();
});
