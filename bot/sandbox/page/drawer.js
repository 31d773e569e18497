/** The servers and channels at phone width: they slide in over the messages. */

/** Opens and closes the side; while it is open the rest of the page keeps still. */
export class Drawer {
  /**
   * @param {{ sidebar: HTMLElement, toggle: HTMLElement, scrim: HTMLElement, room: HTMLElement }} elements
   */
  constructor({ sidebar, toggle, scrim, room }) {
    Object.assign(this, { sidebar, toggle, scrim, room });
    toggle.addEventListener("click", () => this.open(!this.isOpen));
    scrim.addEventListener("click", () => this.open(false));
    this.#followFinger();
  }

  get isOpen() {
    return this.sidebar.classList.contains("open");
  }

  /** @param {boolean} isOpen */
  open(isOpen) {
    if (isOpen === this.isOpen) return;
    this.sidebar.classList.toggle("open", isOpen);
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    this.scrim.hidden = !isOpen;
    this.room.inert = isOpen;
    if (isOpen) this.sidebar.querySelector(".channel[aria-current]")?.focus();
    else this.toggle.focus({ preventScroll: true });
  }

  /** A swipe from the left edge opens it, a swipe back closes it. */
  #followFinger() {
    let start = null;
    document.addEventListener("touchstart", ({ touches }) => {
      start = touches.length === 1 ? touches[0] : null;
    }, { passive: true });
    document.addEventListener("touchend", ({ changedTouches }) => {
      if (!start || getComputedStyle(this.toggle).display === "none") return;
      const across = changedTouches[0].clientX - start.clientX;
      const down = Math.abs(changedTouches[0].clientY - start.clientY);
      if (Math.abs(across) < 60 || down > 40) return;
      if (across > 0 && start.clientX < 32) this.open(true);
      if (across < 0 && this.isOpen) this.open(false);
    }, { passive: true });
  }
}
