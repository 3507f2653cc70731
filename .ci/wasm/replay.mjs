// node replay.mjs CORE GOLDEN: the core decodes the recorded session, replays inputs and computes what `math` does, to the
// hashes recorded natively.

import { readFile } from "node:fs/promises";

const [core, golden] = await Promise.all([readFile(process.argv[2]), readFile(process.argv[3], "utf8").then(JSON.parse)]);
const { instance } = await WebAssembly.instantiate(core, {});
const door = /** @type {any} */ (instance.exports);
const ASK = { stats: 4, hash: 8, replay: 9, math: 10 };

/** @param {Uint8Array} bytes */
function put(bytes) {
  // First: it may make the memory larger, which is then another buffer.
  const at = door.tw_buffer(bytes.length);
  new Uint8Array(door.memory.buffer, at, bytes.length).set(bytes);
}

/** @param {number} what @param {any} value */
function ask(what, value = null) {
  put(new TextEncoder().encode(JSON.stringify(value)));
  door.tw_ask(session, 0, what);
  const answer = new Uint8Array(door.memory.buffer, door.tw_answer(), door.tw_answer_len());
  return JSON.parse(new TextDecoder().decode(answer));
}

put(new TextEncoder().encode(JSON.stringify({ name: "golden" })));
const session = door.tw_session();
door.tw_connected(session, 0);
for (const [ms, hex] of golden.frames) {
  put(Buffer.from(hex, "hex"));
  door.tw_receive(session, ms);
}
const stats = ask(ASK.stats);
const { seed, ticks, hash } = golden.replay;
const began = performance.now();
const found = { decode_errors: stats.decode_errors, hash_mismatches: stats.hash_mismatches, hash: ask(ASK.hash), replay: ask(ASK.replay, [seed, ticks]) };
const us = ((performance.now() - began) * 1000) / ticks;
found.math = ask(ASK.math, golden.math.inputs);
const expected = { decode_errors: 0, hash_mismatches: 0, hash: golden.hash, replay: hash, math: golden.math.hash };
if (JSON.stringify(found) !== JSON.stringify(expected)) {
  console.error(`${process.argv[2]}: found`, found, "expected", expected);
  process.exit(1);
}
console.log(`${process.argv[2]}: ${core.length} bytes, ${golden.frames.length} frames, ${ticks} ticks to ${hash}, ${us.toFixed(1)} us each, ${golden.math.inputs} inputs of math`);
