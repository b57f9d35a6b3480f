// Where the traveller writes: the text field, its picture, the counter and the send button.

import { h } from "./dom.js";
import { ICONS, label, roundButton } from "./icons.js";
import { fill } from "./texts.js";

/** @typedef {import("./context.js").Context} Context */

const LIMIT = 1000; // characters of a message, counted as the desk counts them
const TYPING_EVERY = 3_000; // ms between notices that the traveller is typing
const LARGEST = 5 * 1024 * 1024; // bytes of a picture the desk takes
const LONGEST_SIDE = 2000; // pixels it keeps

/** Whether writing takes a keyboard on the screen. */
export const isTouch = () => matchMedia("(pointer: coarse)").matches;

/** The picture cannot be sent; the message is the name of a text: pictureUnreadable or pictureTooLarge. */
class PictureError extends Error {}

/**
 * A picture as a data URL the desk takes: small ones as they are, larger ones drawn smaller. Throws PictureError.
 * @param {File} file
 * @returns {Promise<string>}
 */
async function readPicture(file) {
  if (!/^image\/(png|jpeg|webp|gif)$/.test(file.type)) throw new PictureError("pictureUnreadable");
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new PictureError("pictureUnreadable");
  }
  /** @type {Blob} */
  let blob = file;
  if (file.size > 512 * 1024) {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    /** @type {Blob | null} */
    const smaller = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88));
    blob = smaller ?? file;
  }
  bitmap.close();
  if (blob.size > LARGEST) throw new PictureError("pictureTooLarge");
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(/** @type {string} */ (reader.result)));
    reader.addEventListener("error", () => failed(new PictureError("pictureUnreadable")));
    reader.readAsDataURL(blob);
  });
}

/** The text not sent yet, kept over reloads of this tab. */
const draft = {
  name: "esim-aftercare:draft",
  read() {
    try {
      return sessionStorage.getItem(this.name) || "";
    } catch {
      return ""; // a draft is a comfort only
    }
  },
  /** @param {string} text */
  keep(text) {
    try {
      sessionStorage.setItem(this.name, text);
    } catch {
      // without storage it ends with the page
    }
  },
};

export class Composer {
  #context;
  #on;
  /** @type {string | null} data URL */
  #picture = null;
  #typingSentAt = 0;
  #preview = h("img", { alt: "" });
  #count = h("p", { class: "count", id: "count", hidden: true });
  // not a submit button: a sandboxed frame may forbid forms
  #send = roundButton(ICONS.send, { class: "round send", disabled: true, onclick: () => this.#submit() });
  #detach;
  #file;
  #choosePicture;
  #text;

  /**
   * @param {Context} context
   * @param {object} on
   * @param {(text: string) => void} on.text a text is to be sent
   * @param {() => void} on.attach the picture changed
   * @param {(text: string) => void} on.problem a picture was refused
   */
  constructor(context, on) {
    this.#context = context;
    this.#on = on;
    this.#detach = roundButton(ICONS.close, { onclick: () => this.#attach(null) });
    this.attached = h("div", { class: "attached", hidden: true }, this.#preview, this.#detach);
    this.#file = h("input", {
      type: "file",
      accept: "image/png,image/jpeg,image/webp,image/gif",
      hidden: true,
      onchange: () => {
        this.#take(this.#file.files?.[0]);
        this.#file.value = "";
      },
    });
    this.#choosePicture = roundButton(ICONS.picture, { onclick: () => this.#file.click() });
    this.#text = h("textarea", {
      rows: "1",
      autocomplete: "off",
      enterkeyhint: "send",
      "aria-describedby": "count",
      oninput: () => {
        this.resize();
        this.#sendTyping();
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
      onpaste: (/** @type {ClipboardEvent} */ event) => this.#pasted(event),
    });
    this.element = h(
      "form",
      { onsubmit: (/** @type {SubmitEvent} */ event) => event.preventDefault() },
      this.#file,
      this.#choosePicture,
      h("div", { class: "field" }, this.#text, this.#count),
      this.#send,
    );
    this.#text.value = draft.read();
  }

  /** @param {string} text */
  set text(text) {
    this.#text.value = text;
  }

  focus() {
    this.#text.focus();
  }

  /** Close an on-screen keyboard, unless somebody is writing. */
  makeRoom() {
    if (isTouch() && !this.#text.value) this.#text.blur();
  }

  /** Show the words in the context's language. */
  translate() {
    const { texts } = this.#context;
    label(this.#choosePicture, texts.picture);
    label(this.#detach, texts.discard);
    label(this.#send, texts.send);
    this.#text.placeholder = texts.placeholder;
    this.#text.setAttribute("aria-label", texts.placeholder);
  }

  /** Fit height, counter and send button to the text, and keep it as the draft. */
  resize() {
    const text = this.#text;
    const length = [...text.value.trim()].length;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
    this.#count.hidden = length < LIMIT - 100;
    this.#count.textContent = this.#count.hidden ? "" : fill(this.#context.texts.tooLong, { n: length, limit: LIMIT });
    this.#count.classList.toggle("over", length > LIMIT);
    this.#send.disabled = length > LIMIT || (!length && !this.#picture);
    draft.keep(text.value);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // Enter that ends a composition must not send half a word (229: input methods that hide isComposing)
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    if (this.#send.disabled) return;
    const text = this.#text.value.trim();
    if (this.#picture) {
      this.#context.outbox.add({ picture: this.#picture });
      this.#attach(null);
    }
    this.#text.value = "";
    this.resize();
    if (text) this.#on.text(text);
    this.#text.focus();
  }

  /** Tell the person who has the conversation that an answer is on its way. */
  #sendTyping() {
    const { client, state } = this.#context;
    if (state.state !== "agent" || Date.now() - this.#typingSentAt < TYPING_EVERY) return;
    this.#typingSentAt = Date.now();
    client.post("/api/chat/typing").catch(() => {}); // worth nothing later
  }

  /**
   * Something is dragged over the chat: files are ours to take, dragged text goes where it is dropped.
   * @param {DragEvent} event
   * @returns {boolean} whether they are files
   */
  dragged(event) {
    const files = Boolean(event.dataTransfer?.types.includes("Files"));
    if (files) event.preventDefault();
    return files;
  }

  /** @param {DragEvent} event */
  dropped(event) {
    if (this.dragged(event)) this.#take(event.dataTransfer?.files[0]);
  }

  /** @param {ClipboardEvent} event */
  #pasted(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    this.#take(file);
  }

  /** @param {File | undefined} file */
  async #take(file) {
    if (!file) return;
    try {
      this.#attach(await readPicture(file));
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      this.#on.problem(this.#context.texts[/** @type {"pictureUnreadable" | "pictureTooLarge"} */ (error.message)]);
    }
  }

  /** @param {string | null} picture data URL */
  #attach(picture) {
    this.#picture = picture;
    this.attached.hidden = !picture;
    if (picture) {
      this.#preview.src = picture;
      this.#preview.alt = this.#context.texts.pictureYours;
    } else this.#preview.removeAttribute("src");
    this.#on.attach();
    this.resize();
    this.#text.focus();
  }
}
