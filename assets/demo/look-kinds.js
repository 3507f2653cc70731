// A schema as the coder sees it: integers and their bounds, and the groups in which they are told. After `WIRE.md` 6, 10.

/**
 * One integer of a row.
 * @typedef {{ min: number, max: number, ring: boolean, initial: number, field: number }} Component
 */

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {any} ty
 * @property {boolean} owner
 * @property {number} first Its first component.
 * @property {number} count How many it has.
 * @property {number} whole Its place among the `whole` fields, or −1.
 * @property {any} says The field as the schema has it.
 */

/**
 * Some integers of one field that are told together.
 * @typedef {object} Group
 * @property {string} name Of the field.
 * @property {number[]} at The components.
 * @property {boolean} circle
 * @property {number} flags How many flags are told with it.
 * @property {number} model Its place among those that have a model, or −1.
 * @property {Scale[]} scales One per part.
 * @property {number} number In the order of the codebook.
 */

/** How the size of a difference is told. @typedef {{ exact: number, halves: boolean, tokens: number }} Scale */

/**
 * What is derived from the lead.
 * @typedef {{ group: Group, how: "position" | "along" | "speed" }} Derived
 */

/**
 * How the rows of a kind, or their owner's part, are told.
 * @typedef {object} Groups
 * @property {Group} lead
 * @property {Group | null} plain Of a lead that is a circle.
 * @property {Derived[]} derived
 * @property {Group[]} common
 * @property {{ mask: Group, groups: Group[] }[]} rare
 * @property {Group[]} all By number.
 * @property {number} models
 * @property {Motion | null} motion
 */

/**
 * @typedef {object} Motion
 * @property {{ at: number[], lo: number, step: number }} velocity Of a speed, one component.
 * @property {{ at: number, bits: number } | null} heading Where a speed goes along an angle.
 * @property {{ lo: number, step: number }} position
 * @property {number} rate Ticks a second.
 */

/** @typedef {ReturnType<typeof kindOf>} Kind */

const ANY = { min: -(2 ** 31), max: 2 ** 31 - 1, ring: false };
const MODELS_MAX = 8;
const RARE_MAX = 12;
const FLAG_MORE = 1;

/** @param {any} schema */
export const kindsOf = (schema) => schema.kinds.map((/** @type {any} */ kind) => kindOf(kind, schema.tick_rate));

/** @param {any} kind @param {number} rate */
function kindOf(kind, rate) {
  /** @type {Component[]} */
  const components = [];
  /** @type {Field[]} */
  const fields = [];
  let wholes = 0;
  for (const says of kind.fields) {
    const first = components.length;
    const bounds = boundsOf(says.ty);
    bounds.forEach((bound, at) => {
      const initial = Math.min(Math.max(says.default?.[at] ?? 0, bound.min), bound.max);
      components.push({ ...bound, initial, field: fields.length });
    });
    const whole = says.ty.Whole ? wholes++ : -1;
    fields.push({ name: says.name, ty: says.ty, owner: !!says.owner, first, count: bounds.length, whole, says });
  }
  const own = !!kind.owner;
  const numbers = fields.filter((field) => field.whole < 0);
  const open = fields.filter((field) => own || !field.owner);
  const owned = fields.filter((field) => !own && field.owner);
  return {
    name: /** @type {string} */ (kind.name),
    owner: own,
    components,
    fields: numbers,
    wholes: fields.filter((field) => field.whole >= 0),
    open: partOf(open),
    owned: partOf(owned),
    groups: groupsOf(fields, open.filter((field) => field.whole < 0), rate),
    ownedGroups: groupsOf(fields, owned.filter((field) => field.whole < 0), rate),
  };
}

/** @param {Field[]} fields */
const partOf = (fields) => ({
  fields: fields.filter((field) => field.whole < 0),
  wholes: fields.filter((field) => field.whole >= 0),
});

/** The bounds of each integer of a type. @param {any} ty @returns {{ min: number, max: number, ring: boolean }[]} */
function boundsOf(ty) {
  const upTo = (/** @type {number} */ max) => ({ min: 0, max, ring: false });
  const name = typeof ty === "string" ? ty : Object.keys(ty)[0];
  const of = ty[name];
  switch (name) {
    case "Bool":
      return [upTo(1)];
    case "Int":
      return [of.min >= ANY.min && of.max <= ANY.max ? { min: of.min, max: of.max, ring: false } : ANY];
    case "Wide":
      return [ANY, ANY];
    case "Number":
      return [upTo(of.steps)];
    case "Angle":
      return [{ ...upTo(2 ** of.bits - 1), ring: true }];
    case "Enum":
      return [upTo(of.variants.length - 1)];
    case "Vector":
      return Array.from({ length: of.size }, () => boundsOf(of.of)).flat();
    case "Array":
      return Array.from({ length: of.len }, () => boundsOf(of.of)).flat();
    case "Option":
      return [upTo(1), ...boundsOf(of)];
    case "Whole":
      return [];
    default: // Exact, Tick, Player, Row
      return [ANY];
  }
}

/** What one component of a number is worth: `lo + n * step`. @param {any} ty @returns {{ lo: number, step: number } | null} */
function worthOf(ty) {
  if (ty.Vector) return worthOf(ty.Vector.of);
  if (ty.Number) return { lo: ty.Number.lo, step: ty.Number.step };
  return ty.Int ? { lo: 0, step: 1 } : null;
}

/** @param {Field[]} all @param {Field[]} fields Those of this part. @param {number} rate @returns {Groups} */
function groupsOf(all, fields, rate) {
  /** @type {Groups} */
  const groups = {
    lead: group("", []), plain: null, derived: [], common: [], rare: [], all: [], models: 0, motion: null,
  };
  const add = (/** @type {Group} */ group) => {
    group.number = groups.all.length;
    groups.all.push(group);
    return group;
  };
  const moved = motion(all, fields, rate, groups, add);
  let led = moved.length > 0;
  /** @type {Group[]} */
  const rare = [];
  for (const field of fields.filter((field) => !moved.includes(field))) {
    for (let from = 0; from < field.count; from += 3) {
      const part = add(group(field.name, range(field.first + from, Math.min(3, field.count - from))));
      const { place, lerp } = field.says;
      if (!place && !lerp) rare.push(part);
      else if (!groups.motion && (!led || place)) {
        if (led) groups.common.push(groups.lead);
        groups.lead = part;
        led = true;
      } else groups.common.push(part);
    }
  }
  if (!led) groups.lead = add(group("", []));
  groups.lead.flags = groups.derived.length + FLAG_MORE + (groups.plain ? 1 : 0);
  do {
    const some = rare.splice(0, RARE_MAX);
    const mask = add(group("which", []));
    mask.flags = some.length + (groups.rare.length === 0 ? 1 : 0);
    groups.rare.push({ mask, groups: some });
  } while (rare.length > 0);
  for (const modelled of [groups.lead, ...groups.common].filter((group) => group.at.length > 0)) {
    if (groups.models < MODELS_MAX) modelled.model = groups.models++;
  }
  return groups;
}

/**
 * Finds what moves what. Says which fields that are.
 * @param {Field[]} all @param {Field[]} fields @param {number} rate @param {Groups} groups
 * @param {(group: Group) => Group} add @returns {Field[]}
 */
function motion(all, fields, rate, groups, add) {
  for (const velocity of fields) {
    const position = all[velocity.says.rate_of ?? -1];
    const worth = worthOf(velocity.ty);
    const place = position && worthOf(position.ty);
    if (!worth || !place || !fields.includes(position)) continue;
    const at = range(velocity.first, velocity.count);
    const whole = (/** @type {Field} */ field) => group(field.name, range(field.first, field.count));
    const angle = all[velocity.says.along ?? -1];
    if (velocity.count === 1 && position.count === 2 && angle?.ty.Angle && fields.includes(angle)) {
      groups.lead = add(whole(angle));
      groups.derived.push({ group: add(whole(velocity)), how: "speed" });
      groups.derived.push({ group: add(whole(position)), how: "position" });
      groups.motion = { velocity: { at, ...worth }, heading: { at: angle.first, bits: angle.ty.Angle.bits }, position: place, rate };
      return [angle, velocity, position];
    }
    if (velocity.count !== position.count) continue;
    const plane = velocity.count === 2;
    const circle = velocity.says.steady && plane;
    groups.lead = add({ ...whole(velocity), circle, ...(circle ? { scales: CIRCLE } : {}) });
    if (circle) groups.plain = add(whole(velocity));
    groups.derived.push({ group: add(whole(position)), how: "position" });
    groups.motion = { velocity: { at, ...worth }, heading: null, position: place, rate };
    const along = fields.find((field) => plane && field.ty.Angle && all[field.says.along ?? -1] === velocity);
    if (along) groups.derived.push({ group: add(whole(along)), how: "along" });
    return [velocity, position, ...(along ? [along] : [])];
  }
  return [];
}

/** @param {number} first @param {number} count */
const range = (first, count) => Array.from({ length: count }, (_, at) => first + at);

/** @type {Scale[][]} */
const SCALES = [
  [],
  [{ exact: 16, halves: true, tokens: 64 }],
  Array(2).fill({ exact: 2, halves: true, tokens: 30 }),
  Array(3).fill({ exact: 2, halves: false, tokens: 16 }),
];
const OFF = { exact: 1, halves: false, tokens: 3 };
/** @type {Scale[]} */
const CIRCLE = [{ exact: 2, halves: true, tokens: 34 }, OFF, OFF];

/** @param {string} name @param {number[]} at @returns {Group} */
const group = (name, at) => ({ name, at, circle: false, flags: 0, model: -1, scales: SCALES[at.length], number: 0 });
