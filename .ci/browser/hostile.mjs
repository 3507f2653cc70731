// Twelve hostile names and lines: each shows as text, or is refused by name. None breaks out of its line.

import { bench, expect, pause, picture } from "./bench.mjs";

const HOSTILE = {
  markup: "<script>window.hurt=1</script>",
  attribute: `"><img src=x onerror=window.hurt=1>`,
  entity: "&lt;b&gt;&#x41;&amp;",
  template: "${window.hurt=1}{{hurt}}",
  "right to left": "\u202Egnp.exe\u202C",
  isolates: "\u2066\u2067\u2068abc\u2069\u2069",
  zalgo: `Z${"\u0335\u0353\u0489\u033F".repeat(40)}algo`,
  "control codes": "a\u0000b\u0007c\u001B[31md\u007F\u0085e",
  "line breaks": "one\r\ntwo\u2028three\u2029four",
  blanks: "\u3164\u2800\u200B\u115F",
  "four bytes": "𝕬𝖉𝖆 👩🏽‍🚀 𓀀 𠜎",
  "too much": "long ".repeat(2_000),
};

await bench(["--bots", "2"], async (bench) => {
  const reader = await bench.page("reader", { width: 1200, height: 800 });
  await bench.play(reader, "Reader");
  await reader.evaluate(() => {
    // The lines as they come: the page itself keeps only the last few.
    window.heard = [];
    new MutationObserver((changes) => {
      for (const change of changes) for (const line of change.addedNodes) window.heard.push(line);
    }).observe(document.querySelector("#lines"), { childList: true });
  });
  for (const [what, text] of Object.entries(HOSTILE)) {
    const page = await bench.page(what, { width: 800, height: 600 });
    await page.waitForFunction(() => window.dogfight?.game?.state === "joined", { timeout: 15_000 });
    // As a page would send it that keeps none of the rules of ours.
    const outcome = await page.evaluate(async (text) => {
      const { connect } = await import("/tickwire.js");
      try {
        const game = await connect(`ws://${location.host}/ws`, { name: text, role: "plays" });
        await game.joined;
        const said = (() => {
          try {
            game.request({ Say: text });
            return "";
          } catch (error) {
            return `line refused: ${error.message}`;
          }
        })();
        await new Promise((resolve) => setTimeout(resolve, 600));
        const result = { name: "in", said, state: game.state, reason: game.reason };
        game.bye();
        return result;
      } catch (error) {
        return { name: `name refused: ${error.message}`, said: "", state: "", reason: "" };
      }
    }, text);
    const shown = await reader.evaluate(() => ({
      lines: window.heard.splice(0).map((line) => ({
        text: line.textContent, wrong: line.querySelectorAll(":not(bdi)").length, height: line.getBoundingClientRect().height,
      })),
      hurt: window.hurt,
      lead: document.querySelector("#lines").getBoundingClientRect().width,
    }));
    expect(!shown.hurt && shown.lines.every((line) => line.wrong === 0 && line.height < 90 && !/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/.test(line.text)),
      `${what}: ${JSON.stringify({ ...outcome, lines: shown.lines.map((line) => line.text.slice(0, 60)) })}`);
    await page.close();
  }
  await pause(200);
  await picture(reader, "hostile");
  await bench.quiet(reader);
});
