/** Walking through a list with the arrow keys. */

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/**
 * Let ArrowUp, ArrowDown, Home and End move the focus among the elements of a list.
 *
 * @param {HTMLElement} list
 * @param {string} selector what can be stood on
 */
export function walkable(list, selector) {
  list.addEventListener("keydown", (event) => {
    const here = event.target.closest(selector);
    const isBusy = event.defaultPrevented || event.target.closest("video, audio, input, textarea");
    if (!here || isBusy) return;
    const all = [...list.querySelectorAll(selector)];
    const next = step(event.key, all, all.indexOf(here));
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  });
}

/** Return where a key leads from a place in a list, undefined when it leads nowhere. */
export function step(key, all, index) {
  if (key in STEPS) return all[index + STEPS[key]];
  if (key === "Home") return all[0];
  return key === "End" ? all.at(-1) : undefined;
}
