// The page's side of Tickwire: a WebSocket, timers, and the core in WebAssembly. No build step, no dependency.
//
//     import { connect } from "/tickwire.js";
//     const game = await connect("ws://host/ws", { name: "Ada", role: "plays" });
//     game.onevent = (event, tick) => { … };
//     requestAnimationFrame(function frame(now) {
//       game.draw(now);                            // brings `game.world` to this instant
//       for (const ship of game.world.ships) { … ship.pos.x, ship.mine … }
//       game.input({ thrust: keys.has("KeyW") });  // unchanged fields keep their value
//       requestAnimationFrame(frame);
//     });
//     game.request({ Chat: { text: "hello" } });
//
// In Node: `connect(url, { WebSocket, core: await readFile("core.wasm") })`.

/**
 * @typedef {object} Options
 * @property {string} [room] The room's name; none: any with space.
 * @property {string} [name] What the player is called.
 * @property {"plays" | "watches"} [role] Default "plays".
 * @property {Uint8Array} [ticket] Opaque bytes for the server's ticket check, at most 256.
 * @property {Record<string, string>} [options] For the game.
 * @property {boolean} [viewer] Take the schema from the server and predict nothing: works with every game.
 * @property {Reconnecting} [resume] What `game.resumption` said before a page was left: go on with that session.
 * @property {string | URL | BufferSource | Promise<BufferSource>} [core] Where core.wasm is, or its bytes.
 *   Default: beside this module.
 * @property {any} [WebSocket] The class to use, where it is not global.
 * @property {LinkConditions | LinkPreset | null} [link] A simulated link between page and server.
 * @property {boolean} [hides] Say `away` and `here` when the page is hidden and shown. Default true in a page.
 */

/** @typedef {string} Reconnecting An opaque text. */
/** @typedef {"lan" | "wifi" | "4g" | "transatlantic" | "train"} LinkPreset */

/**
 * Milliseconds, each way; `bandwidth` in bits a second, `loss` in percent of segments. What is left out is none.
 * @typedef {object} LinkConditions
 * @property {number} [delay]
 * @property {number} [jitter]
 * @property {number} [bandwidth]
 * @property {number} [stall]
 * @property {number} [stallEvery]
 * @property {number} [loss]
 */

/**
 * - "connecting": a socket is being opened, or it was opened and waits for the welcome.
 * - "joined": in the room.
 * - "waiting": the connection was lost; it comes back by itself in `retryIn` milliseconds, into the same seat.
 * - "closed": it does not come back by itself; `reason` says why.
 * @typedef {"connecting" | "joined" | "waiting" | "closed"} State
 */

/**
 * A row as it is drawn now. Beside what stands here it has every field of its kind under the field's name: numbers,
 * booleans, `{x, y}` and `{x, y, z}` for vectors (the same object each time, changed in place), the variant's name
 * for enums, a slot or null for ids of rows, null or the value for options, arrays, and decoded values for `whole`
 * fields. The object lives as long as the row: it may carry the page's own properties.
 * @typedef {object} Row
 * @property {number} key Tells rows apart and stays the same from a predicted spawn until the row is gone.
 * @property {number} id The row's slot: what fields that are ids of rows hold.
 * @property {number} owner The player it belongs to, 0: the room.
 * @property {boolean} mine Whether it belongs to this player.
 * @property {boolean} predicted Whether it is drawn from the predicted world.
 * @property {boolean} provisional Whether the server does not know it yet.
 */

/**
 * What a net graph needs, see `Stats` of the crate tickwire-client for each number.
 * @typedef {Record<string, any>} Stats
 */

/** The link presets, best first. @type {LinkPreset[]} */
export const PRESETS = ["lan", "wifi", "4g", "transatlantic", "train"];

/** Numbers of the door, see `tickwire_client::door`. */
const ASK = { status: 0, schema: 1, events: 2, wholes: 3, stats: 4, truth: 5, world: 6, input: 7 };
const TELL = { input: 0, request: 1, link: 2, netcode: 3, away: 4, here: 5, bye: 6 };
const WANTED = { nothing: 0, connect: 1, send: 2, close: 3 };
const FLAG = { predicted: 1, provisional: 2, mine: 4 };
/** A close code that the browser does not let a page send becomes this one. */
const CLOSE_BY_PAGE = 1000;
/** In which drawing a row was seen last. */
const DRAWN = Symbol("drawn");

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const clock = () => performance.now();

/**
 * Joins a room. Resolves when the core is loaded and the socket is being opened; see `game.state` and
 * `game.onstate` for the rest, and `game.joined` to await the welcome.
 * @param {string | URL} url ws:// or wss://, mostly ending in /ws
 * @param {Options} [options]
 * @returns {Promise<Game>}
 */
export async function connect(url, options = {}) {
  return new Game(url, options, await load(options.core));
}

/** Cores by where they came from: a page that connects twice loads once. @type {Map<string, Promise<WebAssembly.Module>>} */
const modules = new Map();

/** @param {Options["core"]} core @returns {Promise<Core>} */
async function load(core) {
  const from = (await core) ?? new URL("core.wasm", import.meta.url);
  if (!(typeof from === "string" || from instanceof URL)) return Core.of(await WebAssembly.compile(from));
  const key = String(from);
  const module = modules.get(key) ?? compile(key);
  modules.set(key, module);
  module.catch(() => modules.delete(key));
  return Core.of(await module);
}

/** @param {string} url @returns {Promise<WebAssembly.Module>} */
async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}: the page and its server do not fit together`);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** A core in memory of its own: functions over numbers, and a buffer for all else. */
class Core {
  /** @param {Record<string, any>} exports */
  constructor(exports) {
    /** Milliseconds spent in the core. */
    this.spent = 0;
    this.do = { ...exports };
    for (const name of ["tw_draw", "tw_update", "tw_receive", "tw_tell", "tw_ask"]) this.do[name] = this.timed(exports[name]);
  }

  /** @param {(...numbers: number[]) => number} call */
  timed(call) {
    return (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c) => {
      const began = clock();
      const result = call(a, b, c);
      this.spent += clock() - began;
      return result;
    };
  }

  /** @param {WebAssembly.Module} module @returns {Promise<Core>} */
  static async of(module) {
    return new Core((await WebAssembly.instantiate(module, {})).exports);
  }

  /** @param {Uint8Array} bytes */
  put(bytes) {
    const at = this.do.tw_buffer(bytes.length);
    new Uint8Array(this.do.memory.buffer, at, bytes.length).set(bytes);
  }

  /** @param {any} value */
  putJson(value) {
    this.put(encoder.encode(JSON.stringify(value ?? null)));
  }

  /** The last answer. @returns {Uint8Array} a copy */
  answer() {
    return new Uint8Array(this.do.memory.buffer, this.do.tw_answer(), this.do.tw_answer_len()).slice();
  }

  /** @returns {string} */
  text() {
    return decoder.decode(this.answer());
  }
}

/** How a field is read from the numbers of a row, at a place. @typedef {(values: Float64Array, at: number, old: any) => any} Read */

/** @param {any} type @returns {[number, Read]} how many numbers, and how they are read */
function reader(type) {
  if (type === "Bool") return [1, (values, at) => values[at] !== 0];
  if (type === "Exact" || type === "Tick" || type === "Player") return [1, (values, at) => values[at]];
  if (type.Wide) return [2, (values, at) => values[at + 1] * 2 ** 32 + values[at]];
  if (type.Row) return [1, (values, at) => (values[at] < 0 ? null : values[at])];
  if (type.Enum) return [1, (values, at) => type.Enum.variants[values[at]]];
  if (type.Vector) return vector(type.Vector.size);
  if (type.Option) {
    const [count, read] = reader(type.Option);
    return [1 + count, (values, at, old) => (values[at] === 0 ? null : read(values, at + 1, old))];
  }
  if (type.Array) {
    const [count, read] = reader(type.Array.of);
    const items = Array.from({ length: type.Array.len }, (_, item) => item);
    return [count * items.length, (values, at, old) => items.map((item) => read(values, at + item * count, old?.[item]))];
  }
  if (type.Whole) return [0, (_values, _at, old) => old];
  return [1, (values, at) => values[at]];
}

/** @param {number} size @returns {[number, Read]} */
function vector(size) {
  return [size, (values, at, old) => {
    const into = old ?? (size === 2 ? { x: 0, y: 0 } : { x: 0, y: 0, z: 0 });
    into.x = values[at];
    into.y = values[at + 1];
    if (size === 3) into.z = values[at + 2];
    return into;
  }];
}

/** Nothing was drawn yet. @param {any} type */
function empty(type) {
  const shape = type.Whole?.shape;
  if (shape === "Text") return "";
  return shape?.List ? [] : null;
}

/** The rows of one kind: iterable, in no particular order. */
export class Rows {
  /** @param {any} kind of the schema */
  constructor(kind) {
    /** @type {Map<number, Row & Record<string, any>>} */
    this.byKey = new Map();
    /** @type {(Row & Record<string, any>)[]} */
    this.list = [];
    this.drawn = 0;
    let at = 0;
    /** @type {{ name: string, at: number, read: Read }[]} */
    this.fields = [];
    /** @type {Record<string, any>} */
    this.empty = {};
    for (const field of kind.fields) {
      const [count, read] = reader(field.ty);
      if (count > 0) this.fields.push({ name: field.name, at, read });
      else this.empty[field.name] = empty(field.ty);
      at += count;
    }
  }

  /** How many. @returns {number} */
  get size() {
    return this.list.length;
  }

  /** The row with this id (slot). @param {number} id @returns {(Row & Record<string, any>) | undefined} */
  get(id) {
    return this.list.find((row) => row.id === id && !row.provisional) ?? this.list.find((row) => row.id === id);
  }

  /** The first row of this player. @returns {(Row & Record<string, any>) | undefined} */
  get mine() {
    return this.list.find((row) => row.mine);
  }

  /** @returns {IterableIterator<Row & Record<string, any>>} */
  [Symbol.iterator]() {
    return this.list.values();
  }

  /**
   * Takes what was drawn.
   * @param {ArrayBuffer} memory @param {ArrayLike<number>} place rows, stride, keys, slots, owners, flags, values
   * @param {number} me
   */
  take(memory, place, me) {
    const [count, stride, keysAt, slotsAt, ownersAt, flagsAt, valuesAt] = Array.from(place);
    const keys = new Uint32Array(memory, keysAt, count);
    const slots = new Uint32Array(memory, slotsAt, count);
    const owners = new Uint32Array(memory, ownersAt, count);
    const flags = new Uint8Array(memory, flagsAt, count);
    const values = new Float64Array(memory, valuesAt, count * stride);
    this.drawn += 1;
    this.list.length = 0;
    for (let index = 0; index < count; index += 1) {
      let row = this.byKey.get(keys[index]);
      if (!row) {
        row = /** @type {any} */ ({ key: keys[index], ...structuredClone(this.empty) });
        this.byKey.set(keys[index], /** @type {any} */ (row));
      }
      this.fill(/** @type {any} */ (row), values, index * stride);
      Object.assign(/** @type {any} */ (row), {
        id: slots[index], owner: owners[index], mine: me !== 0 && owners[index] === me,
        predicted: (flags[index] & FLAG.predicted) !== 0, provisional: (flags[index] & FLAG.provisional) !== 0,
        [DRAWN]: this.drawn,
      });
      this.list.push(/** @type {any} */ (row));
    }
    if (this.byKey.size > count) {
      for (const [key, row] of this.byKey) if (/** @type {any} */ (row)[DRAWN] !== this.drawn) this.byKey.delete(key);
    }
  }

  /** @param {Record<string, any>} row @param {Float64Array} values @param {number} at */
  fill(row, values, at) {
    for (const field of this.fields) row[field.name] = field.read(values, at + field.at, row[field.name]);
  }
}

/** One player's stay in a room, which outlives a lost socket. */
export class Game {
  /** @type {Core} */ #core;
  /** @type {any} */ #WebSocket;
  /** @type {any} */ #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {Rows[]} */ #kinds = [];
  /** @type {(game: Game) => void} */ #resolve = () => {};
  /** @type {(error: Error) => void} */ #reject = () => {};
  #url;
  #number = 0;
  #version = 0;
  #seat = "";
  /** @type {(() => void) | null} */ #onhide = null;

  /** Use `connect`. @param {string | URL} url @param {Options} options @param {any} core */
  constructor(url, options, core) {
    this.#core = core;
    this.#url = url;
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket;
    /** @type {State} */
    this.state = "connecting";
    /** Why it waits or is closed: the thing, the value and the way out. @type {string} */
    this.reason = "";
    /** The WebSocket close code, 0 before there is one. @type {number} */
    this.code = 0;
    /** Milliseconds until the next try, while `state` is "waiting". @type {number} */
    this.retryIn = 0;
    /** Resolves with this game at the first welcome, rejects with an Error when it is closed before. @type {Promise<Game>} */
    this.joined = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.joined.catch(() => {});
    /** Who this client is in the room, 0 before the welcome. @type {number} */
    this.player = 0;
    /** The room's name, also where `connect` left it open. @type {string} */
    this.room = "";
    /** Whether the last welcome went on with an earlier session. @type {boolean} */
    this.resumed = false;
    /** The schema in force, `null` before it is known. @type {any} */
    this.schema = null;
    /** Rows by kind name: `Rows` for tables, the row itself for kinds of exactly one row. @type {Record<string, any>} */
    this.world = {};
    /** The tick on the screen for what is interpolated, with its fraction. @type {number} */
    this.tick = 0;
    /** The tick on the screen for what is predicted, with its fraction. @type {number} */
    this.ownTick = 0;
    /** @type {((event: any, tick: number) => void) | null} Handed out when drawn time reaches the event's tick. */
    this.onevent = null;
    /** @type {((state: State, game: Game) => void) | null} */
    this.onstate = null;
    this.#open(options);
  }

  /**
   * Brings `world` to this instant and hands out events that are due. Call it once per drawn frame.
   * @param {number} [_now] not used: the time of the call counts, so that no clock is compared with another
   */
  draw(_now) {
    const { do: core } = this.#core;
    const at = core.tw_draw(this.#number, clock());
    const memory = core.memory.buffer;
    const [tick, ownTick, events, wholes, kinds] = new Float64Array(memory, at, 5);
    this.tick = tick;
    this.ownTick = ownTick;
    if (this.schema && kinds === this.#kinds.length) {
      const places = new Float64Array(memory, at + 5 * 8, kinds * 7);
      this.#kinds.forEach((rows, kind) => rows.take(memory, places.subarray(kind * 7, kind * 7 + 7), this.player));
      this.#singles();
      if (wholes) this.#takeWholes();
    }
    if (events) this.#takeEvents();
    this.#carryOut();
  }

  /** Sets fields of the input; the others keep their value. @param {Record<string, any>} fields */
  input(fields) {
    this.#tell(TELL.input, fields);
  }

  /** Asks the room for something: reliable, in order. Throws where the schema has no such request. @param {any} request */
  request(request) {
    this.#tell(TELL.request, request);
    this.#carryOut();
  }

  /** The page cannot be seen: snapshots and inputs stop. */
  away() {
    this.#tell(TELL.away, null);
    this.#carryOut();
  }

  /** The page can be seen again. */
  here() {
    this.#tell(TELL.here, null);
    this.#carryOut();
  }

  /** Leaves for good: the seat is given up. */
  bye() {
    this.#tell(TELL.bye, null);
    this.#carryOut();
  }

  /** A simulated link from now on; `null` for none. @param {LinkConditions | LinkPreset | null} link */
  link(link) {
    this.#tell(TELL.link, typeof link === "string" ? link : link && conditions(link));
  }

  /** Milliseconds spent in the core so far: frames taken, inputs made, worlds drawn, questions answered. @type {number} */
  get coreMs() {
    return this.#core.spent;
  }

  /** @returns {Stats} */
  stats() {
    return this.#ask(ASK.stats, null);
  }

  /**
   * Switches parts of the netcode off, for those who want to feel what each does; all are on by default.
   * @param {{prediction?: boolean, reconciliation?: boolean, smoothing?: boolean, interpolation?: boolean}} parts
   */
  netcode(parts) {
    this.#tell(TELL.netcode, parts);
  }

  /** The server's newest word on a row, undecorated: for showing it as a ghost. @param {string} kind @param {number} id @returns {any} */
  truth(kind, id) {
    const at = this.schema?.kinds.findIndex((/** @type {any} */ other) => other.name === kind) ?? -1;
    return at < 0 ? null : this.#ask(ASK.truth, [at, id]);
  }

  /** The newest world that the server told, as JSON by kind name. @returns {any} */
  newest() {
    return this.#ask(ASK.world, null);
  }

  /** What another page (or this one after a reload) needs to go on with this session. @type {Reconnecting} */
  get resumption() {
    return this.#seat;
  }

  /** @param {Options} options */
  #open(options) {
    this.#core.putJson({
      room: options.room ?? "", name: options.name ?? "", watches: options.role === "watches",
      ticket: Array.from(options.ticket ?? []), options: options.options ?? {}, seat: options.resume ?? "",
      viewer: options.viewer ?? false,
    });
    this.#number = this.#core.do.tw_session();
    if (this.#core.do.tw_answer_len() > 0) throw new Error(this.#core.text());
    if (options.link) this.link(options.link);
    if ((options.hides ?? true) && typeof document !== "undefined") {
      this.#onhide = () => (document.hidden ? this.away() : this.here());
      document.addEventListener("visibilitychange", this.#onhide);
      if (document.hidden) this.away();
    }
    this.#carryOut();
  }

  /** Does what is due, then what the core wants done, and comes back when it is due again. */
  #carryOut() {
    const { do: core } = this.#core;
    const due = core.tw_update(this.#number, clock());
    for (let wanted = core.tw_poll(this.#number); wanted !== WANTED.nothing; wanted = core.tw_poll(this.#number)) {
      this.#carry(wanted);
    }
    if (core.tw_version(this.#number) !== this.#version) this.#look();
    clearTimeout(this.#timer);
    if (this.state === "closed") return;
    this.#timer = setTimeout(() => this.#carryOut(), Math.max(0, due - clock()));
    // In Node nothing but the socket keeps a program alive.
    if (this.state === "joined") /** @type {any} */ (this.#timer).unref?.();
  }

  /** @param {number} wanted */
  #carry(wanted) {
    switch (wanted & 0xffff) {
      case WANTED.connect:
        this.#connect();
        break;
      case WANTED.send:
        if (this.#socket?.readyState === 1) this.#socket.send(this.#core.answer());
        break;
      case WANTED.close:
        this.#drop()?.close(CLOSE_BY_PAGE, this.#core.text());
        break;
    }
  }

  #connect() {
    this.#drop()?.close(CLOSE_BY_PAGE);
    const socket = new this.#WebSocket(String(this.#url));
    socket.binaryType = "arraybuffer";
    const mine = (/** @type {(event: any) => void} */ then) => (/** @type {any} */ event) => {
      if (this.#socket !== socket) return;
      then(event);
      this.#carryOut();
    };
    socket.onopen = mine(() => this.#core.do.tw_connected(this.#number, clock()));
    socket.onmessage = mine((event) => {
      if (typeof event.data === "string") return;
      this.#core.put(new Uint8Array(event.data));
      this.#core.do.tw_receive(this.#number, clock());
    });
    socket.onclose = mine((event) => {
      this.#socket = null;
      this.#core.put(encoder.encode(event.reason ?? ""));
      this.#core.do.tw_lost(this.#number, clock(), event.code ?? 1006);
    });
    // A close always follows.
    socket.onerror = () => {};
    this.#socket = socket;
  }

  /** Forgets the socket. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    return socket;
  }

  /** The status changed. */
  #look() {
    this.#version = this.#core.do.tw_version(this.#number);
    const { seat, ...status } = this.#ask(ASK.status, null);
    const { state } = this;
    Object.assign(this, status);
    this.#seat = seat ?? "";
    if (this.state === "joined") {
      this.#takeSchema();
      this.#resolve(this);
    } else if (this.state === "closed") {
      this.#reject(new Error(this.reason));
      if (this.#onhide) document.removeEventListener("visibilitychange", this.#onhide);
    }
    if (this.state !== state || this.state === "waiting") this.onstate?.(this.state, this);
  }

  #takeSchema() {
    const schema = this.#ask(ASK.schema, null);
    if (JSON.stringify(schema) === JSON.stringify(this.schema)) return;
    this.schema = schema;
    this.#kinds = schema.kinds.map((/** @type {any} */ kind) => new Rows(kind));
    this.world = {};
    this.#kinds.forEach((rows, at) => {
      if (!schema.kinds[at].one) this.world[schema.kinds[at].name] = rows;
    });
  }

  #singles() {
    this.#kinds.forEach((rows, at) => {
      if (this.schema.kinds[at].one) this.world[this.schema.kinds[at].name] = rows.list[0];
    });
  }

  #takeWholes() {
    for (const [kind, key, fields] of this.#ask(ASK.wholes, null)) {
      const row = this.#kinds[kind]?.byKey.get(key);
      if (row) Object.assign(row, fields);
    }
  }

  #takeEvents() {
    for (const [tick, event] of this.#ask(ASK.events, null)) this.onevent?.(event, tick);
  }

  /** @param {number} what @param {any} value */
  #tell(what, value) {
    this.#core.putJson(value);
    if (this.#core.do.tw_tell(this.#number, clock(), what) > 0) throw new Error(this.#core.text());
  }

  /** @param {number} what @param {any} value @returns {any} */
  #ask(what, value) {
    this.#core.putJson(value);
    this.#core.do.tw_ask(this.#number, clock(), what);
    return JSON.parse(this.#core.text());
  }
}

/** In the core's units: microseconds, bits a second, lost segments in a million. @param {LinkConditions} link */
function conditions(link) {
  const us = (/** @type {number | undefined} */ ms) => Math.round((ms ?? 0) * 1000);
  return {
    delay: us(link.delay), jitter: us(link.jitter), bandwidth: Math.round(link.bandwidth ?? 0),
    stall: us(link.stall), stall_every: us(link.stallEvery), loss_ppm: Math.round((link.loss ?? 0) * 10_000),
  };
}
