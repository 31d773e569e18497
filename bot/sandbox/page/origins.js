/** The line above an answer: who used which command, or what is replied to. */

import { appBadge, avatar, displayName } from "./avatars.js";
import { make } from "./dom.js";
import { icon } from "./icons.js";
import { layoutText } from "./plain.js";

const COMMAND = 2;
const CONTEXT_COMMAND = 23;
const MOST_QUOTED = 120;

/**
 * Build the line; null for a message that answers nothing.
 *
 * @param {any} message as on the wire
 * @param {import("./sight.js").Sight} sight
 */
export function originOf(message, sight) {
  const replied = message.message_reference?.message_id;
  if (replied) return reply(sight.inChannel(message.channel_id).get(replied), sight);
  const asked = message.interaction_metadata;
  if (asked?.type !== COMMAND || !asked.name) return null;
  const isMenu = message.type === CONTEXT_COMMAND;
  return make("p.origin", {}, ...person(asked.user, message.channel_id, sight),
    make("span.uses", {}, " used "),
    make("span.used", {}, isMenu && icon("apps"), isMenu ? asked.name : `/${asked.name}`));
}

function reply(first, sight) {
  if (!first) return make("p.origin.lost", {}, "Original message was deleted");
  return make("p.origin", {}, ...person(first.author, first.channel_id, sight),
    make("button.plain.replied", {
      type: "button",
      onclick: () => show(first.id),
    }, layoutText(first, sight.names).slice(0, MOST_QUOTED) || "Click to see attachment"));
}

function person(user, channelId, sight) {
  const colour = sight.colourOf(user.id, sight.channel(channelId)?.guild_id);
  const name = make("span.origin-name", { "data-user-id": user.id, css: { "--name": colour ?? "" } },
    displayName(user));
  return [avatar(user), user.bot && appBadge(user), name].filter(Boolean);
}

/** Go to the message that is replied to, and show which one it is. */
function show(messageId) {
  const element = document.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`);
  if (!element) return;
  element.scrollIntoView({ block: "center" });
  element.focus({ preventScroll: true });
  element.classList.add("found");
  setTimeout(() => element.classList.remove("found"), 2000);
}
