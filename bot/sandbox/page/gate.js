/** The warning before an age-restricted channel: once for every person. */

import { make } from "./dom.js";
import { icon } from "./icons.js";
import { recall, remember } from "./memory.js";

/** Stands in the place of a channel until its visitor says to be old enough. */
export class Gate {
  /**
   * @param {HTMLElement} element
   * @param {{ passed: () => void, left: () => void }} ways
   */
  constructor(element, { passed, left }) {
    Object.assign(this, { element, passed, left });
  }

  /** Show the warning where it is due, and tell whether it is. */
  stands(channel, personId) {
    const key = `of-age:${personId}`;
    const isDue = Boolean(channel?.is_nsfw) && recall(key) === null;
    this.element.hidden = !isDue;
    if (isDue) this.#show(channel.name, () => remember(key, "yes"));
    return isDue;
  }

  #show(name, agree) {
    const go = () => {
      agree();
      this.passed();
    };
    const back = make("button.button.secondary", { type: "button", onclick: this.left }, "Go back");
    this.element.replaceChildren(
      make("span.gate-sign", {}, icon("warning")),
      make("h2", { id: "gate-title" }, "Age-restricted channel"),
      make("p", {}, `#${name} may show content for adults only. Go on if you are of legal age.`),
      make("div.gate-ways", {}, back,
        make("button.button.danger", { type: "button", onclick: go }, "Continue")));
    back.focus();
  }
}
