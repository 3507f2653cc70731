// Thumbs: a stick under the left one, wherever it comes down, and buttons under the right one.

const REACH = 52;

/** Whether this device is held in hands. */
export const hasTouch = () => matchMedia("(pointer: coarse)").matches || navigator.maxTouchPoints > 0 && !matchMedia("(pointer: fine)").matches;

/** @param {import("./input.js").Input} input @param {() => void} talk opens the chat */
export function touch(input, talk) {
  const layer = /** @type {HTMLElement} */ (document.getElementById("thumb"));
  const stick = /** @type {HTMLElement} */ (document.getElementById("stick"));
  const knob = /** @type {HTMLElement} */ (stick.firstElementChild);
  const canvas = input.camera.canvas;
  /** @type {{id: number, x: number, y: number} | null} */
  let thumb = null;

  /** @param {PointerEvent} event */
  const move = (event) => {
    if (!thumb || event.pointerId !== thumb.id) return;
    const [dx, dy] = [event.clientX - thumb.x, event.clientY - thumb.y];
    const far = Math.max(1, Math.hypot(dx, dy) / REACH);
    input.stickX = dx / far / REACH;
    input.stickY = dy / far / REACH;
    knob.style.translate = `${dx / far}px ${dy / far}px`;
  };
  /** @param {PointerEvent} event */
  const up = (event) => {
    if (!thumb || event.pointerId !== thumb.id) return;
    thumb = null;
    input.stickX = input.stickY = 0;
    knob.style.translate = "";
    stick.style.left = stick.style.top = "";
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" || layer.hidden || thumb || event.clientX > innerWidth * 0.6) return;
    input.device = "touch";
    thumb = { id: event.pointerId, x: event.clientX, y: event.clientY };
    stick.style.left = `${event.clientX}px`;
    stick.style.top = `${event.clientY}px`;
  });
  addEventListener("pointermove", move);
  addEventListener("pointerup", up);
  addEventListener("pointercancel", up);

  /** @param {string} id @param {string} code */
  const button = (id, code) => {
    const element = /** @type {HTMLElement} */ (document.getElementById(id));
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      input.first();
      input.device = "touch";
      element.setPointerCapture(event.pointerId);
      element.classList.add("down");
      input.down(code);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      element.addEventListener(end, () => {
        element.classList.remove("down");
        input.keys.delete(code);
      });
    }
  };
  button("fire", "touchFire");
  button("rush", "touchDash");
  document.getElementById("talk")?.addEventListener("click", talk);
}
