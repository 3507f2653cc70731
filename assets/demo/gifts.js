// Gifts, and the signs of what they hold: told apart by shape, not by colour alone.

import { theme } from "./theme.js";

/** What each gift does, in a word or two. @type {Record<string, string>} */
export const WORDS = { Triple: "triple shot", Lance: "lance", Burner: "afterburner", Repair: "hull repaired" };

/** Strokes within −1 to 1. @type {Record<string, number[][]>} */
const SIGNS = {
  Triple: [[-0.5, 0.6, -0.5, -0.3], [0, 0.6, 0, -0.6], [0.5, 0.6, 0.5, -0.3]],
  Lance: [[-0.6, 0.6, 0.6, -0.6], [0.6, -0.6, 0.6, -0.1], [0.6, -0.6, 0.1, -0.6]],
  Burner: [[-0.5, 0, 0, -0.55, 0.5, 0], [-0.5, 0.55, 0, 0, 0.5, 0.55]],
  Repair: [[0, -0.55, 0, 0.55], [-0.55, 0, 0.55, 0]],
};
const CORNERS = /** @type {Record<string, number>} */ ({ Triple: 3, Lance: 4, Burner: 5, Repair: 8 });

/** @param {CanvasRenderingContext2D} context @param {string} perk @param {number} x @param {number} y @param {number} size */
export function drawSign(context, perk, x, y, size) {
  context.beginPath();
  for (const line of SIGNS[perk] ?? []) {
    context.moveTo(x + line[0] * size, y + line[1] * size);
    for (let n = 2; n < line.length; n += 2) context.lineTo(x + line[n] * size, y + line[n + 1] * size);
  }
  context.stroke();
}

/** @param {import("./camera.js").Camera} camera @param {Iterable<any>} gifts @param {number} now milliseconds */
export function drawGifts(camera, gifts, now) {
  const { context } = camera;
  for (const gift of gifts) {
    if (!camera.sees(gift.pos.x, gift.pos.y, 30)) continue;
    const colour = theme().perks[gift.perk] ?? theme().ink;
    const { x, y } = gift.pos;
    const size = 17 + Math.sin(now / 400 + gift.key) * 1.5;
    const corners = CORNERS[gift.perk] ?? 6;
    context.beginPath();
    for (let n = 0; n < corners; n += 1) {
      const angle = (n / corners) * Math.PI * 2 - Math.PI / 2 + (corners === 8 ? Math.PI / 8 : 0);
      const far = corners === 3 ? size * 1.3 : size;
      context.lineTo(x + Math.cos(angle) * far, y + Math.sin(angle) * far);
    }
    context.closePath();
    context.globalAlpha = 0.18;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.stroke();
    drawSign(context, gift.perk, x, y + (corners === 3 ? 2 : 0), size * 0.5);
  }
}
