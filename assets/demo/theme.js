// Colours of what is drawn, for dark and light. Players are told apart by shape as well, see ships.js.

/**
 * @typedef {object} Theme
 * @property {boolean} dark
 * @property {string} ground @property {string} grid @property {string} spark @property {string} wall
 * @property {string} ink @property {string} soft @property {string} you @property {string} gold
 * @property {string} bad @property {string} good @property {string} rock @property {string} rockLine
 * @property {string} shot @property {string[]} players
 * @property {Record<string, string>} perks
 * @property {string[]} clouds red, green, blue
 * @property {string} star red, green, blue @property {string} starEdge
 */

// The players' colours stay apart for the common kinds of colour blindness (after Okabe and Ito), shifted in
// lightness for each ground.

/** @type {Theme} */
const DARK = {
  dark: true,
  ground: "#0b1020", grid: "rgba(110,130,180,0.10)", spark: "rgba(200,215,255,0.55)", wall: "#46568a",
  ink: "#e8edf7", soft: "#93a0bd", you: "#4cc9f0", gold: "#f5c542", bad: "#ff7a5c", good: "#5fd6a2",
  rock: "#232c47", rockLine: "#64739c", shot: "#ffd27d",
  players: ["#e69f00", "#35c79a", "#f0e442", "#ff7043", "#e391c2", "#a9b8ff", "#c8d0dc"],
  perks: { Triple: "#f0e442", Lance: "#e391c2", Burner: "#ff7043", Repair: "#5fd6a2" },
  star: "255 246 214", starEdge: "245 176 66",
  clouds: ["46 64 130", "92 46 120", "20 92 110"],
};

/** @type {Theme} */
const LIGHT = {
  dark: false,
  ground: "#eef2f8", grid: "rgba(50,70,120,0.10)", spark: "rgba(60,80,130,0.28)", wall: "#8d9bc0",
  ink: "#16203a", soft: "#55617d", you: "#0072b2", gold: "#a86f00", bad: "#c0392b", good: "#00805a",
  rock: "#d3daea", rockLine: "#7d8aab", shot: "#b04a00",
  players: ["#b87500", "#007a5a", "#8a7a00", "#c44a00", "#a84f82", "#4658b8", "#4c566a"],
  perks: { Triple: "#8a7a00", Lance: "#a84f82", Burner: "#c44a00", Repair: "#00805a" },
  star: "255 236 170", starEdge: "226 148 30",
  clouds: ["190 208 245", "232 205 232", "200 235 230"],
};

const light = matchMedia("(prefers-color-scheme: light)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @returns {Theme} */
export const theme = () => (light.matches ? LIGHT : DARK);

/** Whether motion that nothing needs should be left out. */
export const reducedMotion = () => still.matches;

/** @param {number} player */
export const colourOf = (player) => theme().players[player % theme().players.length];
