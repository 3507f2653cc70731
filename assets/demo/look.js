// Any game, drawn from its schema: rows with a place as labelled dots by kind, others as tables, inputs from keys by
// the field's name and type, requests as a form. It knows nothing about the game.

import { connect } from "./tickwire.js";
import { Bytes } from "./look-bytes.js";
import { Keys } from "./look-keys.js";
import { requestForm } from "./look-form.js";
import { Space } from "./look-space.js";

const ROWS_SHOWN = 100;
const EVENTS_SHOWN = 50;
const TABLES_EVERY = 250;

/** @template {HTMLElement} T @param {string} selector @returns {T} */
const $ = (selector) => /** @type {T} */ (document.querySelector(selector));

/** @type {import("./tickwire.js").Game | null} */
let game = null;
/** @type {Keys | null} */
let keys = null;
/** @type {Space | null} */
let space = null;
let tablesDue = 0;
const bytes = new Bytes($("#bytes"));

/** @param {"plays" | "watches"} role */
async function join(role) {
  game?.bye();
  const url = new URL("ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const room = /** @type {HTMLInputElement} */ ($("#room")).value;
  const name = /** @type {HTMLInputElement} */ ($("#name")).value;
  const mine = await connect(url, { role, room, name, viewer: true, WebSocket: bytes.socket });
  game = mine;
  mine.onstate = () => mine === game && show(mine);
  mine.onevent = (event, tick) => note(tick, event);
  show(mine);
  await mine.joined;
  if (mine === game) build(mine, role);
}

/** @param {import("./tickwire.js").Game} of */
function show(of) {
  const words = {
    connecting: "Connects.",
    joined: `In the room ${of.room} as ${of.player === 0 ? "nobody" : `number ${of.player}`}.`,
    waiting: `${of.reason}. Comes back in ${(of.retryIn / 1000).toFixed(1)} s.`,
    closed: of.reason,
  };
  $("#status").textContent = words[of.state];
}

/** @param {import("./tickwire.js").Game} of @param {"plays" | "watches"} role */
function build(of, role) {
  const { schema } = of;
  $("#title").textContent = schema.game;
  document.title = `${schema.game} · look`;
  space = new Space(schema, $("#space"), $("#legend"));
  $("#map").hidden = space.kinds.length === 0;
  keys?.stop();
  keys = role === "plays" ? new Keys(schema.input, $("#space")) : null;
  $("#keys").hidden = !keys || keys.list.length === 0;
  keys?.list.forEach(([what, how], at) => {
    const table = /** @type {HTMLTableElement} */ ($("#keys table"));
    if (at === 0) table.replaceChildren();
    cells(table.insertRow(), [what, how]);
  });
  const asks = schema.request !== "Never";
  $("#ask").hidden = !asks;
  if (asks) requestForm($("#ask form"), schema.request, ask);
}

/** @param {any} request */
function ask(request) {
  const alert = $("#ask [role=alert]");
  alert.textContent = "";
  try {
    game?.request(request);
  } catch (error) {
    alert.textContent = error instanceof Error ? error.message : String(error);
  }
}

/** @param {number} tick @param {any} event */
function note(tick, event) {
  const line = document.createElement("li");
  line.textContent = `${tick}: ${JSON.stringify(event)}`;
  const list = $("#events");
  list.prepend(line);
  while (list.childElementCount > EVENTS_SHOWN) list.lastElementChild?.remove();
}

/** @param {HTMLTableRowElement} row @param {string[]} texts @param {"td" | "th"} [tag] */
function cells(row, texts, tag = "td") {
  for (const text of texts) {
    const cell = document.createElement(tag);
    cell.textContent = text;
    row.append(cell);
  }
}

/** @param {any} value @returns {string} */
function words(value) {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toFixed(2);
  if (value === null || value === undefined) return "–";
  if (typeof value === "object" && "x" in value) return Object.values(value).map(words).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {import("./tickwire.js").Game} of */
function tables(of) {
  const parent = $("#tables");
  parent.replaceChildren();
  for (const kind of of.schema.kinds) {
    const rows = kind.one ? [of.world[kind.name]].filter(Boolean) : [...(of.world[kind.name] ?? [])];
    const title = document.createElement("h2");
    title.textContent = kind.one ? kind.name : `${kind.name}: ${rows.length}`;
    const table = document.createElement("table");
    const fields = kind.fields.map((/** @type {any} */ field) => field.name);
    if (rows.length > 0) cells(table.insertRow(), ["id", "owner", ...fields], "th");
    for (const row of rows.slice(0, ROWS_SHOWN)) {
      const line = table.insertRow();
      line.classList.toggle("mine", row.mine);
      cells(line, [row.id, row.owner || "", ...fields.map((/** @type {string} */ name) => row[name])].map(words));
    }
    parent.append(title, table);
    if (rows.length > ROWS_SHOWN) {
      const more = document.createElement("p");
      more.textContent = `and ${rows.length - ROWS_SHOWN} more`;
      parent.append(more);
    }
  }
  const stats = of.stats();
  $("#numbers").textContent = [
    `tick ${of.tick.toFixed(1)}`,
    `round trip ${stats.rtt_ms.toFixed(0)} ms`,
    `drawn ${stats.interp_delay_ms.toFixed(0)} ms late`,
    `${stats.bytes_in} bytes in, ${stats.bytes_out} out`,
    `${stats.hash_mismatches} of ${stats.hashes} hashes differ`,
  ].join("\n");
}

/** @param {number} now */
function frame(now) {
  requestAnimationFrame(frame);
  if (!game) return;
  game.draw(now);
  if (game.state === "waiting") show(game);
  if (game.state !== "joined" || !game.schema) return;
  if (keys) game.input(keys.input());
  space?.draw(game.world);
  bytes.draw();
  if (now >= tablesDue) {
    tablesDue = now + TABLES_EVERY;
    tables(game);
  }
}

/** @param {unknown} error */
const fail = (error) => void ($("#status").textContent = error instanceof Error ? error.message : String(error));

const asked = new URLSearchParams(location.search);
/** @type {HTMLInputElement} */ ($("#room")).value = asked.get("room") ?? "";
$("#join").addEventListener("submit", (event) => {
  event.preventDefault();
  join("plays").catch(fail);
});
$("#watch").addEventListener("click", () => join("watches").catch(fail));
join("watches").catch(fail);
requestAnimationFrame(frame);
