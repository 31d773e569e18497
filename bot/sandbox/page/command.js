/** A slash command while a person fills it in. */

import { make } from "./dom.js";
import { fieldOf } from "./fields.js";
import { icon } from "./icons.js";
import { Picker } from "./picker.js";

const PAUSE_MS = 150;
const ATTACHMENT = 11;

/** The chips of one command: required options at once, the others when they are wanted. */
export class CommandForm {
  /**
   * @param {{ path: string, description: string, options: any[] }} command
   * @param {{ sight: import("./sight.js").Sight, lists: HTMLElement,
   *   suggest: (form: CommandForm, focused: string) => Promise<any[]>,
   *   hint: (text: string, isProblem?: boolean) => void }} room `lists` is where lists unfold
   */
  constructor({ path, description, options }, room) {
    Object.assign(this, { path, description, options, room });
    this.fields = [];
    this.title = make("span.command-name", { tabindex: "-1", title: description }, `/${path}`);
    this.element = make("div.command", { role: "group", "aria-label": `Command /${path}` }, this.title);
    this.optional = make("div.optional", { role: "group", "aria-label": "Optional" });
    this.last = null;
    for (const option of options.filter(({ required }) => required)) this.#add(option);
    this.#refreshOptional();
  }

  /** Put the keyboard where something is missing, or behind the name when nothing is. */
  focus() {
    const field = this.fields.find((one) => one.problem() !== null) ?? this.fields[0];
    if (!field) this.room.hint(this.description);
    (field?.input ?? this.title).focus();
  }

  /** Show every problem; the answer tells whether there is none. */
  check() {
    const wrong = this.fields.filter((field) => !this.#checkOne(field));
    if (wrong.length === 0) return true;
    wrong[0].input.focus();
    // Being focused describes the option; what is wrong with it comes after.
    return this.#checkOne(wrong[0]);
  }

  /** Show a refusal of the server at the option that it names. */
  refuse(reason) {
    const field = this.fields.find(({ option }) => reason.startsWith(`${option.name}: `));
    if (field) {
      mark(field, false);
      field.input.focus();
    } else {
      this.focus();
    }
    this.room.hint(reason, true);
  }

  /** What is filled in, by option name. */
  values() {
    const filled = this.fields.filter((field) => field.value() !== undefined);
    return Object.fromEntries(filled.map((field) => [field.option.name, field.value()]));
  }

  /** @returns {[string, File][]} */
  files() {
    return this.fields.filter(({ file }) => file).map(({ option, file }) => [option.name, file]);
  }

  /**
   * Take a dropped or pasted file: into the option that is being filled in, else into the first
   * one that lacks a file.
   *
   * @param {File} file
   * @param {Element | null} [target] what it was dropped on
   */
  takeFile(file, target = null) {
    const hit = this.fields.find((field) => field.take && field.element.contains(target));
    const present = this.last?.take && this.fields.includes(this.last) ? this.last : null;
    const free = this.fields.find((field) => field.take && !field.file);
    const field = hit ?? present ?? free ?? this.#addFileField();
    if (!field) return this.room.hint(`/${this.path} takes no more files`, true);
    field.take(file);
    this.last = null;
    return field.input.focus();
  }

  #addFileField() {
    const unused = ({ name, type }) => type === ATTACHMENT && !this.#field(name);
    const option = this.options.find(unused);
    const field = option && this.#add(option);
    this.#refreshOptional();
    return field;
  }

  #field(name) {
    return this.fields.find(({ option }) => option.name === name);
  }

  #add(option) {
    const suggest = async (name) => this.room.suggest(this, name);
    const field = fieldOf(option, { sight: this.room.sight, suggest });
    this.fields.push(field);
    this.element.append(field.element);
    if (field.offer) this.#listen(field);
    field.input.addEventListener("focus", () => {
      this.last = field;
      this.room.hint(describe(option));
    });
    field.input.addEventListener("input", () => {
      mark(field, true);
      this.room.hint(describe(option));
    });
    field.input.addEventListener("blur", () => field.value() !== undefined && this.#checkOne(field));
    field.input.addEventListener("keydown", (event) => this.#key(event, field));
    return field;
  }

  /** Let a field's list follow what is typed; suggestions are asked for after a pause. */
  #listen(field) {
    const { input, option } = field;
    let timer = 0;
    const settle = () => {
      clearTimeout(timer);
      field.asked = null;
    };
    const picker = new Picker({ label: option.name, host: input, pick: (item) => {
      settle();
      field.pick(item);
      picker.hide();
      mark(field, true);
      this.#after(field)?.input.focus();
    } });
    const show = (items) => document.activeElement === input && picker.show(items);
    const ask = () => {
      settle();
      if (!option.autocomplete) return show(field.offer(input.value));
      const asked = Symbol("one question");
      field.asked = asked;
      timer = setTimeout(async () => {
        const items = await field.offer(input.value);
        if (field.asked !== asked) return;
        settle();
        show(items);
      }, PAUSE_MS);
    };
    field.picker = picker;
    this.room.lists.append(picker.element);
    input.addEventListener("input", ask);
    input.addEventListener("focus", () => input.value === "" && ask());
    input.addEventListener("click", () => !picker.isOpen && ask());
    input.addEventListener("blur", () => {
      settle();
      picker.hide();
    });
  }

  #key(event, field) {
    if (event.key === "Enter" && field.asked) {
      // The list still belongs to an earlier text: nothing may be picked from it, or sent.
      event.preventDefault();
      event.stopPropagation();
    } else if (field.picker?.key(event)) {
      return;
    } else if (event.key === "ArrowDown" && field.picker) {
      field.input.dispatchEvent(new Event("click"));
    } else if (event.key === "Backspace" && field.input.value === "" && !field.file) {
      event.preventDefault();
      event.stopPropagation();
      if (!field.option.required) this.#remove(field);
    }
  }

  #remove(field) {
    const index = this.fields.indexOf(field);
    this.fields.splice(index, 1);
    field.element.remove();
    field.picker?.element.remove();
    this.#refreshOptional();
    (this.fields[Math.max(index - 1, 0)]?.input ?? this.title).focus();
  }

  #after(field) {
    return this.fields.slice(this.fields.indexOf(field) + 1).find(({ value }) => value() === undefined);
  }

  #checkOne(field) {
    const problem = field.problem();
    mark(field, problem === null);
    if (problem) this.room.hint(`${field.option.name}: ${problem}`, true);
    return problem === null;
  }

  #refreshOptional() {
    const unused = this.options.filter(({ name }) => !this.#field(name));
    this.optional.replaceChildren(...unused.map((option) => make("button.add", {
      type: "button",
      title: option.description,
      "aria-label": `Add ${option.name}: ${option.description}`,
      onclick: () => {
        const field = this.#add(option);
        this.#refreshOptional();
        field.input.focus();
      },
    }, icon("plus"), option.name)));
    this.optional.hidden = unused.length === 0;
  }
}

function describe({ name, description, required }) {
  return `${name}: ${description}${required ? "" : " (optional)"}`;
}

function mark(field, isRight) {
  field.input.setAttribute("aria-invalid", String(!isRight));
  field.element.classList.toggle("wrong", !isRight);
}
