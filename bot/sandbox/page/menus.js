/** What the context menus of messages and of people hold. */

import { displayName } from "./avatars.js";
import { make } from "./dom.js";
import { openMenu } from "./menu.js";
import { EPHEMERAL } from "./messages.js";
import { layoutText } from "./plain.js";
import { openProfile } from "./profile.js";

const USER_MENU = 2;
const MESSAGE_MENU = 3;

/** Opens menus and cards in the channel that is shown. */
export class Menus {
  /**
   * @param {{ sight: import("./sight.js").Sight, deeds: import("./deeds.js").Deeds,
   *   channelId: () => string }} room
   */
  constructor({ sight, deeds, channelId }) {
    Object.assign(this, { sight, deeds, channelId });
  }

  /** Open the menu of a message: `at` a point, or below what was pressed. */
  message(messageId, at) {
    const message = this.sight.message(messageId);
    if (message) openMenu(at, { label: "Message", entries: this.#messageEntries(message) });
  }

  /** Open the menu of a person; `done` is called before anything is run. */
  user(userId, at, done = () => {}) {
    const user = this.sight.user(userId);
    if (!user) return;
    const entries = [
      ...this.#apps(USER_MENU, { user_id: userId }, done),
      { name: "Copy username", sign: "copy", run: () => copy(user.username) },
      { name: "Copy user ID", sign: "copy", run: () => copy(userId) },
    ];
    openMenu(at, { label: displayName(user), entries });
  }

  /** Show the card of a person. */
  profile(userId, anchor) {
    const user = this.sight.user(userId);
    const guildId = this.sight.channel(this.channelId())?.guild_id;
    if (!user) return;
    openProfile(anchor, {
      user,
      roles: this.sight.rolesOf(userId, guildId),
      more: (button, close) => this.user(userId, button, close),
    });
  }

  #messageEntries(message) {
    const { id, author, channel_id: channelId, flags } = message;
    const text = layoutText(message, this.sight.names);
    const mayDelete = author.id === this.sight.me || this.sight.channel(channelId)?.may_manage;
    const isPrivate = Boolean(flags & EPHEMERAL);
    return [
      ...this.#apps(MESSAGE_MENU, { message_id: id }),
      text && { name: "Copy text", sign: "copy", run: () => copy(text) },
      { name: "Copy message ID", sign: "copy", run: () => copy(id) },
      isPrivate && { name: "Dismiss message", sign: "close", run: () => this.deeds.dismiss(id) },
      !isPrivate && mayDelete && {
        name: "Delete message", sign: "trash", isDanger: true, run: () => this.deeds.delete(id) },
    ].filter(Boolean);
  }

  /** The commands of one kind below "Apps"; no line at all where there are none. */
  #apps(kind, target, done = () => {}) {
    const channelId = this.channelId();
    const entries = this.sight.commandsOf(channelId, kind).map(({ name }) => ({
      name,
      mark: make("span.avatar.app", { "aria-hidden": "true" }),
      run: () => {
        done();
        return this.deeds.runMenu(channelId, name, target);
      },
    }));
    return entries.length > 0 ? [{ name: "Apps", entries }] : [];
  }
}

/** Copying needs no answer: where the browser forbids it, nothing is lost. */
function copy(text) {
  return navigator.clipboard?.writeText(text).catch(() => {});
}
