/** One message on the screen. */

import { componentList } from "./components.js";
import { avatar, make } from "./dom.js";
import { embedCard } from "./embeds.js";
import { attachmentList } from "./gallery.js";
import { markdown } from "./markdown.js";
import { sentAt } from "./timestamps.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const SUPPRESS_EMBEDS = 1 << 2;
const COMMAND = 2;
const TOGETHER_MS = 7 * 60 * 1000;

/**
 * What a message needs to know of the room it is in.
 *
 * @typedef {object} Room
 * @property {import("./sight.js").Sight} sight
 * @property {any} before the message above, if any
 * @property {string | null} busy the custom_id of this message that waits for an answer
 * @property {string | null} failure what went wrong with its last use
 * @property {(customId: string) => void} press
 * @property {(customId: string, values: string[]) => void} choose
 * @property {() => void} dismiss
 * @property {(anchor: HTMLElement) => void} openMessageMenu
 * @property {(anchor: HTMLElement, userId: string) => void} openUserMenu
 */

/**
 * Build a message.
 *
 * @param {any} message as on the wire
 * @param {Room} room
 */
export function messageElement(message, room) {
  const follows = continues(message, room.before);
  const kinds = [follows && "follows", room.sight.mentionsMe(message) && "mentions-me",
    message.flags & EPHEMERAL && "ephemeral"].filter(Boolean);
  return make(["article.message", ...kinds].join("."), {
    "data-message-id": message.id,
    "aria-label": `${displayName(message.author)}, ${sentAt(message.timestamp).textContent}`,
  },
  origin(message, room),
  follows ? null : head(message, room),
  make("div.body", {}, body(message, room)),
  toolbar(message, room));
}

function displayName(user) {
  return user.global_name ?? user.username[0].toUpperCase() + user.username.slice(1);
}

/** Messages of one author soon after each other share one head. */
function continues(message, before) {
  if (!before || message.interaction_metadata || message.message_reference) return false;
  const distance = Date.parse(message.timestamp) - Date.parse(before.timestamp);
  const isSamePerson = before.author.id === message.author.id && !before.interaction_metadata;
  return isSamePerson && distance < TOGETHER_MS && !((before.flags | message.flags) & EPHEMERAL);
}

/** The line above an answer: who used which command, or what is replied to. */
function origin(message, room) {
  const asked = message.interaction_metadata;
  if (asked?.type === COMMAND && asked.name) {
    const isMenu = message.type === 23;
    return make("p.origin", {}, avatar(asked.user),
      make("span.origin-name", {}, displayName(asked.user)), " used ",
      make("span.used", {}, isMenu ? asked.name : `/${asked.name}`));
  }
  const replied = message.message_reference?.message_id;
  if (!replied) return null;
  const first = room.sight.inChannel(message.channel_id).get(replied);
  if (!first) return make("p.origin", {}, "Replying to a message that is gone");
  return make("p.origin", {}, avatar(first.author),
    make("span.origin-name", {}, displayName(first.author)), ` ${first.content.slice(0, 80)}`);
}

function head({ author, timestamp }, room) {
  const openMenu = ({ currentTarget }) => room.openUserMenu(currentTarget, author.id);
  return make("header.head", {},
    avatar(author),
    make("button.name", { type: "button", onclick: openMenu }, displayName(author)),
    author.bot && make("span.badge", {}, "APP"),
    sentAt(timestamp));
}

function body(message, room) {
  if (message.flags & LOADING && room.failure) return footnotes(message, room);
  if (message.flags & LOADING) {
    return [make("p.thinking", {}, make("span.dots", { "aria-hidden": "true" }, "•••"),
      ` ${displayName(message.author)} is thinking…`), footnotes(message, room)];
  }
  const { names } = room.sight;
  const embeds = message.flags & SUPPRESS_EMBEDS ? [] : message.embeds;
  return [
    message.content && make("div.words", {}, markdown(message.content, names)),
    attachmentList(message.attachments),
    embeds.map((embed) => embedCard(embed, names)),
    message.components.length > 0 && make("div.components", {}, componentList(message.components, room)),
    message.edited_timestamp && make("small.edited", {}, "(edited)"),
    footnotes(message, room),
  ];
}

function footnotes(message, room) {
  return [
    room.failure && make("p.failure", { role: "alert" }, room.failure),
    message.flags & EPHEMERAL ? make("p.private", {}, "👁 Only you can see this · ",
      make("button.plain", { type: "button", onclick: room.dismiss }, "Dismiss message")) : null,
  ];
}

function toolbar(message, room) {
  return make("div.toolbar", {}, make("button.more", {
    type: "button",
    "aria-label": `More for this message by ${displayName(message.author)}`,
    "aria-haspopup": "menu",
    onclick: ({ currentTarget }) => room.openMessageMenu(currentTarget),
  }, "⋯"));
}
