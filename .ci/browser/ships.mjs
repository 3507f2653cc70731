// What the core costs in a page with 100 ships in view: milliseconds of WebAssembly per drawn frame, measured around
// every call into it. A crowd so large that 100 of them are within sight.
//
//   node .ci/browser/ships.mjs

import { bench, expect, pause, pilot } from "./bench.mjs";

const IN_VIEW = 100;
const SECONDS = 30;
/** Milliseconds per drawn frame. */
const MOST = 1;

await bench(["--bots", "300", "--players-max", "512"], async (bench) => {
  const page = await bench.page("ships", { width: 1280, height: 720 });
  await bench.play(page, "Ada");
  const look = () => page.evaluate(() => {
    const { game } = window.dogfight;
    return { ships: game.world.ships.size, core: game.coreMs, frames: game.stats().frames_drawn };
  });
  const seconds = [];
  let before = await look();
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    const { off, flies } = await page.evaluate(pilot);
    await page.keyboard[flies && off > 0.1 ? "down" : "up"]("KeyD");
    await page.keyboard[flies && off < -0.1 ? "down" : "up"]("KeyA");
    await page.keyboard.down("KeyW");
    await pause(1_000);
    const after = await look();
    if (after.frames > before.frames && Math.min(before.ships, after.ships) >= IN_VIEW) {
      seconds.push({ ms: (after.core - before.core) / (after.frames - before.frames), ships: after.ships });
    }
    before = after;
  }
  if (seconds.length === 0) throw new Error(`never ${IN_VIEW} ships in view, ${before.ships} at the end`);
  seconds.sort((a, b) => a.ms - b.ms);
  const [least, middle, largest] = [seconds[0], seconds[seconds.length >> 1], seconds[seconds.length - 1]];
  const words = [least, middle, largest].map(({ ms, ships }) => `${ms.toFixed(2)} ms (${ships} ships)`).join(", ");
  const graph = await page.evaluate(() => window.netgraph);
  expect(graph.hash_mismatches === 0, `every hash agrees, ${graph.fps} fps`);
  expect(middle.ms <= MOST, `core per drawn frame with ${IN_VIEW} ships in view, least, middle and largest second: ${words}`);
});
