/** Embeds: the classic card with a coloured edge. */

import { link, make } from "./dom.js";
import { gallery, thumbnail } from "./gallery.js";
import { markdown } from "./markdown.js";
import { sentAt } from "./timestamps.js";

/**
 * Build one embed.
 *
 * @param {any} embed as on the wire
 * @param {import("./markdown.js").Names} names
 */
export function embedCard(embed, names) {
  const colour = embed.color ? { "--accent": hexColour(embed.color) } : {};
  return make("div.embed", { css: colour },
    embed.thumbnail && thumbnail(embed.thumbnail),
    embed.author && make("p.embed-author", {}, linked(embed.author.url, embed.author.name)),
    embed.title && make("h3.embed-title", {}, linked(embed.url, embed.title)),
    embed.description && make("div.words", {}, markdown(embed.description, names)),
    embed.fields?.length > 0 && make("dl.embed-fields", {}, embed.fields.map((it) => field(it, names))),
    embed.image && gallery([embed.image]),
    (embed.footer || embed.timestamp) && footer(embed));
}

/**
 * Write a wire colour as CSS.
 *
 * @param {number} colour
 */
export function hexColour(colour) {
  return `#${Number(colour).toString(16).padStart(6, "0")}`;
}

function linked(url, text) {
  return url ? link(url, text) : text;
}

function field({ name, value, inline }, names) {
  return make(inline ? "div.embed-field.inline" : "div.embed-field", {},
    make("dt", {}, markdown(name, names)), make("dd.words", {}, markdown(value, names)));
}

function footer(embed) {
  const time = embed.timestamp && sentAt(embed.timestamp);
  return make("footer.embed-footer", {},
    embed.footer?.text, embed.footer && time && " • ", time);
}
