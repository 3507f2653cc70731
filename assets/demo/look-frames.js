// Frames of a server, read by their document alone: nothing here is shared with the core in WebAssembly. Says what
// every bit of a frame is for. After `WIRE.md` 4, 5, 7 and 8.

import { Bits, unzigzag } from "./look-bits.js";
import { readCodebook } from "./look-codes.js";
import { RowHash, Sum } from "./look-hash.js";
import { kindsOf } from "./look-kinds.js";
import { Section } from "./look-section.js";

/** @typedef {import("./look-bits.js").Span} Span */
/** @typedef {import("./look-kinds.js").Kind} Kind */
/** @typedef {import("./look-section.js").Row} Row */

/**
 * What is held after a tick.
 * @typedef {object} World
 * @property {number} tick
 * @property {boolean} ringed Whether rows are in rings.
 * @property {number} rings Which its frame had, a bit for each.
 * @property {Map<number, Row>[]} kinds Rows by slot, for each kind.
 */

/** @typedef {{ tick: number, follows: boolean, seq: number, margin: number, counters: number[], hash: string }} Private */

/** What a frame brought. @typedef {{ name: string, snapshot: boolean, hash: string, spans: Span[] }} Arrival */

const FRAME = { private: 0x83, snapshot: 0x84, codebook: 0x85 };
const HISTORY = 64;
const NAMES = 3;
const RINGS = 4;
const DEPTH_MAX = 3;

/** The tick from `newest` on that has these low bits. @param {number} low @param {number} period @param {number} newest */
const resolve = (low, period, newest) => newest + ((((low - newest) % period) + period) % period);

/** What a client holds. */
export class Replica {
  /** @param {any} schema @param {number} [me] Whose frames these are. */
  constructor(schema, me = 0) {
    /** @type {Kind[]} */
    this.kinds = kindsOf(schema);
    this.me = me;
    this.sendEvery = schema.send_every;
    /** @type {World[]} Oldest first. */
    this.worlds = [];
    /** @type {Private | null} The last one that took effect. */
    this.told = null;
    /** @type {Uint8Array | null} A private frame that waits for its snapshot. */
    this.waiting = null;
    /** @type {{ version: number, codes: import("./look-codes.js").Codebook }[]} Newest first. */
    this.books = [];
    this.part = new Uint8Array(0);
  }

  /** @returns {World | undefined} */
  get newest() {
    return this.worlds[this.worlds.length - 1];
  }

  /** Takes a frame. Other frames than those of sections 4, 5 and 8 bring nothing. @param {Uint8Array} bytes @returns {Arrival} */
  receive(bytes) {
    /** @type {Span[]} */
    const spans = [];
    switch (bytes[0]) {
      case FRAME.private:
        return { name: "private", snapshot: false, hash: this.#private(bytes, spans), spans };
      case FRAME.snapshot:
        return { name: "snapshot", snapshot: true, hash: this.#snapshot(bytes, spans), spans };
      case FRAME.codebook:
        this.#codebook(bytes, spans);
        return { name: "codebook", snapshot: false, hash: "", spans };
      default:
        return { name: "other", snapshot: false, hash: "", spans };
    }
  }

  /** The hash of what is held. */
  hash() {
    const sum = new Sum();
    this.newest?.kinds.forEach((rows, kind) => {
      for (const row of rows.values()) {
        const hash = new RowHash();
        hash.mix(row.slot, kind);
        hash.mix(row.owner);
        for (const value of row.values) hash.mix(value >>> 0);
        for (const bytes of row.wholes) hash.mixBytes(bytes);
        sum.add(hash);
      }
    });
    return sum.toString();
  }

  /** @param {Uint8Array} bytes @param {Span[]} spans */
  #private(bytes, spans) {
    const from = new Bits(bytes, spans);
    const read = this.#privateHeader(from);
    if (read.follows) {
      // What stands behind the header needs the snapshot first.
      this.waiting = bytes;
      return "";
    }
    from.finish();
    this.told = read;
    return read.hash;
  }

  /** @param {Bits} from @returns {Private} */
  #privateHeader(from) {
    const low = (from.u(8), from.u(8));
    const tick = from.flag() ? from.varint() : resolve(low, 256, this.newest?.tick ?? 0);
    if (tick <= (this.newest?.tick ?? 0)) throw new Error(`a private frame is of the old tick ${tick}`);
    const follows = from.flag();
    from.was(0, "tick");
    let start = from.at;
    const told = this.told;
    const untold = () => {
      throw new Error("a private frame leaves out what was never told");
    };
    const seq = from.flag() ? from.varint() : told ? told.seq && told.seq + tick - told.tick : untold();
    const margin = from.flag() ? unzigzag(from.golomb(2)) : (told?.margin ?? untold());
    let counters = told?.counters;
    if (from.flag()) counters = [0, 1, 2].map((at) => (from.flag() ? from.varint() : (told?.counters[at] ?? untold())));
    from.was(start, "inputs");
    start = from.at;
    let hash = "";
    if (from.flag()) hash = [from.u(32), from.u(32)].reverse().map((half) => half.toString(16).padStart(8, "0")).join("");
    from.was(start, "hash");
    this.#lists(from);
    return { tick, follows, seq, margin, counters: counters ?? untold(), hash };
  }

  /** Spawns and events. @param {Bits} from */
  #lists(from) {
    let start = from.at;
    for (let left = from.flag() ? from.golomb(0) : 0; left > 0; left--) {
      from.golomb(0);
      from.golomb(0);
      from.u(8);
      from.golomb(6);
    }
    from.was(start, "spawned");
    start = from.at;
    for (let left = from.flag() ? from.golomb(0) : 0; left > 0; left--) {
      from.varint();
      from.golomb(0);
      from.take(from.golomb(5));
    }
    from.was(start, "events");
  }

  /** @param {Uint8Array} bytes @param {Span[]} spans */
  #snapshot(bytes, spans) {
    const from = new Bits(bytes, spans);
    const header = this.#header(from);
    const { tick, base, book, rings, ringed } = header;
    from.was(0, "header");
    const past = base === null ? null : this.#at(base);
    /** @type {World} */
    const world = { tick, rings, ringed, kinds: this.kinds.map((_, at) => new Map(past?.kinds[at])) };
    const codes = book === 0 ? null : this.books.find(({ version }) => ((version - 1) % NAMES) + 1 === book)?.codes;
    if (codes === undefined) throw new Error(`there is no codebook ${book}`);
    for (let ring = 0; ring < RINGS; ring++) {
      if (((rings >> ring) & 1) === 0) continue;
      const start = from.at;
      const any = ring === 0 || from.flag();
      from.was(start, "ring");
      if (!any) continue;
      const worlds = { tick, past: past ? this.#past(past, header, ring) : [], me: this.me, ring, rings };
      this.kinds.forEach((kind, at) => {
        if (!kind.owner) new Section(kind, at, worlds, codes?.[at] ?? null, from).read(world.kinds[at]);
      });
    }
    from.finish();
    return this.#commit(world, past, spans);
  }

  /** @param {Bits} from */
  #header(from) {
    from.u(8);
    const [worlds, newest] = [this.worlds, this.newest?.tick ?? 0];
    const low = from.u(6);
    const unusual = from.flag();
    const book = from.u(2);
    const keyframe = unusual && from.flag();
    const tick = keyframe ? from.varint() : resolve(low, HISTORY, newest);
    let lag = worlds.length > 1 ? newest - worlds[worlds.length - 2].tick : this.sendEvery;
    let alone = false;
    if (unusual && !keyframe) {
      lag = from.u(6);
      alone = from.flag();
    }
    const begins = unusual && from.flag();
    const ringed = begins || (!keyframe && !!this.newest?.ringed);
    const rings = ringed ? 1 + 2 * from.u(3) : 1;
    if (tick <= newest) throw new Error(`a snapshot is of the old tick ${tick}`);
    return { tick, base: keyframe ? null : tick - lag, alone, book, rings, ringed };
  }

  /** The snapshot of a tick. @param {number} tick */
  #at(tick) {
    const found = this.worlds.find((world) => world.tick === tick);
    if (!found) throw new Error(`the base, tick ${tick}, is not held`);
    return found;
  }

  /**
   * The snapshots that rows of a ring may be coded against, newest first.
   * @param {World} base @param {{ tick: number, alone: boolean }} header @param {number} ring
   */
  #past(base, { tick, alone }, ring) {
    const having = this.worlds.filter((world) => world.tick <= base.tick && ((world.rings >> ring) & 1) === 1);
    const past = having.reverse().filter((world) => tick - world.tick < HISTORY);
    return past.slice(0, alone ? 1 : DEPTH_MAX);
  }

  /** Reads what the owner alone is told, and lets both frames take effect. @param {World} world @param {World | null} base @param {Span[]} spans */
  #commit(world, base, spans) {
    let told = null;
    if (this.waiting) {
      const own = this.waiting;
      const from = new Bits(own, []);
      told = this.#privateHeader(from);
      if (told.tick !== world.tick) throw new Error("a private frame and its snapshot are of different ticks");
      const worlds = { tick: world.tick, past: base ? [base] : [], me: this.me, ring: 0, rings: 1 };
      this.kinds.forEach((kind, at) => new Section(kind, at, worlds, null, from).readOwned(world.kinds[at]));
      from.finish();
      const before = spans.length > 0 ? own.length * 8 : 0;
      spans.forEach((span) => ((span.from += before), (span.to += before)));
      spans.unshift(.../** @type {Span[]} */ (from.spans));
    }
    this.waiting = null;
    if (!base) this.worlds = [];
    this.worlds.push(world);
    if (this.worlds.length > HISTORY) this.worlds.shift();
    if (told) this.told = told;
    return told?.hash ?? "";
  }

  /** @param {Uint8Array} bytes @param {Span[]} spans */
  #codebook(bytes, spans) {
    const from = new Bits(bytes, spans);
    from.u(8);
    const version = from.varint();
    const before = from.varint();
    const whole = from.varint();
    const part = bytes.subarray(Math.ceil(from.at / 8));
    from.at = from.end;
    from.was(0, "codebook");
    if (before !== 0 && before !== this.part.length) throw new Error("a part of a codebook comes out of its turn");
    this.part = Uint8Array.from([...this.part.subarray(0, before), ...part]);
    if (this.part.length < whole) return;
    const codes = readCodebook(this.part, this.kinds.map((kind) => kind.groups.all));
    this.books = [{ version, codes }, ...this.books.slice(0, 1)];
    this.part = new Uint8Array(0);
  }
}
