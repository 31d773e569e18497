/** Who one can be: everybody is one click away. */

import { avatar } from "./avatars.js";
import { make } from "./dom.js";

/**
 * Draw the people, the present one checked; the keyboard stays among them when it was there.
 *
 * @param {HTMLFieldSetElement} fieldset
 * @param {{ sight: import("./sight.js").Sight, become: (name: string) => void }} room
 */
export function drawPeople(fieldset, { sight, become }) {
  const hadFocus = fieldset.contains(document.activeElement);
  const people = sight.people.map((person) => label(person, sight, become));
  fieldset.replaceChildren(fieldset.firstElementChild, ...people);
  if (hadFocus) fieldset.querySelector("input:checked")?.focus();
}

function label({ id, name, title }, sight, become) {
  return make("label.person", { title: `${name}, ${title}` },
    make("input", {
      type: "radio",
      name: "person",
      value: name.toLowerCase(),
      checked: id === sight.me,
      onchange: () => become(name.toLowerCase()),
    }),
    avatar(sight.user(id)), make("span.person-name", {}, name), make("small", {}, title));
}
