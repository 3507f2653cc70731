// What is written over the arena: leaderboard, kill feed, gauges, hints. Text of players is only ever text.

import { WORDS } from "./gifts.js";

const PLACES = 8;
const FEED = 5;

/** @template {HTMLElement} [T=HTMLElement] @param {string} selector @returns {T} */
export const $ = (selector) => /** @type {T} */ (document.querySelector(selector));

/** @param {string} tag @param {string} classes @param {string} [text] */
export function element(tag, classes, text = "") {
  const made = document.createElement(tag);
  made.className = classes;
  made.textContent = text;
  return made;
}

/** A name as an element that keeps its own direction. @param {string} name @param {string} [more] */
export function nameOf(name, more = "") {
  const made = element("bdi", `name ${more}`, name);
  made.dir = "auto";
  return made;
}

/** @param {string} selector @param {string} text what to show, or nothing */
function show(selector, text) {
  const place = $(selector);
  if (place.textContent !== text) place.textContent = text;
  if (place.hidden !== !text) place.hidden = !text;
}

/** @param {string} selector @param {number} part 0 to 1 */
function gauge(selector, part) {
  $(selector).style.scale = `${Math.max(0, Math.min(1, part)).toFixed(3)} 1`;
}

export class Hud {
  constructor() {
    this.boardText = "";
    /** @type {{text: string, until: number}} */
    this.note = { text: "", until: 0 };
  }

  /**
   * The best, and oneself.
   * @param {any[]} pilots @param {number} me @param {number} leader
   */
  board(pilots, me, leader) {
    const ranks = [...pilots].sort((a, b) => b.score - a.score || a.player - b.player);
    const rows = ranks.map((pilot, at) => ({ pilot, place: at + 1 }));
    const small = matchMedia("(max-width: 640px), (max-height: 480px)").matches;
    let shown = rows.slice(0, small ? 4 : PLACES);
    const own = rows.find((row) => row.pilot.player === me);
    if (own && !shown.includes(own)) shown = [...shown.slice(0, -1), own];
    const text = JSON.stringify(shown.map(({ pilot, place }) => [place, pilot.player, pilot.name, pilot.score]).concat([[me, leader]]));
    if (text === this.boardText) return;
    this.boardText = text;
    $("#board ol").replaceChildren(...shown.map(({ pilot, place }) => {
      const line = element("li", `${pilot.player === me ? "you" : ""} ${pilot.player === leader ? "crown" : ""}`);
      const mark = pilot.player === leader ? "♛" : String(place);
      line.append(element("span", "place", mark), nameOf(pilot.name), element("span", "score", String(pilot.score)));
      return line;
    }));
  }

  /** @param {{name: string, you: boolean}} by @param {{name: string, you: boolean}} victim @param {number} streak */
  killed(by, victim, streak) {
    const line = element("li", "");
    const word = streak > 2 ? `×${streak} ▸` : "▸";
    line.append(nameOf(by.name, by.you ? "you" : ""), element("span", "", word), nameOf(victim.name, victim.you ? "you" : ""));
    const feed = $("#feed");
    feed.prepend(line);
    line.addEventListener("animationend", () => line.remove());
    while (feed.childElementCount > FEED) feed.lastElementChild?.remove();
  }

  /** @param {any} ship the own one, if there is one @param {number} tick @param {boolean} plays */
  gauges(ship, tick, plays) {
    const flies = plays && ship && ship.hull > 0;
    if ($("#gauges").hidden === Boolean(flies)) $("#gauges").hidden = !flies;
    if (!flies) return;
    gauge("#hull b", ship.hull / 100);
    $("#hull").classList.toggle("low", ship.hull < 40);
    gauge("#dash b", 1 - Math.max(0, ship.dash_ready - tick) / 150);
    const carries = ship.perk !== "None";
    if ($("#perk").hidden === carries) $("#perk").hidden = !carries;
    if (carries) {
      if ($("#perk span").textContent !== WORDS[ship.perk]) $("#perk span").textContent = WORDS[ship.perk];
      gauge("#perk b", (ship.perk_ends - tick) / 900);
    }
  }

  /** Says something for a while. @param {string} text @param {number} [ms] */
  say(text, ms = 2200) {
    this.note = { text, until: performance.now() + ms };
  }

  /** What stands in the middle: trouble goes before news. @param {string} trouble @param {string} state */
  banner(trouble, state) {
    const note = performance.now() < this.note.until ? this.note.text : "";
    show("#banner", trouble || note || state);
  }

  /** @param {string} text */
  hint(text) {
    show("#hint", text);
  }
}
