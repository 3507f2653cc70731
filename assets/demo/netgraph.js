// Key N: what the netcode is doing, drawn. Level 1: numbers. Level 2: frames, the lagometer, round trips. Level 3:
// prediction, and bytes by cause and kind.

import { $ } from "./hud.js";
import { theme } from "./theme.js";

const KEPT = 160;
const WIDTH = 320;
/** Strips in the order from top to bottom: what is said of it, how high it is, from which level on. */
const STRIPS = {
  frames: { label: "frame ms; lower: work", high: 40, level: 2 },
  drawn: { label: "drawn before the newest snapshot · gold: beyond it", high: 30, level: 2 },
  arrivals: { label: "snapshots: late by · gold: one held back · red: stall", high: 30, level: 2 },
  trips: { label: "round trip ± jitter", high: 34, level: 2 },
  errors: { label: "prediction error, units · gold: a correction", high: 30, level: 3 },
};
const GAP = 12;
/** Lines of bytes below the strips. */
const LINE = 12;

/**
 * @typedef {object} Sample One drawn frame.
 * @property {number} ms from the frame before
 * @property {number} work milliseconds that the page took
 * @property {number} ahead ticks from what is drawn to the newest snapshot; negative: extrapolated
 * @property {boolean} snapshot whether one came since the frame before
 * @property {boolean} held whether one was left out
 * @property {boolean} stalled
 * @property {number} late milliseconds by which the newest came later than the fastest
 * @property {number} rtt @property {number} jitter
 * @property {number} error of the prediction, in units
 * @property {boolean} corrected
 */

export class NetGraph {
  constructor() {
    this.level = 0;
    /** @type {Sample[]} */
    this.samples = [];
    /** @type {any} */
    this.stats = {};
    /** The kinds' names. @type {string[]} */
    this.kinds = [];
    this.figures = {
      fps: 0, frameWorkMedianMs: 0, coreFrameMeanMs: 0, bytesInPerSecond: 0, bytesOutPerSecond: 0,
      bytesPerSecondByCause: /** @type {Record<string, number>} */ ({}),
      bytesPerSecondByKind: /** @type {Record<string, number>} */ ({}),
    };
    this.mark = { at: 0, frames: 0, core: 0, stats: /** @type {any} */ ({}) };
    $("#report").addEventListener("click", () => void navigator.clipboard?.writeText(JSON.stringify(this.report(), null, 1)));
    Object.defineProperty(window, "netgraph", { get: () => this.report(), configurable: true });
  }

  turn() {
    this.level = (this.level + 1) % 4;
    $("#graph").hidden = this.level === 0;
    this.tell();
  }

  report() {
    const frameWorstMs = Math.max(0, ...this.samples.map((sample) => sample.ms));
    return { ...this.stats, ...this.figures, frameWorstMs };
  }

  /**
   * Notes a drawn frame.
   * @param {import("./tickwire.js").Game} game @param {number} now @param {number} ms @param {number} work
   */
  frame(game, now, ms, work) {
    const [stats, before] = [game.stats(), this.stats];
    const grew = (/** @type {string} */ key) => stats[key] > before[key];
    this.samples.push({
      ms, work, ahead: stats.tick - stats.drawn_tick, snapshot: grew("snapshots"), held: grew("snapshots_skipped"),
      stalled: grew("stalls"), late: stats.snapshot_late_ms, rtt: stats.rtt_ms, jitter: stats.rtt_jitter_ms,
      error: stats.error, corrected: grew("corrections") || grew("corrections_replaced"),
    });
    if (this.samples.length > KEPT) this.samples.shift();
    this.stats = stats;
    this.mark.frames += 1;
    if (now - this.mark.at >= 1000) this.second(game, now);
    if (this.level > 1) this.draw();
  }

  /** @param {import("./tickwire.js").Game} game @param {number} now */
  second(game, now) {
    const [stats, mark] = [this.stats, this.mark];
    const seconds = (now - mark.at) / 1000;
    const rate = (/** @type {number} */ count, /** @type {number} */ before) => Math.max(0, Math.round((count - (before ?? 0)) / seconds));
    const of = (/** @type {string} */ key) => rate(stats[key], mark.stats[key]);
    const work = this.samples.map((sample) => sample.work).sort((a, b) => a - b);
    this.kinds = (game.schema?.kinds ?? []).map((/** @type {any} */ kind) => kind.name);
    this.figures = {
      fps: rate(mark.frames, 0), frameWorkMedianMs: work[work.length >> 1] ?? 0,
      coreFrameMeanMs: Math.max(0, game.coreMs - mark.core) / mark.frames,
      bytesInPerSecond: of("bytes_in"), bytesOutPerSecond: of("bytes_out"),
      bytesPerSecondByCause: { snapshots: of("bytes_snapshot"), own: of("bytes_private"), other: of("bytes_other"), sent: of("bytes_out") },
      bytesPerSecondByKind: Object.fromEntries(this.kinds.map((kind, at) => [
        kind, rate((stats.bits_by_kind?.[at] ?? 0) / 8, (mark.stats.bits_by_kind?.[at] ?? 0) / 8),
      ])),
    };
    this.mark = { at: now, frames: 0, core: game.coreMs, stats };
    this.tell();
  }

  tell() {
    if (this.level > 0) $("#graph p").textContent = this.words();
    $("#graph canvas").hidden = this.level < 2;
  }

  words() {
    const [s, f] = [this.stats, this.figures];
    const n = (/** @type {any} */ value, digits = 0) => (typeof value === "number" ? value.toFixed(digits) : "–");
    const worst = Math.max(0, ...this.samples.map((sample) => sample.ms));
    const lines = [
      `${f.fps} fps, worst ${n(worst)}, work ${n(f.frameWorkMedianMs, 1)} ms · RTT ${n(s.rtt_ms)} ± ${n(s.rtt_jitter_ms)} ms`,
      `in ${n(f.bytesInPerSecond / 1000, 1)} kB/s · out ${n(f.bytesOutPerSecond / 1000, 1)} kB/s · corrections ${n(s.corrections)} + ${n(s.corrections_replaced)}`,
    ];
    if (this.level > 1) {
      lines.push(
        `drawn ${n(s.interp_delay_ms)} ms late (to ${n(s.interp_delay_target_ms)}) · arrivals ± ${n(s.arrival_jitter_p99_ms)} ms`,
        `in flight ${n(s.inputs_in_flight)} · margin ${n(s.margin_mean, 1)} of ${n(s.margin_wanted, 1)} · replaced ${n(s.inputs_replaced)}`,
        `skipped ${n(s.snapshots_skipped)} · stalls ${n(s.stalls)} · hash differs ${n(s.hash_mismatches)}`,
        `${n(s.rows)} rows, ${n(s.rows_far)} of them far and up to ${n(s.rows_far_ticks)} ticks old`,
      );
    }
    if (this.level > 2) {
      lines.push(`core ${n(f.coreFrameMeanMs, 2)} ms a frame · room at ${n(s.pace)} %`);
    }
    return lines.join("\n");
  }

  draw() {
    const canvas = /** @type {HTMLCanvasElement} */ ($("#graph canvas"));
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const strips = Object.entries(STRIPS).filter(([, strip]) => strip.level <= this.level);
    const lists = this.level > 2 ? [this.figures.bytesPerSecondByCause, this.figures.bytesPerSecondByKind] : [];
    const high = strips.reduce((sum, [, strip]) => sum + strip.high + GAP, 0)
      + lists.reduce((sum, list) => sum + LINE * (Object.keys(list).length + 1), 0);
    const density = devicePixelRatio || 1;
    if (canvas.width !== Math.round(WIDTH * density) || canvas.height !== Math.round(high * density)) {
      canvas.width = Math.round(WIDTH * density);
      canvas.height = Math.round(high * density);
    }
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, WIDTH, high);
    context.font = "9px system-ui, sans-serif";
    let top = 0;
    for (const [name, strip] of strips) {
      context.fillStyle = theme().soft;
      context.fillText(strip.label, 2, top + 9);
      top += strip.high + GAP;
      this.strip(context, name, top - 1, strip.high);
    }
    for (const list of lists) top = this.bytes(context, list, top, list === lists[0] ? "bytes a second, by cause" : "by kind, of the snapshots");
  }

  /** @param {CanvasRenderingContext2D} context @param {string} name @param {number} base @param {number} high */
  strip(context, name, base, high) {
    const { you, good, bad, gold, soft } = theme();
    const step = WIDTH / KEPT;
    const bar = (/** @type {number} */ at, /** @type {number} */ part, /** @type {string} */ colour) => {
      const tall = Math.max(1, Math.min(1, part) * high);
      context.fillStyle = colour;
      context.fillRect(at * step, base - tall, step * 0.9, tall);
    };
    const most = Math.max(50, ...this.samples.map((sample) => sample.rtt + sample.jitter)) * 1.1;
    this.samples.forEach((sample, at) => {
      if (name === "frames") {
        bar(at, sample.ms / 40, sample.ms > 34 ? bad : sample.ms > 20 ? gold : soft);
        bar(at, sample.work / 40, you);
      } else if (name === "drawn") {
        bar(at, Math.abs(sample.ahead) / 8, sample.ahead < 0 ? gold : good);
      } else if (name === "arrivals") {
        if (sample.stalled) bar(at, 1, bad);
        else if (sample.snapshot || sample.held) bar(at, sample.late / 100, sample.held ? gold : you);
      } else if (name === "trips") {
        bar(at, (sample.rtt + sample.jitter) / most, soft);
        bar(at, sample.rtt / most, you);
      } else {
        bar(at, sample.corrected ? 1 : 0, sample.corrected ? gold : soft);
        if (sample.error > 0.05) bar(at, sample.error / 32, bad);
      }
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {Record<string, number>} list @param {number} top @param {string} title */
  bytes(context, list, top, title) {
    const { you, soft, ink } = theme();
    context.fillStyle = soft;
    context.fillText(title, 2, top + 9);
    const most = Math.max(1, ...Object.values(list));
    for (const [name, count] of Object.entries(list)) {
      top += LINE;
      context.fillStyle = you;
      context.globalAlpha = 0.5;
      context.fillRect(110, top + 2, (WIDTH - 110) * (count / most), LINE - 3);
      context.globalAlpha = 1;
      context.fillStyle = ink;
      context.fillText(name, 2, top + 9);
      context.textAlign = "right";
      context.fillText(String(count), 104, top + 9);
      context.textAlign = "left";
    }
    return top + LINE;
  }
}
