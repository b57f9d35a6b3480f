// What every staff page does: notices can be closed, what is shown once can be copied, and using a page keeps one
// signed in, which an open page alone does not.

const ACTIVE_EVERY = 60_000;
let active = Date.now(); // loading the page counts

function used() {
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  if (Date.now() - active < ACTIVE_EVERY || !document.querySelector("form[action='/desk/logout']")) return;
  active = Date.now();
  fetch("/desk/active", { method: "POST", headers }).catch(() => {});
}

for (const kind of ["pointerdown", "keydown", "scroll"]) {
  document.addEventListener(kind, used, { passive: true, capture: true });
}

document.addEventListener("click", async (event) => {
  event.target.closest("[data-close]")?.closest(".notice")?.remove();

  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.innerText);
  button.textContent = button.dataset.copied;
});
