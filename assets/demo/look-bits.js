// The bits of a frame, and what each of them means. After `WIRE.md` 1.

/**
 * Some bits of a frame.
 * @typedef {object} Span
 * @property {number} from The first bit.
 * @property {number} to The first bit that is not of it any more.
 * @property {string} what What the bits mean: a part of the frame, or a kind's field.
 */

/** Reads a frame from its first bit, and says on demand what each bit was. */
export class Bits {
  /** @param {Uint8Array} bytes @param {Span[] | null} [spans] Where to say what the bits mean. */
  constructor(bytes, spans = null) {
    this.bytes = bytes;
    this.spans = spans;
    this.at = 0;
    this.end = bytes.length * 8;
  }

  /** Says what the bits since `from` were. @param {number} from @param {string} what */
  was(from, what) {
    if (this.spans && this.at > from) this.spans.push({ from, to: this.at, what });
  }

  /** A number of so many bits, 0 to 32, its lowest first. @param {number} count */
  u(count) {
    if (this.at + count > this.end) throw new Error("the frame ends too early");
    let value = 0;
    for (let got = 0; got < count; ) {
      const skip = this.at & 7;
      const take = Math.min(8 - skip, count - got);
      const part = (this.bytes[this.at >> 3] >> skip) & ((1 << take) - 1);
      value += part * 2 ** got;
      got += take;
      this.at += take;
    }
    return value;
  }

  flag() {
    return this.u(1) === 1;
  }

  /** Numbers beyond 2^53 are not exact: there are none in what is read here. */
  varint() {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const group = this.u(8);
      value += (group & 127) * 2 ** shift;
      if (group < 128) return value;
    }
    throw new Error("a varint has more than 64 bits");
  }

  /** @param {number} order */
  golomb(order) {
    let bits = order;
    while (!this.flag()) if (++bits > 32) throw new Error("a golomb number has more than 32 bits");
    return 2 ** bits + this.u(bits) - 2 ** order;
  }

  /** @param {number} order @param {number} max */
  rice(order, max) {
    const last = Math.floor(max / 2 ** order);
    let high = 0;
    while (high < last && !this.flag()) high++;
    const rest = max % 2 ** order;
    const low = this.u(high < last ? order : bitsOf(rest));
    return high * 2 ** order + low;
  }

  /** So many bytes, wherever they begin. @param {number} count */
  take(count) {
    if (this.at + count * 8 > this.end) throw new Error("the frame ends too early");
    return Uint8Array.from({ length: count }, () => this.u(8));
  }

  /** The rest of the last byte has to be zero, and nothing may follow. */
  finish() {
    const from = this.at;
    if (this.end - this.at > 7 || this.u(this.end - this.at) !== 0) throw new Error("bits are left over");
    this.was(from, "filling");
  }
}

/** Bits that a number has. @param {number} value */
export const bitsOf = (value) => 32 - Math.clz32(value);

/** 0, 1, 2, 3 … are 0, −1, 1, −2 … @param {number} value */
export const unzigzag = (value) => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
