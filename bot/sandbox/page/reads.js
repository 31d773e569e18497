/** How far each person has read each channel. It lasts as long as the page. */

/** Remembers the newest message that a person has seen, by channel. */
export class Reads {
  constructor() {
    this.byPerson = new Map();
    this.start = null;
  }

  /** Get to know a person: what was there when the page was opened counts as read. */
  meet(sight) {
    this.start ??= new Map(sight.channels.map(({ id }) => [id, newest(sight, id)]));
    if (!this.byPerson.has(sight.me)) this.byPerson.set(sight.me, new Map(this.start));
  }

  /** The id of the newest message that was read in a channel, "0" when there is none. */
  upTo(sight, channelId) {
    return this.byPerson.get(sight.me)?.get(channelId) ?? "0";
  }

  /** Count a whole channel as read. */
  read(sight, channelId) {
    this.byPerson.get(sight.me)?.set(channelId, newest(sight, channelId));
  }

  /**
   * Count what a person has not seen yet.
   *
   * @returns {{ count: number, mentions: number }} every direct message counts as a mention
   */
  unread(sight, channel) {
    const last = BigInt(this.upTo(sight, channel.id));
    const some = [...sight.inChannel(channel.id).values()].filter((message) =>
      BigInt(message.id) > last && message.author.id !== sight.me);
    const mentions = some.filter((message) => !channel.guild_id || sight.mentionsMe(message));
    return { count: some.length, mentions: mentions.length };
  }

  /** The same over several channels. */
  total(sight, channels) {
    const each = channels.map((channel) => this.unread(sight, channel));
    const sum = (key) => each.reduce((total, one) => total + one[key], 0);
    return { count: sum("count"), mentions: sum("mentions") };
  }
}

function newest(sight, channelId) {
  return [...sight.inChannel(channelId).keys()].at(-1) ?? "0";
}
