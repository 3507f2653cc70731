// The demo page: joins, draws, and hands the controls over. What another game would need as well is tickwire.js.

import { drawArena, drawStar, SIGHT } from "./arena.js";
import { Camera } from "./camera.js";
import { Chat } from "./chat.js";
import { Effects } from "./effects.js";
import { embed, embedded, ready } from "./embed.js";
import { drawGifts } from "./gifts.js";
import { $, Hud } from "./hud.js";
import { Input, types } from "./input.js";
import { LinkKey } from "./link.js";
import { addressOf, Lobby, wantedRoom } from "./lobby.js";
import { drawMap } from "./map.js";
import { NetGraph } from "./netgraph.js";
import { Observer } from "./observe.js";
import { drawRocks } from "./rocks.js";
import { drawShip, pathHull } from "./ships.js";
import { drawShots } from "./shots.js";
import { Sound } from "./sound.js";
import { theme } from "./theme.js";
import { connect } from "./tickwire.js";
import { hasTouch, touch } from "./touch.js";
import { Watch } from "./watch.js";

const SERVER = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
const RESUMPTION = "resumption";
const TICKS_A_SECOND = 60;

const camera = new Camera(/** @type {HTMLCanvasElement} */ ($("#space")));
const input = new Input(camera);
const effects = new Effects();
const sound = new Sound();
const hud = new Hud();
const graph = new NetGraph();
const observer = new Observer(effects, sound, camera, hud);
const link = new LinkKey((line) => hud.say(line, 6000));
const watch = new Watch(camera, ask);
const chat = new Chat((text) => ask({ Say: text }), () => input.release());
const lobby = new Lobby((name) => void play(name), () => leaveDoor());

/** The connection that is drawn. @type {import("./tickwire.js").Game | null} */
let game = null;
/** Whether it plays or watches. */
let plays = false;
const shows = { ghost: false, edge: false };
const began = performance.now();
let last = began;
/** Seconds of flying, for the hints. */
let flown = 0;

/** @param {any} request */
function ask(request) {
  try {
    game?.request(request);
  } catch (error) {
    hud.say(String(error));
  }
}

/** Opens a connection and waits until it is in the room. @param {"plays" | "watches"} role @param {string} name @param {string} [resume] */
async function join(role, name, resume) {
  const room = game?.room || wantedRoom();
  const made = await connect(SERVER, { role, name, room, link: link.link, ...(resume ? { resume } : {}) });
  made.onevent = told;
  made.onstate = () => stateChanged(made);
  await made.joined;
  const before = game;
  game = made;
  plays = role === "plays";
  before?.bye();
  observer.reset();
  if (!plays) watch.reset();
  showRole();
}

/** @param {string} name */
async function play(name) {
  lobby.busy(true);
  try {
    await join("plays", name);
    lobby.hide();
    showRole();
  } catch (error) {
    lobby.trouble(error instanceof Error ? error.message : String(error));
  }
  lobby.busy(false);
}

function leaveDoor() {
  lobby.hide();
  showRole();
}

function showRole() {
  const atDoor = lobby.open;
  document.body.classList.toggle("touch", hasTouch() || input.device === "touch");
  document.body.classList.toggle("door", atDoor);
  $("#watchbar").hidden = plays || atDoor;
  $("#thumb").hidden = !plays || !document.body.classList.contains("touch");
}

/** @param {import("./tickwire.js").Game} of */
function stateChanged(of) {
  if (of !== game || of.state !== "closed") return;
  if (plays) {
    lobby.show();
    lobby.trouble(of.reason);
    plays = false;
    showRole();
  }
}

/** What stands in the way, in words; empty where nothing does. */
function trouble() {
  if (!game) return "";
  switch (game.state) {
    case "waiting": return `${game.reason || "Connection lost."} Coming back…`;
    case "connecting": return "Connecting…";
    case "closed": return game.reason || "The connection is closed. Reload the page to come back.";
    default: return "";
  }
}

/** @param {any} event */
function told(event) {
  const me = plays ? game?.player : 0;
  if (event.Said) {
    chat.said(event.Said.name, event.Said.text, event.Said.from === me);
    if (event.Said.from !== me) sound.say();
  } else if (event.Killed) {
    const { victim, by, streak } = event.Killed;
    const named = (/** @type {number} */ player) => ({ name: nameOf(player), you: player === me });
    hud.killed(named(by), named(victim), streak);
    if (by === me) sound.kill();
    if (by === me) hud.say(streak > 1 ? `${nameOf(victim)} is down · ${streak} in a row` : `${nameOf(victim)} is down`, 1800);
    if (victim === me) hud.say(`${nameOf(by)} shot you down`, 2000);
  } else if (event.Crowned !== undefined && event.Crowned === me && me) {
    sound.crown();
    hud.say("The crown is yours. Everybody knows where you are.", 3500);
  }
}

/** @param {number} player */
function nameOf(player) {
  for (const pilot of game?.world.pilots ?? []) if (pilot.player === player) return pilot.name;
  return "somebody";
}

/** @param {number} now */
function frame(now) {
  requestAnimationFrame(frame);
  const started = performance.now();
  const ms = now - last;
  last = now;
  if (game) draw(game, now, Math.min(0.05, Math.max(0, ms / 1000)));
  hud.banner(trouble(), "");
  if (game) graph.frame(game, now, ms, performance.now() - started);
}

/** @param {import("./tickwire.js").Game} game @param {number} now @param {number} seconds */
function draw(game, now, seconds) {
  // The controls first: what is drawn now answers the key that was pressed just before.
  const controls = input.read(plays ? game.world.ships?.mine?.pos ?? null : null);
  if (plays && game.state === "joined") game.input(controls);
  game.draw(now);
  const world = game.world;
  if (!world.ships) return;
  /** @type {import("./ships.js").Scene} */
  const scene = {
    me: plays ? game.player : 0, leader: world.arena?.leader ?? 0, tick: game.tick, now,
    pilots: new Map([...world.pilots].map((pilot) => [pilot.player, pilot])),
  };
  const own = plays ? world.ships.mine : null;
  if (plays && game.state === "joined") {
    if (own) camera.follow(own.pos, own.vel, seconds);
  } else {
    watch.look(world, scene, controls, seconds);
  }
  sound.ear = { x: camera.x, y: camera.y };
  sound.thrust(Boolean(own?.burns && own.hull > 0), own?.perk === "Burner");
  observer.look(world, scene, game.ownTick);
  drawWorld(game, world, scene, own, seconds);
  drawMap(/** @type {HTMLCanvasElement} */ ($("#map")), world.blips, scene, camera, own);
  hud.board([...scene.pilots.values()], scene.me, scene.leader);
  hud.gauges(own, game.ownTick, plays);
  teach(own, seconds);
}

/**
 * @param {import("./tickwire.js").Game} game @param {Record<string, any>} world
 * @param {import("./ships.js").Scene} scene @param {any} own @param {number} seconds
 */
function drawWorld(game, world, scene, own, seconds) {
  camera.begin(scene.now, seconds);
  drawArena(camera);
  drawStar(camera, scene.now);
  drawGifts(camera, world.gifts, scene.now);
  drawRocks(camera, world.asteroids, (plays ? game.ownTick : game.tick) / TICKS_A_SECOND);
  drawShots(camera, world.shots, scene.me);
  for (const ship of world.ships) {
    if (ship.hull > 0) drawShip(camera, ship, { ...scene, tick: ship.predicted ? game.ownTick : game.tick });
    else if (ship.trail) ship.trail.length = 0;
  }
  effects.draw(camera.context, scene.now, seconds);
  if (shows.ghost) drawGhosts(game, world);
  if (shows.edge) drawEdge(own);
}

/** The server's newest word on every ship. @param {import("./tickwire.js").Game} game @param {Record<string, any>} world */
function drawGhosts(game, world) {
  const { context } = camera;
  context.setLineDash([4, 4]);
  context.strokeStyle = theme().soft;
  context.lineWidth = 1.5;
  for (const ship of world.ships) {
    const truth = game.truth("ships", ship.id);
    if (!truth || truth.hull === 0) continue;
    pathHull(context, ship.owner, truth.pos.x, truth.pos.y, truth.heading);
    context.stroke();
  }
  context.setLineDash([]);
}

/** What the room sends ends here. @param {any} own */
function drawEdge(own) {
  const { context } = camera;
  const at = own?.pos ?? camera;
  context.strokeStyle = theme().gold;
  context.lineWidth = 2;
  context.setLineDash([10, 10]);
  context.beginPath();
  context.arc(at.x, at.y, SIGHT, 0, Math.PI * 2);
  context.stroke();
  context.setLineDash([]);
}

/** One thing at a time, and nothing stands in the way of playing. @param {any} own @param {number} seconds */
function teach(own, seconds) {
  if (!plays || !own || own.hull === 0 || document.body.classList.contains("touch")) return hud.hint("");
  flown += seconds;
  const hint = flown > 15 && flown < 24 ? "L: feel it over a slow link"
    : flown > 40 && flown < 48 ? "N: what the netcode is doing"
    : flown > 65 && flown < 72 ? "G: where the server says everybody is · V: how far it lets you see"
    : flown > 95 && flown < 102 ? "I: invite others into this room"
    : "";
  hud.hint(hint);
}

function invite() {
  const address = addressOf(game?.room ?? "");
  const box = /** @type {HTMLDialogElement} */ ($("#invite"));
  const field = /** @type {HTMLInputElement} */ ($("#invite input"));
  const ask = () => {
    field.value = address;
    box.showModal();
    field.select();
  };
  if (!navigator.clipboard) return ask();
  navigator.clipboard.writeText(address).then(() => hud.say(`Copied: ${address}`, 3500), ask);
}

/** @type {Record<string, () => void>} */
const KEYS = {
  KeyN: () => graph.turn(),
  KeyL: () => { if (game) link.turn(game); },
  KeyG: () => { shows.ghost = !shows.ghost; hud.say(shows.ghost ? "dashed: the server's newest word" : "", 2500); },
  KeyV: () => { shows.edge = !shows.edge; hud.say(shows.edge ? "beyond the circle nothing is sent to you" : "", 2500); },
  KeyI: invite,
  KeyM: () => hud.say(sound.toggle() ? "sound off" : "sound on", 1200),
};

addEventListener("keydown", (event) => {
  if (types(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.code === "Escape") {
    if (plays) leave();
    else if (lobby.open) leaveDoor();
    else backToDoor();
  } else if (event.code === "Enter" && !lobby.open && !(event.target instanceof HTMLButtonElement)) {
    event.preventDefault();
    chat.open();
  } else if (!lobby.open) {
    KEYS[event.code]?.();
  }
});

let leaves = -Infinity;

/** Escape twice: out of the ship, and a watcher again. */
function leave() {
  if (performance.now() - leaves > 2500) {
    leaves = performance.now();
    hud.say("Escape again: leave your ship", 2500);
    return;
  }
  join("watches", lobby.name.value).then(backToDoor, (error) => hud.say(String(error), 4000));
}

function backToDoor() {
  lobby.show();
  showRole();
}

$("#back").addEventListener("click", backToDoor);
$("#invite button").addEventListener("click", () => /** @type {HTMLDialogElement} */ ($("#invite")).close());
input.onfirst = () => sound.start();
touch(input, () => chat.open());
addEventListener("pointerdown", (event) => {
  sound.start();
  if (event.pointerType === "touch" && !document.body.classList.contains("touch")) {
    document.body.classList.add("touch");
    showRole();
  }
}, { capture: true });

// A reload comes back into the same ship.
addEventListener("pagehide", () => {
  if (plays && game?.resumption) sessionStorage.setItem(RESUMPTION, game.resumption);
});

/** Inside /split: straight into a ship. */
async function startEmbedded() {
  document.body.classList.add("embedded");
  lobby.hide();
  showRole();
  embed(input, () => game);
  requestAnimationFrame(frame);
  try {
    await join("plays", new URLSearchParams(location.search).get("name") ?? "");
    ready();
  } catch (error) {
    hud.say(error instanceof Error ? error.message : String(error), 60_000);
  }
}

async function start() {
  const resume = sessionStorage.getItem(RESUMPTION) ?? "";
  sessionStorage.removeItem(RESUMPTION);
  showRole();
  requestAnimationFrame(frame);
  if (resume) {
    try {
      await join("plays", lobby.name.value, resume);
      return leaveDoor();
    } catch {
      // Too late for that ship: in by the door.
    }
  }
  lobby.show();
  try {
    await join("watches", lobby.name.value);
  } catch (error) {
    lobby.trouble(error instanceof Error ? error.message : String(error));
  }
}

// For tests and the curious.
Object.defineProperty(window, "dogfight", { value: { get game() { return game; }, get plays() { return plays; }, get link() { return link.preset; } } });

void (embedded ? startEmbedded() : start());
