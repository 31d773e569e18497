/** A form that the bot asks a person to fill in, as a dialog. */

import { make, sizeText } from "./dom.js";
import { showDialog } from "./focus.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { SELECTS, select } from "./selects.js";

const ROW = 1;
const TEXT_INPUT = 4;
const TEXT = 10;
const LABEL = 18;
const FILE_UPLOAD = 19;
const RADIO_GROUP = 21;
const CHECKBOX_GROUP = 22;
const CHECKBOX = 23;
const PARAGRAPH = 2;

const NOTE = "This form will be submitted to Atelier. Do not share passwords or other secrets.";

let made = 0;

/**
 * One field of the form.
 *
 * @typedef {object} Field
 * @property {string} customId
 * @property {HTMLElement} control what is focused and labelled
 * @property {HTMLElement} [shown] what is shown when that is more than the control
 * @property {() => any} [value] what is sent; left out where only files are
 * @property {() => File[]} [files]
 * @property {() => string | null} problem
 */

/**
 * Show a modal.
 *
 * @param {any} modal as on the wire
 * @param {{ sight: import("./sight.js").Sight,
 *   submit: (values: Record<string, any>, files: [string, File][]) => Promise<string | null> }} room
 *   `submit` answers what went wrong, null when nothing did
 */
export function openModal(modal, { sight, submit }) {
  const fields = [];
  const parts = modal.components.map((part) => build(part, sight, fields));
  const trouble = make("p.failure", { role: "alert", hidden: true });
  const send = make("button.button.primary", { type: "submit" }, "Submit");
  const cancel = make("button.button.secondary", { type: "button", onclick: () => close() }, "Cancel");
  const title = make("h2", { id: `modal-${(made += 1)}` }, modal.title);
  const shut = make("button.tool", { type: "button", "aria-label": "Close", onclick: () => close() },
    icon("close"));
  const form = make("form.modal-form", { novalidate: true, autocomplete: "off" },
    make("header.modal-head", {}, make("span.avatar.app", { "aria-hidden": "true" }), title, shut),
    make("div.modal-parts", {}, parts, make("p.modal-note", {}, icon("warning"), NOTE)), trouble,
    make("div.modal-foot", {}, cancel, send));
  const box = make("dialog.modal", { "aria-labelledby": title.id }, form);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = fields.filter((field) => check(field));
    if (wrong.length > 0 || send.disabled) return stand(wrong[0]);
    send.disabled = true;
    const problem = await submit(valuesOf(fields), filesOf(fields));
    send.disabled = false;
    trouble.hidden = problem === null;
    trouble.textContent = problem ?? "";
    return problem === null && close();
  });
  const close = showDialog(box);
  stand(fields[0]);
}

/** Put the keyboard on a field; in a group on its first choice. */
function stand(field) {
  (field?.control.querySelector("input") ?? field?.control)?.focus();
}

function valuesOf(fields) {
  const valued = fields.filter((field) => field.value && field.value() !== undefined);
  return Object.fromEntries(valued.map((field) => [field.customId, field.value()]));
}

function filesOf(fields) {
  return fields.flatMap((field) => (field.files?.() ?? []).map((file) => [field.customId, file]));
}

/** Show what is wrong with a field, and tell whether anything is. */
function check(field) {
  const problem = field.problem();
  field.note.textContent = problem ?? "";
  field.control.setAttribute("aria-invalid", String(problem !== null));
  return problem !== null;
}

function build(part, sight, fields) {
  if (part.type === TEXT) return make("div.words", {}, markdown(part.content, sight.names));
  if (part.type === LABEL) return labelled(part.component, part, sight, fields);
  if (part.type === ROW) return part.components.map((inner) => labelled(inner, inner, sight, fields));
  return null;
}

/** Build a field below its label. */
function labelled(component, { label, description }, sight, fields) {
  const field = fieldOf(component, sight);
  const id = `field-${(made += 1)}`;
  field.note = make("p.problem", { id: `${id}-problem` });
  field.control.id = id;
  field.control.setAttribute("aria-describedby", `${id}-about ${id}-problem`);
  field.control.setAttribute("aria-labelledby", `${id}-label`);
  fields.push(field);
  const isRequired = component.required !== false && component.type !== CHECKBOX;
  return make("div.field", {},
    make("label", { for: id, id: `${id}-label` }, label,
      isRequired && make("span.required", { title: "Required" }, " *")),
    description && make("p.about", { id: `${id}-about` }, description),
    field.shown ?? field.control,
    field.note);
}

/** @returns {Field} */
function fieldOf(component, sight) {
  if (SELECTS.has(component.type)) return selectField(component, sight);
  const kinds = { [TEXT_INPUT]: textField, [FILE_UPLOAD]: fileField, [RADIO_GROUP]: groupField,
    [CHECKBOX_GROUP]: groupField, [CHECKBOX]: checkboxField };
  return kinds[component.type](component);
}

function textField(component) {
  const isLong = component.style === PARAGRAPH;
  const control = make(isLong ? "textarea" : "input", {
    name: component.custom_id,
    placeholder: component.placeholder,
    maxlength: component.max_length ?? 4000,
    rows: isLong ? 4 : null,
    type: isLong ? null : "text",
  });
  control.value = component.value ?? "";
  const left = make("span.left", { "aria-hidden": "true" });
  const count = () => {
    left.textContent = `${control.value.length} / ${control.maxLength}`;
  };
  control.addEventListener("input", count);
  count();
  const problem = () => {
    const { length } = control.value;
    if (length === 0) return component.required === false ? null : "This field is required";
    const least = component.min_length ?? 0;
    return length < least ? `At least ${least} characters` : null;
  };
  const shown = isLong || component.max_length ? make("div.counted", {}, control, left) : control;
  return { customId: component.custom_id, control, shown, value: () => control.value, problem };
}

function selectField(component, sight) {
  let chosen;
  const choose = (values) => {
    chosen = values;
  };
  const control = select(component, { sight, choose });
  const isEmpty = () => control.classList.contains("unset");
  const problem = () =>
    isEmpty() && component.required !== false ? "This field is required" : null;
  const value = () => chosen ?? (isEmpty() ? [] : undefined);
  return { customId: component.custom_id, control, value, problem };
}

function fileField(component) {
  const most = component.max_values ?? 1;
  const least = component.required === false ? 0 : component.min_values ?? 1;
  const names = make("ul.chosen-files");
  const control = make("input", {
    type: "file", name: component.custom_id, multiple: most > 1,
    onchange: () => names.replaceChildren(...[...control.files].map((file) =>
      make("li", {}, `${file.name} · ${sizeText(file.size)}`))),
  });
  const problem = () => {
    const count = control.files.length;
    if (count < least) return least === 1 ? "Attach a file" : `Attach at least ${least} files`;
    return count > most ? `Attach at most ${most} files` : null;
  };
  const shown = make("div.upload", {}, control, names);
  return { customId: component.custom_id, control, shown, files: () => [...control.files], problem };
}

/** Radio buttons or checkboxes with a label each. */
function groupField(component) {
  const isRadio = component.type === RADIO_GROUP;
  const inputs = component.options.map((option) => make("input", {
    type: isRadio ? "radio" : "checkbox",
    name: component.custom_id,
    value: option.value,
    checked: option.default,
  }));
  const control = make("div.group", { role: isRadio ? "radiogroup" : "group", tabindex: "-1" },
    component.options.map((option, index) => make("label.choice", {}, inputs[index],
      make("span", {}, option.label, option.description && make("small", {}, option.description)))));
  const values = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const problem = () => countProblem(component, values().length, isRadio);
  const value = () => (isRadio ? values()[0] : values());
  return { customId: component.custom_id, control, value, problem };
}

function countProblem(component, count, isRadio) {
  if (count === 0) return component.required === false ? null : "This field is required";
  if (isRadio) return null;
  const least = component.min_values ?? 1;
  const most = component.max_values ?? component.options.length;
  return count < least || count > most ? `Choose ${least} to ${most}` : null;
}

function checkboxField(component) {
  const control = make("input.single", {
    type: "checkbox", name: component.custom_id, checked: component.default });
  return { customId: component.custom_id, control, value: () => control.checked, problem: () => null };
}
