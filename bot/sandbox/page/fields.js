/** The options of a command while a person fills them in, one chip each. */

import { avatar, displayName } from "./avatars.js";
import { make, sizeText } from "./dom.js";
import { icon } from "./icons.js";

const STRING = 3;
const INTEGER = 4;
const BOOLEAN = 5;
const USER = 6;
const CHANNEL = 7;
const ROLE = 8;
const MENTIONABLE = 9;
const NUMBER = 10;
const ATTACHMENT = 11;
const LONGEST_STRING = 6000;
const REQUIRED = "This option is required";

let made = 0;

/**
 * One option being filled in.
 *
 * @typedef {object} Field
 * @property {any} option as on the wire
 * @property {HTMLElement} element the chip
 * @property {HTMLInputElement | HTMLTextAreaElement} input
 * @property {() => any} value undefined when nothing is filled in
 * @property {() => string | null} problem
 * @property {File | null} [file]
 * @property {(file: File | null) => void} [take] take a file
 * @property {symbol | null} [asked] while suggestions are on their way
 * @property {((typed: string) => Promise<import("./picker.js").Item[]> |
 *   import("./picker.js").Item[]) | null} [offer] what the list shows, for fields with a list
 * @property {(item: import("./picker.js").Item) => void} [pick]
 */

/**
 * Build the field of an option.
 *
 * @param {any} option as on the wire
 * @param {{ sight: import("./sight.js").Sight, suggest: (name: string) => Promise<any[]> }} room
 * @returns {Field}
 */
export function fieldOf(option, room) {
  if (option.type === ATTACHMENT) return fileField(option);
  const offer = offerOf(option, room);
  return offer ? listField(option, offer) : typedField(option);
}

/** Frame an input as a chip named after its option. */
function chip(option, input, ...inside) {
  const id = `option-${(made += 1)}`;
  input.id = id;
  input.setAttribute("aria-describedby", "composer-hint");
  if (option.required) input.setAttribute("aria-required", "true");
  const mark = option.required ? make("span.required", { "aria-hidden": "true" }, "*") : null;
  return make("div.chip", { "data-option": option.name },
    make("label.chip-name", { for: id }, option.name, mark), input, inside);
}

/** A field whose value is what is typed: a text or a number. */
function typedField(option) {
  const isText = option.type === STRING;
  const input = make(isText ? "textarea" : "input", {
    rows: isText ? 1 : null,
    inputmode: isText ? null : option.type === INTEGER ? "numeric" : "decimal",
    maxlength: isText ? null : 24,
  });
  if (isText) input.addEventListener("input", () => {
    // A command is one line: what was pasted with line ends becomes one.
    if (input.value.includes("\n")) input.value = input.value.replace(/\n+/g, " ");
  });
  return {
    option,
    input,
    element: chip(option, input),
    value: () => (input.value.trim() === "" ? undefined : typedValue(option, input.value)),
    problem: () => typedProblem(option, input.value),
  };
}

function typedValue({ type }, text) {
  return type === INTEGER || type === NUMBER ? Number(text) : text;
}

function typedProblem(option, text) {
  if (text.trim() === "") return option.required ? REQUIRED : null;
  if (option.type === STRING) return lengthProblem(option, text.length);
  const pattern = option.type === INTEGER ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)$/;
  if (!pattern.test(text.trim())) {
    return `Input a valid ${option.type === INTEGER ? "integer" : "number"}`;
  }
  return rangeProblem(option, Number(text));
}

function lengthProblem({ min_length: least = 0, max_length: most = LONGEST_STRING }, length) {
  if (length < least) return `At least ${least} characters`;
  return length > most ? `At most ${most} characters` : null;
}

function rangeProblem({ min_value: lowest, max_value: highest }, number) {
  const limit = Number.MAX_SAFE_INTEGER;
  if (number < (lowest ?? -limit)) return `At least ${lowest ?? -limit}`;
  return number > (highest ?? limit) ? `At most ${highest ?? limit}` : null;
}

/** Say what an option's list offers for what is typed; null when it has no list. */
function offerOf(option, { sight, suggest }) {
  if (option.autocomplete) {
    return async () => (await suggest(option.name)).map(({ name, value }) => ({ name, value }));
  }
  const fixed = fixedItems(option, sight);
  if (!fixed) return null;
  return (typed) => {
    const words = typed.toLowerCase();
    return fixed.filter(({ name }) => name.toLowerCase().includes(words)).slice(0, 25);
  };
}

function fixedItems(option, sight) {
  const users = () => sight.users.map((user) => (
    { name: displayName(user), value: user.id, mark: avatar(user) }));
  const roles = () => sight.roles.map(({ id, name }) => ({ name: name.replace(/^@?/, "@"), value: id }));
  if (option.choices?.length > 0) return option.choices.map(({ name, value }) => ({ name, value }));
  switch (option.type) {
    case BOOLEAN: return [{ name: "True", value: true }, { name: "False", value: false }];
    case USER: return users();
    case ROLE: return roles();
    case MENTIONABLE: return [...users(), ...roles()];
    case CHANNEL: return channelItems(option, sight);
    default: return null;
  }
}

function channelItems({ channel_types: types }, { channels }) {
  const isWanted = ({ guild_id: guildId, type }) => guildId && (!types?.length || types.includes(type));
  return channels.filter(isWanted).map(({ id, name }) => ({ name: `#${name}`, value: id }));
}

/** A field with a list: its value is what was picked, or with suggestions also what was typed. */
function listField(option, offer) {
  const input = make("input", { type: "text", role: "combobox", "aria-autocomplete": "list" });
  let picked = null;
  const isFree = option.autocomplete === true;
  const match = () => {
    if (picked || isFree || input.value === "") return picked;
    const same = ({ name }) => name.toLowerCase() === input.value.trim().toLowerCase();
    return offer(input.value).find(same) ?? null;
  };
  input.addEventListener("input", () => {
    picked = null;
  });
  return {
    option,
    input,
    offer,
    element: chip(option, input),
    pick: (item) => {
      picked = item;
      input.value = item.name;
    },
    value: () => {
      const found = match();
      if (found) return found.value;
      return isFree && input.value.trim() !== "" ? typedValue(option, input.value) : undefined;
    },
    problem: () => {
      if (match()) return null;
      if (isFree || input.value === "") return typedProblem(option, input.value);
      return "Choose one of the listed options";
    },
  };
}

/** A field whose value is a file, chosen or dropped; it can be taken back. */
function fileField(option) {
  const name = make("span.file-chosen");
  const preview = make("span.preview");
  const input = make("input.unseen", { type: "file" });
  const remove = make("button.file-remove", {
    type: "button",
    "aria-label": `Remove the file of ${option.name}`,
    onclick: () => {
      field.take(null);
      input.focus();
    },
  }, icon("close"));
  const field = {
    option,
    input,
    file: null,
    value: () => undefined,
    problem: () => (option.required && !field.file ? "Attach a file" : null),
    take: (file) => {
      field.file = file;
      input.value = "";
      name.textContent = file ? `${file.name} · ${sizeText(file.size)}` : "Choose, drop or paste a file";
      preview.replaceChildren(...(pictureOf(file) ?? []));
      remove.hidden = !file;
      input.dispatchEvent(new Event("input"));
    },
  };
  input.addEventListener("change", () => input.files[0] && field.take(input.files[0]));
  field.element = chip(option, input, make("label.file-pick", {}, preview, name), remove);
  field.element.querySelector(".file-pick").htmlFor = input.id;
  field.take(null);
  return field;
}

/**
 * Show a file chosen on this machine, from memory; null when it is no picture.
 *
 * @param {File | null} file
 */
export function pictureOf(file) {
  if (!file?.type.startsWith("image/")) return null;
  const url = URL.createObjectURL(file);
  return [make("img", { src: url, alt: "", onload: () => URL.revokeObjectURL(url) })];
}
