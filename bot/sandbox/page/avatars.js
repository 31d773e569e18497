/** People as they are shown: their names, and round pictures drawn from them. */

import { make } from "./dom.js";

const COLOURS = 6;

/** @param {{ username: string, global_name?: string | null }} user */
export function displayName(user) {
  return user.global_name ?? user.username[0].toUpperCase() + user.username.slice(1);
}

/**
 * Build a circle with the first letter of a name, in a colour of its own; a bot has its sign.
 *
 * @param {{ id: string, username: string, global_name?: string | null, bot?: boolean }} user
 */
export function avatar(user) {
  if (user.bot) return make("span.avatar.app", { "aria-hidden": "true" });
  const colour = `var(--avatar-${Number(BigInt(user.id) % BigInt(COLOURS))})`;
  return make("span.avatar", { "aria-hidden": "true", css: { "--colour": colour } },
    [...displayName(user)][0]?.toUpperCase() ?? "?");
}

/** Build the mark beside a bot's name. */
export function appBadge(user) {
  return user.bot ? make("span.badge", {}, "APP") : null;
}
