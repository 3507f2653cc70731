// How it feels at 150 ms, in a real browser: what `window.netgraph` says agrees with the command `feel`, a key moves the
// own ship on the next drawn frame, a stall every five seconds makes nobody jump, and two pages through all presets hold
// the server's world to the bit. Pictures of the hitch are left in target/browser.
//
//   node .ci/browser/feel.mjs              a short form, a step of .ci/browser/check
//   FEEL_SECONDS=120 node .ci/browser/feel.mjs

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bench, expect, keys, pause, picture, pilot, ROOT } from "./bench.mjs";

const SECONDS = Number(process.env.FEEL_SECONDS ?? 20);
const SHIP = 28;
const PRESETS = ["lan", "wifi", "4g", "transatlantic", "train"];
const SIZE = { width: 1000, height: 640 };

/** What the command says of the same link; null where it was not built. */
function command() {
  const tool = join(ROOT, "target/release/feel");
  if (!existsSync(tool)) return null;
  return JSON.parse(execFileSync(tool, ["--rtt", "150", "--jitter", "30", "--seconds", "10", "--json"], { encoding: "utf8" }));
}

/**
 * Notes, after every drawn frame, how far other ships went beyond what their velocity explains in the time between the
 * moments at which both were drawn: the page takes its clock when it draws, which in a late frame is long after the time
 * that the frame is named by. Runs in the page.
 */
function watchJumps() {
  window.jumps = { most: 0, frames: 0, slowest: 0 };
  let before = new Map();
  const { game } = window.dogfight;
  const { draw } = game;
  let drawn = performance.now();
  game.draw = (now) => {
    drawn = performance.now();
    draw.call(game, now);
  };
  let last = drawn;
  const look = () => {
    requestAnimationFrame(look);
    const seconds = (drawn - last) / 1000;
    last = drawn;
    const shown = new Map();
    for (const ship of window.dogfight.game.world.ships ?? []) {
      if (ship.mine || ship.hull === 0) continue;
      const was = before.get(ship.key);
      const speed = Math.hypot(ship.vel.x, ship.vel.y);
      // A display that stood still for longer than that shows a jump of its own.
      if (was && seconds < 0.05) {
        const moved = Math.hypot(ship.pos.x - was.x, ship.pos.y - was.y) - Math.max(speed, was.speed) * seconds;
        window.jumps.most = Math.max(window.jumps.most, moved);
      }
      shown.set(ship.key, { x: ship.pos.x, y: ship.pos.y, speed });
    }
    before = shown;
    window.jumps.frames += 1;
    window.jumps.slowest = Math.max(window.jumps.slowest, seconds * 1000);
  };
  requestAnimationFrame(look);
}

/** Presses a key inside the page, at any moment between two frames; says after how many drawn frames the ship turned. */
function framesToTurn() {
  return new Promise((resolve) => {
    const heading = () => window.dogfight.game.world.ships.mine?.heading;
    const own = window.dogfight.game.world.ships.mine;
    if (!own || own.hull === 0) return resolve(0);
    setTimeout(() => {
      const before = heading();
      const key = (type) => dispatchEvent(new KeyboardEvent(type, { code: "KeyD" }));
      key("keydown");
      let frames = 0;
      // The page asked for its frame before this does: when this runs, it has drawn.
      const look = () => {
        frames += 1;
        if (heading() === before && frames < 20) return requestAnimationFrame(look);
        key("keyup");
        resolve(frames);
      };
      requestAnimationFrame(look);
    }, 5 + Math.random() * 11);
  });
}

const near = (value, to, by) => Math.abs(value - to) <= by;

/** What this machine, its browser and its server add without any link: the noise of what is compared. */
async function noise(bench) {
  const page = await bench.page("noise", SIZE);
  await bench.play(page, "Ada");
  const hand = keys(page);
  const end = Date.now() + 5_000;
  while (Date.now() < end) {
    await hand.act(await page.evaluate(pilot));
    await pause(60);
  }
  const { rtt_ms, arrival_jitter_p99_ms } = await page.evaluate(() => window.netgraph);
  await bench.quiet(page);
  await page.close();
  // An input waits for its tick: that much is in the command's figures as well.
  return { rtt: Math.max(0, rtt_ms - 17), jitter: arrival_jitter_p99_ms };
}

await bench(["--bots", "20"], async (bench) => {
  const machine = await noise(bench);
  const page = await bench.page("feel", SIZE, "/?rtt=150&jitter=30");
  await bench.play(page, "Ada");
  const hand = keys(page);
  await agrees(page, hand, machine);
  await answers(page, hand);
  await stalls(page, hand);
  await page.close();
  await presets(bench);
  await split(bench);
  await bench.quiet();
});

async function agrees(page, hand, machine) {
  const figures = command();
  await pause(3_000);
  const begun = await page.evaluate(() => window.netgraph);
  const end = Date.now() + SECONDS * 500;
  const seen = [];
  while (Date.now() < end) {
    await hand.act(await page.evaluate(pilot));
    seen.push(await page.evaluate(() => window.netgraph));
    await pause(40);
  }
  await hand.rest();
  // Whether a correction followed a replaced input is known two seconds later.
  await pause(2_500);
  const graph = await page.evaluate(() => window.netgraph);
  const mean = (key) => seen.reduce((sum, one) => sum + one[key], 0) / seen.length;
  const since = (key) => graph[key] - begun[key];
  const told = {
    rtt_ms: mean("rtt_ms"), interp_delay_ms: mean("interp_delay_ms"), arrival_jitter_p99_ms: mean("arrival_jitter_p99_ms"),
    inputs_waiting_mean: mean("margin_mean"), extrapolated_ratio: since("frames_extrapolated") / since("frames_drawn"),
    inputs_replaced: since("inputs_replaced"), ticks_predicted: since("ticks_predicted"),
    corrections: since("corrections"), corrections_replaced: since("corrections_replaced"), fps: graph.fps,
  };
  console.log(JSON.stringify({ browser: told, command: figures, machine }));
  expect(graph.hash_mismatches === 0 && graph.decode_errors === 0, `150 ms: 0 of ${graph.hashes} hashes differ`);
  const by = 15 + 2 * machine.jitter;
  expect(near(told.rtt_ms, (figures?.rtt_ms ?? 156) + machine.rtt, by), `round trip ${told.rtt_ms.toFixed(0)} ms, command ${figures?.rtt_ms}`);
  expect(near(told.interp_delay_ms, figures?.interp_delay_ms ?? 46, by),
    `drawn ${told.interp_delay_ms.toFixed(0)} ms late, command ${figures?.interp_delay_ms}`);
  expect(told.inputs_waiting_mean <= 2 + by / 17, `margin ${told.inputs_waiting_mean.toFixed(2)} ticks, command ${figures?.inputs_waiting_mean}`);
  expect(told.inputs_replaced <= told.ticks_predicted * 0.02, `${told.inputs_replaced} of ${told.ticks_predicted} inputs replaced`);
}

async function answers(page, hand) {
  await hand.rest();
  const frames = [];
  for (let n = 0; n < 12; n += 1) {
    frames.push(await page.evaluate(framesToTurn));
    await pause(150);
  }
  expect(frames.every((count) => count <= 1), `a key turns the ship on the next drawn frame (${frames.join(" ")})`);
}

async function stalls(page, hand) {
  await page.keyboard.press("KeyN");
  await page.keyboard.press("KeyN");
  await page.keyboard.press("KeyN");
  await page.evaluate(() => window.dogfight.game.link({ delay: 75, jitter: 15, stall: 300, stallEvery: 5000 }));
  await pause(2_000);
  await page.evaluate(watchJumps);
  const begun = await page.evaluate(() => window.netgraph);
  const end = Date.now() + Math.max(11_000, SECONDS * 250);
  let pictures = 0;
  let stalled = begun.stalls;
  while (Date.now() < end) {
    await hand.act(await page.evaluate(pilot));
    const { stalls } = await page.evaluate(() => ({ stalls: window.netgraph.stalls }));
    if (stalls > stalled && pictures < 3) {
      stalled = stalls;
      for (let n = 0; n < 2; n += 1) await picture(page, `stall-${pictures}-${n}`);
      pictures += 1;
    }
    await pause(30);
  }
  await hand.rest();
  const jumps = await page.evaluate(() => window.jumps);
  const graph = await page.evaluate(() => window.netgraph);
  await picture(page, "stalls");
  expect(graph.stalls > begun.stalls, `${graph.stalls - begun.stalls} stalls were felt`);
  expect(jumps.most <= SHIP, `no other ship jumped: ${(jumps.most / SHIP).toFixed(2)} ship lengths at the most (${JSON.stringify(jumps)})`);
  expect(graph.hash_mismatches === 0, "every hash agrees after stalls");
}

async function presets(bench) {
  const pages = [];
  for (const name of ["Ada", "Grace"]) {
    const page = await bench.page(name, { width: 640, height: 480 });
    await bench.play(page, name);
    pages.push(page);
  }
  const all = pages.map((page) => ({ page, hand: keys(page) }));
  for (const preset of PRESETS) {
    for (const page of pages) await page.keyboard.press("KeyL");
    const now = await pages[0].evaluate(() => window.dogfight.link);
    if (now !== preset) throw new Error(`key L gives ${now}, not ${preset}`);
    const end = Date.now() + (SECONDS * 1000) / PRESETS.length;
    while (Date.now() < end) {
      for (const { page, hand } of all) await hand.act(await page.evaluate(pilot));
      await pause(60);
    }
  }
  for (const { hand } of all) await hand.rest();
  const graphs = await Promise.all(pages.map((page) => page.evaluate(() => window.netgraph)));
  expect(graphs.every((graph) => graph.hash_mismatches === 0 && graph.decode_errors === 0 && graph.hashes > SECONDS / 4),
    `two pages, presets in turn for ${SECONDS} s: 0 of ${graphs.map((graph) => graph.hashes).join(" and ")} hashes differ`);
  await bench.quiet(...pages);
  for (const page of pages) await page.close();
}

async function split(bench) {
  const page = await bench.page("split", { width: 1280, height: 720 }, "/split?rtt=150");
  const flies = async (frame) => frame.waitForFunction(() => window.dogfight?.plays && window.dogfight.game.world.ships.mine, { timeout: 20_000 });
  const frames = page.frames().filter((frame) => frame !== page.mainFrame());
  expect(frames.length === 2, "/split shows two views");
  await Promise.all(frames.map(flies));
  await pause(2_000);
  const heading = (frame) => frame.evaluate(() => window.dogfight.game.world.ships.mine.heading);
  const before = await Promise.all(frames.map(heading));
  await page.keyboard.down("KeyD");
  await pause(90);
  const soon = await Promise.all(frames.map(heading));
  await pause(400);
  const late = await Promise.all(frames.map(heading));
  await page.keyboard.up("KeyD");
  await picture(page, "split");
  expect(soon[0] !== before[0] && late[1] !== before[1], `one view turns at once, the other after a round trip (${soon[1] === before[1] ? "not yet after 90 ms" : "already"})`);
  await bench.quiet(page, ...frames);
  await page.close();
}
