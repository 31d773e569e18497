/** One message on the screen. */

import { appBadge, avatar, displayName } from "./avatars.js";
import { componentList } from "./components.js";
import { make } from "./dom.js";
import { embedCard } from "./embeds.js";
import { attachmentList } from "./gallery.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { originOf } from "./origins.js";
import { hourOf, sentAt } from "./timestamps.js";

export const EPHEMERAL = 1 << 6;
export const LOADING = 1 << 7;
const SUPPRESS_EMBEDS = 1 << 2;
const TOGETHER_MS = 7 * 60 * 1000;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,60}$/u;

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
    tabindex: "-1",
  },
  originOf(message, room.sight),
  follows ? hourOf(message.timestamp) : head(message, room.sight),
  make("div.body", {}, body(message, room)),
  toolbar(message));
}

/** Messages of one author soon after each other share one head. */
function continues(message, before) {
  if (!before || message.interaction_metadata || message.message_reference) return false;
  const distance = Date.parse(message.timestamp) - Date.parse(before.timestamp);
  const isSamePerson = before.author.id === message.author.id && !before.interaction_metadata;
  return isSamePerson && distance < TOGETHER_MS && !((before.flags | message.flags) & EPHEMERAL);
}

function head({ author, timestamp, channel_id: channelId }, sight) {
  const colour = sight.colourOf(author.id, sight.channel(channelId)?.guild_id);
  const picture = make("span.face", { "data-user-id": author.id }, avatar(author));
  return make("header.head", {}, picture,
    make("button.name", { type: "button", "data-user-id": author.id, "aria-haspopup": "dialog",
      css: { "--name": colour ?? "" } }, displayName(author)),
    appBadge(author),
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
  const size = ONLY_EMOJI.test(message.content) && /\D/.test(message.content) ? ".jumbo" : "";
  return [
    message.content && make(`div.words${size}`, {}, markdown(message.content, names)),
    attachmentList(message.attachments),
    embeds.map((embed) => embedCard(embed, names)),
    message.components.length > 0 && make("div.components", {}, componentList(message.components, room)),
    message.edited_timestamp && edited(message.edited_timestamp),
    footnotes(message, room),
  ];
}

function edited(when) {
  return make("small.edited", { title: sentAt(when).title }, "(edited)");
}

function footnotes(message, room) {
  return [
    room.failure && make("p.failure", { role: "alert" }, room.failure),
    message.flags & EPHEMERAL ? make("p.private", {}, icon("eye"), "Only you can see this",
      make("span", { "aria-hidden": "true" }, " • "),
      make("button.plain", { type: "button", onclick: room.dismiss }, "Dismiss message")) : null,
  ];
}

function toolbar({ author }) {
  return make("div.toolbar", {}, make("button.more", {
    type: "button",
    "aria-label": `More for this message by ${displayName(author)}`,
    "aria-haspopup": "menu",
    title: "More",
  }, icon("more")));
}
