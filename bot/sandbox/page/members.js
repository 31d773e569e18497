/** Who is in a channel: the column at the right. */

import { walkable } from "./arrows.js";
import { appBadge, avatar, displayName } from "./avatars.js";
import { make } from "./dom.js";
import { icon } from "./icons.js";

/** The members of one channel, by the roles that are shown apart. */
export class Members {
  /**
   * @param {{ column: HTMLElement, toggle: HTMLButtonElement }} elements
   * @param {import("./sight.js").Sight} sight
   */
  constructor({ column, toggle }, sight) {
    Object.assign(this, { column, toggle, sight });
    this.isWanted = innerWidth > 1000;
    this.hasSome = false;
    toggle.append(icon("people"));
    toggle.addEventListener("click", () => this.open(this.column.hidden));
    walkable(column, ".member");
  }

  /** Whether the column lies over the messages, as on a phone. */
  get isOver() {
    return !this.column.hidden && getComputedStyle(this.column).position === "fixed";
  }

  /** @param {any} channel */
  draw(channel) {
    this.hasSome = Boolean(channel?.guild_id);
    this.toggle.hidden = !this.hasSome;
    this.column.replaceChildren(...(this.hasSome ? this.#groups(channel) : []));
    this.#refresh();
  }

  open(isWanted) {
    this.isWanted = isWanted;
    this.#refresh();
    if (this.isOver) this.column.querySelector(".member")?.focus();
  }

  #refresh() {
    this.column.hidden = !this.isWanted || !this.hasSome;
    this.toggle.setAttribute("aria-expanded", String(!this.column.hidden));
  }

  #groups(channel) {
    const guild = this.sight.guild(channel.guild_id);
    const groups = new Map();
    for (const { user_id: id } of guild.members) {
      if (!channel.viewer_ids.includes(id)) continue;
      const role = this.sight.rolesOf(id, guild.id).find(({ hoist }) => hoist);
      const group = groups.get(role?.id) ?? { name: role?.name, position: role?.position ?? -1, ids: [] };
      group.ids.push(id);
      groups.set(role?.id, group);
    }
    const inOrder = [...groups.values()].sort((one, other) => other.position - one.position);
    return inOrder.flatMap(({ name = "Online", ids }) => [
      make("h2.category", {}, `${name} — ${ids.length}`),
      make("ul", {}, ids.map((id) => make("li", {}, this.#member(this.sight.user(id), guild)))),
    ]);
  }

  #member(user, guild) {
    const isOwner = user.id === guild.owner_id;
    return make("button.member", { type: "button", "data-user-id": user.id, "aria-haspopup": "dialog" },
      make("span.presence", {}, avatar(user)),
      make("span.member-name", { css: { "--name": this.sight.colourOf(user.id, guild.id) ?? "" } },
        displayName(user)),
      appBadge(user),
      isOwner && make("span.crown", { title: "Owner of the server" }, icon("crown")));
  }
}
