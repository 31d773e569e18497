/** Discord's markdown, from text straight to elements. */

import { link, make } from "./dom.js";
import { timestamp } from "./timestamps.js";

const DEEPEST = 12;
const CODE_BLOCK = /```(?:([\w+#.-]+)\n)?\n?([\s\S]+?)\n?```/g;
const QUOTE_REST = /^>>> ([\s\S]*)/m;
const LIST_LINE = /^( *)([-*]|\d{1,9}\.) (.*)$/;
const LINES = [
  [/^(#{1,3}) (.+)$/, (match, names) => make(`h${match[1].length + 1}`, {}, inline(match[2], names))],
  [/^-# (.+)$/, (match, names) => make("p.subtext", {}, inline(match[1], names))],
];

/**
 * What a text may name. Ids are strings.
 *
 * @typedef {object} Names
 * @property {(id: string) => string | null} user
 * @property {(id: string) => string | null} role
 * @property {(id: string) => string | null} channel
 */

/**
 * Turn a whole text into elements.
 *
 * @param {string} text
 * @param {Names} names
 * @returns {DocumentFragment}
 */
export function markdown(text, names) {
  const out = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(CODE_BLOCK)) {
    out.append(...blocks(text.slice(end, match.index), names));
    out.append(make("pre", { tabindex: "0" }, make("code", {}, match[2])));
    end = match.index + match[0].length;
  }
  out.append(...blocks(text.slice(end), names));
  return out;
}

/** Split text without code blocks into quotes, lists, headings and paragraphs. */
function blocks(text, names) {
  const rest = QUOTE_REST.exec(text);
  if (rest) {
    const quoted = make("blockquote", {}, blocks(rest[1], names));
    return [...blocks(text.slice(0, rest.index), names), quoted];
  }
  const lines = text.replace(/^\n|\n$/g, "").split("\n");
  const out = [];
  while (lines.length > 0) out.push(block(lines, names));
  return out.filter(Boolean);
}

/** Take one block's lines off the front of `lines`. */
function block(lines, names) {
  const quoted = takeWhile(lines, (line) => /^> /.test(line)).map((line) => line.slice(2));
  if (quoted.length > 0) return make("blockquote", {}, blocks(quoted.join("\n"), names));
  const items = takeWhile(lines, (line) => LIST_LINE.test(line)).map((line) => LIST_LINE.exec(line));
  if (items.length > 0) return make("div", {}, lists(items, names));
  for (const [pattern, build] of LINES) {
    const match = pattern.exec(lines[0]);
    if (match) {
      lines.shift();
      return build(match, names);
    }
  }
  const first = lines.shift();
  const words = [first, ...takeWhile(lines, isPlain)].join("\n");
  return words === "" ? null : make("p", {}, inline(words, names));
}

function isPlain(line) {
  return !LIST_LINE.test(line) && !/^> /.test(line) && !LINES.some(([pattern]) => pattern.test(line));
}

function takeWhile(lines, test) {
  const end = lines.findIndex((line) => !test(line));
  return lines.splice(0, end === -1 ? lines.length : end);
}

function lists(items, names) {
  const out = [];
  while (items.length > 0) out.push(list(items, names));
  return out;
}

const isOrdered = ([, , marker]) => marker.endsWith(".");

/** Take one list off the front of `items`; deeper ones are lists inside the item before them. */
function list(items, names) {
  const first = items[0];
  const element = isOrdered(first) ? make("ol", { start: parseInt(first[2], 10) }) : make("ul");
  while (items.length > 0 && isOrdered(items[0]) === isOrdered(first)) {
    const [, , , text] = items.shift();
    const inner = takeWhile(items, ([, indent]) => indent.length > first[1].length);
    element.append(make("li", {}, inline(text, names), lists(inner, names)));
  }
  return element;
}

const ANY = "((?:\\\\[\\s\\S]|[^\\\\])+?)";
const wrap = (tag) => (match, names, depth) => make(tag, {}, inline(match[1], names, depth + 1));

/** Tried in this order at every position. */
const RULES = [
  [/\\([^\w\s])/y, (match) => match[1]],
  [/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/y, (match) => make("code", {}, match[2].trim() || match[2])],
  [new RegExp(`\\*\\*${ANY}\\*\\*(?!\\*)`, "y"), wrap("strong")],
  [new RegExp(`__${ANY}__(?!_)`, "y"), wrap("u")],
  [new RegExp(`\\*(?=\\S)${ANY}(?<!\\s)\\*(?!\\*)`, "y"), wrap("em")],
  [new RegExp(`(?<!\\w)_${ANY}_(?!\\w)`, "y"), wrap("em")],
  [new RegExp(`~~${ANY}~~`, "y"), wrap("s")],
  [new RegExp(`\\|\\|${ANY}\\|\\|`, "y"), (match, names, depth) =>
    spoiler(inline(match[1], names, depth + 1))],
  [/\[((?:\\.|[^\]\\])+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/y, (match, names, depth) =>
    link(match[2], inline(match[1], names, depth + 1))],
  [/<@!?(\d+)>/y, (match, names) =>
    mention(`@${names.user(match[1]) ?? "unknown-user"}`, { "data-user-id": match[1] })],
  [/<@&(\d+)>/y, (match, names) => mention(`@${names.role(match[1]) ?? "unknown-role"}`)],
  [/<#(\d+)>/y, (match, names) =>
    mention(`#${names.channel(match[1]) ?? "unknown"}`, { "data-channel-link": match[1] })],
  [/<\/([^:>]{1,98}):(\d+)>/y, (match) => mention(`/${match[1]}`, { "data-command": match[1] })],
  [/<a?:(\w{2,32}):\d+>/y, (match) => `:${match[1]}:`],
  [/<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/y, (match) => timestamp(Number(match[1]), match[2] ?? "f")],
  [/<(https?:\/\/[^\s>]+)>/y, (match) => link(match[1], match[1])],
  [/https?:\/\/[^\s<]*[^\s<.,:;"')\]]/y, (match) => link(match[0], match[0])],
];
const RUN = /[\s\S][^\\*_~|`<[h]*/y;

/** Turn one paragraph into nodes. */
function inline(text, names, depth = 0) {
  const out = [];
  let at = 0;
  while (at < text.length) {
    const [node, length] = (depth < DEEPEST && special(text, at, names, depth)) || run(text, at);
    out.push(node);
    at += length;
  }
  return out;
}

function special(text, at, names, depth) {
  for (const [pattern, build] of RULES) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return [build(match, names, depth), match[0].length];
  }
  return null;
}

function run(text, at) {
  RUN.lastIndex = at;
  const [words] = RUN.exec(text);
  return [words, words.length];
}

/** What leads somewhere is a button: `data` says where, the page follows it. */
function mention(text, data = null) {
  return data ? make("button.mention", { type: "button", ...data }, text)
    : make("span.mention", {}, text);
}

/**
 * Hide something until it is pressed.
 *
 * @param {...any} children
 */
export function spoiler(...children) {
  const words = make("span.hidden-words", {}, ...children);
  const cover = make("span.spoiler", { role: "button", tabindex: "0", "aria-label": "Spoiler" }, words);
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    cover.removeEventListener("click", reveal);
    cover.removeEventListener("keydown", reveal);
    cover.classList.add("revealed");
    for (const name of ["role", "tabindex", "aria-label"]) cover.removeAttribute(name);
  };
  cover.addEventListener("click", reveal);
  cover.addEventListener("keydown", reveal);
  return cover;
}
