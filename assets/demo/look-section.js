// One kind's part of a snapshot, or of what its owner alone is told. After `WIRE.md` 5 and 7.

import { readRow } from "./look-rows.js";

/** @typedef {import("./look-bits.js").Bits} Bits */
/** @typedef {import("./look-codes.js").GroupBook} GroupBook */
/** @typedef {import("./look-frames.js").World} World */
/** @typedef {import("./look-kinds.js").Field} Field */
/** @typedef {import("./look-kinds.js").Kind} Kind */

/**
 * A row at one snapshot.
 * @typedef {object} Row
 * @property {number} slot
 * @property {number} owner
 * @property {object} life Of the same row in every snapshot, from entering to leaving.
 * @property {number} ring
 * @property {number} since The tick of the snapshot with which it came into its ring.
 * @property {Int32Array} values
 * @property {Uint8Array[]} wholes
 * @property {number} models
 */

/** What a row was, newest first, and the ticks in between. @typedef {{ rows: Row[], spans: number[] }} Earlier */

/**
 * What a section is read with.
 * @typedef {object} Worlds
 * @property {number} tick
 * @property {World[]} past What its rows may be coded against, newest first.
 * @property {number} me
 * @property {number} ring
 * @property {number} rings Which the frame has, a bit for each.
 */

/** Rows from which on a frame may say how they are told. */
const ROWS_MIN = 32;
/** The order of rows that are told without gaps. */
const EACH = 15;

export class Section {
  /** @param {Kind} kind @param {number} at Its number. @param {Worlds} worlds @param {(GroupBook | null)[] | null} book @param {Bits} from */
  constructor(kind, at, worlds, book, from) {
    this.kind = kind;
    this.at = at;
    this.worlds = worlds;
    this.book = book;
    this.from = from;
  }

  /** Reads the kind's part into the rows that the base held. @param {Map<number, Row>} rows */
  read(rows) {
    const { from, kind } = this;
    let start = from.at;
    const any = from.flag();
    const lists = any && from.flag();
    const { ring, tick } = this.worlds;
    // What has come into a ring with this frame is in it afterwards.
    let stays = [...rows.values()].filter((row) => row.ring === ring && row.since < tick).sort((a, b) => a.slot - b.slot);
    if (lists) {
      this.#positions(stays, (row) => rows.delete(row.slot));
      stays = stays.filter((row) => rows.has(row.slot));
    }
    const changed = any && (!lists || from.flag());
    from.was(start, `${kind.name}: leaves`);
    const old = stays.map((row) => this.#earlier(row));
    if (changed) this.#readChanged(old, rows);
    else old.filter((row) => !this.#isStill(row)).forEach((row) => this.#readRow(row, rows, null));
    if (!lists) return;
    if (kind.open.wholes.length > 0) {
      start = from.at;
      this.#positions(stays, ({ slot }) => this.#wholes(copied(rows, slot), kind.open.wholes));
      from.was(start, `${kind.name}: whole fields`);
    }
    if (this.worlds.rings > 1) {
      start = from.at;
      this.#positions(stays, ({ slot }) => this.#move(rows, slot, from.u(2)));
      from.was(start, `${kind.name}: rings`);
    }
    start = from.at;
    this.#enters(rows);
    from.was(start, `${kind.name}: enters`);
  }

  /** Reads what the owner alone is told of this kind. @param {Map<number, Row>} rows */
  readOwned(rows) {
    const { kind, from } = this;
    if (kind.owner) return this.read(rows);
    const { fields, wholes } = kind.owned;
    if (fields.length + wholes.length === 0) return;
    let start = from.at;
    const any = from.flag();
    const { me } = this.worlds;
    const mine = [...rows.values()].filter(({ owner, ring }) => owner === me && me !== 0 && ring === 0);
    for (const { slot } of mine.sort((a, b) => a.slot - b.slot)) {
      if (!any || !from.flag()) continue;
      const row = copied(rows, slot);
      const { rows: [old], spans } = this.#earlier(row);
      if (old) {
        from.was(start, `${kind.name}: which`);
        const how = { kind: kind.name, groups: kind.ownedGroups, components: kind.components, book: null, from };
        readRow(how, { values: [old.values], spans }, 0, row.values);
        start = from.at;
        this.#wholes(row, wholes);
      } else this.#fresh(row, kind.owned);
      from.was(start, `${kind.name}: owner's`);
      start = from.at;
    }
    from.was(start, `${kind.name}: which`);
  }

  /** What a row was at the snapshots it may be coded against. @param {Row} row @returns {Earlier} */
  #earlier(row) {
    const { past, tick } = this.worlds;
    /** @type {Earlier} */
    const earlier = { rows: [], spans: [] };
    let newer = tick;
    for (const world of past) {
      const then = world.kinds[this.at].get(row.slot);
      if (then?.life !== row.life || world.tick < row.since) break;
      earlier.rows.push(then);
      earlier.spans.push(newer - world.tick);
      newer = world.tick;
    }
    return earlier;
  }

  /** @param {Earlier[]} old @param {Map<number, Row>} rows */
  #readChanged(old, rows) {
    const { from, kind } = this;
    const still = old.filter((row) => this.#isStill(row));
    const woken = old.filter((row) => this.#isWoken(row)).length;
    let others = old.filter((row) => !this.#isStill(row));
    const start = from.at;
    if (still.length > 0 && from.flag()) {
      const usual = usualOrder(still.length, woken);
      this.#readRun(still, still.length < ROWS_MIN ? usual : this.#order(usual), rows, start, () => {});
    } else from.was(start, `${kind.name}: which`);
    const begun = from.at;
    if (others.length >= ROWS_MIN && from.flag()) {
      const even = others.filter((row) => this.#isEven(row));
      const uneven = others.filter((row) => !even.includes(row));
      const run = from.flag() ? even : others;
      others = run === even ? uneven : [];
      const order = this.#order(usualOrder(run.length, Math.floor(uneven.length / 2)));
      this.#readRun(run, order, rows, begun, (row) => this.#readRow(row, rows, null));
    } else from.was(begun, `${kind.name}: which`);
    others.forEach((row) => this.#readRow(row, rows, from));
  }

  /** @param {number} usual */
  #order(usual) {
    return this.from.flag() ? this.from.u(4) : usual;
  }

  /**
   * Reads rows that are told as gaps between those that have a code.
   * @param {Earlier[]} run @param {number} order @param {Map<number, Row>} rows @param {number} start Where that begins to be told.
   * @param {(row: Earlier) => void} expect What becomes of the others.
   */
  #readRun(run, order, rows, start, expect) {
    const { from, kind } = this;
    for (let at = 0; ; at++) {
      const to = at + (order === EACH ? 0 : from.rice(order, run.length - at));
      from.was(start, `${kind.name}: which`);
      run.slice(at, to).forEach(expect);
      at = to;
      if (at >= run.length) return;
      this.#readRow(run[at], rows, from);
      start = from.at;
    }
  }

  /** @param {Earlier} row */
  #isStill({ rows: [a, b, c] }) {
    if (!b) return this.kind.groups.derived.length === 0;
    return same(a.values, b.values) && (!c || same(b.values, c.values));
  }

  /** @param {Earlier} row */
  #isWoken(row) {
    const [a, b, c] = row.rows;
    if (!b) return this.#isStill(row);
    return c !== undefined && same(b.values, c.values) && !same(a.values, b.values);
  }

  /** Whether what steers a row changed twice by the same. @param {Earlier} row */
  #isEven({ rows: [a, b, c], spans }) {
    const { components, groups } = this.kind;
    if (!c || spans[1] !== spans[2]) return false;
    return [groups.lead, ...groups.common].flatMap(({ at }) => at).every((at) => {
      const change = a.values[at] - 2 * b.values[at] + c.values[at];
      return (components[at].ring ? change % (components[at].max + 1) : change | 0) === 0;
    });
  }

  /** @param {Earlier} old @param {Map<number, Row>} rows @param {Bits | null} from */
  #readRow({ rows: past, spans }, rows, from) {
    const { kind, book } = this;
    const values = past[0].values.slice();
    const how = { kind: kind.name, groups: kind.groups, components: kind.components, book, from };
    const models = readRow(how, { values: past.map((row) => row.values), spans }, past[0].models, values);
    rows.set(past[0].slot, { ...past[0], values, models });
  }

  /** Reads a list of some rows among others. @param {Row[]} among @param {(row: Row) => void} each */
  #positions(among, each) {
    const { from } = this;
    let next = 0;
    for (let left = from.golomb(0); left > 0; left--) {
      next += from.golomb(3);
      if (next >= among.length) throw new Error("a row is listed that is not held");
      each(among[next++]);
    }
  }

  /** Its owner is told anew of a row that goes into another ring. @param {Map<number, Row>} rows @param {number} slot @param {number} ring */
  #move(rows, slot, ring) {
    const { kind } = this;
    const row = { ...copied(rows, slot), ring, since: this.worlds.tick };
    for (const { first, count } of kind.owned.fields) {
      for (let at = first; at < first + count; at++) row.values[at] = kind.components[at].initial;
    }
    for (const { whole } of kind.owned.wholes) row.wholes[whole] = new Uint8Array(0);
    rows.set(slot, row);
  }

  /** Those `whole` fields that have changed. @param {Row} row @param {Field[]} wholes */
  #wholes(row, wholes) {
    const changed = wholes.filter(() => this.from.flag());
    for (const { whole } of changed) row.wholes[whole] = this.from.take(this.from.golomb(4));
  }

  /** @param {Map<number, Row>} rows */
  #enters(rows) {
    const { from, kind } = this;
    let next = 0;
    for (let left = from.golomb(0); left > 0; left--) {
      const slot = next + from.golomb(3);
      const owner = kind.owner ? this.worlds.me : from.golomb(3);
      if (rows.has(slot)) throw new Error("a row enters that is held already");
      const values = Int32Array.from(kind.components, ({ initial }) => initial);
      const wholes = kind.wholes.map(() => new Uint8Array(0));
      const { ring, tick } = this.worlds;
      const row = { slot, owner, life: {}, ring, since: tick, values, wholes, models: 0 };
      this.#fresh(row, kind.open);
      const { models } = kind.groups;
      if (models > 0 && from.flag()) for (let at = 0; at < models; at++) row.models |= from.u(4) << (4 * at);
      row.models >>>= 0;
      rows.set(slot, row);
      next = slot + 1;
    }
  }

  /** The fields of a new row. @param {Row} row @param {{ fields: Field[], wholes: Field[] }} part */
  #fresh(row, { fields, wholes }) {
    const { from, kind } = this;
    const told = fields.filter(() => from.flag());
    const filled = wholes.filter(() => from.flag());
    for (const { first, count } of told) {
      for (let at = first; at < first + count; at++) {
        const { min, max } = kind.components[at];
        row.values[at] = min + from.u(Math.ceil(Math.log2(max - min + 1)));
      }
    }
    for (const { whole } of filled) row.wholes[whole] = from.take(from.golomb(4));
  }
}

/** The order of gaps between so many among other rows. @param {number} rows @param {number} listed */
const usualOrder = (rows, listed) => Math.min(Math.max(Math.floor(Math.log2(rows / (listed + 1))), 0), EACH - 1);

/** A row that can be changed without changing what was held before. @param {Map<number, Row>} rows @param {number} slot */
function copied(rows, slot) {
  const row = /** @type {Row} */ (rows.get(slot));
  const copy = { ...row, values: row.values.slice(), wholes: row.wholes.slice() };
  rows.set(slot, copy);
  return copy;
}

/** @param {Int32Array} a @param {Int32Array} b */
const same = (a, b) => a.every((value, at) => value === b[at]);
