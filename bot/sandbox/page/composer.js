/** Where a person writes: an ordinary message, or a command and its options. */

import { CommandForm } from "./command.js";
import { make, sizeText } from "./dom.js";
import { Picker } from "./picker.js";

/** The form at the bottom of the room. */
export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {{ sight: import("./sight.js").Sight, connection: import("./connection.js").Connection,
   *   deeds: import("./deeds.js").Deeds, note: (text: string, options?: any) => () => void }} room
   */
  constructor(form, { sight, connection, deeds, note }) {
    Object.assign(this, { form, sight, connection, deeds, note });
    this.channelId = "";
    this.command = null;
    this.attached = [];
    this.#build();
    this.picker = new Picker({
      label: "Commands", host: this.text, pick: ({ value }) => this.#begin(value) });
    this.lists.append(this.picker.element);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    form.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => this.#typed());
    this.text.addEventListener("blur", () => this.picker.hide());
    this.#takeDropped();
  }

  #build() {
    this.hintLine = make("p.hint", { id: "composer-hint", role: "status" });
    this.lists = make("div.lists");
    this.text = make("textarea", { id: "say", rows: 1, "aria-autocomplete": "list",
      "aria-label": "Message" });
    this.filePick = make("input.unseen", {
      type: "file", multiple: true, id: "attach", "aria-label": "Attach files",
      onchange: () => {
        this.#attach([...this.filePick.files]);
        this.filePick.value = "";
      } });
    this.attach = make("span.attach", {}, this.filePick,
      make("label", { for: "attach", title: "Attach files" }, "+"));
    this.place = make("div.place", {}, this.text);
    this.attachedList = make("ul.attached", { hidden: true });
    this.optionalPlace = make("div.optional-place");
    const send = make("button.send", { type: "submit", "aria-label": "Send" }, "➤");
    this.away = make("button.send", { type: "button", "aria-label": "Leave the command", hidden: true,
      onclick: () => this.#leave() }, "✕");
    this.form.append(this.lists, this.hintLine, this.attachedList,
      make("div.box", {}, this.attach, this.place, this.away, send), this.optionalPlace);
  }

  /** Write in another channel; a command begun elsewhere is dropped, a text stays. */
  enter(channelId) {
    this.channelId = channelId;
    const channel = this.sight.channel(channelId);
    const name = channel?.name ? `#${channel.name}` : "the bot";
    this.text.placeholder = `Message ${name}, or / for commands`;
    this.text.disabled = !channel;
    this.picker.hide();
    this.#leave();
  }

  // Text

  #typed() {
    const words = this.text.value;
    if (!words.startsWith("/")) return this.picker.hide();
    const typed = words.slice(1).toLowerCase();
    const paths = this.sight.paths(this.channelId);
    const exact = typed.endsWith(" ") && paths.find(({ path }) => path === typed.trim());
    if (exact) return this.#begin(exact);
    const rank = ({ path }) => (path.startsWith(typed) ? 0 : 1);
    const found = paths.filter(({ path }) => path.includes(typed.trim()))
      .sort((one, other) => rank(one) - rank(other) || one.path.localeCompare(other.path));
    const items = found.map((command) => (
      { name: `/${command.path}`, detail: command.description, value: command }));
    return this.picker.show(items, { empty: "There is no such command here" });
  }

  #attach(files) {
    this.attached.push(...files);
    this.attachedList.hidden = this.attached.length === 0;
    this.attachedList.replaceChildren(...this.attached.map((file) => make("li", {},
      `${file.name} · ${sizeText(file.size)} `,
      make("button.plain", { type: "button", "aria-label": `Remove ${file.name}`, onclick: () => {
        this.attached.splice(this.attached.indexOf(file), 1);
        this.#attach([]);
      } }, "✕"))));
  }

  #takeDropped() {
    const take = (event, transfer) => {
      const files = [...(transfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      if (this.command) files.forEach((file) => this.command.takeFile(file));
      else this.#attach(files);
    };
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => take(event, event.dataTransfer));
    this.form.addEventListener("paste", (event) => take(event, event.clipboardData));
  }

  // Commands

  #begin(command) {
    this.picker.hide();
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

  #leave() {
    if (!this.command) return;
    this.command = null;
    this.#dress(false);
    this.place.replaceChildren(this.text);
    this.optionalPlace.replaceChildren();
    this.#hint("");
    this.text.focus();
  }

  #dress(hasCommand) {
    this.attach.hidden = hasCommand;
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
    if (event.target === this.text && this.picker.key(event)) return;
    if (event.key === "Escape" && this.command) {
      this.#leave();
    } else if (event.key === "Backspace" && event.target === this.command?.title) {
      this.#leave();
    } else if (event.key === "Enter" && !event.shiftKey && !event.target.closest("button")) {
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
    const files = this.attached.map((file) => ["message", file]);
    if (content === "" && files.length === 0) return;
    if (content.startsWith("/") && this.sight.paths(this.channelId).length > 0) return this.#typed();
    this.text.value = "";
    this.attached = [];
    this.#attach([]);
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
