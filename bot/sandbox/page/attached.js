/** The files of a message that is being written: cards above the text. */

import { make, sizeText } from "./dom.js";
import { pictureOf } from "./fields.js";
import { icon } from "./icons.js";

const MOST_FILES = 10;

/** Holds up to ten files; each can be taken away again. */
export class Attached {
  /** @param {(text: string, isProblem?: boolean) => void} hint */
  constructor(hint) {
    this.files = [];
    this.hint = hint;
    this.element = make("ul.attached", { "aria-label": "Attachments", hidden: true });
  }

  /** @param {File[]} files */
  add(files) {
    const room = MOST_FILES - this.files.length;
    if (files.length > room) this.hint(`A message takes ${MOST_FILES} files at most`, true);
    this.files.push(...files.slice(0, room));
    this.#draw();
  }

  /** Hand the files over and begin anew. */
  takeAll() {
    const files = this.files;
    this.files = [];
    this.#draw();
    return files;
  }

  #draw() {
    this.element.hidden = this.files.length === 0;
    this.element.replaceChildren(...this.files.map((file) => this.#card(file)));
  }

  #card(file) {
    const remove = make("button.file-remove", {
      type: "button",
      "aria-label": `Remove ${file.name}`,
      onclick: () => {
        this.files.splice(this.files.indexOf(file), 1);
        this.hint("");
        this.#draw();
        (this.element.querySelector("button") ?? document.getElementById("say")).focus();
      },
    }, icon("trash"));
    return make("li.card", {}, make("span.card-picture", {}, pictureOf(file) ?? icon("file")),
      make("span.card-name", {}, file.name), make("small", {}, sizeText(file.size)), remove);
  }
}

/**
 * Take files that are dropped on the page or pasted into the form, and show where they would go.
 *
 * @param {HTMLFormElement} form
 * @param {{ veil: HTMLElement, isOpen: () => boolean,
 *   take: (files: File[], target: Element | null) => void }} options
 */
export function takeFiles(form, { veil, isOpen, take }) {
  let depth = 0;
  const hasFiles = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files");
  const show = (isShown) => {
    veil.hidden = !isShown;
  };
  const receive = (event, transfer) => {
    const files = [...(transfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    if (isOpen()) take(files, event.target);
  };
  document.addEventListener("dragenter", (event) => {
    depth += 1;
    show(hasFiles(event) && isOpen());
  });
  document.addEventListener("dragleave", () => {
    depth -= 1;
    if (depth <= 0) show(false);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    depth = 0;
    show(false);
    receive(event, event.dataTransfer);
  });
  form.addEventListener("paste", (event) => receive(event, event.clipboardData));
}
