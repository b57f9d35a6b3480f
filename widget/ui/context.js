// What every region of the widget reads: the language, the connection, and the state of the conversation.

import { Client } from "../sdk/client.js";
import { Outbox } from "../sdk/outbox.js";
import { customerKey, Storage } from "../sdk/storage.js";

/** @typedef {import("../sdk/api.js").Message} Message */
/** @typedef {import("../sdk/language.js").Language} Language */

export class Context {
  /** @type {Language} */
  language = "en";
  /** @type {{state?: Message["state"], agent?: string, seq?: number}} the state that was drawn last */
  state = { state: "assistant" };
  /** @type {import("./texts.js").Texts} those that are shown; they follow `language` once they are there */
  texts = /** @type {any} */ (null);
  #connection;

  /**
   * @param {string} server origin of the desk
   * @param {string} identity JWT of the signed-in customer, or ""
   * @param {{seller?: string, currency?: string}} page
   */
  constructor(server, identity, page) {
    this.server = server;
    this.page = page;
    this.#connection = this.#connect(identity);
  }

  /**
   * Each customer has a store and a connection of their own.
   * @param {string} identity
   */
  #connect(identity) {
    const channel = `esim-aftercare:${this.server}:${customerKey(identity)}`;
    const store = new Storage(channel);
    const client = new Client({ server: this.server, identity, store, locale: () => this.language, channel });
    return { store, client, outbox: new Outbox(client, store, this.page) };
  }

  /**
   * Go on as another customer.
   * @param {string} identity JWT, or "" for nobody
   */
  identify(identity) {
    this.client.dispose();
    this.#connection = this.#connect(identity);
  }

  get store() {
    return this.#connection.store;
  }

  get client() {
    return this.#connection.client;
  }

  get outbox() {
    return this.#connection.outbox;
  }

  /** The number of stored messages of the other side that the traveller has not seen. */
  get unread() {
    const seen = this.store.get("seen") || 0;
    return this.client.events.filter((e) => e.seq > seen && e.kind === "message" && e.from !== "traveller").length;
  }
}
