// A scripted minute at each of three sizes: by keyboard alone, and by touch alone upright and across. Each must reach a
// kill and a chat line, without a complaint, without anything that sticks out, and within the frame budget.

import { bench, expect, keys, layout, pause, picture, pilot } from "./bench.mjs";

const SECONDS = Number(process.env.MATCH_SECONDS ?? 60);
/** Milliseconds of work in the median frame: half of what 60 frames a second leave. */
const BUDGET = 8;

/** Flies by keys until the time is over. */
async function byKeys(page) {
  const hands = keys(page);
  return {
    act: hands.act,
    async say(text) {
      await hands.rest();
      await page.keyboard.press("Enter");
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    },
    async enter(name) {
      await page.keyboard.type(name);
      await page.keyboard.press("Enter");
    },
  };
}

/** Flies by two thumbs. */
async function byTouch(page, { width, height }) {
  const [x, y] = [90, height - 110];
  let stick = null;
  let trigger = null;
  const middle = (selector) => page.$eval(selector, (element) => {
    const box = element.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  });
  const lift = async () => {
    await stick?.end();
    await trigger?.end();
    stick = trigger = null;
  };
  void width;
  return {
    async act({ aim, off, far, flies }) {
      if (!flies) return lift();
      stick ??= await page.touchscreen.touchStart(x, y);
      const push = far > 240 || far === Infinity ? 50 : 20;
      await stick.move(x + Math.cos(aim) * push, y + Math.sin(aim) * push);
      const fires = Math.abs(off) < 0.2 && far < 640;
      if (fires && !trigger) trigger = await page.touchscreen.touchStart(...await middle("#fire"));
      if (!fires && trigger) {
        await trigger.end();
        trigger = null;
      }
    },
    async say(text) {
      await lift();
      await page.touchscreen.tap(...await middle("#talk"));
      await page.waitForSelector("#say:not([hidden])");
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    },
    async enter(name) {
      await page.touchscreen.tap(...await middle("#name"));
      await page.keyboard.type(name);
      await page.touchscreen.tap(...await middle("#play"));
    },
  };
}

const SIZES = [
  { name: "desk-1440x900", viewport: { width: 1440, height: 900 }, hands: byKeys },
  { name: "phone-390x844", viewport: { width: 390, height: 844, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }, hands: byTouch },
  { name: "phone-844x390", viewport: { width: 844, height: 390, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }, hands: byTouch },
];

await bench(["--bots", "16"], async (bench) => {
  for (const { name, viewport, hands } of SIZES) {
    const page = await bench.page(name, viewport);
    await page.waitForFunction(() => window.dogfight?.game?.state === "joined", { timeout: 15_000 });
    await pause(700);
    await picture(page, `${name}-door`);
    const wrong = await page.evaluate(layout);
    const hand = await hands(page, viewport);
    await hand.enter("Grace");
    await page.waitForFunction(() => window.dogfight.plays && window.dogfight.game.world.ships.mine, { timeout: 15_000 });
    let kills = 0;
    const end = Date.now() + SECONDS * 1000;
    const most = end + 120_000;
    let pictures = 0;
    while (Date.now() < end || (kills === 0 && Date.now() < most)) {
      const seen = await page.evaluate(pilot);
      kills = Math.max(kills, seen.kills);
      await hand.act(seen);
      if (pictures < 2 && Date.now() > end - (SECONDS * 1000) / (pictures + 2)) {
        pictures += 1;
        wrong.push(...await page.evaluate(layout));
        await picture(page, `${name}-${pictures}`);
      }
      await pause(40);
    }
    expect(kills > 0, `${name}: ${kills} kills`);
    await hand.say(`hello from ${name}`);
    await page.waitForFunction((text) => [...document.querySelectorAll("#lines .words")].some((words) => words.textContent === text),
      { timeout: 5_000 }, `hello from ${name}`);
    expect(true, `${name}: a line of chat`);
    expect(wrong.length === 0, `${name}: nothing sticks out or covers anything ${wrong.join(", ")}`);
    const graph = await page.evaluate(() => window.netgraph);
    expect(graph.frameWorkMedianMs <= BUDGET, `${name}: ${graph.frameWorkMedianMs.toFixed(1)} ms of work in the median frame, ${graph.fps} fps`);
    expect(graph.hash_mismatches === 0, `${name}: every hash agrees`);
    await bench.quiet(page);
    await page.close();
  }
});
