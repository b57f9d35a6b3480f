// What the traveller sends waits here, over reloads and without a network, until the desk has it. Each message has an
// id of ours: sending it twice stores it once. They go one after the other, so that they arrive in order.

import { ApiError, backoff } from "./client.js";

const LARGEST = 5 * 1024 * 1024; // bytes the desk takes
const LONGEST_SIDE = 2000; // pixels it keeps
const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class PictureError extends Error {}

/** A picture as a data URL the desk takes: small ones as they are, larger ones drawn smaller; PictureError names a text. */
export async function readPicture(file) {
  if (!/^image\/(png|jpeg|webp|gif)$/.test(file.type)) throw new PictureError("pictureUnreadable");
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new PictureError("pictureUnreadable");
  }
  let blob = file;
  if (file.size > 512 * 1024) {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    blob = (await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88))) || file;
  }
  bitmap.close();
  if (blob.size > LARGEST) throw new PictureError("pictureTooLarge");
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(reader.result));
    reader.addEventListener("error", () => failed(new PictureError("pictureUnreadable")));
    reader.readAsDataURL(blob);
  });
}

function bytesOf(dataUrl) {
  const [head, data] = dataUrl.split(",");
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type: head.slice(5).split(";")[0] });
}

export class Outbox extends EventTarget {
  #client;
  #store;
  #pumping = false;
  #accepted = []; // delivered, but their event has not come yet
  #hidden = new Set(); // their event came before the desk's acknowledgement

  constructor(client, store) {
    super();
    this.#client = client;
    this.#store = store;
    client.addEventListener("events", ({ detail }) => detail.forEach((event) => this.#match(event)));
    client.addEventListener("outbox", () => {
      this.#changed();
      this.pump(); // the tab that wrote it may be gone before it is sent
    });
    client.addEventListener("reset", () => {
      this.#accepted = [];
      this.#hidden.clear();
      this.#changed();
    });
  }

  /** What to show below the conversation, oldest first: {id, text, picture, at, state: sending|failed|sent, error}. */
  get entries() {
    return [...this.#accepted, ...this.#stored()].filter((entry) => !this.#hidden.has(entry.id));
  }

  /** Send a text, a choice {choice, text} or a picture (data URL). */
  add(content) {
    const entry = { id: newId(), at: new Date().toISOString(), state: "sending", ...content };
    this.#save([...this.#stored(), entry]);
    this.pump();
  }

  retry(id) {
    this.#update(id, { state: "sending", error: undefined });
    this.#client.wake();
    this.pump();
  }

  discard(id) {
    this.#save(this.#stored().filter((entry) => entry.id !== id));
  }

  clear() {
    this.#save([]);
  }

  /** Send what waits; harmless when nothing does. */
  async pump() {
    if (this.#pumping || !this.#next()) return;
    this.#pumping = true;
    try {
      // two tabs sending at once would do no harm but mix the order; a frozen tab must not block the others for ever
      const patience = navigator.locks ? { signal: AbortSignal.timeout?.(3000) } : {};
      await this.#client.tabs.alone("outbox", () => this.#drain(), patience).catch((error) => {
        if (error.name === "TimeoutError" || error.name === "AbortError") return this.#drain();
        throw error;
      });
    } finally {
      this.#pumping = false;
    }
    if (this.#next()) this.pump();
  }

  async #drain() {
    let tries = 0;
    for (let entry = this.#next(); entry; entry = this.#next()) {
      try {
        const { seq } = await this.#post(entry);
        tries = 0;
        this.#settled(entry, seq);
      } catch (error) {
        const later = !(error instanceof ApiError) || error.status === 429 || error.status === 408 || error.status >= 500;
        if (later) {
          await this.#client.rest(Math.max((error.retryAfter || 0) * 1000, backoff(tries)));
          tries += 1;
        } else {
          this.#hidden.delete(entry.id);
          this.#update(entry.id, { state: "failed", error: error.message });
        }
      }
    }
  }

  #post({ id, text, choice, picture }) {
    if (picture) {
      const blob = bytesOf(picture);
      return this.#client.post(`/api/chat/pictures?id=${id}`, blob, blob.type);
    }
    const body = choice ? { id, choice } : { id, text };
    return this.#client.post("/api/chat/messages", JSON.stringify(body), "application/json");
  }

  #settled(entry, seq) {
    if (seq > this.#client.lastSeq) this.#accepted.push({ ...entry, seq, state: "sent" });
    this.#hidden.delete(entry.id);
    this.#save(this.#stored().filter((other) => other.id !== entry.id));
    this.#client.connect();
  }

  /** An event of the traveller takes the place of its entry. */
  #match(event) {
    if (event.from !== "traveller") return;
    const before = this.#accepted.length;
    this.#accepted = this.#accepted.filter((entry) => entry.seq > event.seq);
    if (this.#accepted.length < before) return this.#changed();
    const first = this.#stored().find((entry) => entry.state === "sending" && !this.#hidden.has(entry.id));
    if (!first || !(first.picture ? event.image : first.text === event.text)) return;
    this.#hidden.add(first.id);
    this.#changed();
  }

  #next() {
    return this.#stored().find((entry) => entry.state === "sending");
  }

  #stored() {
    return this.#store.get("outbox") || [];
  }

  #update(id, change) {
    this.#save(this.#stored().map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  #save(entries) {
    this.#store.set("outbox", entries.length ? entries : null);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
