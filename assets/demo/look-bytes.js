// Where do my bytes go? The last snapshot as coloured bits, and how many bits each field has taken since the welcome.
// Reads the frames for itself, by `WIRE.md` alone: what it shows is what was on the wire, not what the core says.

import { Replica } from "./look-frames.js";
import { readWelcome } from "./look-welcome.js";

/** @typedef {import("./look-bits.js").Span} Span */

/** Sides of a bit in pixels, largest first: the first with which a frame is not too high. */
const SIDES = [12, 10, 8, 6, 4, 3, 2];
const HEIGHT_MAX = 280;
/** Names without a point are no fields: they are grey. */
const GREYS = ["#777", "#999", "#666", "#888"];
/** Degrees from one colour to the next: the golden angle, so that neighbours differ. */
const HUE_STEP = 137.5;

export class Bytes {
  /** @type {Replica | null} */
  #replica = null;
  /** @type {Span[]} */
  #spans = [];
  /** Bits since the welcome. @type {Map<string, number>} */
  #totals = new Map();
  /** @type {Map<string, string>} */
  #colours = new Map();
  #frames = 0;
  #held = false;
  #fresh = false;
  #side = SIDES[0];

  /** @param {HTMLDetailsElement} parent With a canvas, a line of words and a table. */
  constructor(parent) {
    this.parent = parent;
    this.canvas = /** @type {HTMLCanvasElement} */ (parent.querySelector("canvas"));
    this.words = /** @type {HTMLElement} */ (parent.querySelector("p"));
    this.table = /** @type {HTMLTableElement} */ (parent.querySelector("table"));
    // A frame that is being pointed at stays.
    this.canvas.addEventListener("pointerenter", () => (this.#held = true));
    this.canvas.addEventListener("pointerleave", () => (this.#held = false));
    this.canvas.addEventListener("pointermove", (event) => this.#point(event));
    parent.addEventListener("toggle", () => (this.#fresh = true));
  }

  /** A WebSocket that shows this what comes in. */
  get socket() {
    const take = (/** @type {Uint8Array} */ bytes) => this.#take(bytes);
    return class extends WebSocket {
      /** @param {string} url */
      constructor(url) {
        super(url);
        this.addEventListener("message", ({ data }) => data instanceof ArrayBuffer && take(new Uint8Array(data)));
      }
    };
  }

  /** @param {Uint8Array} bytes */
  #take(bytes) {
    try {
      const welcome = readWelcome(bytes);
      if (welcome) return this.#begin(welcome);
      if (!this.#replica) return;
      const { spans, snapshot } = this.#replica.receive(bytes);
      if (this.#replica.waiting) return;
      for (const { from, to, what } of spans) this.#totals.set(what, (this.#totals.get(what) ?? 0) + to - from);
      if (!snapshot) return;
      this.#frames++;
      if (this.#held) return;
      this.#spans = spans;
      this.#fresh = true;
    } catch (error) {
      // The page goes on: the core reads for itself.
      this.#replica = null;
      this.words.textContent = `Stopped reading: ${error instanceof Error ? error.message : error}.`;
    }
  }

  /** @param {import("./look-welcome.js").Welcome} welcome */
  #begin({ schema, player, codebook }) {
    this.#totals.clear();
    this.#frames = 0;
    this.#replica = schema ? new Replica(schema, player) : null;
    if (codebook.length > 0) this.#replica?.receive(codebook);
  }

  /** Draws what came last, where it is to be seen. */
  draw() {
    if (!this.parent.open || !this.#fresh || this.#spans.length === 0) return;
    this.#fresh = false;
    const bits = this.#spans[this.#spans.length - 1].to;
    const width = this.canvas.clientWidth;
    const rowsOf = (/** @type {number} */ side) => Math.ceil(bits / Math.floor(width / side));
    this.#side = SIDES.find((side) => rowsOf(side) * side <= HEIGHT_MAX) ?? SIDES[SIDES.length - 1];
    const [side, columns] = [this.#side, Math.floor(width / this.#side)];
    Object.assign(this.canvas, { width, height: rowsOf(side) * side });
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    for (const { from, to, what } of this.#spans) {
      context.fillStyle = this.#colour(what);
      for (let bit = from; bit < to; bit++) {
        // A bit that begins a code stands a little apart.
        const gap = bit === from && side > 3 ? 1 : 0;
        const [x, y] = [(bit % columns) * side + gap, Math.floor(bit / columns) * side];
        context.fillRect(x, y, side - gap, side - (side > 3 ? 1 : 0));
      }
    }
    this.#say(`The last snapshot of ${bits / 8} bytes, with what is this client's alone. Point at a bit.`);
    this.#total();
  }

  /** @param {string} words */
  #say(words) {
    if (!this.#held) this.words.textContent = words;
  }

  #total() {
    const all = [...this.#totals].sort(([, a], [, b]) => b - a);
    const sum = all.reduce((sum, [, bits]) => sum + bits, 0);
    this.table.replaceChildren();
    this.#row(["", "what", "bits a snapshot", "share"], "th");
    for (const [what, bits] of [["everything", sum], .../** @type {[string, number][]} */ (all)]) {
      const count = Number(bits);
      const share = `${((100 * count) / sum).toFixed(1)} %`;
      const row = this.#row(["", String(what), (count / Math.max(this.#frames, 1)).toFixed(1), share], "td");
      if (what !== "everything") row.cells[0].style.background = this.#colour(String(what));
    }
  }

  /** @param {string[]} texts @param {"td" | "th"} tag */
  #row(texts, tag) {
    const row = this.table.insertRow();
    for (const text of texts) {
      const cell = document.createElement(tag);
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const bit = Math.floor(event.offsetY / this.#side) * Math.floor(this.canvas.width / this.#side) +
      Math.floor(event.offsetX / this.#side);
    const span = this.#spans.find(({ from, to }) => from <= bit && bit < to);
    if (span) this.words.textContent = `Bits ${span.from} to ${span.to - 1}: ${span.what}.`;
  }

  /** @param {string} what */
  #colour(what) {
    let colour = this.#colours.get(what);
    if (!colour) {
      const field = /[.:]/.test(what);
      const nth = this.#colours.size;
      colour = field ? `hsl(${(nth * HUE_STEP) % 360} 65% 55%)` : GREYS[nth % GREYS.length];
      this.#colours.set(what, colour);
    }
    return colour;
  }
}
