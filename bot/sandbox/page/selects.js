/** Select menus, in messages and in modals: what can be chosen and what is. */

import { avatar, displayName } from "./avatars.js";
import { emojiOf, make } from "./dom.js";
import { refocus } from "./focus.js";
import { icon } from "./icons.js";
import { openPicker } from "./picker.js";

export const STRING_SELECT = 3;
const USER_SELECT = 5;
const ROLE_SELECT = 6;
const MENTIONABLE_SELECT = 7;
const CHANNEL_SELECT = 8;
export const SELECTS = new Set([STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT,
  CHANNEL_SELECT]);
const PLACEHOLDERS = {
  [STRING_SELECT]: "Make a selection",
  [USER_SELECT]: "Select a user",
  [ROLE_SELECT]: "Select a role",
  [MENTIONABLE_SELECT]: "Select a user or role",
  [CHANNEL_SELECT]: "Select a channel",
};

/**
 * List what a select offers.
 *
 * @param {any} component as on the wire
 * @param {import("./sight.js").Sight} sight
 * @returns {import("./picker.js").Item[]}
 */
export function selectItems(component, sight) {
  const users = () => sight.users.map((user) => (
    { name: displayName(user), value: user.id, mark: avatar(user) }));
  const roles = () => sight.roles.map((role) => ({ name: `@${role.name}`, value: role.id }));
  switch (component.type) {
    case USER_SELECT: return users();
    case ROLE_SELECT: return roles();
    case MENTIONABLE_SELECT: return [...users(), ...roles()];
    case CHANNEL_SELECT: return channels(component, sight);
    default: return component.options.map(({ label, value, description, emoji }) => (
      { name: label, value, detail: description, mark: emojiOf(emoji) }));
  }
}

function channels({ channel_types: types }, sight) {
  const isWanted = (channel) => !types?.length || types.includes(channel.type);
  return sight.channels.filter((channel) => channel.guild_id && isWanted(channel))
    .map((channel) => ({ name: `#${channel.name}`, value: channel.id }));
}

/** Return the values a select starts with. */
function preset(component) {
  if (component.type !== STRING_SELECT) {
    return (component.default_values ?? []).map(({ id }) => id);
  }
  return component.options.filter((option) => option.default).map(({ value }) => value);
}

/**
 * Build a select. A single choice is told at once; several when the list closes.
 *
 * @param {any} component as on the wire
 * @param {{ sight: import("./sight.js").Sight, choose: (values: string[]) => void,
 *   isDisabled?: boolean, label?: string }} options
 */
export function select(component, { sight, choose, isDisabled = false, label }) {
  const items = selectItems(component, sight);
  const least = component.min_values ?? 1;
  const most = component.max_values ?? 1;
  let values = preset(component);
  const text = make("span.select-text");
  const button = make("button.select", {
    type: "button",
    role: "combobox",
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "aria-label": label ?? component.placeholder ?? PLACEHOLDERS[component.type],
    "data-custom-id": component.custom_id,
    disabled: isDisabled || component.disabled,
    onclick: () => (most > 1 || least === 0 ? openMany() : openOne()),
  }, text, icon("down"));

  const refresh = () => {
    const chosen = items.filter((item) => values.includes(item.value)).map(({ name }) => name);
    const placeholder = component.placeholder ?? PLACEHOLDERS[component.type];
    text.textContent = chosen.join(", ") || placeholder;
    button.classList.toggle("unset", chosen.length === 0);
  };
  const ticked = () => items.map((item) => ({ ...item, isChosen: values.includes(item.value) }));
  const title = button.getAttribute("aria-label");
  const open = (options) => {
    button.setAttribute("aria-expanded", "true");
    const closed = () => {
      button.setAttribute("aria-expanded", "false");
      button.removeAttribute("aria-controls");
      refocus(button);
      options.closed?.();
    };
    const { list } = openPicker(button, { label: title, items: ticked(), ...options, closed });
    button.setAttribute("aria-controls", list.id);
  };
  const openOne = () => open({
    pick: (item, picker) => {
      values = [item.value];
      refresh();
      picker.close();
      choose(values);
    },
  });
  const openMany = () => {
    const before = values.join();
    open({
      isMany: true,
      pick: (item, picker) => {
        values = toggled(values, item.value, most);
        picker.show(ticked(), { active: picker.active });
      },
      closed: () => {
        refresh();
        if (values.join() !== before && values.length >= least) choose(values);
      },
    });
  };
  refresh();
  return button;
}

/** Add or take away one value; one value too many pushes the oldest out. */
function toggled(values, value, most) {
  if (values.includes(value)) return values.filter((other) => other !== value);
  return [...values, value].slice(-most);
}
