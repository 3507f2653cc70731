// /split?rtt=150: the same ship twice, once with all that the netcode does for it, once with what is ticked.

const asked = new URLSearchParams(location.search);

/** @template {HTMLElement} [T=HTMLInputElement] @param {string} id @returns {T} */
const by = (id) => /** @type {T} */ (document.getElementById(id));

/** What one sees without each part, in a sentence. @type {Record<string, string>} */
const WORDS = {
  prediction: "Without prediction your ship answers a round trip after your key.",
  reconciliation: "Without reconciliation a wrong guess is never made good: the ship you see drifts from the ship that is.",
  smoothing: "Without smoothing every correction is a jump.",
  interpolation: "Without interpolation the others stand where the newest snapshot left them: they stutter.",
};
const PARTS = Object.keys(WORDS);
const views = [by("left"), by("right")].map((frame) => /** @type {HTMLIFrameElement} */ (/** @type {unknown} */ (frame)));
const KEYS = ["keydown", "keyup"];

/** @param {HTMLIFrameElement} frame @param {unknown} message */
const send = (frame, message) => frame.contentWindow?.postMessage(message, location.origin);

function conditions() {
  const [rtt, jitter] = [Number(by("delay").value), Number(by("jitter").value)];
  by("rtt").textContent = String(rtt);
  by("shakes").textContent = String(jitter);
  for (const frame of views) send(frame, { link: { delay: rtt / 2, jitter: jitter / 2 } });
}

/** @param {string} [changed] */
function parts(changed) {
  const on = Object.fromEntries(PARTS.map((part) => [part, by(part).checked]));
  send(views[1], { netcode: on });
  const first = PARTS.find((part) => !on[part]);
  by("word").textContent = WORDS[changed && !on[changed] ? changed : first ?? ""] ?? "All of it is on: both ships feel alike.";
}

by("delay").value = asked.get("rtt") ?? "150";
by("jitter").value = asked.get("jitter") ?? "20";
by("delay").addEventListener("input", conditions);
by("jitter").addEventListener("input", conditions);
for (const part of PARTS) by(part).addEventListener("change", () => parts(part));

views.forEach((frame, at) => {
  const query = new URLSearchParams({
    embed: "", name: at === 0 ? "with" : "without", room: asked.get("room") ?? "split", rtt: by("delay").value, jitter: by("jitter").value,
  });
  frame.src = `/?${query}`;
});

// Each frame says when it flies; from then on it is told.
addEventListener("message", (event) => {
  if (event.origin !== location.origin || event.data?.ready !== true) return;
  conditions();
  parts();
});

/** A key that is pressed anywhere flies both. @param {EventTarget} target */
function listen(target) {
  for (const kind of KEYS) {
    target.addEventListener(kind, (event) => {
      if (!(event instanceof KeyboardEvent) && !("code" in event)) return;
      const { code, repeat } = /** @type {KeyboardEvent} */ (event);
      if (repeat) return;
      if (["Space", "ArrowUp", "ArrowDown"].includes(code)) event.preventDefault();
      for (const frame of views) send(frame, { key: code, down: kind === "keydown" });
    }, { capture: true });
  }
}
listen(window);
addEventListener("message", (event) => {
  // A frame that has the focus hands its keys on.
  if (event.origin !== location.origin || typeof event.data?.pressed !== "string") return;
  for (const frame of views) send(frame, { key: event.data.pressed, down: event.data.down === true });
});

export {};
