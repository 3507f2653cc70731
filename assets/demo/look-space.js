// Rows with a place, as labelled dots by kind.

const HUES = 47;
const LABELS_MAX = 60;

/** @typedef {{ name: string, place: string, range: [number, number, number, number], label: string | null, colour: string }} PlacedKind */

export class Space {
  /** @param {any} schema @param {HTMLCanvasElement} canvas @param {HTMLElement} legend */
  constructor(schema, canvas, legend) {
    this.canvas = canvas;
    /** @type {PlacedKind[]} */
    this.kinds = schema.kinds.flatMap((/** @type {any} */ kind, /** @type {number} */ at) => placed(kind, at));
    legend.replaceChildren();
    for (const kind of this.kinds) {
      const entry = document.createElement("span");
      entry.textContent = `● ${kind.name}`;
      entry.style.color = kind.colour;
      legend.append(entry);
    }
  }

  /** @param {Record<string, any>} world */
  draw(world) {
    const { canvas } = this;
    const density = devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * density), Math.round(canvas.clientHeight * density)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    if (!context || width === 0) return;
    context.clearRect(0, 0, width, height);
    context.font = `${11 * density}px system-ui, sans-serif`;
    const to = this.scale(world, width, height);
    for (const kind of this.kinds) {
      const rows = [...(world[kind.name] ?? [])];
      context.fillStyle = kind.colour;
      for (const row of rows) {
        const [x, y] = to(row[kind.place]);
        const radius = (row.mine ? 6 : 3) * density;
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.fill();
        if (rows.length <= LABELS_MAX) context.fillText(label(row, kind), x + radius + 2, y);
      }
    }
  }

  /**
   * The range of all places onto the canvas; where it is far wider than what there is, what there is.
   * @param {Record<string, any>} world @param {number} width @param {number} height
   * @returns {(place: {x: number, y: number}) => [number, number]}
   */
  scale(world, width, height) {
    const places = this.kinds.flatMap((kind) => [...(world[kind.name] ?? [])].map((row) => row[kind.place]));
    const ranges = this.kinds.map((kind) => kind.range).filter((range) => range.every(Number.isFinite));
    const xs = ranges.length > 0 ? ranges.flatMap((range) => [range[0], range[1]]) : places.map((place) => place.x);
    const ys = ranges.length > 0 ? ranges.flatMap((range) => [range[2], range[3]]) : places.map((place) => place.y);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const zoom = 0.92 * Math.min(width / (right - left || 1), height / (bottom - top || 1));
    return ({ x, y }) => [
      width / 2 + (x - (left + right) / 2) * zoom,
      height / 2 + (y - (top + bottom) / 2) * zoom,
    ];
  }
}

/** @param {any} kind @param {number} at @returns {PlacedKind[]} */
function placed(kind, at) {
  const place = kind.fields.find((/** @type {any} */ field) => field.place);
  if (!place) return [];
  const number = place.ty.Vector?.of?.Number;
  const [low, high] = number ? [number.lo, number.lo + number.step * number.steps] : [NaN, NaN];
  const label = kind.fields.find((/** @type {any} */ field) => field.ty.Whole?.shape === "Text");
  const colour = `hsl(${(at * HUES) % 360} 70% 50%)`;
  return [{ name: kind.name, place: place.name, range: [low, high, low, high], label: label?.name ?? null, colour }];
}

/** @param {any} row @param {PlacedKind} kind */
function label(row, kind) {
  return (kind.label && row[kind.label]) || (row.owner ? `#${row.owner}` : "");
}
