// How long the core in Chromium takes to decode a tick of `w1`: 1,000 things that all move, watched through /look.
// Not a step of .ci/run: it wants a machine with nothing else to do.
//
//   cargo build --release -p tickwire-benches --bins && node .ci/browser/decode.mjs [ENTITIES [SECONDS]]

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { expect, pause, FLAGS, ROOT } from "./bench.mjs";

const [entities, seconds] = [process.argv[2] ?? "1000", Number(process.argv[3] ?? 10)];

/** Notes how long each call of the core takes. Runs in the page, before anything of it. */
function time() {
  /** @type {Record<string, number[]>} */
  const spent = {};
  Object.assign(window, { spent });
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = /** @type {any} */ (async (/** @type {any} */ module, /** @type {any} */ imports) => {
    const instance = /** @type {any} */ (await instantiate(module, imports));
    const exports = { ...instance.exports };
    for (const name of ["tw_receive", "tw_draw"]) {
      const call = exports[name];
      const times = (spent[name] = /** @type {number[]} */ ([]));
      exports[name] = (/** @type {any[]} */ ...words) => {
        const began = performance.now();
        const answer = call(...words);
        times.push(performance.now() - began);
        return answer;
      };
    }
    return { exports };
  });
}

const scene = spawn(join(ROOT, "target/release/scene"), ["--scene", "w1", "--entities", entities, "--port", "0"],
  { stdio: ["ignore", "pipe", "inherit"] });
const profile = mkdtempSync(join(tmpdir(), "tickwire-decode-"));
let browser;
try {
  const port = await new Promise((resolve, reject) => {
    scene.stdout.on("data", (bytes) => { const found = /READY (\d+)/.exec(bytes); if (found) resolve(found[1]); });
    scene.on("error", reject);
    scene.on("exit", (code) => reject(new Error(`the scene ended with ${code}`)));
  });
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS, userDataDir: profile,
  });
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(time);
  await page.goto(`http://127.0.0.1:${port}/look`);
  // What is drawn is not what is measured.
  await page.setViewport({ width: 320, height: 240 });
  await pause(4_000);
  await page.evaluate(() => Object.values(window.spent).forEach((times) => times.splice(0)));
  await pause(seconds * 1_000);
  console.log(await page.$eval("#status", (s) => s.textContent));
  const spent = await page.evaluate(() => window.spent);
  for (const [name, times] of Object.entries(spent)) {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    console.log(JSON.stringify({ call: name, entities: Number(entities), calls: times.length, mean_ms: mean,
      median_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) }));
  }
  expect(spent.tw_receive.length > seconds * 30, `${spent.tw_receive.length} frames were decoded in ${seconds} s`);
} finally {
  await browser?.close().catch(() => {});
  scene.removeAllListeners("exit");
  scene.kill("SIGTERM");
  rmSync(profile, { recursive: true, force: true });
}
