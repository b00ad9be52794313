// Drawings: the slots of an NVS partition, the partitions of a flash, the certificate chain, the label.

const COLUMNS = 21;
const CELL = 10;
const MOST_PAGES = 64;
const MOST_ENTRIES = 1000;

const WORDS = { w: "written", x: "erased", ".": "empty", "!": "faulty" };

// The entry of each slot of a page, by number.
function owners(page, entries) {
  const owner = new Map();
  entries.forEach((entry, number) => {
    if (entry.page !== page) return;
    for (let slot = entry.slot; slot < entry.slot + entry.span; slot += 1) owner.set(slot, number);
  });
  return owner;
}

function slotClass(state, number) {
  if (state === "w") return number % 2 === 0 ? "slot-a" : "slot-b";
  return { x: "slot-erased", "!": "slot-bad" }[state] ?? "slot-empty";
}

function rectangle(slot, kind) {
  const inset = kind === "slot-erased" ? 1.6 : 1;
  return draw("rect", {
    x: (slot % COLUMNS) * CELL + inset, y: Math.floor(slot / COLUMNS) * CELL + inset,
    width: CELL - 2 * inset, height: CELL - 2 * inset, rx: 1.5, class: kind,
  });
}

function pageMap(page, number, entries) {
  const counts = { w: 0, x: 0, ".": 0, "!": 0 };
  const owner = owners(number, entries);
  const groups = new Map();
  const loose = [];
  [...page.slots].forEach((state, slot) => {
    counts[state] += 1;
    const entry = state === "w" || state === "!" ? owner.get(slot) : undefined;
    const shape = rectangle(slot, slotClass(state, entry ?? 0));
    if (entry === undefined) loose.push(shape);
    else groups.set(entry, [...(groups.get(entry) ?? []), shape]);
  });
  const drawn = [...groups].map(([entry, shapes]) => {
    const { namespace, key, kind, span } = entries[entry];
    const name = namespace ? `${namespace}/${key}` : `namespace ${key}`;
    return draw("g", { "data-entry": entry }, draw("title", {}, `${name}: ${kind}, ${plural(span, "slot")}`), shapes);
  });
  const words = Object.entries(counts).filter(([, count]) => count > 0).map(([state, count]) => `${count} ${WORDS[state]}`);
  const sequence = page.sequence === null ? "" : `, number ${page.sequence}`;
  const name = `Page ${number} at ${hex(page.offset)}, ${page.state}${sequence}: slots ${words.join(", ")}`;
  return make("div", { class: `page ${page.state}` },
    make("h3", {}, `Page ${number}`, make("span", { class: "quiet" }, `${page.state}${sequence} · ${words.join(", ")}`)),
    draw("svg", { viewBox: `0 0 ${COLUMNS * CELL} ${Math.ceil(126 / COLUMNS) * CELL}`, role: "img", "aria-label": name }, loose, drawn));
}

// Pages that were never written, the majority in a large partition, are described in words.
function pages(map) {
  const isShown = (page) => page.state !== "empty" || page.slots.includes("!");
  const numbers = map.pages.map((page, number) => (isShown(page) ? number : -1)).filter((number) => number >= 0);
  const shown = numbers.slice(0, MOST_PAGES).map((number) => pageMap(map.pages[number], number, map.entries));
  const empty = map.pages.map((page, number) => (isShown(page) ? -1 : number)).filter((number) => number >= 0);
  const list = empty.length > 6 ? `${plural(empty.length, "page")} more` : `${empty.length === 1 ? "Page" : "Pages"} ${empty.join(", ")}`;
  return [
    make("div", { class: "pages" }, shown),
    numbers.length > MOST_PAGES && make("p", { class: "quiet" }, `${numbers.length - MOST_PAGES} more pages are not drawn.`),
    empty.length > 0 && make("p", { class: "quiet" }, `${list}: empty, never written since ${empty.length === 1 ? "it was" : "they were"} erased.`),
  ];
}

function legend() {
  const sign = (kind, ...texts) => make("span", {}, draw("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" },
    draw("rect", { x: 1, y: 1, width: 8, height: 8, rx: 1.5, class: kind })), ...texts);
  return make("p", { class: "legend" }, sign("slot-a", "written, entries in two tones in turn"), sign("slot-erased", "erased"),
    sign("slot-empty", "empty"), sign("slot-bad", "faulty"));
}

function nvsCard(map, reveal) {
  const [total, used, erased, free] = map.slots;
  const plain = map.is_decrypted ? ", decrypted with its keys" : "";
  const section = card("NVS partition",
    make("p", { class: "quiet" }, `${map.source}${plain}: ${plural(map.pages.length, "page")}, ${used} of ${total} slots written, ${erased} erased, ${free} free to write.`));
  section.append(legend(), ...pages(map).filter(Boolean));
  const light = (number, on) => section.querySelectorAll(`[data-entry="${number}"]`).forEach((part) => part.classList.toggle("lit", on));
  const rows = map.entries.slice(0, MOST_ENTRIES).map((entry, number) => {
    const name = entry.namespace ? `${entry.namespace} ${entry.key}` : `namespace ${entry.key}`;
    const toggle = (event) => {
      const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
      event.currentTarget.setAttribute("aria-pressed", String(on));
      light(number, on);
    };
    return make("tr", { "data-entry": number },
      make("td", { class: "wide" }, entry.namespace ?? "—"),
      make("td", { class: "key" }, make("button", { type: "button", class: "entry", "aria-pressed": "false", "aria-label": `Mark ${name} in the map`, onclick: toggle }, entry.key)),
      make("td", { class: "fix wide" }, entry.kind),
      make("td", {}, entry.secret ? secret(name, entry.secret, reveal) : make("code", {}, entry.value)),
      make("td", { class: "fix wide" }, `${entry.page} : ${entry.slot}${entry.span > 1 ? `–${entry.slot + entry.span - 1}` : ""}`));
  });
  const head = [["wide", "Namespace"], ["", "Key"], ["wide", "Type"], ["", "Value"], ["wide", "Page : slots"]];
  if (rows.length > 0) {
    const more = map.entries.length > rows.length ? `, of which the first ${rows.length} are listed` : "";
    const count = `${map.entries.length === 1 ? "1 entry" : `${map.entries.length} entries`}${more}`;
    section.append(make("details", { open: rows.length <= 60 }, make("summary", {}, count),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Entries of the NVS partition" },
        make("table", {}, make("thead", {}, make("tr", {}, head.map(([kind, text]) => make("th", { scope: "col", class: kind }, text)))),
          make("tbody", {}, rows)))));
  }
  return section;
}

function flashCard(flash) {
  const parts = flash.partitions;
  const strip = make("div", { class: "strip", role: "img", "aria-label": `Flash of ${size(flash.size)}: ${parts.map((part) => part.label).join(", ")}` });
  for (const part of parts) {
    const piece = make("span", { class: part.class, title: `${part.label}: ${size(part.size)}` });
    // By the square root, so that small partitions beside large ones are visible.
    piece.style.flexGrow = String(Math.sqrt(part.size));
    strip.append(piece);
  }
  const rows = parts.map((part) => make("tr", {},
    make("td", { class: "key" }, make("span", { class: `swatch ${part.class}` }), part.label),
    make("td", { class: "fix wide" }, part.kind),
    make("td", { class: "fix" }, make("code", {}, hex(part.offset))),
    make("td", { class: "fix wide" }, size(part.size)),
    make("td", {}, part.content)));
  const head = [["", "Partition"], ["wide", "Type"], ["", "Address"], ["wide", "Size"], ["", "Content"]];
  return card("Flash",
    make("p", { class: "quiet" }, `${size(flash.size)}, ${parts.length > 0 ? `partition table at ${hex(flash.table_offset)}` : "no partition table that can be read"}.`),
    parts.length > 0 && strip,
    parts.length > 0 && make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Partitions" },
      make("table", {}, make("thead", {}, make("tr", {}, head.map(([kind, text]) => make("th", { scope: "col", class: kind }, text)))), make("tbody", {}, rows))));
}

function recordsCard(records) {
  const head = ["Offset", "Record", "Bytes", "Kept", "Checksum"];
  const rows = records.map((record) => make("tr", {},
    make("td", { class: "fix" }, make("code", {}, hex(record.offset))),
    make("td", {}, `${record.kind}${record.subtype > 0 ? ` / ${record.subtype}` : ""}`, record.meaning && make("p", { class: "quiet" }, record.meaning)),
    make("td", { class: "fix" }, String(record.len)),
    make("td", {}, record.storage),
    make("td", { class: "fix" }, make("span", { class: `tag ${record.is_sound ? "ok" : "bad"}` }, record.is_sound ? "right" : "wrong"))));
  return card("esp_secure_cert partition",
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Records of the esp_secure_cert partition" },
      make("table", {}, make("thead", {}, make("tr", {}, head.map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, rows))));
}

const ROLES = { PAA: "Product Attestation Authority", PAI: "Product Attestation Intermediate", DAC: "Device Attestation Certificate" };

function chainCard(chain, reveal) {
  const nodes = chain.map((node) => {
    const isMissing = node.source === null;
    const state = isMissing ? "missing" : node.validity && node.validity !== "valid" ? "bad" : node.link.state;
    return make("li", { class: state },
      make("div", { class: "head" },
        make("h3", {}, make("abbr", { title: ROLES[node.role] }, node.role), node.name ? ` · ${node.name}` : isMissing ? " · missing" : " · cannot be read"),
        node.validity && make("span", { class: `tag ${node.validity === "valid" ? "ok" : "bad"}` }, node.validity)),
      make("p", { class: `link ${node.link.state}` }, `${node.link.text}${isMissing ? "" : ` · from ${node.source}`}`),
      node.facts.length > 0 && factList(node.facts, reveal));
  });
  return card("Certificate chain", make("ol", { class: "chain" }, nodes));
}

function labelCard(label, reveal) {
  const place = make("div", { class: "label" });
  const hide = (focus) => {
    const text = label.is_drawable ? "The label shows the passcode." : "A manual code alone does not hold the whole discriminator; the QR code is needed to draw the label.";
    const show = label.is_drawable && make("button", { type: "button", onclick: open }, "Show label");
    place.replaceChildren(make("div", { class: "cover quiet" }, text), ...(show ? [show] : []));
    if (focus && show) show.focus();
  };
  const open = () => {
    const found = reveal(label.secret);
    if (!found || !found.svg) return;
    const svg = document.importNode(new DOMParser().parseFromString(found.svg, "image/svg+xml").documentElement, true);
    fill(svg, { role: "img", "aria-label": "Label with QR code and manual pairing code" }, []);
    const button = make("button", { type: "button", onclick: () => hide(true) }, "Hide label");
    place.replaceChildren(make("figure", {}, svg), button);
    button.focus();
  };
  hide(false);
  return card("Label", place);
}
