// What changed between two drawn frames, as sights and sounds. The server tells rows; that a ship burst or a shot hit
// is seen in them, so that nothing has to be told twice.

import { colourOf, theme } from "./theme.js";
import { freeWay } from "./rocks.js";
import { shipColour } from "./ships.js";
import { WORDS } from "./gifts.js";

const LANCE_REACH = 620;
/** A change of the own velocity within one frame that only a bump can make, in units a second. */
const BUMP = 110;

export class Observer {
  /**
   * @param {import("./effects.js").Effects} effects @param {import("./sound.js").Sound} sound
   * @param {import("./camera.js").Camera} camera @param {import("./hud.js").Hud} hud
   */
  constructor(effects, sound, camera, hud) {
    this.effects = effects;
    this.sound = sound;
    this.camera = camera;
    this.hud = hud;
    /** @type {Map<number, any>} */
    this.shots = new Map();
  }

  /** Forgets everything: another connection. */
  reset() {
    this.shots.clear();
  }

  /** @param {Record<string, any>} world @param {import("./ships.js").Scene} scene @param {number} ownTick */
  look(world, scene, ownTick) {
    for (const ship of world.ships) this.ship(ship, world, scene, ship.predicted ? ownTick : scene.tick);
    this.lookAtShots(world, scene, ownTick);
  }

  /** @param {any} ship @param {Record<string, any>} world @param {import("./ships.js").Scene} scene @param {number} tick */
  ship(ship, world, scene, tick) {
    const mine = ship.owner === scene.me;
    const was = ship.was;
    const { x, y } = ship.vel;
    ship.was = {
      hull: ship.hull, perk: ship.perk, lanced: ship.lanced, dash: ship.dash_ready, x, y,
    };
    if (ship.burns && Math.random() < 0.5) this.effects.exhaust(ship, ship.perk === "Burner");
    if (!was) return;
    if (ship.hull < was.hull) this.struck(ship, was, scene, mine);
    if (was.hull === 0 && ship.hull > 0) this.effects.ring(ship.pos.x, ship.pos.y, 70, shipColour(ship.owner, scene.me), 500);
    if (ship.lanced > was.lanced) this.lance(ship, world, scene);
    if (mine) this.own(ship, was, Math.hypot(x - was.x, y - was.y));
    void tick;
  }

  /** @param {any} ship @param {any} was @param {import("./ships.js").Scene} scene @param {boolean} mine */
  struck(ship, was, scene, mine) {
    const near = Math.hypot(ship.pos.x - this.camera.x, ship.pos.y - this.camera.y);
    if (ship.hull === 0) {
      this.effects.explode(ship.pos.x, ship.pos.y, shipColour(ship.owner, scene.me), was);
      this.sound.explode(ship.pos);
      this.camera.shake(mine ? 1 : Math.max(0, 0.55 - near / 900));
    } else {
      this.effects.spark(ship.pos.x, ship.pos.y, theme().ink);
      if (mine) {
        this.sound.hurt();
        this.camera.shake(0.45);
      } else {
        this.sound.hit(ship.pos);
      }
    }
  }

  /** @param {any} ship @param {Record<string, any>} world @param {import("./ships.js").Scene} scene */
  lance(ship, world, scene) {
    const [dx, dy] = [Math.cos(ship.heading), Math.sin(ship.heading)];
    const far = freeWay(world.asteroids, ship.pos, dx, dy, LANCE_REACH);
    const colour = ship.owner === scene.me ? theme().you : colourOf(ship.owner);
    this.effects.beam(ship.pos.x + dx * 16, ship.pos.y + dy * 16, dx * (far - 16), dy * (far - 16), colour);
    this.effects.spark(ship.pos.x + dx * far, ship.pos.y + dy * far, colour);
    this.sound.lance(ship.pos);
  }

  /** @param {any} ship @param {any} was @param {number} change of the velocity */
  own(ship, was, change) {
    const dashed = ship.dash_ready > was.dash;
    if (dashed) {
      this.sound.dash();
      this.effects.ring(ship.pos.x, ship.pos.y, 44, theme().you, 320);
    } else if (change > BUMP && ship.hull > 0 && was.hull > 0) {
      this.camera.shake(Math.min(0.6, change / 700));
      this.sound.hit(ship.pos);
    }
    const took = ship.perk !== "None" && ship.perk !== was.perk ? ship.perk : "";
    const repaired = ship.hull > was.hull && was.hull > 0 ? "Repair" : "";
    if (took || repaired) {
      this.sound.gift();
      this.hud.say(WORDS[took || repaired], 1600);
      this.effects.ring(ship.pos.x, ship.pos.y, 50, theme().perks[took || repaired], 400);
    }
  }

  /** @param {Record<string, any>} world @param {import("./ships.js").Scene} scene @param {number} ownTick */
  lookAtShots(world, scene, ownTick) {
    /** @type {Map<number, any>} */
    const now = new Map();
    for (const shot of world.shots) {
      now.set(shot.key, shot);
      if (!this.shots.has(shot.key)) this.sound.shot(shot.pos, shot.owner === scene.me);
    }
    for (const [key, shot] of this.shots) {
      const tick = shot.owner === scene.me ? ownTick : scene.tick;
      if (!now.has(key) && shot.ends > tick + 2) {
        this.effects.spark(shot.pos.x, shot.pos.y, shot.owner === scene.me ? theme().you : colourOf(shot.owner));
      }
    }
    this.shots = now;
  }
}
