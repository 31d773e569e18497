/** What one person sees of the world, kept up to date by what the server tells. */

import { displayName } from "./avatars.js";

const VIEW_CHANNEL = 1n << 10n;

/** The page's copy of everything this person may see. */
export class Sight {
  constructor() {
    this.replace({ me: "", people: [], users: [], guilds: [], roles: [], channels: [],
      messages: {}, commands: {} });
  }

  /** Take a snapshot in place of everything before. */
  replace({ me, people, users, guilds, roles, channels, messages, commands }) {
    Object.assign(this, { me, people, users, guilds, roles, channels, commands });
    this.messages = new Map(Object.entries(messages).map(([channelId, some]) =>
      [channelId, new Map(some.map((message) => [message.id, message]))]));
  }

  /**
   * Take a new or changed message.
   *
   * @returns {any} what it was before, undefined when it is new
   */
  put(message) {
    const known = this.inChannel(message.channel_id);
    const before = known.get(message.id);
    known.set(message.id, message);
    return before;
  }

  remove(channelId, messageId) {
    this.inChannel(channelId).delete(messageId);
  }

  /** @returns {Map<string, any>} */
  inChannel(channelId) {
    if (!this.messages.has(channelId)) this.messages.set(channelId, new Map());
    return this.messages.get(channelId);
  }

  message(messageId) {
    for (const some of this.messages.values()) {
      if (some.has(messageId)) return some.get(messageId);
    }
    return undefined;
  }

  channel(channelId) {
    return this.channels.find((channel) => channel.id === channelId);
  }

  guild(guildId) {
    return this.guilds.find((guild) => guild.id === guildId);
  }

  user(userId) {
    return this.users.find((user) => user.id === userId);
  }

  /** The channels of one server; of no server (null) the direct messages. */
  channelsOf(guildId) {
    return this.channels.filter((channel) => (channel.guild_id ?? null) === guildId);
  }

  /** What a channel is called: a direct message is named after the bot. */
  nameOf(channel) {
    const bot = this.users.find((user) => user.bot);
    return channel.name ?? (bot ? displayName(bot) : "Direct message");
  }

  /** Whether a channel is closed to everybody who has no special role. */
  isPrivate(channel) {
    return (channel.permission_overwrites ?? []).some(({ id, deny }) =>
      id === channel.guild_id && (BigInt(deny) & VIEW_CHANNEL) !== 0n);
  }

  /** The roles of a member, the highest first; @everyone is left out. */
  rolesOf(userId, guildId) {
    const member = this.guild(guildId)?.members.find(({ user_id: id }) => id === userId);
    const ids = member?.role_ids ?? [];
    return this.roles.filter(({ id }) => ids.includes(id) && id !== guildId)
      .sort((one, other) => other.position - one.position);
  }

  /** The colour that a member's name has in a server, null when it has none of its own. */
  colourOf(userId, guildId) {
    const coloured = this.rolesOf(userId, guildId).find(({ color }) => color !== 0);
    return coloured ? `#${coloured.color.toString(16).padStart(6, "0")}` : null;
  }

  /** The commands of one kind that the client offers in a channel. */
  commandsOf(channelId, type) {
    return (this.commands[channelId] ?? []).filter((command) => command.type === type);
  }

  /** Every runnable path: a command, or each of its subcommands. */
  paths(channelId) {
    return this.commandsOf(channelId, 1).flatMap((command) => below(command, command.name));
  }

  /** @returns {import("./markdown.js").Names} */
  get names() {
    const named = (list) => (id) => list.find((one) => one.id === id)?.name ?? null;
    const user = (id) => {
      const found = this.user(id);
      return found ? displayName(found) : null;
    };
    return { user, role: named(this.roles), channel: named(this.channels) };
  }

  mentionsMe(message) {
    return message.mention_everyone || message.mentions.some(({ id }) => id === this.me);
  }
}

function below(command, path) {
  const inner = (command.options ?? []).filter(({ type }) => type <= 2);
  if (inner.length > 0) return inner.flatMap((option) => below(option, `${path} ${option.name}`));
  return [{ path, description: command.description, options: command.options ?? [] }];
}
