// The pictures of the README, by one command, from a scripted match: assets/dogfight.webp, a still,
// assets/dogfight-moves.webp, six seconds, and assets/netgraph.webp, the net graph over a transatlantic link.
// `node .ci/browser/pictures.mjs`, after `cargo build --release`.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bench, expect, pause, pilot, ROOT } from "./bench.mjs";

const SIZE = { width: 1280, height: 720 };
const MOVES = { width: 640, height: 360, seconds: 6, fps: 12, quality: 0.6 };

/** Frames of the screen, with the moment of each in seconds. */
async function film(page, seconds, act) {
  const session = await page.createCDPSession();
  const frames = [];
  session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
    frames.push({ data, at: metadata.timestamp });
    session.send("Page.screencastFrameAck", { sessionId }).catch(() => {});
  });
  await session.send("Page.startScreencast", { format: "jpeg", quality: 92, maxWidth: SIZE.width, maxHeight: SIZE.height });
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    await act();
    await pause(40);
  }
  await session.send("Page.stopScreencast");
  await session.detach();
  return frames;
}

/** The frame that was on the screen at each of the moments of the animation, as WebP of the right size. */
async function shrink(page, frames, { width, height, seconds, fps, quality }) {
  const first = frames[0].at;
  const made = [];
  for (let n = 0; n < seconds * fps; n += 1) {
    const shown = frames.findLast((frame) => frame.at - first <= n / fps) ?? frames[0];
    made.push(await page.evaluate(async (data, width, height, quality) => {
      const image = new Image();
      image.src = `data:image/jpeg;base64,${data}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width, height];
      const context = canvas.getContext("2d", { alpha: false });
      context.imageSmoothingQuality = "high";
      context.drawImage(image, 0, 0, width, height);
      return canvas.toDataURL("image/webp", quality).split(",")[1];
    }, shown.data, width, height, quality));
  }
  return made.map((text) => Buffer.from(text, "base64"));
}

const uint24 = (value) => Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255]);

function chunk(name, body) {
  const head = Buffer.alloc(8);
  head.write(name, 0, "ascii");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

/** The chunk with the picture itself of a WebP file that holds one. */
function picture(file) {
  let at = 12;
  while (at + 8 <= file.length) {
    const size = file.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    if (["VP8 ", "VP8L"].includes(file.toString("ascii", at, at + 4))) return file.subarray(at, end);
    at = end;
  }
  throw new Error("a WebP file without a picture");
}

/** WebP frames as one animation that starts again: the container of the WebP specification, "Extended file format". */
function animation(frames, { width, height, fps }) {
  const animated = 2;
  const parts = [
    chunk("VP8X", Buffer.concat([Buffer.from([animated, 0, 0, 0]), uint24(width - 1), uint24(height - 1)])),
    chunk("ANIM", Buffer.alloc(6)),
    ...frames.map((frame) => chunk("ANMF", Buffer.concat([
      uint24(0), uint24(0), uint24(width - 1), uint24(height - 1), uint24(Math.round(1000 / fps)), Buffer.from([2]),
      picture(frame),
    ]))),
  ];
  const body = Buffer.concat([Buffer.from("WEBP"), ...parts]);
  return chunk("RIFF", body);
}

await bench(["--bots", "26", "--seed", "11"], async (bench) => {
  let page = await bench.page("pictures", SIZE);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await bench.play(page, "Ada");
  const held = new Set();
  const hold = async (key, on) => {
    if (on === held.has(key)) return;
    on ? held.add(key) : held.delete(key);
    await page.keyboard[on ? "down" : "up"](key);
  };
  const act = async () => {
    const { off, far, flies } = await page.evaluate(pilot);
    await hold("KeyA", flies && off < -0.06);
    await hold("KeyD", flies && off > 0.06);
    await hold("KeyW", flies && (far > 240 || far === Infinity));
    await hold("Space", flies && Math.abs(off) < 0.2 && far < 640);
  };
  // The still: the liveliest of a while.
  let best = { score: -1, picture: null };
  const end = Date.now() + Number(process.env.MATCH_SECONDS ?? 40) * 1000;
  while (Date.now() < end) {
    for (let n = 0; n < 8; n += 1) {
      await act();
      await pause(40);
    }
    const score = await page.evaluate(() => {
      const { game, plays } = window.dogfight;
      const own = game.world.ships.mine;
      if (!plays || !own || own.hull === 0) return -1;
      const near = (row) => Math.abs(row.pos.x - own.pos.x) < 560 && Math.abs(row.pos.y - own.pos.y) < 300;
      const count = (rows, weight) => [...rows].filter(near).length * weight;
      const { ships, shots, asteroids, gifts } = game.world;
      return count(ships, 4) + count(shots, 1) + count(asteroids, 1.5) + count(gifts, 1.5);
    });
    if (score > best.score) best = { score, picture: await page.screenshot({ type: "webp", quality: 90 }) };
  }
  expect(best.picture.length <= 400_000, `a still of ${best.picture.length} bytes`);
  writeFileSync(join(ROOT, "assets/dogfight.webp"), best.picture);
  const frames = await film(page, MOVES.seconds + 0.5, act);
  const blank = await bench.browser.newPage();
  const moves = animation(await shrink(blank, frames, MOVES), MOVES);
  expect(moves.length <= 2_000_000, `${MOVES.seconds} s of ${moves.length} bytes from ${frames.length} frames`);
  writeFileSync(join(ROOT, "assets/dogfight-moves.webp"), moves);

  page = await bench.page("far", SIZE, "/?link=transatlantic");
  held.clear();
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await bench.play(page, "Ada");
  for (let n = 0; n < 3; n += 1) await page.keyboard.press("KeyN");
  for (let n = 0; n < 250; n += 1) {
    await act();
    await pause(40);
  }
  const graph = await page.$("#graph");
  writeFileSync(join(ROOT, "assets/netgraph.webp"), await graph.screenshot({ type: "webp", quality: 95 }));
});
