// Keys, mouse, touch and gamepad, to the controls of one tick. What was used last counts.

/** @typedef {{turn: number, thrust: number, aims: boolean, aim: number, fire: boolean, dash: boolean}} Controls */

/** A tap is held at least this long, in milliseconds, so that no tick misses it. */
const TAP = 50;

const LEFT = ["KeyA", "ArrowLeft"];
const RIGHT = ["KeyD", "ArrowRight"];
const AHEAD = ["KeyW", "ArrowUp"];
const BACK = ["KeyS", "ArrowDown"];
const FIRE = ["Space", "KeyJ", "ControlLeft"];
const DASH = ["ShiftLeft", "ShiftRight", "KeyK"];
const FLYING = [LEFT, RIGHT, AHEAD, BACK, FIRE, DASH].flat();

/** Whether a key goes to a field of text instead. @param {EventTarget | null} target */
export const types = (target) => target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

export class Input {
  /** @param {import("./camera.js").Camera} camera */
  constructor(camera) {
    this.camera = camera;
    /** @type {Set<string>} */
    this.keys = new Set();
    /** When a key or button went down last. @type {Map<string, number>} */
    this.pressed = new Map();
    /** @type {"keys" | "mouse" | "touch" | "pad"} */
    this.device = "keys";
    this.mouseX = 0;
    this.mouseY = 0;
    this.stickX = 0;
    this.stickY = 0;
    /** @type {(() => void) | null} Called at the first sign of a player. */
    this.onfirst = null;
    this.listen();
  }

  listen() {
    addEventListener("keydown", (event) => {
      this.first();
      if (types(event.target) || event.metaKey || event.altKey) return;
      if (FLYING.includes(event.code)) {
        // A focused button keeps its Space and its Enter.
        if (event.code === "Space" && event.target instanceof HTMLButtonElement) return;
        event.preventDefault();
        if (!event.repeat) this.down(event.code);
        if ([...LEFT, ...RIGHT].includes(event.code)) this.device = "keys";
      }
    });
    addEventListener("keyup", (event) => this.keys.delete(event.code));
    addEventListener("blur", () => this.keys.clear());
    const canvas = this.camera.canvas;
    addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse") return;
      if (Math.hypot(event.movementX, event.movementY) > 1) this.device = "mouse";
      this.mouseX = event.clientX;
      this.mouseY = event.clientY;
    });
    canvas.addEventListener("pointerdown", (event) => {
      this.first();
      if (event.pointerType !== "mouse") return;
      this.device = "mouse";
      this.down(`mouse${event.button}`);
    });
    addEventListener("pointerup", (event) => this.keys.delete(`mouse${event.button}`));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  first() {
    this.onfirst?.();
  }

  /** @param {string} code */
  down(code) {
    this.keys.add(code);
    this.pressed.set(code, performance.now());
  }

  /** Whether one of these is held, or was tapped just now. @param {string[]} codes */
  held(codes) {
    const since = performance.now() - TAP;
    return codes.some((code) => this.keys.has(code) || (this.pressed.get(code) ?? -1e9) > since);
  }

  /** Forgets what is held: a field of text was opened. */
  release() {
    this.keys.clear();
    this.stickX = this.stickY = 0;
  }

  /** The controls now. @param {{x: number, y: number} | null} ship where the own ship is drawn @returns {Controls} */
  read(ship) {
    const pad = this.pad();
    const controls = {
      turn: Number(this.held(RIGHT)) - Number(this.held(LEFT)),
      thrust: Number(this.held([...AHEAD, "mouse2", "touchThrust"])) - Number(this.held(BACK)),
      aims: false,
      aim: 0,
      fire: this.held([...FIRE, "mouse0", "touchFire"]),
      dash: this.held([...DASH, "mouse1", "touchDash"]),
    };
    if (pad) {
      controls.fire ||= pad.fire;
      controls.dash ||= pad.dash;
      controls.thrust = Math.max(-1, Math.min(1, controls.thrust + pad.thrust));
    }
    const aim = this.aim(ship, pad);
    if (aim !== null && controls.turn === 0) {
      controls.aims = true;
      controls.aim = aim;
    }
    if (this.device === "touch" && Math.hypot(this.stickX, this.stickY) > 0.45) controls.thrust = 1;
    return controls;
  }

  /** @param {{x: number, y: number} | null} ship @param {ReturnType<Input["pad"]>} pad @returns {number | null} */
  aim(ship, pad) {
    if (this.device === "pad" && pad && pad.aim !== null) return pad.aim;
    if (this.device === "touch" && Math.hypot(this.stickX, this.stickY) > 0.2) {
      return Math.atan2(this.stickY, this.stickX);
    }
    if (this.device === "mouse" && ship) {
      const at = this.camera.toWorld(this.mouseX, this.mouseY);
      if (Math.hypot(at.x - ship.x, at.y - ship.y) > 6) return Math.atan2(at.y - ship.y, at.x - ship.x);
    }
    return null;
  }

  /** The first gamepad that is touched: left stick aims and thrusts, triggers and buttons do the rest. */
  pad() {
    for (const pad of navigator.getGamepads?.() ?? []) {
      if (!pad) continue;
      const [x = 0, y = 0] = pad.axes;
      const on = (/** @type {number[]} */ buttons) => buttons.some((at) => (pad.buttons[at]?.value ?? 0) > 0.4);
      const push = Math.hypot(x, y);
      const state = {
        aim: push > 0.3 ? Math.atan2(y, x) : null,
        thrust: Number(push > 0.75 || on([6])) - Number(on([1])),
        fire: on([0, 7]),
        dash: on([2, 5]),
      };
      if (state.aim !== null || state.thrust || state.fire || state.dash) {
        this.device = "pad";
        this.first();
      }
      if (this.device === "pad") return state;
    }
    return null;
  }
}
