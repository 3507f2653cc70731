// Where one looks from: world units to pixels, crisp on every screen.

import { reducedMotion } from "./theme.js";

/** Half the diagonal of what is shown, in units: never more than the server sends (900), less on small screens. */
const REACH = 760;
const REACH_SMALL = 560;
const LEAD_MAX = 90;

export class Camera {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.x = 1500;
    this.y = 1500;
    /** Size in CSS pixels. */
    this.width = 1;
    this.height = 1;
    /** Pixels of the screen per CSS pixel. */
    this.density = 1;
    /** CSS pixels per unit. */
    this.scale = 1;
    this.leadX = 0;
    this.leadY = 0;
    this.trauma = 0;
    this.shakeX = 0;
    this.shakeY = 0;
    this.fit();
    addEventListener("resize", () => this.fit());
  }

  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    const density = Math.min(devicePixelRatio || 1, 3);
    const width = Math.max(1, Math.round(clientWidth * density));
    const height = Math.max(1, Math.round(clientHeight * density));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.width = Math.max(1, clientWidth);
    this.height = Math.max(1, clientHeight);
    this.density = density;
    const half = Math.hypot(this.width, this.height) / 2;
    this.scale = half / Math.min(REACH, Math.max(REACH_SMALL, half));
  }

  /**
   * Looks at a ship, a little ahead of it.
   * @param {{x: number, y: number}} pos @param {{x: number, y: number}} vel @param {number} seconds
   */
  follow(pos, vel, seconds) {
    const ease = 1 - Math.exp(-3 * seconds);
    const lead = (/** @type {number} */ v) => Math.max(-LEAD_MAX, Math.min(LEAD_MAX, v * 0.18));
    this.leadX += (lead(vel.x) - this.leadX) * ease;
    this.leadY += (lead(vel.y) - this.leadY) * ease;
    this.x = pos.x + this.leadX;
    this.y = pos.y + this.leadY;
  }

  /** Glides to a place. @param {number} x @param {number} y @param {number} seconds */
  glide(x, y, seconds) {
    const ease = 1 - Math.exp(-6 * seconds);
    this.leadX = this.leadY = 0;
    this.x += (x - this.x) * ease;
    this.y += (y - this.y) * ease;
  }

  /** @param {number} much 0 to 1 */
  shake(much) {
    if (!reducedMotion()) this.trauma = Math.min(1, this.trauma + much);
  }

  /** Begins a frame: from here on, the context draws in units. @param {number} now @param {number} seconds */
  begin(now, seconds) {
    this.trauma = Math.max(0, this.trauma - seconds * 1.8);
    const reach = this.trauma * this.trauma * 14;
    this.shakeX = reach * Math.sin(now * 0.083);
    this.shakeY = reach * Math.sin(now * 0.097 + 2);
    const s = this.scale * this.density;
    this.context.setTransform(
      s, 0, 0, s,
      (this.width / 2 + this.shakeX) * this.density - this.x * s,
      (this.height / 2 + this.shakeY) * this.density - this.y * s,
    );
  }

  /** Whether a disc is on the screen. @param {number} x @param {number} y @param {number} radius */
  sees(x, y, radius) {
    return Math.abs(x - this.x) < this.width / 2 / this.scale + radius
      && Math.abs(y - this.y) < this.height / 2 / this.scale + radius;
  }

  /** CSS pixels to units. @param {number} x @param {number} y */
  toWorld(x, y) {
    return { x: (x - this.width / 2) / this.scale + this.x, y: (y - this.height / 2) / this.scale + this.y };
  }
}
