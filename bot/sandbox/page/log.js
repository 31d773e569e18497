/** The messages of one channel on the screen, in order, and where the reader is in them. */

import { make } from "./dom.js";
import { focusKey } from "./focus.js";
import { messageElement } from "./messages.js";

const NEAR_END_PX = 60;

/** Shows one channel; a changed message is exchanged in its place. */
export class Log {
  /**
   * @param {HTMLElement} element
   * @param {{ sight: import("./sight.js").Sight, deeds: import("./deeds.js").Deeds }} options
   */
  constructor(element, { sight, deeds }) {
    this.element = element;
    this.sight = sight;
    this.deeds = deeds;
    this.channelId = "";
    this.isAtEnd = true;
    this.list = make("div.messages");
    element.append(this.list);
    element.addEventListener("scroll", () => {
      this.isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    });
    const stay = new ResizeObserver(() => this.isAtEnd && this.toEnd());
    stay.observe(this.list);
    stay.observe(element);
  }

  /** Show a whole channel, from its end; the same channel again from where the reader was. */
  show(channelId) {
    const place = channelId === this.channelId && !this.isAtEnd ? this.element.scrollTop : null;
    this.channelId = channelId;
    const channel = this.sight.channel(channelId);
    this.element.setAttribute("aria-label", `Messages in ${channel?.name ?? "this channel"}`);
    const all = [...this.sight.inChannel(channelId).values()];
    this.list.replaceChildren(welcome(channel),
      ...all.map((message, index) => this.#build(message, all[index - 1])));
    this.isAtEnd = place === null;
    if (this.isAtEnd) this.toEnd();
    else this.element.scrollTop = place;
  }

  /** Show a new message, or a changed one in the place of what it was. */
  put(messageId) {
    const all = [...this.sight.inChannel(this.channelId).values()];
    const index = all.findIndex((message) => message.id === messageId);
    if (index === -1) return;
    const built = this.#build(all[index], all[index - 1]);
    const old = this.#find(messageId);
    if (old) this.#keepPlace(old, () => exchange(old, built));
    else this.list.insertBefore(built, this.list.querySelector(".client-note"));
    if (this.isAtEnd) this.toEnd();
  }

  /** Take a message away; the one below may now need a head of its own. */
  remove(messageId) {
    const old = this.#find(messageId);
    const following = old?.nextElementSibling?.dataset.messageId;
    old?.remove();
    if (following) this.put(following);
  }

  /** Show a line of the client's own below everything; the answer takes it away. */
  note(text, { isFailure = false } = {}) {
    const element = make(`p.client-note${isFailure ? ".failure" : ""}`,
      isFailure ? { role: "alert" } : {}, text);
    if (isFailure) {
      element.append(" · ", make("button.plain", { type: "button", onclick: () => element.remove() },
        "Dismiss"));
    }
    this.list.append(element);
    if (this.isAtEnd) this.toEnd();
    return () => element.remove();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  #find(messageId) {
    return this.list.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`);
  }

  /** What changes above the window must not move what is read in it. */
  #keepPlace(changing, change) {
    const isAbove = changing.getBoundingClientRect().bottom < this.element.getBoundingClientRect().top;
    const before = this.list.offsetHeight;
    change();
    if (isAbove) this.element.scrollTop += this.list.offsetHeight - before;
  }

  #build(message, before) {
    return messageElement(message, { sight: this.sight, before, ...this.deeds.of(message) });
  }
}

/** Put a message in the place of what it was; pictures and the keyboard's focus stay. */
function exchange(old, built) {
  const pictures = new Map([...old.querySelectorAll("img")].map((img) => [key(img), img]));
  for (const img of built.querySelectorAll("img")) {
    const loaded = pictures.get(key(img));
    if (loaded) img.replaceWith(loaded);
  }
  const focused = old.contains(document.activeElement) ? focusKey(document.activeElement) : null;
  old.replaceWith(built);
  if (focused) built.querySelector(focused)?.focus({ preventScroll: true });
}

function key(img) {
  return ["src", "alt", "width", "height"].map((name) => img.getAttribute(name)).join();
}

function welcome(channel) {
  if (!channel) return make("p.welcome", {}, "There is no channel to show.");
  const name = channel.name ? `#${channel.name}` : "this conversation";
  return make("div.welcome", {}, make("p.welcome-name", {}, `Welcome to ${name}`),
    make("p", {}, "Type / to see what the bot can do."));
}
