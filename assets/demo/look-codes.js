// Prefix codes: the built-in ones and those of a codebook. After `WIRE.md` 6 (from "Tokens") and 8.

import { Bits, bitsOf } from "./look-bits.js";

/** @typedef {import("./look-kinds.js").Group} Group */
/** @typedef {import("./look-kinds.js").Scale} Scale */

/** What a group tells: a difference per part, and flags. @typedef {{ parts: number[], flags: number }} Told */

/**
 * The codes of one group.
 * @typedef {object} GroupBook
 * @property {number[]} keys
 * @property {(Code | null)[]} contexts
 * @property {(Code | null)[][]} parts By part, then class of contexts.
 */

/** By kind, then group. @typedef {(GroupBook | null)[][]} Codebook */

const LENGTH_MAX = 14;
const CONTEXTS = 16;
const CLASSES = 11;
/** The symbol of the built-in code that says that flags come first. */
const FLAGGED = 33;
const EXPECTED_MAX = 13;

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
 * @param {Group} group @param {number} context @param {number[]} magnitudes Expected of each part.
 * @param {GroupBook | null | undefined} book @param {Bits} from @returns {Told}
 */
export function readGroup(group, context, magnitudes, book, from) {
  /** @type {Told} */
  const told = { parts: group.scales.map(() => 0), flags: 0 };
  const joint = book?.contexts[context];
  if (book && joint) {
    const symbol = joint.read(from);
    if (symbol < book.keys.length) return readRaw(book.keys[symbol], group, told, from);
  }
  if (book && readParts(book, classOf(context), group, told, from)) return told;
  return builtIn(group, magnitudes, told, from);
}

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

/** Part by part; `false`: not so. @param {GroupBook} book @param {number} of @param {Group} group @param {Told} told @param {Bits} from */
function readParts(book, of, group, told, from) {
  if (!book.parts[0]?.[of]) return false;
  for (const [part, scale] of group.scales.entries()) {
    const code = book.parts[part][of];
    if (!code) throw new Error("a part has no code");
    let token = code.read(from);
    if (part === 0 && token === scale.tokens + 1) {
      told.flags = from.u(group.flags);
      token = code.read(from);
    }
    if (part === 0 && token === scale.tokens) return false;
    if (token >= scale.tokens) throw new Error("only a first part is beyond its tokens");
    told.parts[part] = difference(scale, token, from);
  }
  return true;
}

/** @param {Group} group @param {number[]} magnitudes @param {Told} told @param {Bits} from */
function builtIn(group, magnitudes, told, from) {
  if (group.scales.length === 0 && group.flags > 0 && from.flag()) told.flags = from.u(group.flags);
  for (let part = 0; part < group.scales.length; part++) {
    const code = BUILT_IN[Math.min(magnitudes[part], EXPECTED_MAX)];
    let size = code.read(from);
    if (size === FLAGGED && part === 0) {
      told.flags = from.u(group.flags);
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
function difference({ exact, halves }, token, from) {
  if (token <= 2 * exact) return token % 2 === 1 ? (token + 1) / 2 : -(token / 2);
  const of = token - 2 * exact - 1;
  const bits = halves ? of >> 1 : of + 1;
  const before = halves ? 2 * (2 ** (of >> 1) - 1) + (of % 2) * 2 ** (of >> 1) : 2 ** (of + 1) - 2;
  const negative = from.flag();
  const size = exact + 1 + before + from.u(bits);
  return (negative ? -size : size) | 0;
}

/** @param {number} context */
function classOf(context) {
  if (context <= 2) return 0;
  if (context <= 5) return 1;
  if (context <= 7) return 2;
  return context <= 14 ? context - 5 : 10;
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
  const code = (/** @type {number} */ symbols) => (from.flag() ? new Code(readLengths(symbols, from)) : null);
  const contexts = Array.from({ length: CONTEXTS }, () => code(keys.length + 1));
  const parts = group.scales.map(({ tokens }) => Array.from({ length: CLASSES }, () => code(tokens + 2)));
  return { keys, contexts, parts };
}

/** @param {number} count @param {Bits} from */
function readLengths(count, from) {
  const lengths = [];
  for (let last = 4; lengths.length < count; ) {
    let ones = 0;
    while (ones < 4 && from.flag()) ones++;
    const length = [last, last + 1, 0, last - 1][ones] ?? from.u(4);
    lengths.push(length);
    if (length !== 0) last = length;
  }
  return lengths;
}
