// The page that draws any game: it reads the frames for itself, by WIRE.md alone, and says what every bit was for.

import { bench, expect, pause, picture } from "./bench.mjs";

await bench(["--bots", "8"], async (bench) => {
  const page = await bench.page("look", { width: 1400, height: 1100 }, "/look");
  await page.waitForFunction(() => document.querySelector("#status").textContent.startsWith("In the room"), { timeout: 15_000 });
  await page.click("#bytes summary");
  await pause(3_000);
  const panel = await page.evaluate(() => {
    const rows = [...document.querySelectorAll("#bytes tr")].slice(1).map((row) => [...row.cells].map((cell) => cell.textContent));
    return { words: document.querySelector("#bytes p").textContent, rows: rows.map(([, what, bits]) => [what, Number(bits)]) };
  });
  expect(panel.words.startsWith("The last snapshot of"), `the frames are read to the end: ${panel.words}`);
  const [[, everything], ...parts] = panel.rows;
  const sum = parts.reduce((sum, [, bits]) => sum + bits, 0);
  expect(parts.some(([what]) => what === "ships.vel"), "the bits of a ship's velocity have its name");
  expect(everything > 20 && Math.abs(sum - everything) < 0.1 * parts.length, `parts make up the whole (${sum.toFixed(1)} of ${everything})`);
  await page.hover("#bytes canvas");
  // The middle may lie behind the last bit; the first one is always there.
  const corner = await page.$eval("#bytes canvas", (canvas) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { left, top };
  });
  await page.mouse.move(corner.left + 3, corner.top + 3);
  await pause(200);
  const pointed = await page.$eval("#bytes p", (words) => words.textContent);
  expect(/^Bits \d+ to \d+: /.test(pointed), `a bit that is pointed at says what it is: ${pointed}`);
  await picture(page, "look");
  await bench.quiet(page);
});
