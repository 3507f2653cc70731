// Chat: Enter opens the line, Enter sends it, Escape closes it.

import { $, element, nameOf } from "./hud.js";

const LINES = 8;
const FRESH = 12_000;

export class Chat {
  /** @param {(text: string) => void} send @param {() => void} opened */
  constructor(send, opened) {
    this.form = $("#say");
    this.words = /** @type {HTMLInputElement} */ ($("#words"));
    this.opened = opened;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.words.value.trim();
      this.close();
      if (text) send(text);
    });
    this.words.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
    this.words.addEventListener("blur", () => this.close());
  }

  open() {
    this.form.hidden = false;
    document.body.classList.add("talking");
    this.opened();
    this.words.focus();
  }

  close() {
    if (this.form.hidden) return;
    this.form.hidden = true;
    this.words.value = "";
    document.body.classList.remove("talking");
    this.words.blur();
  }

  /** @param {string} name @param {string} text @param {boolean} mine */
  said(name, text, mine) {
    const words = element("bdi", "words", text);
    words.dir = "auto";
    this.append([nameOf(name, mine ? "you" : ""), words]);
  }

  /** A line of the page itself. @param {string} text */
  note(text) {
    this.append([element("span", "name", text)]);
  }

  /** @param {Node[]} parts */
  append(parts) {
    const line = element("li", "");
    line.append(...parts);
    const lines = $("#lines");
    lines.append(line);
    while (lines.childElementCount > LINES) lines.firstElementChild?.remove();
    setTimeout(() => line.classList.add("old"), FRESH);
    line.addEventListener("animationend", (event) => {
      if (event.animationName === "fade" && !document.body.classList.contains("talking")) line.remove();
    });
  }
}
