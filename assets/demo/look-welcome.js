// A server's welcome, which is a message: bincode's standard configuration. After `WIRE.md` 1 and 3.

/** @typedef {{ player: number, room: string, sendEvery: number, schema: any, codebook: Uint8Array }} Welcome */

const WELCOME = 0x81;
const decoder = new TextDecoder();

/** Reads a welcome; `null` where the frame is another one. @param {Uint8Array} bytes @returns {Welcome | null} */
export function readWelcome(bytes) {
  if (bytes[0] !== WELCOME) return null;
  let at = 1;
  const take = (/** @type {number} */ count) => {
    if (at + count > bytes.length) throw new Error("the welcome ends too early");
    at += count;
    return bytes.subarray(at - count, at);
  };
  const number = () => {
    const [first] = take(1);
    const size = first <= 250 ? 0 : 2 ** (first - 250);
    return size === 0 ? first : take(size).reduceRight((sum, byte) => sum * 256 + byte, 0);
  };
  const text = () => decoder.decode(take(number()));
  const player = number();
  const room = text();
  for (let left = number(); left > 0; left--) text(), text();
  take(16);
  number(); // grace
  number(); // tick rate
  const sendEvery = number();
  number(); // newest tick
  number(); // newest seq
  take(1); // resumed
  number(); // schema hash
  const schema = take(1)[0] === 1 ? JSON.parse(text()) : null;
  const codebook = take(number());
  if (at !== bytes.length) throw new Error("bytes are left over behind the welcome");
  return { player, room, sendEvery, schema, codebook };
}
