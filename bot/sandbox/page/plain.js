/** Messages as one line of plain text: for reply lines, for copying, and to be heard. */

/**
 * Gather what a message says, its components' texts included, without any markup.
 *
 * @param {any} message as on the wire
 * @param {import("./markdown.js").Names} names
 */
export function layoutText(message, names) {
  const said = [message.content, ...message.embeds.map(({ title, description }) => title ?? description),
    ...texts(message.components)];
  return unmarked(said.filter(Boolean).join("\n"), names);
}

function texts(components = []) {
  return components.flatMap((one) =>
    (one.spoiler ? ["(spoiler)"] : [one.content, ...texts(one.components)])).filter(Boolean);
}

function unmarked(text, names) {
  return text
    .replace(/<@!?(\d+)>/g, (_, id) => `@${names.user(id) ?? "unknown-user"}`)
    .replace(/<@&(\d+)>/g, (_, id) => `@${names.role(id) ?? "unknown-role"}`)
    .replace(/<#(\d+)>/g, (_, id) => `#${names.channel(id) ?? "unknown"}`)
    .replace(/<\/([^:>]+):\d+>/g, "/$1")
    .replace(/<a?:(\w+):\d+>/g, ":$1:")
    .replace(/<t:(-?\d+)(?::\w)?>/g, (_, seconds) => new Date(seconds * 1000).toLocaleString("en-GB"))
    .replace(/\|\|[\s\S]+?\|\|/g, "(spoiler)")
    .replace(/\[([^\]]+)\]\(<?https?:[^)]*\)/g, "$1")
    .replace(/^(?:#{1,3}|-#|>>?>?|[-*]) /gm, "")
    .replace(/(\*\*|__|~~|`+|(?<!\w)[*_]|[*_](?!\w))/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
