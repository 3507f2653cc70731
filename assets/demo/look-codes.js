// Prefix codes: the built-in ones and those of a codebook. After `WIRE.md` 6 (from "Tokens") and 8.

import { Bits, bitsOf } from "./look-bits.js";

/** @typedef {import("./look-expect.js").Expectation} Expectation */
/** @typedef {import("./look-kinds.js").Group} Group */
/** @typedef {import("./look-kinds.js").Scale} Scale */

/** What a group tells: a difference per part, and flags. @typedef {{ parts: number[], flags: number }} Told */

/**
 * The codes of one group.
 * @typedef {object} GroupBook
 * @property {number[]} keys
 * @property {Told[]} exact Large differences whose symbols follow those of the keys.
 * @property {(Code | null)[]} contexts
 * @property {(Code | null)[]} parts By class; empty where there are none.
 */

/** By kind, then group. @typedef {(GroupBook | null)[][]} Codebook */

const LENGTH_MAX = 14;
const CONTEXTS = 16;
const PACES = 4;
const LEVELS = 24;
/** The class of whatever is new. */
const UNKNOWN = PACES * LEVELS;
/** The scale of parts that are told by themselves; from the first with raw bits on, the sign is part of the symbol. */
const APART = { exact: 2, halves: true, tokens: 31 };
const SIGNED = 2 * APART.exact + 1;
/** Symbols of a first part that are no tokens, and how many of all there are. */
const [BEYOND, FLAGS_FIRST, SPECIAL] = [0, 1, 2];
const SYMBOLS = SPECIAL + 2 * APART.tokens - SIGNED;
/** Changes count as that much at the most. */
const CHANGE_MAX = 2 ** 20;
/** The symbol of the built-in code that says that flags come first. */
const FLAGGED = 33;
const EXPECTED_MAX = 32;

/** A canonical prefix code, from the lengths of its symbols' codes; 0: it has none. */
export class Code {
  /** @param {number[]} lengths */
  constructor(lengths) {
    this.counts = Array(LENGTH_MAX + 1).fill(0);
    for (const length of lengths) if (length > 0) this.counts[length]++;
    const symbols = lengths.map((length, symbol) => ({ length, symbol })).filter(({ length }) => length > 0);
    symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
    this.symbols = symbols.map(({ symbol }) => symbol);
  }

  /** @param {Bits} from */
  read(from) {
    let code = 0;
    let first = 0;
    let before = 0;
    for (let length = 1; length <= LENGTH_MAX; length++) {
      code = code * 2 + from.u(1);
      first *= 2;
      if (code - first < this.counts[length]) return this.symbols[before + code - first];
      first += this.counts[length];
      before += this.counts[length];
    }
    throw new Error("no code begins like that");
  }
}

/** Lengths of Huffman's code, small weights raised until none is too long. @param {number[]} weights */
function huffman(weights) {
  for (let floor = 1; ; floor *= 2) {
    const nodes = weights.map((weight) => ({ weight: Math.max(weight, floor), of: /** @type {number[]} */ ([]) }));
    const open = nodes.map((_, at) => at);
    const lightest = () => {
      let best = 0;
      for (let at = 1; at < open.length; at++) if (nodes[open[at]].weight < nodes[open[best]].weight) best = at;
      return open.splice(best, 1)[0];
    };
    while (open.length > 1) {
      const of = [lightest(), lightest()];
      nodes.push({ weight: nodes[of[0]].weight + nodes[of[1]].weight, of });
      open.push(nodes.length - 1);
    }
    const depths = nodes.map(() => 0);
    for (let at = nodes.length - 1; at >= 0; at--) for (const child of nodes[at].of) depths[child] = depths[at] + 1;
    const lengths = depths.slice(0, weights.length);
    if (lengths.every((length) => length <= LENGTH_MAX)) return lengths;
  }
}

/** @param {number} expected A magnitude. */
function weightsOf(expected) {
  const weights = Array.from({ length: FLAGGED }, (_, m) => {
    if (m === 0 && expected === 0) return 96;
    if (m === 0 && expected > 2) return 32;
    if (m <= expected) return 48;
    return Math.max(Math.floor((40 * 65536) / 4 ** Math.min(m - expected, 12)), 1) / 65536;
  });
  return [...weights, 2].map((weight) => weight * 65536);
}

/** The codes without a codebook, by the magnitude that is expected. */
const BUILT_IN = Array.from({ length: EXPECTED_MAX + 1 }, (_, expected) => new Code(huffman(weightsOf(expected))));

/**
 * Reads what a group tells.
 * @param {Group} group @param {Expectation} expected @param {GroupBook | null | undefined} book @param {Bits} from
 * @returns {Told}
 */
export function readGroup(group, expected, book, from) {
  /** @type {Told} */
  const told = { parts: group.scales.map(() => 0), flags: 0 };
  const joint = book?.contexts[expected.context];
  if (book && joint) {
    const symbol = joint.read(from);
    if (symbol < book.keys.length) return readRaw(book.keys[symbol], group, told, from);
    const exact = book.exact[symbol - book.keys.length];
    if (exact) return exact;
  }
  if (book && readParts(book, expected, group, told, from)) return told;
  return builtIn(group, expected.magnitudes, told, from);
}

/** All flags of a group, of which some are set. @param {Group} group @param {Bits} from */
const readFlags = ({ flags }, from) => (flags === 1 ? 1 : from.u(flags));

/** A joint symbol, and the raw bits behind it. @param {number} key @param {Group} group @param {Told} told @param {Bits} from */
function readRaw(key, group, told, from) {
  told.flags = key % 2 ** group.flags;
  let rest = Math.floor(key / 2 ** group.flags);
  const tokens = group.scales.map(() => 0);
  for (let part = tokens.length - 1; part >= 0; part--) {
    tokens[part] = rest % group.scales[part].tokens;
    rest = Math.floor(rest / group.scales[part].tokens);
  }
  told.parts = tokens.map((token, part) => difference(group.scales[part], token, from));
  return told;
}

/** Part by part; `false`: not so. @param {GroupBook} book @param {Expectation} expected @param {Group} group @param {Told} told @param {Bits} from */
function readParts({ parts: codes }, expected, group, told, from) {
  if (group.scales.length === 0) return false;
  for (let part = 0; part < group.scales.length; part++) {
    const code = codeOf(codes, classOf(part, expected, told.parts), expected);
    if (!code && part === 0) return false;
    if (!code) throw new Error("a part has no code");
    let symbol = code.read(from);
    if (part === 0 && symbol === FLAGS_FIRST) {
      told.flags = readFlags(group, from);
      symbol = code.read(from);
    }
    if (part === 0 && symbol === BEYOND) return false;
    if (symbol < SPECIAL) throw new Error("only a first part is beyond its tokens");
    const token = symbol - SPECIAL;
    if (token < SIGNED) told.parts[part] = difference(APART, token, from);
    else told.parts[part] = beyond(APART, (token + SIGNED) >> 1, ((token + SIGNED) & 1) === 1, from);
  }
  return true;
}

/** The class of a part's code, by how far it may be off. @param {number} part @param {Expectation} expected @param {number[]} parts Those before it. */
function classOf(part, { circle, context, changes, pace }, parts) {
  if (circle) return 16 * part + context;
  if (!changes) return UNKNOWN;
  const count = (/** @type {number} */ value) => Math.min(Math.abs(value), CHANGE_MAX);
  const own = changes.reduce((sum, change) => sum + count(change), 0) + count(changes[part]);
  const before = parts.slice(0, part).map(count);
  const told = before.reduce((sum, value) => sum + value, 0);
  const unrest = part === 0 ? 2 * own : Math.floor(own + 2 * before[part - 1] + (2 * told) / part);
  const octave = bitsOf(unrest) - 1;
  const level = unrest < 4 ? unrest : 2 * octave + ((unrest >> (octave - 1)) & 1);
  return LEVELS * pace + Math.min(level, LEVELS - 1);
}

/** The code of a class, or of the nearest one that there is. @param {(Code | null)[]} codes @param {number} wanted @param {Expectation} expected */
function codeOf(codes, wanted, { circle }) {
  if (circle || wanted === UNKNOWN) return codes[wanted] ?? null;
  const [pace, level] = [Math.floor(wanted / LEVELS), wanted % LEVELS];
  for (let next = 0; next < PACES; next++) {
    const first = ((pace + next) % PACES) * LEVELS;
    for (let off = 0; off < LEVELS; off++) {
      for (const near of [level - off, level + off]) {
        const code = near >= 0 && near < LEVELS ? codes[first + near] : null;
        if (code) return code;
      }
    }
  }
  return null;
}

/** @param {Group} group @param {number[]} magnitudes @param {Told} told @param {Bits} from */
function builtIn(group, magnitudes, told, from) {
  if (group.scales.length === 0 && group.flags > 0 && from.flag()) told.flags = readFlags(group, from);
  for (let part = 0; part < group.scales.length; part++) {
    const code = BUILT_IN[Math.min(magnitudes[part], EXPECTED_MAX)];
    let size = code.read(from);
    if (size === FLAGGED && part === 0) {
      told.flags = readFlags(group, from);
      size = code.read(from);
    }
    if (size === FLAGGED) throw new Error("flags where there are none");
    if (size === 0) continue;
    const negative = from.flag();
    const value = 2 ** (size - 1) + from.u(size - 1);
    told.parts[part] = (negative ? -value : value) | 0;
  }
  return told;
}

/** The difference of a token, with the raw bits behind it. @param {Scale} scale @param {number} token @param {Bits} from */
function difference(scale, token, from) {
  const { exact } = scale;
  if (token <= 2 * exact) return token % 2 === 1 ? (token + 1) / 2 : -(token / 2);
  return beyond(scale, token, from.flag(), from);
}

/** The difference of a token that is followed by raw bits. @param {Scale} scale @param {number} token @param {boolean} negative @param {Bits} from */
function beyond({ exact, halves }, token, negative, from) {
  const of = token - 2 * exact - 1;
  const bits = halves ? of >> 1 : of + 1;
  const before = halves ? 2 * (2 ** (of >> 1) - 1) + (of % 2) * 2 ** (of >> 1) : 2 ** (of + 1) - 2;
  const size = exact + 1 + before + from.u(bits);
  return (negative ? -size : size) | 0;
}

/** @param {Uint8Array} bytes @param {Group[][]} kinds The groups of each kind, by number. @returns {Codebook} */
export function readCodebook(bytes, kinds) {
  const from = new Bits(bytes);
  const book = kinds.map((groups) => groups.map((group) => (from.flag() ? readGroupBook(group, from) : null)));
  from.finish();
  return book;
}

/** @param {Group} group @param {Bits} from @returns {GroupBook} */
function readGroupBook(group, from) {
  const largest = group.scales.reduce((product, scale) => product * scale.tokens, 2 ** group.flags) - 1;
  const keys = Array.from({ length: from.u(8) }, () => 0).map(() => from.u(bitsOf(largest)));
  const exact = group.scales.length > 0 && from.flag() ? readExact(group, from) : [];
  const contexts = readCodes(CONTEXTS, keys.length + exact.length + 1, from);
  return { keys, exact, contexts, parts: from.flag() ? readCodes(UNKNOWN + 1, SYMBOLS, from) : [] };
}

/** Large differences that have codes of their own. @param {Group} group @param {Bits} from @returns {Told[]} */
function readExact(group, from) {
  return Array.from({ length: from.u(5) + 1 }, () => 0).map(() => {
    const parts = group.scales.map(() => {
      const size = from.u(5);
      if (size === 0) return 0;
      const negative = from.flag();
      const value = 2 ** (size - 1) + from.u(size - 1);
      return negative ? -value : value;
    });
    return { parts, flags: from.u(group.flags) };
  });
}

/** A list of codes, each told from the one before it. @param {number} count @param {number} symbols @param {Bits} from */
function readCodes(count, symbols, from) {
  /** @type {number[]} */
  let before = [];
  return Array.from({ length: count }, () => {
    if (!from.flag()) return null;
    before = readLengths(symbols, before, from);
    return new Code(before);
  });
}

/** @param {number} symbols @param {number[]} before Those of the last code in the list. @param {Bits} from */
function readLengths(symbols, before, from) {
  const lengths = Array(symbols).fill(0);
  const told = from.u(bitsOf(symbols));
  for (let at = 0, last = 4; at < told; at++) {
    let ones = 0;
    while (ones < 4 && from.flag()) ones++;
    const expected = before[at] || last;
    lengths[at] = [expected, expected + 1, 0, expected - 1][ones] ?? from.u(4);
    if (lengths[at] !== 0) last = lengths[at];
  }
  return lengths;
}
