// Ships: four hulls, so that nobody has to be told apart by colour alone. You are filled and ringed, other people are
// filled, bots are an outline.

import { drawSign } from "./gifts.js";
import { colourOf, reducedMotion, theme } from "./theme.js";

const TAU = Math.PI * 2;
/** Hulls, nose to the right, in units. @type {[number, number][][]} */
const HULLS = [
  [[18, 0], [-13, 12], [-7, 0], [-13, -12]],
  [[19, 0], [3, 5], [-7, 15], [-13, 13], [-9, 0], [-13, -13], [-7, -15], [3, -5]],
  [[16, -3], [16, 3], [2, 8], [-13, 12], [-13, -12], [2, -8]],
  [[17, 6], [4, 7], [-13, 13], [-9, 0], [-13, -13], [4, -7], [17, -6], [8, 0]],
];
const TRAIL = 22;

/** @param {number} player @param {number} me */
export const shipColour = (player, me) => (player === me ? theme().you : colourOf(player));

/** @param {CanvasRenderingContext2D} context @param {number} player @param {number} x @param {number} y @param {number} heading @param {number} [size] */
export function pathHull(context, player, x, y, heading, size = 1) {
  const [cos, sin] = [Math.cos(heading) * size, Math.sin(heading) * size];
  context.beginPath();
  for (const [px, py] of HULLS[player % HULLS.length]) context.lineTo(x + px * cos - py * sin, y + px * sin + py * cos);
  context.closePath();
}

/** What a ship leaves behind; kept on its row, which lives as long as it. @param {any} ship @param {number} now */
function trail(ship, now) {
  const points = (ship.trail ??= []);
  if (now - (ship.trailed ?? 0) > 28) {
    ship.trailed = now;
    const last = points.at(-1);
    if (last && Math.hypot(last.x - ship.pos.x, last.y - ship.pos.y) > 120) points.length = 0;
    points.push({ x: ship.pos.x, y: ship.pos.y, burns: ship.burns });
    if (points.length > TRAIL) points.shift();
  }
  return points;
}

/** @param {import("./camera.js").Camera} camera @param {any} ship @param {number} now @param {string} colour */
function drawTrail(camera, ship, now, colour) {
  const { context } = camera;
  const points = trail(ship, now);
  context.strokeStyle = colour;
  for (let n = 1; n < points.length; n += 1) {
    if (!points[n].burns) continue;
    context.globalAlpha = (n / TRAIL) * 0.4;
    context.lineWidth = 1 + (n / TRAIL) * 4;
    context.beginPath();
    context.moveTo(points[n - 1].x, points[n - 1].y);
    context.lineTo(points[n].x, points[n].y);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {any} ship @param {number} now */
function drawFlame(context, ship, now) {
  const strong = ship.perk === "Burner";
  const flicker = reducedMotion() ? 0.8 : 0.7 + 0.3 * Math.sin(now * 0.05 + ship.key);
  const long = (strong ? 30 : 18) * flicker;
  const [cos, sin] = [Math.cos(ship.heading), Math.sin(ship.heading)];
  const { x, y } = ship.pos;
  context.fillStyle = strong ? theme().perks.Burner : theme().shot;
  context.beginPath();
  context.moveTo(x - cos * 9 - sin * 5, y - sin * 9 + cos * 5);
  context.lineTo(x - cos * (9 + long), y - sin * (9 + long));
  context.lineTo(x - cos * 9 + sin * 5, y - sin * 9 - cos * 5);
  context.closePath();
  context.fill();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} size */
export function drawCrown(context, x, y, size) {
  context.beginPath();
  for (const [px, py] of [[-1, 0.5], [-1, -0.5], [-0.5, 0], [0, -0.8], [0.5, 0], [1, -0.5], [1, 0.5]]) {
    context.lineTo(x + px * size, y + py * size);
  }
  context.closePath();
  context.fillStyle = theme().gold;
  context.fill();
}

/** The text of a name, cut to what fits. @param {CanvasRenderingContext2D} context @param {string} name @param {number} width */
function fitting(context, name, width) {
  if (context.measureText(name).width <= width) return name;
  const letters = [...name];
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > width) letters.pop();
  return `${letters.join("")}…`;
}

/**
 * @typedef {object} Scene
 * @property {number} me
 * @property {number} leader
 * @property {number} tick
 * @property {number} now
 * @property {Map<number, any>} pilots by player
 */

/** @param {import("./camera.js").Camera} camera @param {any} ship @param {Scene} scene */
export function drawShip(camera, ship, scene) {
  const { context } = camera;
  const { x, y } = ship.pos;
  const mine = ship.owner === scene.me;
  const pilot = scene.pilots.get(ship.owner);
  const colour = shipColour(ship.owner, scene.me);
  drawTrail(camera, ship, scene.now, colour);
  if (!camera.sees(x, y, 60)) return;
  if (ship.burns) drawFlame(context, ship, scene.now);

  context.lineJoin = "round";
  pathHull(context, ship.owner, x, y, ship.heading);
  context.fillStyle = theme().ground;
  context.fill();
  context.globalAlpha = pilot?.bot ? 0.28 : 1;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = mine ? theme().ink : colour;
  context.lineWidth = 2;
  context.stroke();
  drawRings(context, ship, scene, mine);
  drawLabel(camera, ship, scene, pilot, colour);
}

/** The hull that is left, the safe seconds. @param {CanvasRenderingContext2D} context @param {any} ship @param {Scene} scene @param {boolean} mine */
function drawRings(context, ship, scene, mine) {
  const { x, y } = ship.pos;
  if (mine || ship.hull < 100) {
    const part = ship.hull / 100;
    context.globalAlpha = mine ? 0.9 : 0.7;
    context.strokeStyle = part < 0.4 ? theme().bad : mine ? theme().you : theme().good;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 24, -Math.PI / 2 - part * Math.PI, -Math.PI / 2 + part * Math.PI);
    context.stroke();
    context.globalAlpha = 1;
  }
  const safe = ship.safe_ends - scene.tick;
  if (safe > 0) {
    context.globalAlpha = Math.min(1, safe / 30) * 0.8;
    context.strokeStyle = theme().soft;
    context.lineWidth = 1.5;
    context.setLineDash([5, 6]);
    context.lineDashOffset = reducedMotion() ? 0 : scene.now * 0.02;
    context.beginPath();
    context.arc(x, y, 30, 0, TAU);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }
}

/** @param {import("./camera.js").Camera} camera @param {any} ship @param {Scene} scene @param {any} pilot @param {string} colour */
function drawLabel(camera, ship, scene, pilot, colour) {
  const { context } = camera;
  const { x, y } = ship.pos;
  const size = Math.max(11 / camera.scale, 11);
  if (ship.owner === scene.leader) drawCrown(context, x, y - 36, 8);
  if (ship.perk !== "None") {
    context.strokeStyle = theme().perks[ship.perk];
    context.lineWidth = 2;
    drawSign(context, ship.perk, x + (ship.owner === scene.leader ? 18 : 0), y - 37, 6);
  }
  if (ship.owner === scene.me || !pilot) return;
  context.font = `${size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = pilot.bot ? theme().soft : colour;
  context.fillText(fitting(context, pilot.name, 130), x, y + 28);
}
