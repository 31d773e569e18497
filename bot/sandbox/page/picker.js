/** A list from which one thing is picked by mouse, finger or keyboard. */

import { make } from "./dom.js";

/**
 * One line of the list.
 *
 * @typedef {object} Item
 * @property {string} name
 * @property {any} value
 * @property {string} [hint] small words behind the name
 * @property {string} [detail]
 * @property {any} [mark] an element before the name
 * @property {boolean} [isChosen] shown with a tick, for lists of which several can be chosen
 */

let made = 0;

/**
 * The list and where the keyboard is in it. `host` keeps the focus and tells assistive
 * technology about the list; without a host the list takes the focus itself.
 */
export class Picker {
  /**
   * @param {{ label: string, pick: (item: Item) => void, host?: HTMLElement, heading?: string,
   *   isMany?: boolean }} options
   */
  constructor({ label, pick, host, heading, isMany = false }) {
    const id = `list-${(made += 1)}`;
    this.list = make("div.picks", {
      id, role: "listbox", "aria-label": label, "aria-multiselectable": isMany ? "true" : null });
    this.nothing = make("p.empty", { hidden: true });
    this.element = make("div.picker", { hidden: true },
      heading && make("p.picker-heading", { "aria-hidden": "true" }, heading), this.list, this.nothing);
    this.host = host ?? this.list;
    this.pick = pick;
    this.items = [];
    this.active = -1;
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    // A list that scrolls must be reachable; one with a host is walked from there.
    this.list.tabIndex = host ? 0 : -1;
    if (host) {
      host.setAttribute("aria-controls", id);
      this.#expanded("false");
    }
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /**
   * Show these items, the first one active; none at all shows `empty`.
   *
   * @param {Item[]} items
   * @param {{ empty?: string, active?: number }} [options]
   */
  show(items, { empty = "Nothing found", active = 0 } = {}) {
    this.items = items;
    this.list.replaceChildren(...items.map((item, index) => this.#row(item, index)));
    this.nothing.hidden = items.length > 0;
    this.nothing.textContent = items.length > 0 ? "" : empty;
    this.element.hidden = false;
    this.#expanded("true");
    this.move(items.length > 0 ? Math.min(active, items.length - 1) : -1);
  }

  hide() {
    this.element.hidden = true;
    this.host.removeAttribute("aria-activedescendant");
    this.#expanded("false");
  }

  /** @param {number} index */
  move(index) {
    const rows = this.list.children;
    rows[this.active]?.classList.remove("active");
    this.active = index;
    if (index < 0) return this.host.removeAttribute("aria-activedescendant");
    rows[index].classList.add("active");
    rows[index].scrollIntoView({ block: "nearest" });
    return this.host.setAttribute("aria-activedescendant", rows[index].id);
  }

  /**
   * Obey a key; the answer tells whether it was for the list.
   *
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (!this.isOpen) return false;
    const count = this.items.length;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && count > 0) {
      this.move((this.active + moves[event.key] + count) % count);
    } else if ((event.key === "Enter" || event.key === "Tab") && this.active >= 0) {
      this.pick(this.items[this.active]);
    } else if (event.key === "Escape") {
      this.hide();
    } else {
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #row(item, index) {
    return make("div.pick", {
      id: `${this.list.id}-${index}`,
      role: "option",
      "aria-selected": String(item.isChosen === true),
      onclick: () => this.pick(item),
      onmousemove: () => this.active !== index && this.move(index),
    }, item.mark, make("span.pick-words", {},
      make("span.pick-name", {}, item.name), item.hint && make("span.pick-hint", {}, ` ${item.hint}`),
      item.detail && make("small.pick-detail", {}, item.detail)),
    item.isChosen !== undefined && make("span.tick", { "aria-hidden": "true" }, item.isChosen ? "✓" : ""));
  }

  #expanded(value) {
    const isCombobox = this.host.getAttribute("role") === "combobox";
    if (isCombobox) this.host.setAttribute("aria-expanded", value);
  }
}

/**
 * Open a list beside what was pressed; it closes by itself when the focus leaves it.
 *
 * @param {HTMLElement} anchor
 * @param {{ label: string, items: Item[], pick: (item: Item, picker: Picker) => void,
 *   closed?: () => void, isMany?: boolean }} options
 */
export function openPicker(anchor, { label, items, pick, closed, isMany }) {
  const picker = new Picker({ label, isMany, pick: (item) => pick(item, picker) });
  const { element, list } = picker;
  const close = () => {
    if (!element.isConnected) return;
    list.removeEventListener("blur", close);
    picker.hide();
    element.remove();
    closed?.();
  };
  picker.close = close;
  element.classList.add("floating");
  list.addEventListener("blur", close);
  list.addEventListener("keydown", (event) => picker.key(event) && !picker.isOpen && close());
  (anchor.closest("dialog") ?? document.body).append(element);
  picker.show(items);
  place(element, anchor);
  list.focus({ preventScroll: true });
  return picker;
}

/** Put the list below its anchor, or above where there is more room. */
function place(element, anchor) {
  const box = anchor.getBoundingClientRect();
  const width = Math.max(box.width, 240);
  const isAbove = innerHeight - box.bottom < element.offsetHeight + 16 && box.top > innerHeight / 2;
  const left = Math.max(8, Math.min(box.left, innerWidth - width - 8));
  element.style.setProperty("width", `${Math.min(width, innerWidth - 16)}px`);
  element.style.setProperty("left", `${left}px`);
  if (isAbove) element.style.setProperty("bottom", `${innerHeight - box.top + 4}px`);
  else element.style.setProperty("top", `${box.bottom + 4}px`);
}
