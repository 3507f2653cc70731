// Asteroids: an outline and a spin from one number, so that every screen shows the same rock.

import { STAR } from "./arena.js";
import { theme } from "./theme.js";

/** @type {Map<number, {points: [number, number][], craters: [number, number, number][], spin: number}>} */
const looks = new Map();

/** @param {number} look */
function shape(look) {
  let made = looks.get(look);
  if (!made) {
    let seed = look * 7919 + 17;
    const chance = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed / 2147483648;
    };
    chance();
    const corners = 10 + Math.floor(chance() * 4);
    made = {
      points: Array.from({ length: corners }, (_, n) => {
        const angle = (n + (chance() - 0.5) * 0.5) / corners * Math.PI * 2;
        const far = 0.9 + chance() * 0.13;
        return [Math.cos(angle) * far, Math.sin(angle) * far];
      }),
      craters: Array.from({ length: 3 }, () => {
        const angle = chance() * Math.PI * 2;
        const far = chance() * 0.55;
        return [Math.cos(angle) * far, Math.sin(angle) * far, 0.1 + chance() * 0.14];
      }),
      spin: (chance() - 0.5) * 0.5,
    };
    looks.set(look, made);
  }
  return made;
}

/** @param {import("./camera.js").Camera} camera @param {Iterable<any>} rocks @param {number} seconds since the room began */
export function drawRocks(camera, rocks, seconds) {
  const { context } = camera;
  const colours = theme();
  for (const rock of rocks) {
    if (!camera.sees(rock.pos.x, rock.pos.y, rock.radius)) continue;
    const { points, craters, spin } = shape(rock.look);
    const turn = spin * seconds;
    const [cos, sin] = [Math.cos(turn) * rock.radius, Math.sin(turn) * rock.radius];
    const at = (/** @type {number} */ x, /** @type {number} */ y) =>
      /** @type {[number, number]} */ ([rock.pos.x + x * cos - y * sin, rock.pos.y + x * sin + y * cos]);
    context.beginPath();
    for (const [x, y] of points) context.lineTo(...at(x, y));
    context.closePath();
    context.fillStyle = colours.rock;
    context.fill();
    context.strokeStyle = colours.rockLine;
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.stroke();
    context.globalAlpha = 0.45;
    context.lineWidth = 1.4;
    for (const [x, y, size] of craters) {
      const [cx, cy] = at(x, y);
      context.beginPath();
      context.arc(cx, cy, size * rock.radius, 0, Math.PI * 2);
      context.stroke();
    }
    context.globalAlpha = 1;
  }
}

/** How far a straight way is free of rocks and the star. @param {Iterable<any>} rocks @param {any} from @param {number} dx @param {number} dy @param {number} most */
export function freeWay(rocks, from, dx, dy, most) {
  let free = most;
  for (const rock of [STAR, ...rocks]) {
    const x = rock.pos.x - from.x;
    const y = rock.pos.y - from.y;
    const along = x * dx + y * dy;
    const half = rock.radius ** 2 - (x * x + y * y - along * along);
    if (along > 0 && half > 0) free = Math.min(free, along - Math.sqrt(half));
  }
  return Math.max(0, free);
}
