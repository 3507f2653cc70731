// The game inside another page of this server (/split): no door, and the keys come from outside.

/** Whether this page is embedded so. */
export const embedded = new URLSearchParams(location.search).has("embed") && parent !== window;

/**
 * Takes what the outer page says.
 * @param {import("./input.js").Input} input @param {() => import("./tickwire.js").Game | null} game
 */
export function embed(input, game) {
  addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== parent) return;
    const { key, down, link, netcode } = event.data ?? {};
    if (typeof key === "string") down ? input.down(key) : input.keys.delete(key);
    if (link) game()?.link(link);
    if (netcode) game()?.netcode(netcode);
  });
  for (const kind of /** @type {const} */ (["keydown", "keyup"])) {
    addEventListener(kind, (event) => {
      event.stopImmediatePropagation();
      if (!event.repeat) parent.postMessage({ pressed: event.code, down: kind === "keydown" }, location.origin);
    }, { capture: true });
  }
}

/** Says that the ship flies. */
export const ready = () => parent.postMessage({ ready: true }, location.origin);
