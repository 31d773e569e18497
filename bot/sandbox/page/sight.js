/** What one person sees of the world, kept up to date by what the server tells. */

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
   * @returns {boolean} whether it was new
   */
  put(message) {
    const known = this.inChannel(message.channel_id);
    const isNew = !known.has(message.id);
    known.set(message.id, message);
    return isNew;
  }

  remove(channelId, messageId) {
    this.inChannel(channelId).delete(messageId);
  }

  /** @returns {Map<string, any>} */
  inChannel(channelId) {
    if (!this.messages.has(channelId)) this.messages.set(channelId, new Map());
    return this.messages.get(channelId);
  }

  channel(channelId) {
    return this.channels.find((channel) => channel.id === channelId);
  }

  user(userId) {
    return this.users.find((user) => user.id === userId);
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
      return found ? found.global_name ?? found.username : null;
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
