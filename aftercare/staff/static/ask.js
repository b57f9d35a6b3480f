// Asked about before it is done: what others are told of, or what cannot be taken back.

/** @type {HTMLElement | null} the button that may go on without being asked about again */
let confirmed = null;

/**
 * Whether a button was pressed again by pressAgain().
 * @param {HTMLElement} button
 */
export const isConfirmed = (button) => button === confirmed;

/** @param {HTMLElement} button */
export function pressAgain(button) {
  confirmed = button;
  button.click();
  confirmed = null;
}

/**
 * @param {string} text of the question
 * @returns {Promise<boolean>} whether to go on
 */
export function ask(text) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("sure"));
  /** @type {HTMLElement} */ (dialog.querySelector("p")).textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
