// Two pages and a server: keys in one move a ship in the other, text stays text, nothing complains.

import { bench, expect, pause, picture } from "./bench.mjs";

const HOSTILE = `<img src=x onerror="window.hurt=1"><b>hi</b>`;

// Without bots, so that nothing touches the ship whose prediction is checked.
await bench(["--bots", "0"], async (bench) => {
  const flies = await bench.page("flies", { width: 1440, height: 900 });
  const watches = await bench.page("watches", { width: 1200, height: 800 });
  await watches.waitForFunction(() => window.dogfight?.game?.state === "joined", { timeout: 15_000 });
  await pause(500);
  await picture(flies, "door");
  const player = await bench.play(flies, "Ada");

  await watches.click("#watch");
  await watches.waitForFunction(() => !document.querySelector("#watchbar").hidden);
  for (let n = 0; n < 8; n += 1) {
    if (await watches.$eval("#whom", (whom) => whom.textContent === "Ada")) break;
    await watches.click("#after");
    await pause(300);
  }
  const seen = () => watches.evaluate((owner) => {
    for (const ship of window.dogfight.game.world.ships) if (ship.owner === owner) return { ...ship.pos, hull: ship.hull };
    return null;
  }, player);
  await watches.waitForFunction((owner) => [...window.dogfight.game.world.ships].some((ship) => ship.owner === owner),
    { timeout: 10_000 }, player);
  expect(true, "the watcher sees the ship of the player it follows");

  const before = await seen();
  await flies.keyboard.down("KeyW");
  await pause(700);
  await flies.keyboard.up("KeyW");
  await pause(400);
  const after = await seen();
  const moved = Math.hypot(after.x - before.x, after.y - before.y);
  expect(moved > 60, `W in one page moves that ship in the other (${moved.toFixed(0)} units)`);

  const heading = () => flies.evaluate(() => window.dogfight.game.world.ships.mine.heading);
  const turned = await heading();
  await flies.keyboard.down("KeyD");
  await pause(300);
  await flies.keyboard.up("KeyD");
  expect(Math.abs(await heading() - turned) > 0.3, "D turns it");

  await flies.keyboard.press("Enter");
  await flies.keyboard.type(HOSTILE);
  await flies.keyboard.press("Enter");
  await watches.waitForFunction(() => document.querySelector("#lines .words"), { timeout: 5_000 });
  const line = await watches.evaluate(() => {
    const words = document.querySelector("#lines .words");
    return { text: words.textContent, elements: words.childElementCount, hurt: window.hurt };
  });
  expect(line.text === HOSTILE && line.elements === 0 && !line.hurt, "chat that looks like HTML arrives as text");

  await flies.keyboard.down("Space");
  await flies.keyboard.press("KeyN");
  await flies.keyboard.press("KeyN");
  await pause(2500);
  await picture(flies, "flies");
  await picture(watches, "watches");
  await flies.keyboard.up("Space");
  // Whether a correction followed a replaced input is known two seconds later.
  await pause(2500);
  const graph = await flies.evaluate(() => window.netgraph);
  expect(graph.snapshots > 30 && graph.hash_mismatches === 0 && graph.decode_errors === 0, "snapshots come, and every hash agrees");
  expect(graph.corrections === 0,
    `the own ship is where it was predicted, to the bit (${graph.ticks_predicted} ticks, ${graph.inputs_replaced} inputs replaced)`);
  expect(graph.rows > 0 && graph.rows_far <= graph.rows && (graph.rows_far > 0) === (graph.rows_far_ticks > 0),
    `what is far, and how old it is, is told (${graph.rows_far} of ${graph.rows} rows, ${graph.rows_far_ticks} ticks)`);
  await bench.quiet(flies, watches);

  const pad = await bench.page("pad", { width: 900, height: 600 });
  await pad.evaluate(() => {
    window.pad = { axes: [0, 0, 0, 0], buttons: Array.from({ length: 17 }, () => ({ value: 0, pressed: false })) };
    navigator.getGamepads = () => [null, window.pad];
  });
  await bench.play(pad, "Lin");
  await pad.evaluate(() => {
    window.pad.axes[1] = 1;
    window.pad.buttons[7] = { value: 1, pressed: true };
  });
  await pad.waitForFunction(() => {
    const { ships, shots } = window.dogfight.game.world;
    const own = ships.mine;
    return own && Math.abs(own.heading - Math.PI / 2) < 0.1 && own.burns && [...shots].some((shot) => shot.mine);
  }, { timeout: 10_000 });
  expect(true, "a gamepad's stick turns and thrusts, its trigger fires");
  const dashes = () => pad.evaluate(() => window.dogfight.game.world.ships.mine?.dash_ready ?? 0);
  const rested = await dashes();
  await pad.evaluate(() => { window.pad.buttons[2] = { value: 1, pressed: true }; });
  await pad.waitForFunction((before) => (window.dogfight.game.world.ships.mine?.dash_ready ?? 0) > before, { timeout: 10_000 }, rested);
  expect(true, "a button of it dashes");
  await bench.quiet(pad);
});
