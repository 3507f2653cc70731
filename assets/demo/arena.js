// The ground: a grid, a few far stars, the walls, and the star in the middle.

import { reducedMotion, theme } from "./theme.js";

/** The side of the arena in units, and how far a ship sees: as in the crate tickwire-dogfight. */
export const SIZE = 3000;
export const SIGHT = 900;

/** The star in the middle, and how far it pulls. */
export const STAR = { pos: { x: SIZE / 2, y: SIZE / 2 }, radius: 58 };
const PULL = 470;

const GRID = 150;
const TILE = 600;
const STARS = Array.from({ length: 46 }, (_, n) => {
  const chance = (/** @type {number} */ k) => {
    const x = Math.sin(n * 127.1 + k * 311.7) * 43758.5453;
    return x - Math.floor(x);
  };
  return { x: chance(1) * TILE, y: chance(2) * TILE, size: 0.6 + chance(3) * 1.3, depth: 0.35 + chance(4) * 0.45 };
});

/** @type {Map<string, HTMLCanvasElement>} */
const clouds = new Map();

/** Soft clouds, painted once for each ground; they are stretched and move a tenth of what the ships do. */
function cloud() {
  const { ground, clouds: colours } = theme();
  let canvas = clouds.get(ground);
  if (!canvas) {
    canvas = document.createElement("canvas");
    canvas.width = canvas.height = 128;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.fillStyle = ground;
    context.fillRect(0, 0, 128, 128);
    STARS.slice(0, 9).forEach((star, n) => {
      const [x, y, radius] = [(star.x / TILE) * 128, (star.y / TILE) * 128, 26 + star.size * 14];
      const glow = context.createRadialGradient(x, y, 0, x, y, radius);
      glow.addColorStop(0, `rgb(${colours[n % colours.length]} / 0.28)`);
      glow.addColorStop(1, `rgb(${colours[n % colours.length]} / 0)`);
      context.fillStyle = glow;
      context.fillRect(0, 0, 128, 128);
    });
    clouds.set(ground, canvas);
  }
  return canvas;
}

/** @param {import("./camera.js").Camera} camera */
export function drawArena(camera) {
  const { context, scale, density } = camera;
  const colours = theme();
  const halfX = camera.width / 2 / scale;
  const halfY = camera.height / 2 / scale;

  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  const { width, height } = context.canvas;
  const side = Math.max(width, height) * 1.15;
  const off = (/** @type {number} */ at, /** @type {number} */ room) => (at / SIZE) * Math.min(0, room - side);
  context.drawImage(cloud(), off(camera.x, width), off(camera.y, height), side, side);
  context.restore();

  context.fillStyle = colours.spark;
  for (const star of STARS) {
    // Further stars move less: they are drawn as if the camera had moved only a part of the way.
    const offX = camera.x * (1 - star.depth);
    const offY = camera.y * (1 - star.depth);
    const firstX = Math.floor((camera.x - halfX - offX - star.x) / TILE) * TILE + star.x + offX;
    const firstY = Math.floor((camera.y - halfY - offY - star.y) / TILE) * TILE + star.y + offY;
    for (let x = firstX; x < camera.x + halfX; x += TILE) {
      for (let y = firstY; y < camera.y + halfY; y += TILE) context.fillRect(x, y, star.size, star.size);
    }
  }

  context.beginPath();
  for (let x = Math.max(0, Math.ceil((camera.x - halfX) / GRID) * GRID); x <= Math.min(SIZE, camera.x + halfX); x += GRID) {
    context.moveTo(x, Math.max(0, camera.y - halfY));
    context.lineTo(x, Math.min(SIZE, camera.y + halfY));
  }
  for (let y = Math.max(0, Math.ceil((camera.y - halfY) / GRID) * GRID); y <= Math.min(SIZE, camera.y + halfY); y += GRID) {
    context.moveTo(Math.max(0, camera.x - halfX), y);
    context.lineTo(Math.min(SIZE, camera.x + halfX), y);
  }
  context.strokeStyle = colours.grid;
  context.lineWidth = 1 / scale / density;
  context.stroke();

  context.strokeStyle = colours.wall;
  context.lineWidth = 5;
  context.strokeRect(-2.5, -2.5, SIZE + 5, SIZE + 5);
  context.globalAlpha = 0.25;
  context.lineWidth = 22;
  context.strokeRect(-11, -11, SIZE + 22, SIZE + 22);
  context.globalAlpha = 1;
}

/** @param {import("./camera.js").Camera} camera @param {number} now milliseconds */
export function drawStar(camera, now) {
  const { x, y } = STAR.pos;
  if (!camera.sees(x, y, PULL)) return;
  const { context } = camera;
  const { star, starEdge } = theme();
  const glow = context.createRadialGradient(x, y, STAR.radius * 0.8, x, y, PULL);
  glow.addColorStop(0, `rgb(${starEdge} / 0.34)`);
  glow.addColorStop(0.35, `rgb(${starEdge} / 0.09)`);
  glow.addColorStop(1, `rgb(${starEdge} / 0)`);
  context.fillStyle = glow;
  context.beginPath();
  context.arc(x, y, PULL, 0, Math.PI * 2);
  context.fill();

  // Rings that fall inward say what it does.
  const turn = reducedMotion() ? 0.5 : (now / 5200) % 1;
  context.strokeStyle = `rgb(${starEdge})`;
  for (let n = 0; n < 4; n += 1) {
    const part = (n + 1 - turn) / 4;
    const radius = STAR.radius + (PULL - STAR.radius) * part * part;
    context.globalAlpha = 0.22 * (1 - part) * Math.min(1, part * 4);
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, radius, 0, Math.PI * 2);
    context.stroke();
  }
  context.globalAlpha = 1;
  const body = context.createRadialGradient(x - 14, y - 16, 4, x, y, STAR.radius);
  body.addColorStop(0, `rgb(${star})`);
  body.addColorStop(1, `rgb(${starEdge})`);
  context.fillStyle = body;
  context.beginPath();
  context.arc(x, y, STAR.radius, 0, Math.PI * 2);
  context.fill();
}
