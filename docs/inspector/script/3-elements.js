// Elements: made of names, attributes and children; text is never parsed.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const make = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

let sections = 0;
function card(title, ...children) {
  sections += 1;
  const id = `section-${sections}`;
  return make("section", { class: "card", "aria-labelledby": id }, make("h2", { id }, title), ...children);
}

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const hex = (number) => `0x${number.toString(16)}`;

function size(bytes) {
  if (bytes >= 1 << 20 && bytes % (1 << 20) === 0) return `${bytes >> 20} MiB`;
  if (bytes >= 1 << 10 && bytes % (1 << 10) === 0) return `${bytes >> 10} KiB`;
  return plural(bytes, "byte");
}

// A hidden value, which a button reveals and hides again.
function secret(name, id, reveal) {
  const place = make("span", { class: "secret" });
  const hide = () => {
    const show = make("button", { type: "button", class: "small", "aria-label": `Show ${name}`, onclick: open }, "Show");
    place.replaceChildren(make("span", { class: "dots", "aria-hidden": "true" }, "••••••••"), make("span", { class: "hidden" }, "hidden"), show);
    return show;
  };
  const open = () => {
    const found = reveal(id);
    const text = found && found.text !== null ? found.text : "cannot be read";
    const cover = () => { hide().focus(); };
    const button = make("button", { type: "button", class: "small", "aria-label": `Hide ${name}`, onclick: cover }, "Hide");
    place.replaceChildren(make("code", {}, text), button);
    button.focus();
  };
  hide();
  return place;
}

// Digits without units.
const CODE = /^[0-9A-Fa-f]{16,}/;

function factList(facts, reveal) {
  return make("dl", { class: "facts" }, facts.map((fact) => {
    const value = fact.secret
      ? secret(fact.name.toLowerCase(), fact.secret, reveal)
      : CODE.test(fact.value) ? make("code", {}, fact.value) : fact.value;
    return [make("dt", {}, fact.name), make("dd", {}, value)];
  }));
}
