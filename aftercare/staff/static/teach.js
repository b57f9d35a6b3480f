// Annotating by keyboard: numbers choose an intent, e marks the selected part as an entity, Enter accepts.

const form = document.querySelector("[data-item]");
const typing = (target) =>
  target.matches("input:not([type=radio]):not([type=checkbox]), select, textarea:not([data-sentence])");

if (form) {
  const sentence = form.querySelector("[data-sentence]");
  const label = form.querySelector("[data-label]");
  const list = form.querySelector("[data-list]");
  const field = form.elements.spans;
  const removeWord = form.querySelector("[data-spans]").dataset.remove;
  // offsets are counted in code points, as Python does; the browser counts UTF-16 units
  const points = (text) => Array.from(text);
  const toPoints = (unit) => points(sentence.value.slice(0, unit)).length;
  const part = (start, end) => points(sentence.value).slice(start, end).join("");
  let spans = JSON.parse(field.value);

  // Chromium gives a read-only field no caret to select with, so this one is guarded instead
  const original = sentence.value;
  sentence.addEventListener("beforeinput", (event) => event.preventDefault());
  sentence.addEventListener("input", () => {
    sentence.value = original; // an input method does not ask beforehand
  });

  const show = () => {
    spans.sort((one, other) => one[1] - other[1]);
    field.value = JSON.stringify(spans);
    list.replaceChildren(
      ...spans.map((span, at) => {
        const [entity, start, end] = span;
        const row = document.createElement("li");
        const text = document.createElement("span");
        text.textContent = `${part(start, end)} → ${entity}`;
        const remove = document.createElement("button");
        remove.type = "button";
        remove.textContent = removeWord;
        remove.setAttribute("aria-label", `${removeWord}: ${part(start, end)}`);
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
    spans.push([form.querySelector("[data-entity]").value, from, to]);
    show();
  };

  const choose = (radio) => {
    radio.checked = true;
    label.value = radio.value;
  };

  form.addEventListener("change", (event) => {
    if (event.target.name === "offered") choose(event.target);
    if (event.target === label) {
      for (const radio of form.querySelectorAll("[name=offered]")) radio.checked = radio.value === label.value;
    }
  });
  form.querySelector("[data-mark]").addEventListener("click", mark);
  show();
  sentence.focus();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && typing(event.target)) {
      sentence.focus();
      return;
    }
    if (event.key === "Enter" && event.target === label) return; // the form sends itself
    if (typing(event.target) || event.target.closest("a, button, select")) {
      if (event.key === "Enter" || typing(event.target)) return;
    }
    const radio = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    const button = document.querySelector(`[data-press="${CSS.escape(event.key)}"]`);
    if (radio) choose(radio);
    else if (event.key === "e") mark();
    else if (event.key === "i") {
      label.focus();
      label.select();
    } else if (button) button.click();
    else return;
    event.preventDefault();
  });
} else {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || event.key !== "u") return;
    document.querySelector('[data-press="u"]')?.click();
  });
}

// a training that ended: show the comparison
document.querySelector("[data-progress]")?.addEventListener("htmx:sseMessage", (event) => {
  if (event.detail.type === "done") window.location.reload();
});
