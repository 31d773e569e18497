/** The messages of one channel on the screen, in order, and where the reader is in them. */

import { walkable } from "./arrows.js";
import { make } from "./dom.js";
import { focusKey } from "./focus.js";
import { icon } from "./icons.js";
import { messageElement } from "./messages.js";
import { sign } from "./places.js";
import { dayOf } from "./timestamps.js";

const NEAR_END_PX = 60;
const MEDIA = "img, video, audio";

/** Shows one channel; a changed message is exchanged in its place. */
export class Log {
  /**
   * @param {{ log: HTMLElement, jump: HTMLElement }} elements
   * @param {{ sight: import("./sight.js").Sight, deeds: import("./deeds.js").Deeds }} room
   */
  constructor({ log, jump }, { sight, deeds }) {
    Object.assign(this, { element: log, jump, sight, deeds });
    this.channelId = "";
    this.isAtEnd = true;
    this.lastEnd = 0;
    this.newFrom = null;
    this.list = make("div.messages");
    log.append(this.list);
    log.addEventListener("scroll", () => {
      this.isAtEnd = this.#isNearEnd();
      if (this.isAtEnd) this.jump.hidden = true;
    });
    jump.append("New messages ", make("span", {}, "Jump to present"), icon("down"));
    jump.addEventListener("click", () => this.toEnd());
    walkable(this.list, ".message");
    log.addEventListener("keydown", (event) => event.target === log && this.#stepIn(event));
    const stay = new ResizeObserver(() => {
      this.#notice();
      if (this.isAtEnd) this.toEnd();
    });
    stay.observe(this.list);
    stay.observe(log);
  }

  /**
   * Show a whole channel, from its end; the same channel again from where the reader was.
   *
   * @param {string} channelId
   * @param {{ newFrom?: string | null }} [options] the first message that was not read yet
   */
  show(channelId, { newFrom = null } = {}) {
    const isSame = channelId === this.channelId;
    const place = isSame && !this.isAtEnd ? this.element.scrollTop : null;
    this.channelId = channelId;
    this.newFrom = isSame ? this.newFrom ?? newFrom : newFrom;
    this.jump.hidden = true;
    const channel = this.sight.channel(channelId);
    const name = channel ? this.sight.nameOf(channel) : "this channel";
    this.element.setAttribute("aria-label", `Messages in ${name}`);
    const all = [...this.sight.inChannel(channelId).values()];
    this.list.replaceChildren(welcome(channel, this.sight),
      ...all.flatMap((message, index) => this.#withDivider(message, all[index - 1])));
    this.isAtEnd = place === null;
    if (this.isAtEnd) this.toEnd();
    else this.element.scrollTop = place;
  }

  /** Begin anew as another person. */
  forget() {
    this.channelId = "";
  }

  /** Show a new message, or a changed one in the place of what it was. */
  put(messageId) {
    const all = [...this.sight.inChannel(this.channelId).values()];
    const index = all.findIndex((message) => message.id === messageId);
    if (index === -1) return;
    this.#notice();
    const old = this.find(messageId);
    if (old) {
      this.#keepPlace(old, () => exchange(old, this.#build(all[index], all[index - 1])));
    } else {
      const parts = this.#withDivider(all[index], all[index - 1]);
      const note = this.list.querySelector(".client-note");
      for (const part of parts) this.list.insertBefore(part, note);
      this.jump.hidden = this.isAtEnd;
    }
    if (this.isAtEnd) this.toEnd();
  }

  /** Take a message away; the one below may now need a head of its own. */
  remove(messageId) {
    const old = this.find(messageId);
    if (!old) return;
    const hadFocus = old.contains(document.activeElement);
    const above = old.previousElementSibling;
    const below = old.nextElementSibling;
    old.remove();
    if (above?.matches(".divider") && !below?.dataset.messageId) above.remove();
    if (below?.dataset.messageId) this.put(below.dataset.messageId);
    if (hadFocus) this.element.focus({ preventScroll: true });
  }

  /** Show a line of the client's own below everything; the answer takes it away. */
  note(text, { isFailure = false } = {}) {
    const element = make(`p.client-note${isFailure ? ".failure" : ""}`,
      isFailure ? { role: "alert" } : {}, text);
    if (isFailure) {
      element.append(" • ", make("button.plain", { type: "button", onclick: () => element.remove() },
        "Dismiss"));
    }
    this.list.append(element);
    if (this.isAtEnd) this.toEnd();
    return () => element.remove();
  }

  /** Put the keyboard on the newest message. */
  focusLast() {
    this.list.querySelector(".message:last-of-type")?.focus();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.lastEnd = this.element.scrollTop;
  }

  /** @param {string} messageId */
  find(messageId) {
    return this.list.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`);
  }

  #isNearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  /** The event of a scroll comes a frame late: a reader may have left the end before it. */
  #notice() {
    const hasLeft = this.element.scrollTop < this.lastEnd - NEAR_END_PX && !this.#isNearEnd();
    if (hasLeft) this.isAtEnd = false;
  }

  #stepIn(event) {
    if (!["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    this.focusLast();
  }

  /** What changes above the window must not move what is read in it. */
  #keepPlace(changing, change) {
    const isAbove = changing.getBoundingClientRect().bottom < this.element.getBoundingClientRect().top;
    const before = this.list.offsetHeight;
    change();
    if (isAbove) this.element.scrollTop += this.list.offsetHeight - before;
  }

  #withDivider(message, before) {
    const isNew = message.id === this.newFrom;
    const day = dayOf(message.timestamp);
    const isOtherDay = !before || dayOf(before.timestamp) !== day;
    const divider = (isOtherDay || isNew) && make(`div.divider${isNew ? ".new" : ""}`,
      { role: "separator", "aria-label": [isNew && "New messages", isOtherDay && day].filter(Boolean).join(", ") },
      isOtherDay && make("span.day", {}, day), isNew && make("span.new-mark", {}, "New"));
    return [divider, this.#build(message, before)].filter(Boolean);
  }

  #build(message, before) {
    return messageElement(message, { sight: this.sight, before, ...this.deeds.of(message) });
  }
}

/** Put a message in the place of what it was; pictures and the keyboard's focus stay. */
function exchange(old, built) {
  const shown = new Map([...old.querySelectorAll(MEDIA)].map((medium) => [key(medium), medium]));
  for (const medium of built.querySelectorAll(MEDIA)) {
    const loaded = shown.get(key(medium));
    if (loaded) medium.replaceWith(loaded);
  }
  const { activeElement } = document;
  const focused = old.contains(activeElement) && old !== activeElement ? focusKey(activeElement) : null;
  const isHere = old === activeElement;
  old.replaceWith(built);
  if (isHere) built.focus({ preventScroll: true });
  else if (focused) built.querySelector(focused)?.focus({ preventScroll: true });
}

function key(medium) {
  return ["src", "alt", "width", "height"].map((name) => medium.getAttribute(name)).join();
}

function welcome(channel, sight) {
  if (!channel) return make("p.welcome", {}, "There is no channel to show.");
  const name = sight.nameOf(channel);
  const words = channel.guild_id ? `This is the start of #${name}.`
    : `This is the beginning of your direct messages with ${name}.`;
  return make("div.welcome", {}, make("span.welcome-sign", {}, sign(channel, sight)),
    make("p.welcome-name", {}, channel.guild_id ? `Welcome to #${name}!` : name),
    make("p", {}, `${words} Type / to see what the bot can do.`));
}
