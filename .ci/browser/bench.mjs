// A server and a browser for a test, and an end to both, whatever happens.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const PICTURES = join(ROOT, "target/browser");
mkdirSync(PICTURES, { recursive: true });

/** How Chromium is started. */
export const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--mute-audio", "--force-color-profile=srgb",
  // Both pages are looked at: neither may be slowed down as if it were hidden.
  "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", "--disable-background-timer-throttling",
];

/** Starts the demo server on a free port, on a core of its own if one is named; resolves with its address. */
async function serve(args, core) {
  const binary = process.env.TICKWIRE_SERVER ?? join(ROOT, "target/release/tickwire-server");
  const command = [...(core === undefined ? [] : ["taskset", "-c", String(core)]), binary, "--port", "0", ...args];
  const server = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  // Also where this program ends before it comes to its own end.
  process.once("exit", () => server.kill("SIGKILL"));
  let said = "";
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server said no address:\n${said}`)), 20_000);
    const hear = (bytes) => {
      said += bytes;
      const found = /http:\/\/[^\s/]+:\d+/.exec(said);
      if (found) {
        clearTimeout(timer);
        resolve(found[0]);
      }
    };
    server.stdout.on("data", hear);
    server.stderr.on("data", hear);
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}:\n${said}`)));
  });
  return { server, url, said: () => said };
}

/** Runs `body` with a server and a browser, then ends both; the exit code says how it went. */
export async function bench(args, body, { core = undefined } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "tickwire-browser-"));
  let server;
  let browser;
  try {
    server = await serve(args, core);
    browser = await puppeteer.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS, userDataDir: profile,
    });
    await body(new Bench(server.url, browser));
    console.log("browser: passed");
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await browser?.close().catch(() => {});
    if (server && server.server.exitCode === null) {
      const ended = new Promise((resolve) => server.server.once("exit", resolve));
      server.server.kill("SIGTERM");
      await ended;
    }
    rmSync(profile, { recursive: true, force: true });
  }
}

export class Bench {
  constructor(url, browser) {
    this.url = url;
    this.browser = browser;
    this.complaints = [];
  }

  /** A page in a context of its own, whose every complaint is noted. */
  async page(label, viewport, path = "/") {
    const context = await this.browser.createBrowserContext();
    const page = await context.newPage();
    const note = (what) => this.complaints.push(`${label}: ${what}`);
    page.on("pageerror", (error) => note(`threw ${error}`));
    page.on("console", (message) => {
      if (["error", "warn", "assert"].includes(message.type())) note(`console ${message.type()}: ${message.text()}`);
    });
    page.on("requestfailed", (request) => note(`request failed: ${request.url()} ${request.failure()?.errorText}`));
    page.on("response", (response) => {
      if (response.status() >= 400 && !response.url().includes("/api/")) note(`${response.status()} ${response.url()}`);
    });
    await page.evaluateOnNewDocument(() => {
      window.violations = [];
      addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    await page.setViewport(viewport);
    await page.goto(this.url + path, { waitUntil: "load" });
    return page;
  }

  /** Enters the game by name, with the keyboard alone. */
  async play(page, name) {
    await page.waitForFunction(() => window.dogfight?.game?.state === "joined", { timeout: 15_000 });
    await page.focus("#name");
    await page.$eval("#name", (field) => { field.value = ""; });
    await page.keyboard.type(name);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.dogfight.plays && window.dogfight.game.world.ships.mine, { timeout: 15_000 });
    return page.evaluate(() => window.dogfight.game.player);
  }

  /** Fails where a page complained. */
  async quiet(...pages) {
    for (const page of pages) {
      for (const violation of await page.evaluate(() => window.violations)) this.complaints.push(`CSP: ${violation}`);
    }
    if (this.complaints.length) throw new Error(`complaints:\n${this.complaints.join("\n")}`);
  }
}

/**
 * What a pilot would do now, seen from inside the page: toward the nearest ship, leading the shots. Runs in the page.
 */
export function pilot() {
  const { game } = window.dogfight;
  const own = game.world.ships.mine;
  const kills = [...game.world.pilots].find((pilot) => pilot.player === game.player)?.kills ?? 0;
  if (!own || own.hull === 0) return { aim: 0, off: 0, far: Infinity, kills, flies: false };
  let best = null;
  for (const ship of game.world.ships) {
    const far = Math.hypot(ship.pos.x - own.pos.x, ship.pos.y - own.pos.y);
    if (ship === own || ship.hull === 0 || ship.safe_ends > game.tick) continue;
    if (!best || far < best.far) best = { ship, far };
  }
  const goal = best ? best.ship.pos : { x: 1500, y: 1500 };
  const vel = best ? best.ship.vel : { x: 0, y: 0 };
  const lead = best ? best.far / 820 : 0;
  const aim = Math.atan2(
    goal.y + (vel.y - own.vel.y) * lead - own.pos.y, goal.x + (vel.x - own.vel.x) * lead - own.pos.x,
  );
  const off = Math.atan2(Math.sin(aim - own.heading), Math.cos(aim - own.heading));
  return { aim, off, far: best ? best.far : Infinity, kills, flies: true };
}

/** Hands on the keys of a page, which do what {@link pilot} says. */
export function keys(page) {
  const held = new Set();
  const hold = async (key, on) => {
    if (on === held.has(key)) return;
    on ? held.add(key) : held.delete(key);
    await page.keyboard[on ? "down" : "up"](key);
  };
  return {
    async act({ off, far, flies }) {
      await hold("KeyA", flies && off < -0.06);
      await hold("KeyD", flies && off > 0.06);
      await hold("KeyW", flies && (far > 240 || far === Infinity));
      await hold("Space", flies && Math.abs(off) < 0.2 && far < 640);
    },
    async rest() {
      for (const key of [...held]) await hold(key, false);
    },
  };
}

/** Whether something sticks out of the screen or covers something else. Runs in the page. */
export function layout() {
  const wrong = [];
  const { scrollWidth, scrollHeight } = document.documentElement;
  if (scrollWidth > innerWidth || scrollHeight > innerHeight) wrong.push(`the page is ${scrollWidth} x ${scrollHeight}`);
  const boxes = ["#board", "#map", "#gauges", "#say", "#watchbar", "#fire", "#rush", "#talk", "#stick", "#door", "#hint"]
    .map((name) => ({ name, box: document.querySelector(name).getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0);
  for (const { name, box } of boxes) {
    if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) wrong.push(`${name} sticks out`);
  }
  boxes.forEach(({ name, box }, at) => boxes.slice(at + 1).forEach(({ name: other, box: b }) => {
    if (name === "#door" || other === "#door") return;
    if (box.left < b.right - 1 && b.left < box.right - 1 && box.top < b.bottom - 1 && b.top < box.bottom - 1) {
      wrong.push(`${name} covers ${other}`);
    }
  }));
  return wrong;
}

/** @param {boolean} holds @param {string} what */
export function expect(holds, what) {
  if (!holds) throw new Error(what);
  console.log(`  ok: ${what}`);
}

export const picture = (page, name) => page.screenshot({ path: join(PICTURES, `${name}.png`) });
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
