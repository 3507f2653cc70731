// Key L: how it feels elsewhere. Each press simulates another link between this page and the server.

import { PRESETS } from "./tickwire.js";

/** @type {Record<string, string>} */
const LINES = {
  "": "your own link again",
  lan: "LAN: nothing is added but a fraction of a millisecond. This is how it feels at a LAN party.",
  wifi: "Wi-Fi: a few milliseconds, and now and then a hiccup. Your ship does not notice; watch the others.",
  "4g": "4G: 70 ms there and back. Your own ship still answers at once: it is predicted.",
  transatlantic: "Transatlantic: 90 ms there and back. You see the others where they were; your shots leave at once.",
  train: "Train: 120 ms that waver, and a tunnel every twelve seconds. One hitch, and you are back in time.",
};

export class LinkKey {
  /** @param {(line: string) => void} say */
  constructor(say) {
    this.say = say;
    const asked = new URLSearchParams(location.search);
    /** @type {import("./tickwire.js").LinkPreset | null} */
    this.preset = PRESETS.find((name) => name === asked.get("link")) ?? null;
    const rtt = Number(asked.get("rtt"));
    /** @type {import("./tickwire.js").LinkConditions | import("./tickwire.js").LinkPreset | null} */
    this.link = rtt > 0 ? { delay: rtt / 2, jitter: Number(asked.get("jitter") ?? 0) / 2 } : this.preset;
  }

  /** The next preset. @param {import("./tickwire.js").Game} game */
  turn(game) {
    const at = this.preset ? PRESETS.indexOf(this.preset) + 1 : 0;
    this.preset = PRESETS[at] ?? null;
    this.link = this.preset;
    game.link(this.link);
    this.say(LINES[this.preset ?? ""]);
  }
}
