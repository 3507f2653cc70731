// Shots: a bright head and the way it came.

import { colourOf, theme } from "./theme.js";

/** @param {import("./camera.js").Camera} camera @param {Iterable<any>} shots @param {number} me */
export function drawShots(camera, shots, me) {
  const { context } = camera;
  context.lineCap = "round";
  for (const shot of shots) {
    const { x, y } = shot.pos;
    if (!camera.sees(x, y, 40)) continue;
    const mine = shot.owner === me;
    const colour = mine ? theme().you : colourOf(shot.owner);
    const tail = 0.024;
    context.strokeStyle = colour;
    context.globalAlpha = 0.35;
    context.lineWidth = 5;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x - shot.vel.x * tail, y - shot.vel.y * tail);
    context.stroke();
    context.globalAlpha = 1;
    context.lineWidth = 2.4;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x - shot.vel.x * tail * 0.45, y - shot.vel.y * tail * 0.45);
    context.stroke();
  }
  context.lineCap = "butt";
}
