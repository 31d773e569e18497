/** Where one can go: the servers at the left edge, and the channels of the chosen one. */

import { walkable } from "./arrows.js";
import { avatar } from "./avatars.js";
import { make } from "./dom.js";
import { icon } from "./icons.js";

/** The rail of servers and the list of channels. */
export class Places {
  /**
   * @param {{ rail: HTMLElement, channels: HTMLElement }} elements
   * @param {{ sight: import("./sight.js").Sight, reads: import("./reads.js").Reads,
   *   enter: (channelId: string) => void, look: (channelId: string) => void }} room
   *   a server is only looked into: at phone width the list of its channels stays
   */
  constructor({ rail, channels }, { sight, reads, enter, look }) {
    Object.assign(this, { rail, channels, sight, reads, enter, look });
    this.lastIn = new Map();
    walkable(rail, "button");
    walkable(channels, ".channel");
  }

  /** Draw everything anew, standing in one channel; the keyboard stays where it was. */
  draw(current) {
    const place = this.sight.channel(current);
    const guildId = place?.guild_id ?? null;
    if (place) this.lastIn.set(guildId, current);
    const focused = document.activeElement?.dataset.place;
    this.rail.replaceChildren(make("ul", {}, this.#servers(guildId)));
    this.channels.replaceChildren(...this.#channelParts(guildId, current));
    if (focused) document.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
  }

  #servers(current) {
    const direct = this.sight.channelsOf(null);
    const home = direct.length > 0 && [
      make("li", {}, this.#server({ id: null, name: "Direct messages" }, current, icon("at"))),
      make("li.rule", { role: "presentation" }),
    ];
    const servers = this.sight.guilds.filter(({ id }) => this.sight.channelsOf(id).length > 0);
    return [home, servers.map((guild) =>
      make("li", {}, this.#server(guild, current, initials(guild.name))))].filter(Boolean);
  }

  #server({ id, name }, current, sign) {
    const { count, mentions } = this.reads.total(this.sight, this.sight.channelsOf(id));
    return make(`button.server${count > 0 ? ".unread" : ""}`, {
      type: "button",
      title: name,
      "aria-label": name + (count > 0 ? ", unread" : ""),
      "aria-current": id === current ? "true" : null,
      "data-place": `server-${id}`,
      onclick: () => this.look(this.lastIn.get(id) ?? this.sight.channelsOf(id)[0].id),
    }, sign, mentions > 0 && make("span.mentions", { "aria-hidden": "true" }, mentions));
  }

  #channelParts(guildId, current) {
    const title = this.sight.guild(guildId)?.name ?? "Direct messages";
    const list = make("ul", {}, this.sight.channelsOf(guildId).map((channel) =>
      make("li", {}, this.#channel(channel, current))));
    return [make("h2.server-name", {}, title),
      guildId !== null && make("h3.category", {}, "Text channels"), list].filter(Boolean);
  }

  #channel(channel, current) {
    const { count, mentions } = this.reads.unread(this.sight, channel);
    const kinds = [channel.parent_id && "thread", count > 0 && "unread"].filter(Boolean);
    return make(["button.channel", ...kinds].join("."), {
      type: "button",
      "data-channel-id": channel.id,
      "data-place": channel.id,
      "aria-current": channel.id === current ? "page" : null,
      onclick: () => this.enter(channel.id),
    }, sign(channel, this.sight), make("span.channel-name", {}, this.sight.nameOf(channel)),
    channel.is_nsfw && make("span.unseen", {}, "(age-restricted)"),
    this.sight.isPrivate(channel) && make("span.unseen", {}, "(private)"),
    mentions > 0 && make("span.mentions", { title: `${mentions} for you` }, mentions),
    count > 0 && make("span.unseen", {}, "(unread)"));
  }
}

/**
 * Build the mark before a channel's name.
 *
 * @param {any} channel
 * @param {import("./sight.js").Sight} sight
 */
export function sign(channel, sight) {
  if (!channel.guild_id) return avatar(sight.users.find((user) => user.bot) ?? channel.recipients[0]);
  if (channel.parent_id) return icon("thread");
  if (channel.is_nsfw) return icon("adult");
  return icon(sight.isPrivate(channel) ? "lock" : "hash");
}

function initials(name) {
  const letters = name.split(/\s+/).filter(Boolean).map((word) => [...word][0]);
  return make("span", { "aria-hidden": "true" }, letters.slice(0, 3).join("").toUpperCase());
}
