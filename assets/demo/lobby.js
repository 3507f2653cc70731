// The door: a name, a room, and in. The name is remembered.

import { $, element } from "./hud.js";

const NAME = "name";
const EVERY = 5_000;

/** The room that the address asks for; empty: any with space. */
export const wantedRoom = () => new URLSearchParams(location.search).get("room") ?? "";

/** The address of a room. @param {string} room */
export const addressOf = (room) => `${location.origin}${location.pathname}?room=${encodeURIComponent(room)}`;

export class Lobby {
  /** @param {(name: string) => void} play @param {() => void} watch */
  constructor(play, watch) {
    this.name = /** @type {HTMLInputElement} */ ($("#name"));
    this.name.value = localStorage.getItem(NAME) ?? "";
    $("#door").addEventListener("submit", (event) => {
      event.preventDefault();
      localStorage.setItem(NAME, this.name.value.trim());
      play(this.name.value.trim());
    });
    $("#watch").addEventListener("click", watch);
    setInterval(() => void this.rooms(), EVERY);
    void this.rooms();
  }

  get open() {
    return !$("#enter").hidden;
  }

  show() {
    $("#enter").hidden = false;
    this.busy(false);
    if (!matchMedia("(pointer: coarse)").matches) {
      this.name.focus();
      this.name.select();
    }
  }

  hide() {
    $("#enter").hidden = true;
    this.name.blur();
  }

  /** @param {boolean} busy */
  busy(busy) {
    const play = /** @type {HTMLButtonElement} */ ($("#play"));
    play.disabled = busy;
    play.textContent = busy ? "Joining…" : "Play";
    if (busy) this.trouble("");
  }

  /** @param {string} text */
  trouble(text) {
    $("#trouble").textContent = text;
    $("#trouble").hidden = !text;
  }

  /** Lists the rooms of this server, where it tells them. */
  async rooms() {
    if (!this.open || document.hidden) return;
    try {
      const answer = await fetch("/api/rooms", { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      if (answer.headers.get("x-tickwire-build") === "debug") {
        $("#tagline").textContent = "This server is a debug build, many times slower: cargo run --release is the real one.";
      }
      const told = await answer.json();
      this.list(Array.isArray(told) ? told : told.rooms ?? []);
    } catch {
      // No list is no trouble: the door works without it.
    }
  }

  /** @param {{name: string, players: number, bots?: number, watchers?: number, watch_delay_ms?: number}[]} rooms */
  list(rooms) {
    $("#rooms").hidden = rooms.length === 0;
    $("#rooms summary").textContent = rooms.length === 1 ? "1 room" : `${rooms.length} rooms`;
    $("#rooms ul").replaceChildren(...rooms.slice(0, 50).map((room) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = addressOf(room.name);
      const people = room.players - (room.bots ?? 0);
      const later = room.watch_delay_ms ? `, ${Math.round(room.watch_delay_ms / 1000)} s later` : "";
      const watching = room.watchers ? ` · ${room.watchers} watching${later}` : "";
      link.append(element("bdi", "name", room.name), element("span", "", `${people} playing · ${room.bots ?? 0} bots${watching}`));
      line.append(link);
      return line;
    }));
  }
}
