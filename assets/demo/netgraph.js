// Key N: what the netcode is doing, drawn. Level 1: numbers. Level 2: frame times and the lagometer. Level 3: bytes.

import { $ } from "./hud.js";
import { theme } from "./theme.js";

const KEPT = 160;

/**
 * @typedef {object} Sample One drawn frame.
 * @property {number} ms from the frame before
 * @property {number} work milliseconds that the page took
 * @property {number} extrapolated ticks beyond the newest snapshot
 * @property {boolean} snapshot whether one came since the frame before
 * @property {boolean} stalled
 * @property {number} error of the prediction, in units
 */

export class NetGraph {
  constructor() {
    this.level = 0;
    /** @type {Sample[]} */
    this.samples = [];
    /** @type {any} */
    this.stats = {};
    this.fps = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.workMedian = 0;
    this.mark = { at: 0, frames: 0, in: 0, out: 0 };
    $("#report").addEventListener("click", () => void navigator.clipboard?.writeText(JSON.stringify(this.report(), null, 1)));
    Object.defineProperty(window, "netgraph", { get: () => this.report(), configurable: true });
  }

  turn() {
    this.level = (this.level + 1) % 4;
    $("#graph").hidden = this.level === 0;
  }

  report() {
    const { fps, bytesIn, bytesOut, workMedian } = this;
    const worst = Math.max(0, ...this.samples.map((sample) => sample.ms));
    return {
      ...this.stats, fps, frameWorkMedianMs: workMedian, frameWorstMs: worst, bytesInPerSecond: bytesIn, bytesOutPerSecond: bytesOut,
    };
  }

  /**
   * Notes a drawn frame.
   * @param {any} stats of the game @param {number} now @param {number} ms @param {number} work
   */
  frame(stats, now, ms, work) {
    this.samples.push({
      ms, work, extrapolated: stats.extrapolated_ticks ?? 0, error: stats.error ?? 0,
      snapshot: stats.snapshots !== this.stats.snapshots, stalled: stats.stalls !== this.stats.stalls,
    });
    if (this.samples.length > KEPT) this.samples.shift();
    this.stats = stats;
    this.mark.frames += 1;
    if (now - this.mark.at >= 1000) this.second(stats, now);
    if (this.level > 0) this.draw();
  }

  /** @param {any} stats @param {number} now */
  second(stats, now) {
    const seconds = (now - this.mark.at) / 1000;
    this.fps = Math.round(this.mark.frames / seconds);
    this.bytesIn = Math.max(0, Math.round((stats.bytes_in - this.mark.in) / seconds));
    this.bytesOut = Math.max(0, Math.round((stats.bytes_out - this.mark.out) / seconds));
    this.mark = { at: now, frames: 0, in: stats.bytes_in ?? 0, out: stats.bytes_out ?? 0 };
    const work = this.samples.map((sample) => sample.work).sort((a, b) => a - b);
    this.workMedian = work[work.length >> 1] ?? 0;
    if (this.level > 0) $("#graph p").textContent = this.words();
  }

  words() {
    const s = this.stats;
    const n = (/** @type {any} */ value, digits = 0) => (typeof value === "number" ? value.toFixed(digits) : "–");
    const lines = [
      `${this.fps} fps, ${n(this.workMedian, 1)} ms of work · RTT ${n(s.rtt_ms)} ms · jitter ${n(s.arrival_jitter_p99_ms)} ms`,
      `in ${n(this.bytesIn / 1000, 1)} kB/s · out ${n(this.bytesOut / 1000, 1)} kB/s · corrections ${n(s.corrections)}`,
    ];
    if (this.level > 1) {
      lines.push(
        `drawn ${n(s.interp_delay_ms)} ms late (to ${n(s.interp_delay_target_ms)}) · margin ${n(s.margin_mean, 1)} of ${n(s.margin_wanted, 1)} · in flight ${n(s.inputs_in_flight)}`,
        `replaced ${n(s.inputs_replaced)} · skipped ${n(s.snapshots_skipped)} · stalls ${n(s.stalls)} · hash differs ${n(s.hash_mismatches)}`,
      );
    }
    if (this.level > 2) {
      lines.push(`bytes: snapshots ${n(s.bytes_snapshot)}, own ${n(s.bytes_private)}, other ${n(s.bytes_other)} · room at ${n(s.pace)} %`);
    }
    return lines.join("\n");
  }

  draw() {
    const canvas = /** @type {HTMLCanvasElement} */ ($("#graph canvas"));
    canvas.hidden = this.level < 2;
    if (canvas.hidden) return;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const density = devicePixelRatio || 1;
    const [width, height] = [320, this.level > 2 ? 150 : 104];
    if (canvas.width !== width * density || canvas.height !== height * density) {
      canvas.width = width * density;
      canvas.height = height * density;
      canvas.style.height = "auto";
    }
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    const step = width / KEPT;
    const bar = (/** @type {number} */ at, /** @type {number} */ base, /** @type {number} */ high, /** @type {string} */ colour) => {
      context.fillStyle = colour;
      context.fillRect(at * step, base - high, step * 0.9, high);
    };
    const { you, good, bad, gold, soft } = theme();
    this.label(context, "frame ms", 8);
    this.label(context, "late by ticks", 56);
    this.samples.forEach((sample, at) => {
      bar(at, 46, Math.min(34, sample.ms), sample.ms > 34 ? bad : sample.ms > 20 ? gold : soft);
      bar(at, 46, Math.min(34, sample.work), you);
      const late = Math.min(24, sample.extrapolated * 8);
      bar(at, 82, Math.max(2, late), late > 0 ? gold : good);
      if (sample.stalled) bar(at, 100, 14, bad);
      else if (sample.snapshot) bar(at, 100, 8, you);
      if (this.level > 2) bar(at, 146, Math.min(32, sample.error), bad);
    });
    if (this.level > 2) this.label(context, "prediction error, units", 116);
    context.strokeStyle = soft;
    context.globalAlpha = 0.4;
    context.beginPath();
    context.moveTo(0, 46 - 16.7);
    context.lineTo(width, 46 - 16.7);
    context.stroke();
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {string} text @param {number} y */
  label(context, text, y) {
    context.fillStyle = theme().soft;
    context.font = "9px system-ui, sans-serif";
    context.fillText(text, 2, y);
  }
}
