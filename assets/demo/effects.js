// What is only beautiful: particles, rings, beams. Nothing here is told by the server, and nothing of it is told.

import { reducedMotion, theme } from "./theme.js";

const PARTICLES_MAX = 900;
const TAU = Math.PI * 2;

/**
 * @typedef {object} Particle
 * @property {number} x @property {number} y @property {number} vx @property {number} vy
 * @property {number} born @property {number} life @property {number} size @property {string} colour
 * @property {boolean} line
 */
/** @typedef {{x: number, y: number, born: number, life: number, reach: number, colour: string}} Ring */
/** @typedef {{x: number, y: number, dx: number, dy: number, born: number, colour: string}} Beam */

export class Effects {
  constructor() {
    /** @type {Particle[]} */
    this.particles = [];
    /** @type {Ring[]} */
    this.rings = [];
    /** @type {Beam[]} */
    this.beams = [];
    this.now = 0;
  }

  /** @param {Omit<Particle, "born">} particle */
  add(particle) {
    if (this.particles.length < PARTICLES_MAX) this.particles.push({ ...particle, born: this.now });
  }

  /**
   * A burst of what flies apart.
   * @param {number} x @param {number} y @param {number} count @param {number} speed units a second
   * @param {string} colour @param {number} life milliseconds @param {{x: number, y: number}} [drift]
   */
  burst(x, y, count, speed, colour, life, drift = { x: 0, y: 0 }) {
    for (let n = 0; n < count; n += 1) {
      const angle = Math.random() * TAU;
      const fast = speed * (0.25 + Math.random() * 0.75);
      this.add({
        x, y,
        vx: Math.cos(angle) * fast + drift.x, vy: Math.sin(angle) * fast + drift.y,
        life: life * (0.5 + Math.random() * 0.5), size: 1 + Math.random() * 2.2, colour, line: n % 3 === 0,
      });
    }
  }

  /** A ship's end. @param {number} x @param {number} y @param {string} colour @param {{x: number, y: number}} drift */
  explode(x, y, colour, drift) {
    const few = reducedMotion() ? 0.4 : 1;
    const slow = { x: drift.x * 0.35, y: drift.y * 0.35 };
    this.burst(x, y, Math.round(42 * few), 330, colour, 900, slow);
    this.burst(x, y, Math.round(26 * few), 190, theme().shot, 650, slow);
    this.burst(x, y, Math.round(12 * few), 90, theme().ink, 1100, slow);
    this.ring(x, y, 120, colour, 520);
    this.ring(x, y, 64, theme().ink, 300);
  }

  /** @param {number} x @param {number} y @param {string} colour */
  spark(x, y, colour) {
    this.burst(x, y, 7, 170, colour, 300);
  }

  /** @param {number} x @param {number} y @param {number} reach @param {string} colour @param {number} life */
  ring(x, y, reach, colour, life) {
    this.rings.push({ x, y, reach, colour, life, born: this.now });
  }

  /** @param {number} x @param {number} y @param {number} dx @param {number} dy @param {string} colour */
  beam(x, y, dx, dy, colour) {
    this.beams.push({ x, y, dx, dy, colour, born: this.now });
  }

  /** What an engine leaves. @param {any} ship @param {boolean} strong */
  exhaust(ship, strong) {
    const back = ship.heading + Math.PI + (Math.random() - 0.5) * 0.5;
    const speed = 110 + Math.random() * 90;
    this.add({
      x: ship.pos.x + Math.cos(ship.heading + Math.PI) * 12, y: ship.pos.y + Math.sin(ship.heading + Math.PI) * 12,
      vx: Math.cos(back) * speed + ship.vel.x * 0.4, vy: Math.sin(back) * speed + ship.vel.y * 0.4,
      life: strong ? 420 : 260, size: strong ? 2.6 : 1.8, colour: strong ? theme().perks.Burner : theme().shot, line: false,
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {number} now @param {number} seconds */
  draw(context, now, seconds) {
    this.now = now;
    this.drawBeams(context);
    this.drawRings(context);
    const slower = Math.exp(-1.9 * seconds);
    let kept = 0;
    for (const particle of this.particles) {
      const age = (now - particle.born) / particle.life;
      if (age >= 1) continue;
      this.particles[kept] = particle;
      kept += 1;
      particle.vx *= slower;
      particle.vy *= slower;
      particle.x += particle.vx * seconds;
      particle.y += particle.vy * seconds;
      context.globalAlpha = 1 - age * age;
      if (particle.line) {
        context.strokeStyle = particle.colour;
        context.lineWidth = particle.size * 0.7;
        context.beginPath();
        context.moveTo(particle.x, particle.y);
        context.lineTo(particle.x - particle.vx * 0.04, particle.y - particle.vy * 0.04);
        context.stroke();
      } else {
        context.fillStyle = particle.colour;
        const size = particle.size * (1 - age * 0.6);
        context.fillRect(particle.x - size / 2, particle.y - size / 2, size, size);
      }
    }
    this.particles.length = kept;
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context */
  drawRings(context) {
    this.rings = this.rings.filter((ring) => this.now - ring.born < ring.life);
    for (const ring of this.rings) {
      const age = (this.now - ring.born) / ring.life;
      context.globalAlpha = (1 - age) * 0.8;
      context.strokeStyle = ring.colour;
      context.lineWidth = 1 + 4 * (1 - age);
      context.beginPath();
      context.arc(ring.x, ring.y, ring.reach * (1 - (1 - age) ** 3), 0, TAU);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context */
  drawBeams(context) {
    this.beams = this.beams.filter((beam) => this.now - beam.born < 260);
    for (const beam of this.beams) {
      const age = (this.now - beam.born) / 260;
      context.strokeStyle = beam.colour;
      context.lineCap = "round";
      for (const [width, alpha] of [[9, 0.22], [3, 0.9]]) {
        context.globalAlpha = alpha * (1 - age);
        context.lineWidth = width * (1 - age * 0.7);
        context.beginPath();
        context.moveTo(beam.x, beam.y);
        context.lineTo(beam.x + beam.dx, beam.y + beam.dy);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    context.lineCap = "butt";
  }
}
