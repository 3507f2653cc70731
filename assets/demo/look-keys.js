// An input from keys, by the names and types of its fields.

const LEFT_RIGHT = ["KeyA", "ArrowLeft", "KeyD", "ArrowRight"];
const DOWN_UP = ["KeyS", "ArrowDown", "KeyW", "ArrowUp"];
/** Names that go up and down; every other number goes left and right until those keys are taken. */
const UPRIGHT = /^(y|up|down|thrust|throttle|forward|ahead|gas|accel|jump_dir)/;
/** Names that want the space bar. */
const MAIN = /^(fire|shoot|jump|act|use|go)/;

/** @typedef {{ name: string, read: (down: Set<string>, aim: { x: number, y: number }) => any }} Control */

export class Keys {
  /** @param {any[]} fields of the input @param {HTMLElement} element where the pointer aims */
  constructor(fields, element) {
    /** @type {Set<string>} */
    this.down = new Set();
    this.aim = { x: 0, y: 0 };
    this.taken = new Set();
    /** What a person reads: field and keys. @type {[string, string][]} */
    this.list = [];
    /** @type {Control[]} */
    this.controls = fields.flatMap((field) => this.control(field));
    this.abort = new AbortController();
    const { signal } = this.abort;
    addEventListener("keydown", (event) => this.press(event, true), { signal });
    addEventListener("keyup", (event) => this.press(event, false), { signal });
    addEventListener("blur", () => this.down.clear(), { signal });
    element.addEventListener("pointermove", (event) => {
      const box = element.getBoundingClientRect();
      this.aim = {
        x: ((event.clientX - box.left) / box.width) * 2 - 1,
        y: ((event.clientY - box.top) / box.height) * 2 - 1,
      };
    }, { signal });
    element.addEventListener("pointerdown", () => this.down.add("Pointer"), { signal });
    addEventListener("pointerup", () => this.down.delete("Pointer"), { signal });
  }

  stop() {
    this.abort.abort();
  }

  /** The input as the keys are now. @returns {Record<string, any>} */
  input() {
    return Object.fromEntries(this.controls.map((control) => [control.name, control.read(this.down, this.aim)]));
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  press(event, down) {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
    if (down) this.down.add(event.code);
    else this.down.delete(event.code);
    if (this.taken.has(event.code)) event.preventDefault();
  }

  /** @param {any} field @returns {Control[]} */
  control({ name, ty }) {
    if (ty === "Bool") return [this.button(name)];
    if (ty.Vector) return [this.vector(name, ty.Vector)];
    if (ty.Angle) return [this.described({ name, read: (_, aim) => Math.atan2(aim.y, aim.x) }, "the pointer")];
    if (ty.Int) return [this.axis(name, ty.Int.min, ty.Int.max)];
    if (ty.Number) return [this.axis(name, ty.Number.lo, ty.Number.lo + ty.Number.step * ty.Number.steps)];
    if (ty.Enum) return [this.choice(name, ty.Enum.variants)];
    return [];
  }

  /** @param {string} name @param {number} low @param {number} high */
  axis(name, low, high) {
    const rest = Math.min(Math.max(0, low), high);
    const keys = this.pair(UPRIGHT.test(name) ? DOWN_UP : LEFT_RIGHT);
    if (keys.length === 0) {
      const code = this.free(name);
      return this.described({ name, read: (down) => (down.has(code) ? high : rest) }, code);
    }
    const [one, two, three, four] = keys;
    const read = (/** @type {Set<string>} */ down) => {
      const less = down.has(one) || down.has(two);
      const more = down.has(three) || down.has(four);
      return less === more ? rest : less ? low : high;
    };
    return this.described({ name, read }, keys.join(" "));
  }

  /** @param {string} name @param {any} of */
  vector(name, { size, of }) {
    const number = of.Number ?? { lo: -1, step: 2, steps: 1 };
    const high = number.lo + number.step * number.steps;
    const middle = (number.lo + high) / 2;
    const reach = (high - number.lo) / 2;
    if (/aim|look|at|target|pointer/.test(name) || this.taken.has(LEFT_RIGHT[0])) {
      const read = (/** @type {any} */ _, /** @type {any} */ aim) => ({ x: middle + aim.x * reach, y: middle + aim.y * reach, z: middle });
      return this.described({ name, read }, "the pointer");
    }
    const [x, y] = [this.axis(`${name}.x`, number.lo, high), this.axis("y", number.lo, high)];
    this.list.splice(-2, 2, [name, [...LEFT_RIGHT, ...DOWN_UP].join(" ")]);
    return { name, read: (/** @type {any} */ down, /** @type {any} */ aim) => ({ x: x.read(down, aim), y: y.read(down, aim), ...(size === 3 && { z: middle }) }) };
  }

  /** @param {string} name */
  button(name) {
    const code = MAIN.test(name) && this.take("Space") ? "Space" : this.free(name);
    const pointer = code === "Space" ? "Pointer" : code;
    return this.described({ name, read: (down) => down.has(code) || down.has(pointer) }, code);
  }

  /** A digit for each of the first nine. @param {string} name @param {string[]} variants */
  choice(name, variants) {
    let chosen = variants[0];
    const codes = variants.slice(0, 9).map((_, at) => `Digit${at + 1}`);
    const read = (/** @type {Set<string>} */ down) => {
      const at = codes.findIndex((code) => down.has(code));
      if (at >= 0) chosen = variants[at];
      return chosen;
    };
    return this.described({ name, read }, codes.map((code, at) => `${code.slice(5)} ${variants[at]}`).join(", "));
  }

  /** @param {Control} control @param {string} keys */
  described(control, keys) {
    this.list.push([control.name, keys.replaceAll(/Key|Arrow/g, "")]);
    return control;
  }

  /** @param {string[]} codes */
  pair(codes) {
    return this.taken.has(codes[0]) ? [] : codes.filter((code) => this.take(code));
  }

  /** A free key, that of one of the name's letters if it can be. @param {string} name */
  free(name) {
    const letters = [...name.toUpperCase().replaceAll(/[^A-Z]/g, ""), ..."QERFZXCVTGB"];
    const letter = letters.find((one) => !this.taken.has(`Key${one}`)) ?? "P";
    this.take(`Key${letter}`);
    return `Key${letter}`;
  }

  /** @param {string} code */
  take(code) {
    if (this.taken.has(code)) return false;
    this.taken.add(code);
    return true;
  }
}
