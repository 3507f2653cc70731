// What each group of a row is expected to be, before anything is told. After `WIRE.md` 6, "Expected".

import { bitsOf } from "./look-bits.js";

/** @typedef {import("./look-kinds.js").Component} Component */
/** @typedef {import("./look-kinds.js").Group} Group */
/** @typedef {import("./look-kinds.js").Motion} Motion */

/**
 * What a row was at up to three snapshots, newest first.
 * @typedef {object} Past
 * @property {ArrayLike<number>[]} values
 * @property {boolean[]} stirred Whether something rare differs from each to the one before it.
 * @property {number[]} spans Ticks to the newest, and from each to the one before it.
 */

/**
 * @typedef {object} Expectation
 * @property {number} context
 * @property {number[]} magnitudes One per part.
 * @property {boolean} circle Whether the parts are a turn and what is off the circle.
 * @property {number[] | null} changes How much the components changed last; `null`: unknown.
 * @property {number} pace How fast they move, 0 to 2; 3 of a row that has more to tell.
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
  /** @type {number[]} */
  const changes = [];
  const each = group.at.map((at) => {
    const of = components[at];
    const [a, b, c] = past.values.map((values) => values[at]);
    let last = depth > 1 ? short(a - b, of) : 0;
    let before = depth > 2 ? short(b - c, of) : last;
    if (depth === DEPTH_MAX && !hold) {
      if (past.stirred[0] && leaps(last, before)) last = 0;
      else if (past.stirred[1] && leaps(before, last)) before = 0;
      [last, before] = [last, before].map((interval, at) => (past.stirred[at] ? interval : aroundEdge(interval, of)));
    }
    const change = (last - before) | 0;
    moved = Math.max(moved, magnitude(last));
    changed = Math.max(changed, magnitude(hold ? last : change));
    changes.push(hold ? last : change);
    const turned = hold ? (last || before) < 0 : (change || last) < 0;
    const value = (a + step(model, last, before, change, of.ring, even, t0, t1)) | 0;
    return { of, turned, value, expected: within(value, of) };
  });
  const { context, size, pace } = contextOf(depth, changed, moved);
  return {
    circle: false,
    changes: depth === DEPTH_MAX ? changes : null,
    pace,
    context,
    magnitudes: group.scales.map(() => size),
    values: (parts) => each.map(({ of, turned, value, expected }, at) => {
      const from = isAround(parts[at], value - expected, of) ? value : expected;
      return within(from + (turned ? -parts[at] : parts[at]), of);
    }),
  };
}

/** How far apart the bounds of a component lie, where that is told from beyond them too. @param {Component} of */
const span = ({ ring, min, max }) => (ring || max - min < 64 || max - min >= 2 ** 29 ? Infinity : max - min);

/** Whether a difference leads around the edge of a world that has none. @param {number} difference @param {Component} of */
const isFar = (difference, of) => Math.abs(difference) > Math.floor(span(of) / 2);

/** The short way around the edge. @param {number} interval @param {Component} of */
function aroundEdge(interval, of) {
  return Math.abs(interval) > 3 * Math.floor(span(of) / 4) ? interval - Math.sign(interval) * (span(of) + 1) : interval;
}

/** Whether a difference is counted from beyond the bounds. @param {number} difference @param {number} beyond By how much. @param {Component} of */
const isAround = (difference, beyond, of) => isFar(difference, of) && Math.abs(beyond) <= span(of);

/** Whether a difference is no motion beside the other one. @param {number} difference @param {number} other */
const leaps = (difference, other) => Math.abs(difference) > 8 * Math.abs(other) + 32;

/**
 * @param {number} model @param {number} last @param {number} before @param {number} change @param {boolean} ring @param {boolean} even
 * @param {number} t0 @param {number} t1
 */
function step(model, last, before, change, ring, even, t0, t1) {
  if (model === MODEL.hold) return 0;
  if (even && model === MODEL.alternate) return before;
  if (even && model === MODEL.accelerate) return last + Math.trunc(change / 2);
  if (even && model === MODEL.smooth) return last + change;
  const slows = !ring && Math.sign(last) === Math.sign(before) && Math.abs(last) < Math.abs(before);
  if (even) return slows ? last + Math.trunc(change / 4) : last;
  return t0 === t1 || last === 0 ? last : round((last * t0) / t1);
}

/** @param {number} depth @param {number} changed @param {number} moved */
function contextOf(depth, changed, moved) {
  const pace = moved <= 2 ? 0 : moved <= 5 ? 1 : 2;
  if (depth < DEPTH_MAX) return { context: CONTEXT_SHALLOW, size: depth === 2 ? Math.max(moved - 1, 0) : 3, pace };
  if (changed === 0) return { context: pace, size: 0, pace };
  if (changed === 1) return { context: 3 + pace, size: 1, pace };
  if (changed === 2) return { context: 6 + Math.min(pace, 1), size: 2, pace };
  return { context: 5 + Math.min(changed, 9), size: changed, pace };
}

/** What is expected where nothing is known to be uneasy. @param {Group} group */
const calm = (group) => ({ context: 0, circle: false, changes: group.at.map(() => 0), pace: 0 });

/** @type {Expectation} */
const NO_PARTS = { context: 0, magnitudes: [], circle: false, changes: null, pace: 0, values: () => [] };

/** A lead that goes round no circle now. @type {Expectation} */
export const noCircle = { ...NO_PARTS, context: 6, magnitudes: [0, 0, 0], circle: true };

/** A group that is told by flags alone. @param {number} depth @returns {Expectation} */
export const flagsAlone = (depth) => ({ ...NO_PARTS, context: depth });

/** A group that is rarely told. @param {Group} group @param {Past} past @param {Component[]} components @returns {Expectation} */
export function rarely(group, past, components) {
  return { ...fromPast(group, MODEL.hold, past, components), ...calm(group), magnitudes: group.scales.map(() => 3) };
}

/** A group about a known middle. @param {Group} group @param {number[]} middle @param {Component[]} components @returns {Expectation} */
function about(group, middle, components) {
  return {
    ...calm(group),
    magnitudes: group.scales.map(() => 1),
    values: (parts) => group.at.map((at, part) => within(within(middle[part], components[at]) + parts[part], components[at])),
  };
}

/** A speed that goes along an angle. @param {Group} group @param {Past} past @param {Component[]} components @returns {Expectation} */
export const speed = (group, past, components) => ({ ...fromPast(group, MODEL.hold, past, components), ...calm(group) });

/**
 * A position, from the velocities before and after.
 * @param {Group} group @param {Motion} motion @param {Past} past @param {ArrayLike<number>} now @param {Component[]} components
 */
export function position(group, motion, past, now, components) {
  const [then] = past.values;
  const from = velocities(motion, then);
  const to = velocities(motion, now);
  const { lo, step } = motion.position;
  const tick = f32(1 / motion.rate);
  const middle = group.at.map((at, axis) => {
    if (past.spans[0] === 1) return round((f32(f32(lo + then[at] * step) + f32(to[axis] * tick)) - lo) / step);
    const moved = (((from[axis] + to[axis]) / 2) * past.spans[0] + (to[axis] - from[axis]) / 2) * tick;
    return round(then[at] + moved / step);
  });
  return about(group, middle, components);
}

const f32 = Math.fround;

/** As a game has them: in f32. @param {Motion} motion @param {ArrayLike<number>} values */
function velocities({ velocity, heading }, values) {
  const each = velocity.at.map((at) => f32(velocity.lo + values[at] * velocity.step));
  if (!heading) return each;
  const { sin, cos } = unit(values[heading.at], heading.bits);
  return [f32(each[0] * f32(cos)), f32(each[0] * f32(sin))];
}

/**
 * An angle along a velocity.
 * @param {Group} group @param {Motion} motion @param {Past} past @param {ArrayLike<number>} now @param {Component[]} components
 */
export function along(group, motion, past, now, components) {
  const { lo, step, at: xy } = motion.velocity;
  const [x, y] = xy.map((at) => lo + now[at] * step);
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
    circle: true,
    changes: null,
    pace: 0,
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
