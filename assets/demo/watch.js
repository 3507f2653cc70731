// Watching: follow a player, or fly the camera alone. What is looked at is asked of the room, which sends what is there.

import { SIZE } from "./arena.js";
import { $ } from "./hud.js";

const ASK_EVERY = 250;
const SPEED = 900;

export class Watch {
  /** @param {import("./camera.js").Camera} camera @param {(request: any) => void} ask */
  constructor(camera, ask) {
    this.camera = camera;
    this.ask = ask;
    /** Whom; 0: whoever leads. */
    this.whom = 0;
    this.free = false;
    this.asked = { at: 0, x: -1, y: -1 };
    /** @type {number[]} */
    this.players = [];
    $("#before").addEventListener("click", () => this.turn(-1));
    $("#after").addEventListener("click", () => this.turn(1));
    $("#free").addEventListener("click", () => this.setFree(!this.free));
    this.listenToDrags();
  }

  listenToDrags() {
    const canvas = this.camera.canvas;
    let held = -1;
    canvas.addEventListener("pointerdown", (event) => { held = event.pointerId; });
    addEventListener("pointerup", () => { held = -1; });
    addEventListener("pointermove", (event) => {
      if (held !== event.pointerId || !this.free || $("#watchbar").hidden) return;
      this.move(-event.movementX / this.camera.scale, -event.movementY / this.camera.scale);
    });
  }

  /** A new connection knows nothing of where one looked. */
  reset() {
    this.asked = { at: 0, x: -1, y: -1 };
    if (!this.free && this.whom) this.ask({ Follow: this.whom });
  }

  /** The player before or after, by rank. @param {number} by */
  turn(by) {
    if (this.players.length === 0) return;
    const at = this.players.indexOf(this.whom);
    const next = at < 0 ? 0 : (at + by + this.players.length) % this.players.length;
    this.follow(this.players[next] ?? 0);
  }

  /** @param {number} player */
  follow(player) {
    this.whom = player;
    this.setFree(false);
  }

  /** @param {boolean} free */
  setFree(free) {
    this.free = free;
    $("#free").setAttribute("aria-pressed", String(free));
    this.asked = { at: 0, x: -1, y: -1 };
    if (!free) this.ask({ Follow: this.whom });
  }

  /** @param {number} dx @param {number} dy */
  move(dx, dy) {
    this.camera.x = Math.max(0, Math.min(SIZE, this.camera.x + dx));
    this.camera.y = Math.max(0, Math.min(SIZE, this.camera.y + dy));
  }

  /**
   * Moves the camera for this frame.
   * @param {Record<string, any>} world @param {import("./ships.js").Scene} scene
   * @param {import("./input.js").Controls} keys @param {number} seconds
   */
  look(world, scene, keys, seconds) {
    this.players = [...scene.pilots.values()].sort((a, b) => b.score - a.score).map((pilot) => pilot.player);
    if (this.free) {
      this.move(keys.turn * SPEED * seconds, -keys.thrust * SPEED * seconds);
      this.askToLook(scene.now);
      if ($("#whom").textContent !== "free") $("#whom").textContent = "free";
      return;
    }
    if (this.whom && !scene.pilots.has(this.whom)) this.follow(0);
    const whom = this.whom || scene.leader;
    const name = scene.pilots.get(whom)?.name ?? "the arena";
    if ($("#whom").textContent !== name) $("#whom").textContent = name;
    for (const ship of world.ships) {
      if (ship.owner === whom) this.camera.glide(ship.pos.x, ship.pos.y, seconds * 2);
    }
  }

  /** @param {number} now */
  askToLook(now) {
    const { x, y } = this.camera;
    const moved = Math.hypot(x - this.asked.x, y - this.asked.y);
    if (moved < 20 || now - this.asked.at < ASK_EVERY) return;
    this.asked = { at: now, x, y };
    this.ask({ Look: [x, y] });
  }
}
