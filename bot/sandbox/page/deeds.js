/** What a person does with messages, and what each message shows of it meanwhile. */

import { openModal } from "./modal.js";

const MODAL = 9;
const FAILED = "This interaction failed";

/** Sends what is done; remembers which component waits and what went wrong, by message. */
export class Deeds {
  /**
   * @param {{ sight: import("./sight.js").Sight, connection: import("./connection.js").Connection,
   *   changed: (messageId: string) => void, note: (text: string, options?: any) => () => void }} room
   */
  constructor({ sight, connection, changed, note }) {
    Object.assign(this, { sight, connection, changed, note });
    this.busy = new Map();
    this.failures = new Map();
  }

  /** Everything a message needs to be used. */
  of(message) {
    const { id } = message;
    const use = (act, customId, details) =>
      this.#use(id, customId, () => this.connection.act(act, { message_id: id, ...details }));
    return {
      busy: this.busy.get(id) ?? null,
      failure: this.failures.get(id) ?? null,
      press: (customId) => use("press", customId, { custom_id: customId }),
      choose: (customId, values) => use("select", customId, { custom_id: customId, values }),
      dismiss: () => this.dismiss(id),
    };
  }

  /** Begin anew as another person. */
  forget() {
    this.busy.clear();
    this.failures.clear();
  }

  /** Say below a message that its placeholder will never be filled. */
  fail(messageId, text) {
    this.failures.set(messageId, text);
    this.changed(messageId);
  }

  /** Take an ephemeral message off the screen. */
  dismiss(messageId) {
    return this.#plain("dismiss", messageId);
  }

  delete(messageId) {
    return this.#plain("delete", messageId);
  }

  /**
   * Use a command of a context menu on a message or on a person.
   *
   * @param {string} channelId
   * @param {string} name
   * @param {{ message_id: string } | { user_id: string }} target
   */
  async runMenu(channelId, name, target) {
    const done = this.note(`Sending ${name}…`);
    const outcome = await this.connection.act("menu", { channel_id: channelId, name, ...target });
    done();
    this.follow(outcome, (text) => this.note(text, { isFailure: true }));
  }

  /**
   * Follow an answer of the server: a modal opens, a refusal or a failure is told.
   *
   * @param {any} outcome
   * @param {(text: string) => void} tell
   */
  follow(outcome, tell) {
    if (outcome.refused ?? outcome.failed) tell(outcome.refused ?? outcome.failed);
    else if (outcome.interaction?.response_type === MODAL) this.#openModal(outcome.interaction);
  }

  async #use(messageId, customId, send) {
    if (this.busy.has(messageId)) return;
    this.failures.delete(messageId);
    this.busy.set(messageId, customId);
    this.changed(messageId);
    const outcome = await send();
    this.busy.delete(messageId);
    this.changed(messageId);
    this.follow(outcome, () => this.fail(messageId, outcome.refused ?? FAILED));
  }

  #openModal({ id, modal }) {
    openModal(modal, {
      sight: this.sight,
      submit: async (values, files) => {
        const details = { interaction_id: id, values };
        const outcome = await this.connection.act("submit", details, files);
        if (!outcome.failed && !outcome.refused) this.follow(outcome, () => {});
        return outcome.refused ?? (outcome.failed ? "Something went wrong. Try again." : null);
      },
    });
  }

  async #plain(act, messageId) {
    const outcome = await this.connection.act(act, { message_id: messageId });
    this.follow(outcome, (text) => this.fail(messageId, text));
  }
}
