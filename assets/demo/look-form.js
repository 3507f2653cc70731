// A form for a value of any shape.

/** An element, and how its value is read. @typedef {{ element: HTMLElement, read: () => any }} Part */

/** Fills `form` for this shape; `send` gets what is submitted. @param {HTMLFormElement} form @param {any} shape @param {(value: any) => void} send */
export function requestForm(form, shape, send) {
  const part = partOf(shape);
  const button = make("button", "Send");
  form.replaceChildren(part.element, button);
  form.onsubmit = (event) => {
    event.preventDefault();
    send(part.read());
  };
}

/** @param {any} shape @returns {Part} */
function partOf(shape) {
  if (shape === "Text") return input("text", (field) => field.value);
  if (shape === "Bool") return input("checkbox", (field) => field.checked);
  if (shape === "Unit" || shape === "Never") return { element: make("span"), read: () => null };
  if (shape.Uint || shape.Int || shape.Float) return number(shape);
  if (shape.Struct) return named(shape.Struct.fields);
  if (shape.Enum) return choice(shape.Enum.variants);
  if (shape.Option) return option(shape.Option);
  if (shape.Tuple) return tuple(shape.Tuple);
  return json();
}

/** @param {string} type @param {(field: HTMLInputElement) => any} read @returns {Part} */
function input(type, read) {
  const field = /** @type {HTMLInputElement} */ (make("input"));
  field.type = type;
  return { element: field, read: () => read(field) };
}

/** @param {any} shape @returns {Part} */
function number(shape) {
  const part = input("number", (field) => Number(field.value || 0));
  /** @type {HTMLInputElement} */ (part.element).step = shape.Float ? "any" : "1";
  return part;
}

/** @param {[string, any][]} fields @returns {Part} */
function named(fields) {
  const element = make("fieldset");
  const parts = fields.map(([name, shape]) => {
    const part = partOf(shape);
    const label = make("label", `${name} `);
    label.append(part.element);
    element.append(label);
    return /** @type {[string, Part]} */ ([name, part]);
  });
  return { element, read: () => Object.fromEntries(parts.map(([name, part]) => [name, part.read()])) };
}

/** @param {any[]} shapes @returns {Part} */
function tuple(shapes) {
  const part = named(shapes.map((shape, at) => [String(at), shape]));
  return { element: part.element, read: () => Object.values(part.read()) };
}

/** @param {[string, any][]} variants @returns {Part} */
function choice(variants) {
  const element = make("div");
  const select = /** @type {HTMLSelectElement} */ (make("select"));
  for (const [name] of variants) select.append(make("option", name));
  const parts = variants.map(([, shape]) => partOf(shape));
  const show = () => element.replaceChildren(select, parts[select.selectedIndex]?.element ?? make("span"));
  select.onchange = show;
  show();
  return {
    element,
    read: () => {
      const [name, shape] = variants[select.selectedIndex] ?? ["", "Unit"];
      return shape === "Unit" ? name : { [name]: parts[select.selectedIndex]?.read() };
    },
  };
}

/** @param {any} shape @returns {Part} */
function option(shape) {
  const element = make("span");
  const there = /** @type {HTMLInputElement} */ (make("input"));
  there.type = "checkbox";
  const part = partOf(shape);
  element.append(there, part.element);
  return { element, read: () => (there.checked ? part.read() : null) };
}

/** A list, written as JSON. @returns {Part} */
function json() {
  const field = /** @type {HTMLTextAreaElement} */ (make("textarea"));
  field.value = "[]";
  field.placeholder = "JSON";
  return {
    element: field,
    read: () => {
      try {
        return JSON.parse(field.value);
      } catch {
        return field.value;
      }
    },
  };
}

/** @param {string} tag @param {string} [text] @returns {HTMLElement} */
function make(tag, text) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  return element;
}
