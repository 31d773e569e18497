/** Context menus: beside the pointer, or as a sheet at the bottom of a phone. */

import { make } from "./dom.js";
import { refocus } from "./focus.js";
import { icon } from "./icons.js";
import { step } from "./arrows.js";

const MARGIN = 8;
const isSheet = matchMedia("(max-width: 720px)");

/**
 * One line of a menu: something to do, or more lines.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} [sign] an icon's name
 * @property {any} [mark] an element before the name
 * @property {boolean} [isDanger]
 * @property {() => void} [run]
 * @property {Entry[]} [entries]
 */

/** @type {{ element: HTMLElement, close: (isDone?: boolean) => void }[]} */
const open = [];

/**
 * Open a menu; it closes on a choice, on Escape, and when something else is pressed.
 *
 * @param {{ x: number, y: number } | HTMLElement} at a point, or what was pressed
 * @param {{ label: string, entries: Entry[] }} content
 */
export function openMenu(at, { label, entries }) {
  closeMenus();
  const before = at instanceof HTMLElement ? at : document.activeElement;
  show(at, label, entries, () => refocus(before));
}

export function closeMenus() {
  open[0]?.close();
}

/** Show one level of a menu above those that are open. */
function show(at, label, entries, closed) {
  const element = make("div.menu", { role: "menu", "aria-label": label });
  const scrim = open.length === 0 && make("div.menu-scrim");
  const level = open.length;
  const close = () => {
    while (open.length > level) open.pop().element.remove();
    if (scrim) scrim.remove();
    closed();
  };
  element.append(...entries.map((entry) => line(entry, level)));
  element.addEventListener("keydown", (event) => key(event, element, level));
  const home = (at instanceof HTMLElement && at.closest("dialog")) || document.body;
  home.append(...[scrim, element].filter(Boolean));
  open.push({ element, close });
  place(element, at, level);
  element.firstElementChild.focus({ preventScroll: true });
  if (!scrim) return;
  scrim.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    close();
  });
  scrim.addEventListener("contextmenu", (event) => event.preventDefault());
}

function line(entry, level) {
  const { name, sign, mark, isDanger, entries } = entry;
  const item = make(`div.menu-item${isDanger ? ".danger-text" : ""}`, {
    role: "menuitem",
    tabindex: "-1",
    "aria-haspopup": entries ? "menu" : null,
    onclick: () => choose(item, entry, level),
    onpointerenter: ({ pointerType }) => pointerType === "mouse" && hover(item, entry, level),
  }, mark, make("span.menu-name", {}, name), entries ? icon("right") : sign && icon(sign));
  item.entry = entry;
  return item;
}

function choose(item, { name, run, entries }, level) {
  if (entries) return unfold(item, name, entries, level);
  closeMenus();
  return run();
}

/** The pointer opens what it stands on and closes what it left. */
function hover(item, { name, entries }, level) {
  if (open[level + 1]?.of === item) return;
  if (open[level + 1]) open[level + 1].close();
  item.focus({ preventScroll: true });
  if (entries && !isSheet.matches) unfold(item, name, entries, level);
}

function unfold(item, name, entries, level) {
  if (open[level + 1]?.of === item) return;
  item.setAttribute("aria-expanded", "true");
  show(item, name, entries, () => {
    item.setAttribute("aria-expanded", "false");
    if (item.isConnected) item.focus({ preventScroll: true });
  });
  open[level + 1].of = item;
}

function key(event, element, level) {
  const items = [...element.children];
  const here = items.indexOf(document.activeElement);
  const item = items[here];
  const unfolds = event.key === "ArrowRight" && item?.entry.entries;
  if (event.key === "Enter" || event.key === " " || unfolds) item?.click();
  else if (event.key === "Escape" || (event.key === "ArrowLeft" && level > 0)) open[level].close();
  else if (event.key === "Tab") closeMenus();
  else (round(event.key, items, here) ?? byLetter(event.key, items, here))?.focus();
  event.preventDefault();
  event.stopPropagation();
}

/** From the last line the way leads on to the first. */
function round(pressed, items, here) {
  const onward = step(pressed, items, here);
  if (onward || !["ArrowDown", "ArrowUp"].includes(pressed)) return onward;
  return pressed === "ArrowDown" ? items[0] : items.at(-1);
}

function byLetter(pressed, items, here) {
  if (pressed.length !== 1) return undefined;
  const begins = (item) => item.entry.name.toLowerCase().startsWith(pressed.toLowerCase());
  return [...items.slice(here + 1), ...items.slice(0, here + 1)].find(begins);
}

/** Keep the menu inside the window; a deeper level stands beside the line it belongs to. */
function place(element, at, level) {
  const { offsetWidth: width, offsetHeight: height } = element;
  const box = at instanceof HTMLElement ? at.getBoundingClientRect() : null;
  let left = box ? box.left : at.x;
  let top = box ? box.bottom + 4 : at.y;
  if (box && level > 0) {
    const hasRoom = box.right + width + MARGIN < innerWidth;
    left = hasRoom ? box.right + 4 : box.left - width - 4;
    top = box.top - 6;
  } else if (box) {
    left = Math.min(left, box.right - Math.min(width, box.width));
  }
  element.style.setProperty("left", `${clamp(left, innerWidth - width)}px`);
  element.style.setProperty("top", `${clamp(top, innerHeight - height)}px`);
}

function clamp(value, most) {
  return Math.max(MARGIN, Math.min(value, most - MARGIN));
}
