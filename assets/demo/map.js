// The map: the arena, roughly. It shows what the blips tell, a cell per ship, and not a thing more.

import { SIGHT, SIZE, STAR } from "./arena.js";
import { drawCrown, shipColour } from "./ships.js";
import { theme } from "./theme.js";

const CELLS = 64;

/**
 * @param {HTMLCanvasElement} canvas @param {Iterable<any>} blips @param {import("./ships.js").Scene} scene
 * @param {import("./camera.js").Camera} camera @param {any} own
 */
export function drawMap(canvas, blips, scene, camera, own) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const side = Math.round(canvas.clientWidth * camera.density);
  if (side === 0) return;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const unit = side / SIZE;
  const dot = side / 56;
  context.clearRect(0, 0, side, side);

  context.strokeStyle = theme().grid;
  context.lineWidth = camera.density;
  context.strokeRect(
    (camera.x - camera.width / 2 / camera.scale) * unit, (camera.y - camera.height / 2 / camera.scale) * unit,
    (camera.width / camera.scale) * unit, (camera.height / camera.scale) * unit,
  );
  context.beginPath();
  context.arc(camera.x * unit, camera.y * unit, SIGHT * unit, 0, Math.PI * 2);
  context.stroke();

  context.fillStyle = `rgb(${theme().starEdge})`;
  context.beginPath();
  context.arc(STAR.pos.x * unit, STAR.pos.y * unit, STAR.radius * unit, 0, Math.PI * 2);
  context.fill();

  for (const blip of blips) {
    if (!blip.flies || blip.player === scene.me) continue;
    const x = ((blip.x + 0.5) / CELLS) * side;
    const y = ((blip.y + 0.5) / CELLS) * side;
    const bot = scene.pilots.get(blip.player)?.bot;
    context.fillStyle = context.strokeStyle = shipColour(blip.player, scene.me);
    if (blip.player === scene.leader) drawCrown(context, x, y, dot * 1.7);
    else if (bot) context.strokeRect(x - dot / 2, y - dot / 2, dot, dot);
    else context.fillRect(x - dot * 0.7, y - dot * 0.7, dot * 1.4, dot * 1.4);
  }
  if (own && own.hull > 0) {
    const [x, y, turn] = [own.pos.x * unit, own.pos.y * unit, own.heading];
    context.fillStyle = theme().you;
    context.beginPath();
    for (const [far, angle] of [[2.6, 0], [1.9, 2.4], [1.9, -2.4]]) {
      context.lineTo(x + Math.cos(turn + angle) * far * dot, y + Math.sin(turn + angle) * far * dot);
    }
    context.closePath();
    context.fill();
    if (scene.leader === scene.me) drawCrown(context, x, y - dot * 4, dot * 1.7);
  }
}
