/** Pictures over the whole page: enlarged further, dragged about, one after another. */

import { make } from "./dom.js";
import { showDialog } from "./focus.js";
import { icon } from "./icons.js";

const LARGEST = 8;
const STEP = 1.5;
const PAN_PX = 80;

/**
 * One picture to be shown.
 *
 * @typedef {{ path: string, alt: string }} Shot
 */

/**
 * Show pictures until they are closed, beginning with one of them.
 *
 * @param {Shot[]} shots
 * @param {number} first
 */
export function openLightbox(shots, first) {
  const picture = make("img", { draggable: "false" });
  const frame = make("div.lightbox-frame", {}, picture);
  const caption = make("span.lightbox-caption", { "aria-live": "polite" });
  const original = make("a", { target: "_blank", rel: "noopener" }, "Open original");
  const zoomer = button("zoom", "Zoom", () => look.toggle());
  const shut = button("close", "Close", () => close());
  const back = button("left", "Previous picture", () => turn(-1));
  const on = button("right", "Next picture", () => turn(1));
  const many = shots.length > 1 ? [back, on] : [];
  const box = make("dialog.lightbox", { "aria-label": shots[first].alt || "Picture" }, frame,
    make("div.lightbox-tools", {}, zoomer, shut), make("div.lightbox-turns", {}, many),
    make("div.lightbox-foot", {}, caption, original));
  const look = new Look(picture, frame, zoomer);
  let at = first;

  const turn = (by) => {
    at = (at + by + shots.length) % shots.length;
    const { path, alt } = shots[at];
    picture.src = path;
    picture.alt = alt;
    original.href = path;
    box.setAttribute("aria-label", alt || "Picture");
    const number = shots.length > 1 ? `${at + 1} of ${shots.length}` : "";
    caption.textContent = [alt, number].filter(Boolean).join(" · ");
    look.reset();
  };
  box.addEventListener("keydown", (event) => {
    const isTurn = ["ArrowLeft", "ArrowRight"].includes(event.key) && look.scale === 1;
    if (isTurn && shots.length > 1) turn(event.key === "ArrowLeft" ? -1 : 1);
    else if (!look.key(event.key)) return;
    event.preventDefault();
  });
  frame.addEventListener("click", (event) => event.target === frame && close());
  turn(0);
  const close = showDialog(box);
}

/** How near a picture is looked at, and which part of it. */
class Look {
  constructor(picture, frame, zoomer) {
    Object.assign(this, { picture, frame, zoomer, scale: 1, x: 0, y: 0 });
    let drag = null;
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, this.#from(event));
    });
    picture.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX - this.x, y: event.clientY - this.y, isMoved: false };
      picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener("pointermove", (event) => {
      if (!drag || this.scale === 1) return;
      drag.isMoved = true;
      this.#move(event.clientX - drag.x, event.clientY - drag.y);
    });
    picture.addEventListener("pointercancel", () => {
      drag = null;
    });
    picture.addEventListener("click", (event) => {
      if (!drag?.isMoved) this.toggle(this.#from(event));
      drag = null;
    });
  }

  reset() {
    this.scale = 1;
    this.#move(0, 0);
  }

  toggle(point = { x: 0, y: 0 }) {
    if (this.scale > 1) this.reset();
    else this.zoom(2.5, point);
  }

  /** Come nearer or go back; the point, seen from the middle, stays where it is. */
  zoom(by, { x, y } = { x: 0, y: 0 }) {
    const before = this.scale;
    this.scale = Math.max(1, Math.min(LARGEST, before * by));
    const grown = this.scale / before;
    this.#move(x - (x - this.x) * grown, y - (y - this.y) * grown);
  }

  /** Obey a key; the answer tells whether it was one of these. */
  key(pressed) {
    const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (pressed === "+" || pressed === "=") this.zoom(STEP);
    else if (pressed === "-") this.zoom(1 / STEP);
    else if (pressed === "0") this.reset();
    else if (pressed in moves) {
      const [x, y] = moves[pressed];
      this.#move(this.x + x * PAN_PX, this.y + y * PAN_PX);
    } else return false;
    return true;
  }

  #from({ clientX, clientY }) {
    const box = this.frame.getBoundingClientRect();
    return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
  }

  /** The picture can be moved as far as it reaches beyond its frame. */
  #move(x, y) {
    const far = (side) => (this.picture[side] * this.scale - this.picture[side]) / 2;
    this.x = Math.max(-far("offsetWidth"), Math.min(far("offsetWidth"), x));
    this.y = Math.max(-far("offsetHeight"), Math.min(far("offsetHeight"), y));
    const { style } = this.picture;
    style.setProperty("transform", `translate(${this.x}px, ${this.y}px) scale(${this.scale})`);
    this.picture.classList.toggle("near", this.scale > 1);
    this.zoomer.setAttribute("aria-pressed", String(this.scale > 1));
  }
}

function button(sign, label, onclick) {
  return make("button.tool", { type: "button", "aria-label": label, title: label, onclick }, icon(sign));
}
