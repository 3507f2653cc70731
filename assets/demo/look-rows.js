// The code of one row. After `WIRE.md` 6.

import { readGroup } from "./look-codes.js";
import * as expect from "./look-expect.js";

/** @typedef {import("./look-bits.js").Bits} Bits */
/** @typedef {import("./look-codes.js").GroupBook} GroupBook */
/** @typedef {import("./look-expect.js").Expectation} Expectation */
/** @typedef {import("./look-expect.js").Past} Past */
/** @typedef {Pick<Past, "values" | "spans">} Before */
/** @typedef {import("./look-kinds.js").Component} Component */
/** @typedef {import("./look-kinds.js").Group} Group */
/** @typedef {import("./look-kinds.js").Groups} Groups */

/**
 * How rows of a kind are read.
 * @typedef {object} Reading
 * @property {string} kind Its name.
 * @property {Groups} groups
 * @property {Component[]} components
 * @property {(GroupBook | null)[] | null} book The kind's codes, where there is a codebook.
 * @property {Bits | null} from Without, every symbol tells nothing.
 */

/** The pace of the common groups of a row that has more to tell. */
const PACE_MORE = 3;

/** The model of a group. @param {Group} group @param {number} models */
const modelOf = ({ model }, models) => (model < 0 ? expect.MODEL.hold : (models >>> (4 * model)) & 15);

/**
 * Reads a row into `now`, which is as it was at the newest snapshot. Returns the row's models from here on.
 * @param {Reading} how @param {Before} before @param {number} models @param {Int32Array} now
 */
export function readRow(how, before, models, now) {
  const past = { ...before, stirred: stirredIn(how, before) };
  const { groups, components } = how;
  const { lead } = groups;
  const model = modelOf(lead, models);
  const round = lead.circle && groups.motion ? expect.circle(lead, model, groups.motion, past, components) : null;
  const told = tell(how, lead, round ?? leadWithout(how, past, model));
  const flag = (/** @type {number} */ at) => ((told.flags >>> at) & 1) === 1;
  const more = groups.derived.length;
  if (groups.plain && (!round || flag(more + 1))) {
    put(how, groups.plain, expect.fromPast(groups.plain, expect.MODEL.hold, past, components), now);
  } else {
    assign(lead, told.values, now);
  }
  groups.derived.forEach((derived, at) => {
    const expected = derivedFrom(how, derived, past, now);
    if (flag(at)) put(how, derived.group, expected, now);
    else assign(derived.group, expected.values(derived.group.at.map(() => 0)), now);
  });
  for (const group of groups.common) {
    const expected = expect.fromPast(group, modelOf(group, models), past, components);
    put(how, group, flag(more) ? { ...expected, pace: PACE_MORE } : expected, now);
  }
  return flag(more) ? readRare(how, past, models, now) : models;
}

/** Whether anything rare differs from each snapshot to the one before it. @param {Reading} how @param {Before} before */
function stirredIn({ groups }, { values }) {
  const rare = groups.rare.flatMap(({ groups: some }) => some.flatMap(({ at }) => at));
  return values.slice(1).map((older, at) => rare.some((component) => values[at][component] !== older[component]));
}

/** What a lead that is no circle now is told under. @param {Reading} how @param {Past} past @param {number} model @returns {Expectation} */
function leadWithout({ groups, components }, past, model) {
  const { lead } = groups;
  if (lead.at.length === 0) return expect.flagsAlone(past.values.length);
  if (!lead.circle) return expect.fromPast(lead, model, past, components);
  return expect.noCircle;
}

/** @param {Reading} how @param {import("./look-kinds.js").Derived} derived @param {Past} past @param {Int32Array} now */
function derivedFrom({ groups, components }, { group, how }, past, now) {
  const motion = /** @type {import("./look-kinds.js").Motion} */ (groups.motion);
  if (how === "speed") return expect.speed(group, past, components);
  const expected = how === "along" ? expect.along : expect.position;
  return expected(group, motion, past, now, components);
}

/** @param {Reading} how @param {Past} past @param {number} models @param {Int32Array} now */
function readRare(how, past, models, now) {
  const { groups, components, from } = how;
  groups.rare.forEach(({ mask, groups: some }, nth) => {
    const { flags } = tell(how, mask, expect.flagsAlone(0));
    some.forEach((group, at) => {
      if ((flags >>> at) & 1) put(how, group, expect.rarely(group, past, components), now);
    });
    if (from && nth === 0 && (flags >>> some.length) & 1) {
      const start = from.at;
      models = 0;
      for (let at = 0; at < groups.models; at++) models |= from.u(4) << (4 * at);
      from.was(start, `${how.kind}: models`);
    }
  });
  return models >>> 0;
}

/** Reads a group, and what it comes to. @param {Reading} how @param {Group} group @param {Expectation} expected */
function tell({ kind, book, from }, group, expected) {
  if (!from) return { flags: 0, values: expected.values(group.scales.map(() => 0)) };
  const start = from.at;
  const { parts, flags } = readGroup(group, expected, book?.[group.number], from);
  from.was(start, `${kind}.${group.name || "flags"}`);
  return { flags, values: expected.values(parts) };
}

/** @param {Reading} how @param {Group} group @param {Expectation} expected @param {Int32Array} now */
const put = (how, group, expected, now) => assign(group, tell(how, group, expected).values, now);

/** @param {Group} group @param {number[]} values @param {Int32Array} now */
const assign = (group, values, now) => values.forEach((value, at) => (now[group.at[at]] = value));
