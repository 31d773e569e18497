/** Who somebody is: a card with name, roles, and what can be done. */

import { appBadge, avatar, displayName } from "./avatars.js";
import { make } from "./dom.js";
import { showDialog } from "./focus.js";
import { icon } from "./icons.js";

/**
 * Show a person's card beside what was pressed.
 *
 * @param {HTMLElement} anchor
 * @param {{ user: any, roles: any[], more: (button: HTMLElement, close: () => void) => void }} about
 */
export function openProfile(anchor, { user, roles, more }) {
  const name = displayName(user);
  const button = make("button.tool.profile-more", {
    type: "button",
    "aria-label": `More for ${name}`,
    "aria-haspopup": "menu",
    onclick: ({ currentTarget }) => more(currentTarget, close),
  }, icon("more"));
  const shut = make("button.tool.profile-close", {
    type: "button", "aria-label": "Close", onclick: () => close() }, icon("close"));
  const card = make("dialog.profile", { "aria-label": name },
    make("div.profile-banner", { "aria-hidden": "true" }), button, shut,
    make("span.presence.large", {}, avatar(user)),
    make("h2", {}, name, " ", appBadge(user)),
    make("p.profile-account", {}, user.username),
    roles.length > 0 && make("ul.roles", { "aria-label": "Roles" }, roles.map(roleMark)));
  card.addEventListener("click", (event) => event.target === card && close());
  const close = showDialog(card);
  place(card, anchor);
}

function roleMark({ name, color }) {
  const colour = color ? `#${color.toString(16).padStart(6, "0")}` : "var(--faint)";
  return make("li", {}, make("span.role-dot", { css: { background: colour } }), name);
}

function place(card, anchor) {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const isRight = box.right + width + 24 < innerWidth;
  const left = isRight ? box.right + 12 : Math.max(8, box.left - width - 12);
  const top = Math.max(8, Math.min(box.top, innerHeight - height - 8));
  card.style.setProperty("left", `${left}px`);
  card.style.setProperty("top", `${top}px`);
}
