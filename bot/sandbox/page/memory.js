/** Small things that this browser remembers from one visit to the next. */

const PREFIX = "atelier-sandbox:";

/** @param {string} name */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/**
 * Remember a text; a browser that keeps nothing is asked again next time.
 *
 * @param {string} name
 * @param {string} text
 */
export function remember(name, text) {
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    // Storage is switched off or full.
  }
}
