/** What a right click, a long press or a "more" button is about: a message or a person. */

const LONG_PRESS_MS = 500;
const SLACK_PX = 10;

/**
 * Listen on the whole page.
 *
 * @param {{ message: (messageId: string, at: any) => void, user: (userId: string, at: any) => void,
 *   profile: (userId: string, anchor: HTMLElement) => void }} open
 */
export function listenForTargets(open) {
  let wasLong = false;
  document.addEventListener("contextmenu", (event) => {
    if (wasLong || (!isNative(event) && about(event.target, pointOf(event), open))) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    // The finger that opened a menu by staying must not press what is below it as well.
    if (!wasLong) return press(event, open);
    wasLong = false;
    event.preventDefault();
    return event.stopPropagation();
  }, { capture: true });
  longPress(
    (event) => {
      wasLong = about(event.target, { x: event.clientX, y: event.clientY }, open);
    },
    () => {
      wasLong = false;
    });
}

function press(event, open) {
  const more = event.target.closest(".more");
  if (more) return open.message(more.closest("[data-message-id]").dataset.messageId, more);
  const person = event.target.closest("button[data-user-id]");
  return person && open.profile(person.dataset.userId, person);
}

/** Open the menu that belongs to an element, and tell whether there is one. */
function about(element, at, open) {
  const found = element.closest?.("[data-user-id], [data-message-id]");
  if (!found || element.closest("dialog")) return false;
  if (found.dataset.userId) open.user(found.dataset.userId, at);
  else open.message(found.dataset.messageId, at);
  return true;
}

/** Links, fields and marked words keep the browser's own menu. */
function isNative({ target }) {
  const isMarked = getSelection()?.toString() && getSelection().containsNode(target, true);
  return Boolean(target.closest("a, input, textarea, video, audio") || isMarked);
}

/** The keyboard's menu key has no point of its own: the focused element stands for it. */
function pointOf({ clientX: x, clientY: y, target }) {
  if (x > 0 || y > 0) return { x, y };
  const { left, bottom } = target.getBoundingClientRect();
  return { x: left, y: bottom };
}

function longPress(open, began) {
  let timer = 0;
  let start = null;
  const end = () => clearTimeout(timer);
  document.addEventListener("keydown", began, { capture: true });
  document.addEventListener("pointerdown", (event) => {
    end();
    began();
    if (event.pointerType !== "touch") return;
    start = event;
    timer = setTimeout(() => open(start), LONG_PRESS_MS);
  });
  document.addEventListener("pointermove", (event) => {
    const isFar = start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > SLACK_PX;
    if (isFar) end();
  });
  for (const name of ["pointerup", "pointercancel", "scroll"]) {
    document.addEventListener(name, end, { capture: true, passive: true });
  }
}
