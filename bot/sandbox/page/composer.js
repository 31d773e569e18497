/** Where a person writes: an ordinary message, or a command and its options. */

import { Attached, takeFiles } from "./attached.js";
import { CommandForm } from "./command.js";
import { make } from "./dom.js";
import { icon } from "./icons.js";
import { Picker } from "./picker.js";

const LONGEST = 2000;
const NEARLY = 200;
const MOST_LISTED = 50;

/** The form at the bottom of the room. */
export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {{ sight: import("./sight.js").Sight, connection: import("./connection.js").Connection,
   *   deeds: import("./deeds.js").Deeds, note: (text: string, options?: any) => () => void,
   *   toMessages: () => void }} room
   */
  constructor(form, { sight, connection, deeds, note, toMessages }) {
    Object.assign(this, { form, sight, connection, deeds, note, toMessages });
    this.channelId = "";
    this.command = null;
    this.attached = new Attached((...words) => this.#hint(...words));
    this.#build();
    this.picker = new Picker({ label: "Commands", host: this.text, heading: "Atelier",
      pick: ({ value }) => this.#begin(value) });
    this.lists.append(this.picker.element);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    form.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => this.#typed());
    this.text.addEventListener("blur", () => this.picker.hide());
    takeFiles(form, {
      veil: this.veil,
      isOpen: () => !form.hidden && !document.querySelector("dialog[open]"),
      take: (files, target) => this.#take(files, target),
    });
  }

  #build() {
    this.hintLine = make("p.hint", { id: "composer-hint", role: "status" });
    this.lists = make("div.lists");
    this.text = make("textarea", { id: "say", rows: 1, "aria-autocomplete": "list",
      "aria-label": "Message", "aria-describedby": "composer-hint" });
    this.filePick = make("input.unseen", {
      type: "file", multiple: true, id: "attach", "aria-label": "Attach files",
      onchange: () => {
        this.attached.add([...this.filePick.files]);
        this.filePick.value = "";
        this.focus();
      } });
    this.attach = make("span.attach", {}, this.filePick,
      make("label", { for: "attach", title: "Attach files" }, icon("plus")));
    this.place = make("div.place", {}, this.text);
    this.optionalPlace = make("div.optional-place");
    this.veil = make("div.drop-veil", { hidden: true }, make("p", {}, icon("file"), "Drop to upload"));
    const send = make("button.send", { type: "submit", "aria-label": "Send" }, icon("send"));
    this.away = make("button.send", { type: "button", "aria-label": "Leave the command", hidden: true,
      onclick: () => this.#leave() }, icon("close"));
    this.form.append(this.lists, this.hintLine, this.optionalPlace, make("div.box", {},
      this.attached.element,
      make("div.line", {}, this.attach, this.place, this.away, send)), this.veil);
  }

  /** Write in another channel; a command begun elsewhere is dropped, a text stays. */
  enter(channelId) {
    this.channelId = channelId;
    const channel = this.sight.channel(channelId);
    const name = channel && `${channel.guild_id ? "#" : "@"}${this.sight.nameOf(channel)}`;
    this.text.placeholder = channel ? `Message ${name}` : "";
    this.text.disabled = !channel;
    this.picker.hide();
    this.#leave({ isQuiet: true });
  }

  /** Take the keyboard, except where that would unfold one on the screen. */
  focus() {
    if (matchMedia("(hover: hover)").matches) (this.command?.title ?? this.text).focus();
  }

  /** Begin a command that was pressed in a message; where it is not offered nothing happens. */
  begin(path) {
    const command = this.sight.paths(this.channelId).find((one) => one.path === path);
    if (command) this.#begin(command);
  }

  // Text

  #typed() {
    const words = this.text.value;
    this.#count(words.length);
    if (!words.startsWith("/")) return this.picker.hide();
    const typed = words.slice(1).toLowerCase();
    const paths = this.sight.paths(this.channelId);
    const exact = typed.endsWith(" ") && paths.find(({ path }) => path === typed.trim());
    if (exact) return this.#begin(exact);
    const rank = ({ path }) => (path.startsWith(typed) ? 0 : 1);
    const found = paths.filter(({ path }) => path.includes(typed.trim()))
      .sort((one, other) => rank(one) - rank(other) || one.path.localeCompare(other.path));
    const items = found.slice(0, MOST_LISTED).map((command) => ({
      name: `/${command.path}`,
      hint: command.options.map(({ name }) => name).join(" "),
      detail: command.description,
      mark: make("span.avatar.app", { "aria-hidden": "true" }),
      value: command,
    }));
    return this.picker.show(items, { empty: "There is no such command here" });
  }

  #count(length) {
    const left = LONGEST - length;
    this.#hint(left <= NEARLY ? `${left} characters left` : "", left < 0);
  }

  #take(files, target) {
    if (this.command) files.forEach((file) => this.command.takeFile(file, target));
    else {
      this.attached.add(files);
      this.focus();
    }
  }

  // Commands

  #begin(command) {
    this.picker.hide();
    if (this.command) this.#leave({ isQuiet: true });
    const suggest = (form, focused) => this.#suggest(form, focused);
    this.#show(new CommandForm(command, {
      sight: this.sight, lists: this.lists, suggest, hint: (...words) => this.#hint(...words) }));
  }

  /** Show a command in place of the text. */
  #show(command) {
    this.command = command;
    this.text.value = "";
    this.#dress(true);
    this.place.replaceChildren(command.element);
    this.optionalPlace.replaceChildren(command.optional);
    command.focus();
  }

  #leave({ isQuiet = false } = {}) {
    if (!this.command) return;
    this.command = null;
    this.#dress(false);
    this.place.replaceChildren(this.text);
    this.optionalPlace.replaceChildren();
    this.#hint("");
    if (!isQuiet) this.text.focus();
  }

  #dress(hasCommand) {
    this.attach.hidden = hasCommand;
    this.attached.element.hidden = hasCommand || this.attached.files.length === 0;
    this.away.hidden = !hasCommand;
    this.form.classList.toggle("commanding", hasCommand);
  }

  async #suggest(form, focused) {
    const typed = form.fields.find(({ option }) => option.name === focused).input.value;
    const options = { ...form.values(), [focused]: typed };
    const outcome = await this.connection.act("autocomplete",
      { channel_id: this.channelId, path: form.path, options, focused });
    if (!outcome.choices) this.#hint("Loading options failed", true);
    return outcome.choices ?? [];
  }

  #hint(text, isProblem = false) {
    this.hintLine.textContent = text;
    this.hintLine.classList.toggle("problem", isProblem);
  }

  // Sending

  #key(event) {
    const isText = event.target === this.text;
    if (isText && this.picker.key(event)) return;
    if (event.key === "Escape" && this.command) {
      event.preventDefault();
      this.#leave();
    } else if (event.key === "ArrowUp" && isText && this.text.value === "") {
      event.preventDefault();
      this.toMessages();
    } else if (event.key === "Backspace" && event.target === this.command?.title) {
      this.#leave();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing
      && !event.target.closest("button")) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  #send() {
    if (!this.command) return this.#say();
    return this.command.check() && this.#run(this.command);
  }

  async #say() {
    const content = this.text.value.trim();
    if (content === "" && this.attached.files.length === 0) return;
    if (content.startsWith("/") && this.sight.paths(this.channelId).length > 0) return this.#typed();
    if (content.length > LONGEST) return this.#count(content.length);
    const files = this.attached.takeAll().map((file) => ["message", file]);
    this.text.value = "";
    this.#hint("");
    const outcome = await this.connection.act("say", { channel_id: this.channelId, content }, files);
    this.deeds.follow(outcome, (text) => this.note(text, { isFailure: true }));
  }

  /** Send a command; one that the client refuses comes back to be mended. */
  async #run(command) {
    const details = { channel_id: this.channelId, path: command.path, options: command.values() };
    const files = command.files();
    this.#leave();
    const done = this.note(`Sending /${command.path}…`);
    const outcome = await this.connection.act("slash", details, files);
    done();
    if (outcome.refused && !this.command && this.text.value === "") {
      this.#show(command);
      command.refuse(outcome.refused);
    } else {
      this.deeds.follow(outcome, (text) => this.note(text, { isFailure: true }));
    }
  }
}
