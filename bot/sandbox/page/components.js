/** The components of a message, from the wire to elements. */

import { emojiOf, link, make } from "./dom.js";
import { hexColour } from "./embeds.js";
import { fileCard, gallery, thumbnail } from "./gallery.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { SELECTS, select } from "./selects.js";

const ROW = 1;
const BUTTON = 2;
const SECTION = 9;
const TEXT = 10;
const THUMBNAIL = 11;
const GALLERY = 12;
const FILE = 13;
const SEPARATOR = 14;
const CONTAINER = 17;
const STYLES = ["", "primary", "secondary", "success", "danger", "link", "premium"];

/**
 * What components need to know of their message.
 *
 * @typedef {object} Setting
 * @property {import("./sight.js").Sight} sight
 * @property {string | null} busy the custom_id that waits for an answer
 * @property {(customId: string) => void} press
 * @property {(customId: string, values: string[]) => void} choose
 */

const BUILDERS = {
  [ROW]: (it, setting) => make("div.row", {}, componentList(it.components, setting)),
  [BUTTON]: button,
  [SECTION]: (it, setting) => make("div.section", {},
    make("div.section-words", {}, componentList(it.components, setting)),
    component(it.accessory, setting)),
  [TEXT]: (it, { sight }) => make("div.words", {}, markdown(it.content, sight.names)),
  [THUMBNAIL]: (it) => thumbnail(medium(it)),
  [GALLERY]: (it) => gallery(it.items.map(medium)),
  [FILE]: (it) => fileCard(it.name, it.size, { ...it.file, spoiler: it.spoiler }),
  [SEPARATOR]: (it) => make("hr", {
    class: `${it.spacing === 2 ? "wide" : "narrow"} ${it.divider === false ? "blank" : "drawn"}`,
  }),
  [CONTAINER]: container,
};

/**
 * Build a list of components.
 *
 * @param {any[]} components as on the wire
 * @param {Setting} setting
 */
export function componentList(components, setting) {
  return components.map((it) => component(it, setting));
}

function component(it, setting) {
  if (SELECTS.has(it.type)) {
    const choose = (values) => setting.choose(it.custom_id, values);
    const isDisabled = setting.busy !== null;
    return select(it, { sight: setting.sight, choose, isDisabled });
  }
  return BUILDERS[it.type]?.(it, setting) ?? null;
}

function medium({ media, description, spoiler }) {
  return { ...media, description, spoiler };
}

function container(it, setting) {
  const hasAccent = it.accent_color !== null && it.accent_color !== undefined;
  const css = hasAccent ? { "--accent": hexColour(it.accent_color) } : {};
  const kind = `div.container${hasAccent ? ".accented" : ""}${it.spoiler ? ".veiled" : ""}`;
  const inside = make("div.container-parts", { inert: Boolean(it.spoiler) },
    componentList(it.components, setting));
  const box = make(kind, { css }, inside);
  if (it.spoiler) {
    box.append(make("button.cover", {
      type: "button",
      onclick: ({ currentTarget }) => {
        currentTarget.remove();
        inside.inert = false;
        box.classList.remove("veiled");
      },
    }, make("span", {}, "Spoiler")));
  }
  return box;
}

function button(it, setting) {
  const words = [emojiOf(it.emoji), it.label && make("span", {}, it.label)];
  if (it.url) {
    const anchor = link(it.url, words, icon("outside"));
    anchor.classList.add("button", "link");
    return anchor;
  }
  const isBusy = setting.busy === it.custom_id;
  return make(`button.button.${STYLES[it.style] || "secondary"}`, {
    type: "button",
    disabled: it.disabled || it.custom_id === undefined,
    "aria-disabled": setting.busy === null ? null : "true",
    "aria-busy": isBusy ? "true" : null,
    "aria-label": it.label ? null : it.emoji?.name,
    "data-custom-id": it.custom_id,
    onclick: () => setting.busy === null && setting.press(it.custom_id),
  }, isBusy ? make("span.dots", { "aria-label": "Waiting" }, "•••") : words);
}
