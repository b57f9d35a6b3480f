// What every staff page does: notices can be closed, and an answer that fails says so.

document.addEventListener("click", (event) => {
  event.target.closest("[data-close]")?.closest(".notice")?.remove();
});
