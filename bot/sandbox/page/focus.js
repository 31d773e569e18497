/** The keyboard's focus: where it goes when something closes, or is exchanged under it. */

/**
 * Give the focus back to an element, or to its likeness in a message that was edited meanwhile;
 * the messages themselves take it when both are gone.
 *
 * @param {Element | null} element
 */
export function refocus(element) {
  const home = element?.isConnected ? element : likeness(element) ?? document.getElementById("log");
  // A caret that stood in something removed is lost, even where the focus already returned.
  if (home === document.activeElement) home?.blur();
  home?.focus({ preventScroll: true });
}

function likeness(element) {
  // What was exchanged still hangs in its old message, so that one can be told.
  const message = element?.closest("[data-message-id]");
  const key = element && focusKey(element);
  if (!message || !key) return null;
  return document.querySelector(`[data-message-id="${message.dataset.messageId}"] ${key}`);
}

/**
 * Describe a control so that its likeness is found in the same message after an edit.
 *
 * @param {Element} element
 * @returns {string | null} a selector
 */
export function focusKey(element) {
  const { customId } = element.dataset;
  if (customId) return `[data-custom-id="${CSS.escape(customId)}"]`;
  const name = element.classList[0];
  return name ? `.${CSS.escape(name)}` : null;
}

/**
 * Show a dialog over everything; when it closes it is gone and the focus is back.
 *
 * @param {HTMLDialogElement} box
 * @returns {() => void} closes it
 */
export function showDialog(box) {
  const before = document.activeElement;
  const close = () => {
    if (!box.isConnected) return;
    box.close();
    box.remove();
    refocus(before);
  };
  // All at once: between the browser's own closing and its event what is typed would be lost.
  box.addEventListener("cancel", (event) => {
    // A file picker that was left without a choice says the same, from inside.
    if (event.target !== box) return;
    event.preventDefault();
    close();
  });
  box.addEventListener("close", close);
  document.body.append(box);
  box.showModal();
  return close;
}
