// What each group of a row is expected to be, before anything is told. After `WIRE.md` 6, "Expected".

import { bitsOf } from "./look-bits.js";

/** @typedef {import("./look-kinds.js").Component} Component */
/** @typedef {import("./look-kinds.js").Group} Group */
/** @typedef {import("./look-kinds.js").Motion} Motion */

/**
 * What a row was at up to three snapshots, newest first.
 * @typedef {object} Past
 * @property {ArrayLike<number>[]} values
 * @property {number[]} spans Ticks to the newest, and from each to the one before it.
 */

/**
 * @typedef {object} Expectation
 * @property {number} context
 * @property {number[]} magnitudes One per part.
 * @property {(parts: number[]) => number[]} values What the differences of the parts make of it, by component.
 */

export const MODEL = { linear: 0, hold: 1, alternate: 2, accelerate: 3, smooth: 4 };

const TAU = 2 * Math.PI;
const DEPTH_MAX = 3;
const CONTEXT_SHALLOW = 15;
/** The smallest speed, in steps, that goes round a circle. */
const CIRCLE_MIN = 8;

/** @param {number} x */
const round = (x) => Math.floor(x + 0.5);

/** The short way round, where there is one. @param {number} difference @param {Component} of */
function short(difference, of) {
  if (!of.ring) return difference | 0;
  const size = of.max + 1;
  const upwards = ((difference % size) + size) % size;
  return upwards >= size / 2 ? upwards - size : upwards;
}

/** @param {number} value @param {Component} of */
function within(value, of) {
  if (!of.ring) return Math.min(Math.max(value | 0, of.min), of.max);
  const size = of.max + 1;
  return ((value % size) + size) % size;
}

/** @param {number} value */
const magnitude = (value) => bitsOf(Math.abs(value));

/**
 * A group from its own past.
 * @param {Group} group @param {number} model @param {Past} past @param {Component[]} components @returns {Expectation}
 */
export function fromPast(group, model, past, components) {
  const depth = past.values.length;
  const [t0, t1, t2] = past.spans;
  const even = t0 === t1 && (depth < DEPTH_MAX || t1 === t2) && depth > 1;
  const hold = model === MODEL.hold;
  let moved = 0;
  let changed = 0;
  const each = group.at.map((at) => {
    const of = components[at];
    const [a, b, c] = past.values.map((values) => values[at]);
    const last = depth > 1 ? short(a - b, of) : 0;
    const before = depth > 2 ? short(b - c, of) : last;
    const change = (last - before) | 0;
    moved = Math.max(moved, magnitude(last));
    changed = Math.max(changed, magnitude(hold ? last : change));
    const turned = hold ? (last || before) < 0 : (change || last) < 0;
    return { of, turned, expected: within(a + step(model, last, before, change, even, t0, t1), of) };
  });
  const { context, size } = contextOf(depth, changed, moved);
  return {
    context,
    magnitudes: group.scales.map(() => size),
    values: (parts) => each.map(({ of, turned, expected }, at) => {
      return within(expected + (turned ? -parts[at] : parts[at]), of);
    }),
  };
}

/**
 * @param {number} model @param {number} last @param {number} before @param {number} change @param {boolean} even
 * @param {number} t0 @param {number} t1
 */
function step(model, last, before, change, even, t0, t1) {
  if (model === MODEL.hold) return 0;
  if (even && model === MODEL.alternate) return before;
  if (even && model === MODEL.accelerate) return last + Math.trunc(change / 2);
  if (even && model === MODEL.smooth) return last + change;
  return t0 === t1 || last === 0 ? last : round((last * t0) / t1);
}

/** @param {number} depth @param {number} changed @param {number} moved */
function contextOf(depth, changed, moved) {
  if (depth < DEPTH_MAX) return { context: CONTEXT_SHALLOW, size: depth === 2 ? Math.max(moved - 1, 0) : 3 };
  const speed = moved <= 2 ? 0 : moved <= 5 ? 1 : 2;
  if (changed === 0) return { context: speed, size: 0 };
  if (changed === 1) return { context: 3 + speed, size: 1 };
  if (changed === 2) return { context: 6 + Math.min(speed, 1), size: 2 };
  return { context: 5 + Math.min(changed, 9), size: changed };
}

/** A group that is told by flags alone. @param {number} depth @returns {Expectation} */
export const flagsAlone = (depth) => ({ context: depth, magnitudes: [], values: () => [] });

/** A group that is rarely told. @param {Group} group @param {Past} past @param {Component[]} components @returns {Expectation} */
export function rarely(group, past, components) {
  return { ...fromPast(group, MODEL.hold, past, components), context: 0, magnitudes: group.scales.map(() => 3) };
}

/** A group about a known middle. @param {Group} group @param {number[]} middle @param {Component[]} components @returns {Expectation} */
function about(group, middle, components) {
  return {
    context: 0,
    magnitudes: group.scales.map(() => 1),
    values: (parts) => group.at.map((at, part) => within(within(middle[part], components[at]) + parts[part], components[at])),
  };
}

/** A speed that goes along an angle. @param {Group} group @param {Past} past @param {Component[]} components @returns {Expectation} */
export const speed = (group, past, components) => ({ ...fromPast(group, MODEL.hold, past, components), context: 0 });

/**
 * A position, from the velocities before and after.
 * @param {Group} group @param {Motion} motion @param {Past} past @param {ArrayLike<number>} now @param {Component[]} components
 */
export function position(group, motion, past, now, components) {
  const [then] = past.values;
  const from = velocities(motion, then);
  const to = velocities(motion, now);
  const middle = group.at.map((at, axis) => {
    const moved = ((from[axis] + to[axis]) / 2) * past.spans[0] + (to[axis] - from[axis]) / 2;
    return round(then[at] + moved * motion.perTick);
  });
  return about(group, middle, components);
}

/** @param {Motion} motion @param {ArrayLike<number>} values */
function velocities({ velocity, heading }, values) {
  const each = velocity.at.map((at) => velocity.lo + values[at] * velocity.step);
  if (!heading) return each;
  const { sin, cos } = unit(values[heading.at], heading.bits);
  return [each[0] * cos, each[0] * sin];
}

/**
 * An angle along a velocity.
 * @param {Group} group @param {Motion} motion @param {Past} past @param {ArrayLike<number>} now @param {Component[]} components
 */
export function along(group, motion, past, now, components) {
  const [x, y] = velocities(motion, now);
  const [at] = group.at;
  const still = x === 0 && y === 0;
  return about(group, [still ? past.values[0][at] : round(turns(y, x) * (components[at].max + 1))], components);
}

/**
 * A velocity that keeps its length, by a turn; `null` where there is no circle.
 * @param {Group} group @param {number} model @param {Motion} motion @param {Past} past @param {Component[]} components
 * @returns {Expectation | null}
 */
export function circle(group, model, { velocity }, past, components) {
  const zero = velocity.lo / velocity.step;
  const each = past.values.map((values) => {
    const [x, y] = velocity.at.map((at) => values[at] + zero);
    return { x, y, length: Math.sqrt(x * x + y * y) };
  });
  const [newest, second] = each;
  if (newest.length < CIRCLE_MIN) return null;
  const near = each.filter(({ length }) => Math.abs(length - newest.length) <= 2);
  const length = near.reduce((sum, { length }) => sum + length, 0) / near.length;
  const turned = model === MODEL.hold && second !== undefined && past.spans[0] === past.spans[1];
  let [dx, dy] = [newest.x, newest.y];
  // Without a second direction there is nothing to turn from.
  if (turned && second.length > 0) {
    const n = newest.x * second.x + newest.y * second.y;
    const m = newest.y * second.x - newest.x * second.y;
    [dx, dy] = [newest.x * n - newest.y * m, newest.y * n + newest.x * m];
  }
  const size = Math.sqrt(dx * dx + dy * dy);
  [dx, dy] = [dx / size, dy / size];
  const octave = Math.floor(Math.log2(Math.floor(newest.length)));
  const half = newest.length >= 1.5 * 2 ** octave ? 1 : 0;
  return {
    context: past.values.length < DEPTH_MAX ? CONTEXT_SHALLOW : (turned ? 7 : 0) + ((2 * octave + half) % 7),
    magnitudes: [turned ? 2 : Math.max(octave - 3, 0), 0, 0],
    values: ([turn, offX, offY]) => {
      const k = turn / length;
      const scale = length / Math.sqrt(1 + k * k);
      const x = round(scale * (dx - k * dy) - zero) + offX;
      const y = round(scale * (dy + k * dx) - zero) + offY;
      return group.at.map((at, axis) => within([x, y][axis], components[at]));
    },
  };
}

/** The angle of (x, y) in turns, −0.5 to 0.5. @param {number} y @param {number} x */
function turns(y, x) {
  const [wide, high] = [Math.abs(x), Math.abs(y)];
  const large = Math.max(wide, high);
  if (large === 0) return 0;
  const ratio = Math.min(wide, high) / large;
  const square = ratio * ratio;
  const series = ATAN.reduce((sum, c) => sum * square + c, 0);
  let angle = (ratio * (series * square + 1)) / TAU;
  if (wide <= high) angle = 0.25 - angle;
  if (x < 0) angle = 0.5 - angle;
  return y < 0 ? -angle : angle;
}

const ATAN = [
  0.0028662257, -0.0161657367, 0.0429096138, -0.07528964, 0.1065626393, -0.1420889944, 0.1999355085, -0.3333314528,
];

/** Sine and cosine of a step of a ring. @param {number} n @param {number} bits */
function unit(n, bits) {
  const size = 2 ** bits;
  const eighths = (((n % size) + size) % size) * 8;
  const quarter = Math.floor((Math.floor(eighths / size) + 1) / 2);
  const angle = ((eighths - quarter * 2 * size) * (TAU / 8)) / size;
  const square = angle * angle;
  const sin = angle * series(square, [1, -1 / 6, 1 / 120, -1 / 5040], 1 / 362880 - square / 39916800);
  const cos = series(square, [1, -0.5, 1 / 24, -1 / 720, 1 / 40320], -1 / 3628800 + square / 479001600);
  return [{ sin, cos }, { sin: cos, cos: -sin }, { sin: -sin, cos: -cos }, { sin: -cos, cos: sin }][quarter % 4];
}

/** @param {number} x @param {number[]} of From the lowest power. @param {number} rest What comes behind them. */
const series = (x, of, rest) => of.reduceRight((sum, c) => sum * x + c, rest);
