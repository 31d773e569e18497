/** Building elements: the only way anything gets onto the page, so text is never read as HTML. */

/**
 * Build an element: `make("p.note", { title: "why", onclick: press }, "text", child)`.
 * Functions become listeners, `css` sets style properties, everything else is an attribute;
 * null, undefined and false are left out, for attributes and for children.
 *
 * @param {string} kind tag name and classes
 * @param {Record<string, any>} [properties]
 * @param {...any} children
 * @returns {HTMLElement}
 */
export function make(kind, properties = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children.flat(Infinity).filter(isShown));
  return element;
}

function set(element, name, value) {
  if (!isShown(value)) return;
  if (typeof value === "function") {
    element.addEventListener(name.slice(2), value);
  } else if (name === "css") {
    for (const [property, setting] of Object.entries(value)) {
      element.style.setProperty(property, setting);
    }
  } else {
    element.setAttribute(name, value === true ? "" : value);
  }
}

function isShown(value) {
  return value !== null && value !== undefined && value !== false;
}

const LOOPBACK = new Set(["127.0.0.1", "localhost"]);

/**
 * Turn the URL of a file of this world into a path on this server.
 *
 * @param {string} url
 * @returns {string | null} null for everything that lies elsewhere: it is never requested
 */
export function localPath(url) {
  if (!URL.canParse(url)) return null;
  const { hostname, port, pathname, protocol } = new URL(url);
  const isOurs = protocol === "http:" && LOOPBACK.has(hostname) && port === location.port;
  return isOurs && pathname.startsWith("/attachments/") ? pathname : null;
}

/**
 * Build a link that opens in a tab of its own; anything but http and https stays text.
 *
 * @param {string} url
 * @param {...any} children
 */
export function link(url, ...children) {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isWeb) return make("span", {}, ...children);
  const properties = { href: url, target: "_blank", rel: "noopener noreferrer", title: url };
  return make("a", properties, ...children);
}

/**
 * Write a size the way people read it.
 *
 * @param {number} bytes
 */
export function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  const isSmall = bytes < 1024 * 1024;
  return isSmall ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(2)} MB`;
}

/**
 * Build an emoji: its character, or the name of one whose picture lies elsewhere.
 *
 * @param {{ id?: string | null, name?: string | null } | null | undefined} emoji
 */
export function emojiOf(emoji) {
  if (!emoji?.name) return null;
  return make("span.emoji", { "aria-hidden": "true" }, emoji.id ? `:${emoji.name}:` : emoji.name);
}
