// Two pages among 200 load players in one room for a minute: nobody is disconnected, every world is the server's and
// no tick is left out. The server has a core of its own, as it has beside the load tool; browsers and load players
// share the others. Not a step of .ci/run: it wants a machine with nothing else to do.
//
//   cargo build --release --workspace --bins && node .ci/browser/crowd.mjs

import { execFileSync, spawn } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { bench, expect, pause, pilot, picture, ROOT } from "./bench.mjs";

// Before anything is started, so that what is started inherits it.
execFileSync("taskset", ["-p", "-c", `1-${Math.max(1, cpus().length - 1)}`, String(process.pid)]);

const SECONDS = 60;
const PLAYERS = 200;

/** Runs the load tool against the server; resolves with what it measured. */
function load(url) {
  const words = ["--url", url.replace("http", "ws") + "/ws", "--room", "main", "--players", PLAYERS, "--for", SECONDS, "--json"];
  const child = spawn(join(ROOT, "target/release/load"), words.map(String), { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill("SIGKILL"));
  let said = "";
  child.stdout.on("data", (bytes) => { said += bytes; });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve(JSON.parse(said)) : reject(new Error(`load ended with ${code}:\n${said}`))));
  });
}

/** One counter of the server. */
const counter = (text, name) => Number(text.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ")[1]);

await bench(["--players-max", "256"], run, { core: 0 });

async function run(bench) {
  const pages = [];
  for (const name of ["Ada", "Grace"]) {
    const page = await bench.page(name, { width: 640, height: 480 }, "/?room=main");
    await bench.play(page, name);
    pages.push(page);
  }
  const crowd = load(bench.url);
  let ended = false;
  crowd.finally(() => { ended = true; }).catch(() => {});
  while (!ended) {
    // Both fly and shoot all the while, as somebody would who plays.
    for (const page of pages) {
      const { off, flies } = await page.evaluate(pilot);
      await page.keyboard[flies && off > 0.1 ? "down" : "up"]("KeyD");
      await page.keyboard[flies && off < -0.1 ? "down" : "up"]("KeyA");
      await page.keyboard.down("KeyW");
      await page.keyboard.down("Space");
    }
    await pause(100);
  }
  const figures = await crowd;
  const text = await (await fetch(`${bench.url}/metrics`)).text();
  const graphs = await Promise.all(pages.map((page) => page.evaluate(() => window.netgraph)));
  await picture(pages[0], "crowd");
  const states = await Promise.all(pages.map((page) => page.evaluate(() => window.dogfight.game.state)));
  console.log(JSON.stringify({ load: figures, graphs }));

  expect(figures.joined === PLAYERS && figures.playing_at_the_end === PLAYERS, `${PLAYERS} load players joined and stayed`);
  expect(figures.disconnects === 0 && states.every((state) => state === "joined"), "nobody was disconnected");
  expect(figures.hash_mismatches === 0 && figures.hashes_compared > 0, `0 of ${figures.hashes_compared} hashes of the load players differ`);
  expect(graphs.every((graph) => graph.hash_mismatches === 0 && graph.decode_errors === 0 && graph.snapshots > SECONDS * 20),
    `no hash of the pages differs (${graphs.map((graph) => graph.snapshots)} snapshots)`);
  const skipped = counter(text, "tickwire_overruns_total");
  expect(skipped === 0, `${skipped} of ${counter(text, "tickwire_ticks_total")} ticks were skipped`);
  await bench.quiet(...pages);
}
