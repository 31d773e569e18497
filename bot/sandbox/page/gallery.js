/** Pictures, films and sounds: the gallery's tiles and single files. */

import { link, localPath, make, sizeText } from "./dom.js";
import { icon } from "./icons.js";
import { openLightbox } from "./lightbox.js";

/**
 * One thing to show.
 *
 * @typedef {object} Media
 * @property {string} url
 * @property {string} [content_type]
 * @property {number | null} [width]
 * @property {number | null} [height]
 * @property {string | null} [description] alt text
 * @property {boolean} [spoiler]
 */

/**
 * Lay one to ten media out the way Discord does.
 *
 * @param {Media[]} items
 */
export function gallery(items) {
  return make(`div.gallery.of-${items.length}`, {}, items.map(tile));
}

/**
 * Build the small picture at the side of a section or an embed.
 *
 * @param {Media} media
 */
export function thumbnail(media) {
  return make("div.thumbnail", {}, tile(media));
}

/** @param {Media} media */
function tile(media) {
  const path = localPath(media.url);
  const shown = path === null ? elsewhere(media) : player(path, media);
  return media.spoiler ? covered(shown) : shown;
}

function player(path, media) {
  const kind = (media.content_type ?? "image/").split("/")[0];
  if (kind === "video") return make("video", { src: path, controls: true, preload: "metadata" });
  if (kind === "audio") return make("audio", { src: path, controls: true, preload: "metadata" });
  const alt = media.description ?? "";
  const { width, height } = media;
  const picture = make("img", { src: path, alt, width, height, title: media.description });
  return make("button.tile", {
    type: "button",
    "aria-label": alt ? `Enlarge: ${alt}` : "Enlarge picture",
    "data-path": path,
    onclick: ({ currentTarget }) => enlarge(currentTarget),
  }, picture);
}

/** Enlarge one picture; those that hang beside it uncovered can be turned to. */
function enlarge(pressed) {
  const group = pressed.closest(".gallery") ?? pressed.parentElement;
  const tiles = [...group.querySelectorAll("button.tile")].filter((one) => !one.closest(".covered"));
  const shots = tiles.map((one) => ({ path: one.dataset.path, alt: one.firstElementChild.alt }));
  openLightbox(shots, tiles.indexOf(pressed));
}

/** A picture of another host is named, never requested. */
function elsewhere(media) {
  const host = URL.canParse(media.url) ? new URL(media.url).host : "another site";
  return make("div.tile.elsewhere", {}, link(media.url, `Picture on ${host || "another site"}`));
}

function covered(shown) {
  const hidden = make("div.under-cover", { inert: true }, shown);
  const box = make("div.covered", {}, hidden, make("button.cover", {
    type: "button",
    onclick: () => {
      box.replaceWith(shown);
      shown.focus({ preventScroll: true });
    },
  }, make("span", {}, "Spoiler")));
  return box;
}

/**
 * Show the attachments of a classic message: pictures together, the rest one below another.
 *
 * @param {(Media & { filename: string, size: number })[]} attachments
 */
export function attachmentList(attachments) {
  const isSeen = (file) => /^(image|video)\//.test(file.content_type ?? "");
  const seen = attachments.filter(isSeen)
    .map((file) => ({ ...file, spoiler: file.filename.startsWith("SPOILER_") }));
  const others = attachments.filter((file) => !isSeen(file));
  return [
    seen.length > 0 && gallery(seen),
    others.map((file) => fileCard(file.filename, file.size, file)),
  ];
}

/**
 * Build a file to be downloaded; a sound can be heard at once.
 *
 * @param {string} name
 * @param {number} size
 * @param {Media} media
 */
export function fileCard(name, size, media) {
  const path = localPath(media.url);
  const title = path === null
    ? link(media.url, name)
    : make("a", { href: path, download: name }, name);
  const isSound = path !== null && media.content_type?.startsWith("audio/");
  const card = make("div.file", {},
    icon("file"),
    make("span.file-name", {}, title, make("small", {}, sizeText(size))),
    isSound && player(path, media));
  return media.spoiler ? covered(card) : card;
}
