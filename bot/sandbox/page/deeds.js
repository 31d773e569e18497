/** What a person does with messages, and what each message shows of it meanwhile. */

import { refocus } from "./focus.js";
import { openModal } from "./modal.js";
import { openPicker } from "./picker.js";

const EPHEMERAL = 1 << 6;
const USER_MENU = 2;
const MESSAGE_MENU = 3;
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
      dismiss: () => this.#plain("dismiss", id),
      openMessageMenu: (anchor) => this.#openMessageMenu(anchor, message),
      openUserMenu: (anchor, userId) => this.#openUserMenu(anchor, message.channel_id, userId),
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

  #openMessageMenu(anchor, message) {
    const { id, author, channel_id: channelId, flags } = message;
    const commands = this.sight.commandsOf(channelId, MESSAGE_MENU);
    const items = commands.map(({ name }) => ({
      name, detail: "App", value: () => this.#runMenu(channelId, name, { message_id: id }) }));
    const mayDelete = author.id === this.sight.me || this.sight.channel(channelId)?.may_manage;
    if (flags & EPHEMERAL) {
      items.push({ name: "Dismiss message", value: () => this.#plain("dismiss", id) });
    } else if (mayDelete) {
      items.push({ name: "Delete message", value: () => this.#plain("delete", id) });
    }
    openMenu(anchor, "Message", items);
  }

  #openUserMenu(anchor, channelId, userId) {
    const commands = this.sight.commandsOf(channelId, USER_MENU);
    openMenu(anchor, `User ${this.sight.names.user(userId) ?? ""}`, commands.map(({ name }) => ({
      name, detail: "App", value: () => this.#runMenu(channelId, name, { user_id: userId }) })));
  }

  async #runMenu(channelId, name, target) {
    const done = this.note(`Sending ${name}…`);
    const outcome = await this.connection.act("menu", { channel_id: channelId, name, ...target });
    done();
    this.follow(outcome, (text) => this.note(text, { isFailure: true }));
  }
}

function openMenu(anchor, label, items) {
  const none = [{ name: "Nothing to do here", value: () => {} }];
  openPicker(anchor, {
    label,
    role: "menu",
    items: items.length > 0 ? items : none,
    pick: (item, picker) => {
      picker.close();
      item.value();
    },
    closed: () => refocus(anchor),
  });
}
