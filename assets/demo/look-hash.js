// The hash of what is held: 64 bits, in two halves. After `WIRE.md` 9.

const START = { low: 0x7f4a7c15, high: 0x9e3779b9 };
const FACTOR = { low: 0xde82ef95, high: 0xd1342543 };

/** The hash of one row, mixed from numbers of up to 64 bits. */
export class RowHash {
  constructor() {
    this.low = START.low;
    this.high = START.high;
  }

  /** @param {number} low @param {number} [high] */
  mix(low, high = 0) {
    const a = (this.low ^ low) >>> 0;
    const b = (this.high ^ high) >>> 0;
    // The lowest 64 bits of (b, a) times the factor.
    const [a0, a1] = [a & 0xffff, a >>> 16];
    const [f0, f1] = [FACTOR.low & 0xffff, FACTOR.low >>> 16];
    const middle = a1 * f0 + ((a0 * f0) >>> 16);
    const other = a0 * f1 + (middle & 0xffff);
    const carried = a1 * f1 + Math.floor(middle / 65536) + Math.floor(other / 65536);
    this.high = (carried + Math.imul(a, FACTOR.high) + Math.imul(b, FACTOR.low)) >>> 0;
    this.low = (Math.imul(a, FACTOR.low) ^ this.high) >>> 0;
  }

  /** Its length, then eight bytes at a time. @param {Uint8Array} bytes */
  mixBytes(bytes) {
    this.mix(bytes.length);
    const word = (/** @type {number} */ at) => {
      let value = 0;
      for (let byte = 3; byte >= 0; byte--) value = (value << 8) | (bytes[at + byte] ?? 0);
      return value;
    };
    for (let at = 0; at < bytes.length; at += 8) this.mix(word(at), word(at + 4));
  }
}

/** The wrapping sum of rows' hashes. */
export class Sum {
  low = 0;
  high = 0;

  /** @param {RowHash} row */
  add(row) {
    const low = this.low + row.low;
    this.low = low >>> 0;
    this.high = (this.high + row.high + (low > 0xffffffff ? 1 : 0)) >>> 0;
  }

  /** As hexadecimal. */
  toString() {
    return [this.high, this.low].map((half) => half.toString(16).padStart(8, "0")).join("");
  }
}
