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

/**
 * Joins a room. Resolves when the core is loaded and the socket is being opened; see `game.state` and
 * `game.onstate` for the rest, and `game.joined` to await the welcome.
 * @param {string | URL} url ws:// or wss://, mostly ending in /ws
 * @param {Options} [options]
 * @returns {Promise<Game>}
 */
export async function connect(url, options = {}) {
  return new Game(url, options);
}

/** The rows of one kind: iterable, in no particular order. */
export class Rows {
  /** How many. @returns {number} */
  get size() {
    return 0;
  }
  /** The row with this id (slot). @param {number} _id @returns {(Row & Record<string, any>) | undefined} */
  get(_id) {
    return undefined;
  }
  /** The first row of this player. @returns {(Row & Record<string, any>) | undefined} */
  get mine() {
    return undefined;
  }
  /** @returns {IterableIterator<Row & Record<string, any>>} */
  *[Symbol.iterator]() {}
}

/** One player's stay in a room, which outlives a lost socket. */
export class Game {
  /** @param {string | URL} _url @param {Options} _options */
  constructor(_url, _options) {
    /** @type {State} */
    this.state = "connecting";
    /** Why it waits or is closed: the thing, the value and the way out. @type {string} */
    this.reason = "";
    /** The WebSocket close code, 0 before there is one. @type {number} */
    this.code = 0;
    /** Milliseconds until the next try, while `state` is "waiting". @type {number} */
    this.retryIn = 0;
    /** Resolves with this game at the first welcome, rejects with an Error when it is closed before. @type {Promise<Game>} */
    this.joined = Promise.resolve(this);
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
  }

  /**
   * Brings `world` to this instant and hands out events that are due. Call it once per drawn frame.
   * @param {number} [_now] As `performance.now()`; it must not go back.
   */
  draw(_now) {}

  /** Sets fields of the input; the others keep their value. @param {Record<string, any>} _fields */
  input(_fields) {}

  /** Asks the room for something: reliable, in order. Throws where the schema has no such request. @param {any} _request */
  request(_request) {}

  /** The page cannot be seen: snapshots and inputs stop. */
  away() {}

  /** The page can be seen again. */
  here() {}

  /** Leaves for good: the seat is given up. */
  bye() {}

  /** A simulated link from now on; `null` for none. @param {LinkConditions | LinkPreset | null} _link */
  link(_link) {}

  /** @returns {Stats} */
  stats() {
    return {};
  }

  /**
   * Switches parts of the netcode off, for those who want to feel what each does; all are on by default.
   * @param {{prediction?: boolean, reconciliation?: boolean, smoothing?: boolean, interpolation?: boolean}} _parts
   */
  netcode(_parts) {}

  /** The server's newest word on a row, undecorated: for showing it as a ghost. @param {string} _kind @param {number} _id @returns {any} */
  truth(_kind, _id) {
    return null;
  }

  /** What another page (or this one after a reload) needs to go on with this session. @type {Reconnecting} */
  get resumption() {
    return "";
  }
}

/** The link presets, best first. @type {LinkPreset[]} */
export const PRESETS = ["lan", "wifi", "4g", "transatlantic", "train"];
