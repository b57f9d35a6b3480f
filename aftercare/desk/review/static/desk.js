// What every staff page does: notices can be closed, and what is shown once can be copied.

document.addEventListener("click", async (event) => {
  event.target.closest("[data-close]")?.closest(".notice")?.remove();

  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.innerText);
  button.textContent = button.dataset.copied;
});
