// Reads the examples of WIRE.md, and what `bytes --dump` wrote, with the decoder that was written from WIRE.md alone,
// and compares every hash; sees that each bit of every frame has been given a meaning, once. Exit 1 where anything
// differs.
//
//   node .ci/wire/read.mjs FOLDER...

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Replica } from "../../assets/demo/look-frames.js";
import { readWelcome } from "../../assets/demo/look-welcome.js";

/** The frames of a file: each behind its length in four bytes. */
function* framesOf(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const frame = bytes.subarray(at + 4, at + 4 + bytes.readUInt32LE(at));
    at += 4 + frame.length;
    yield frame;
  }
}

/** Whether the spans lie side by side and cover all bits. */
function whole(spans, bits) {
  let at = 0;
  for (const { from, to } of spans) {
    if (from !== at) return false;
    at = to;
  }
  return at === bits;
}

/** Reads the frames of one client. Returns how many snapshots were as they should be. */
function read(schema, frames, hashes) {
  let replica = new Replica(schema);
  let right = 0;
  let waiting = 0;
  for (const frame of frames) {
    const welcome = readWelcome(frame);
    if (welcome) {
      replica = new Replica(schema, welcome.player);
      if (welcome.codebook.length > 0) replica.receive(welcome.codebook);
      continue;
    }
    const arrival = replica.receive(frame);
    waiting += frame.length * 8;
    if (replica.waiting) continue;
    if (!whole(arrival.spans, waiting)) throw new Error(`bits of a ${arrival.name} mean nothing, or two things`);
    waiting = 0;
    if (!arrival.snapshot) continue;
    const held = `${replica.newest?.tick} ${replica.hash()}`;
    if (held !== hashes[right]) throw new Error(`it holds ${held}, and should hold ${hashes[right]}`);
    if (arrival.hash && !held.endsWith(arrival.hash)) throw new Error(`the server says that it holds ${arrival.hash}`);
    right++;
  }
  if (right !== hashes.length) throw new Error(`${right} of ${hashes.length} snapshots came`);
  return right;
}

/** Reads the snapshots among the examples of a document, under the schema that stands in it. */
function examples(text) {
  const schema = JSON.parse(/```json\n(.*)\n```/.exec(text)[1]);
  const found = [...text.matchAll(/```bytes ([\w-]+)\n([^`]*)```/g)];
  const bytes = new Map(found.map(([, name, hex]) => [name, Uint8Array.from(Buffer.from(hex.replace(/\s/g, ""), "hex"))]));
  const replica = new Replica(schema, 1);
  const [hash] = ["private", "keyframe"].map((name) => replica.receive(bytes.get(name))).slice(-1).map(({ hash }) => hash);
  if (hash !== replica.hash()) throw new Error(`the keyframe hashes to ${replica.hash()}, not to ${hash}`);
  ["delta", "codebook"].forEach((name) => replica.receive(bytes.get(name)));
  const rings = new Replica(schema, 1);
  const names = [...bytes.keys()].filter((name) => name.startsWith("rings"));
  names.forEach((name) => rings.receive(bytes.get(name)));
  return 4 + names.length;
}

let [passed, failed] = [examples(readFileSync(new URL("../../protocol/WIRE.md", import.meta.url), "utf8")), 0];
for (const folder of process.argv.slice(2)) {
  const schema = JSON.parse(readFileSync(join(folder, "schema.json"), "utf8"));
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".frames"))) {
    const hashes = readFileSync(join(folder, file.replace(".frames", ".hashes")), "utf8").split("\n").filter(Boolean);
    try {
      passed += read(schema, framesOf(readFileSync(join(folder, file))), hashes);
    } catch (error) {
      console.error(`${join(folder, file)}: ${error.stack}`);
      failed++;
    }
  }
}
if (passed === 0) failed++;
console.log(`wire: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
