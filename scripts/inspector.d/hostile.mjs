// The library with files that are not well made: hostile.mjs LIBRARY.wasm CORPUS. Seeds of the fuzz targets, as they are and
// changed, alone and two at a time, and pixels; none may end it. A trap is a panic: the library aborts.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

const [library, corpus] = process.argv.slice(2);
const compiled = await WebAssembly.compile(readFileSync(library));
const imports = WebAssembly.Module.imports(compiled);
if (imports.length > 0) throw new Error(`the library has imports: ${JSON.stringify(imports)}`);

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let exports;

function put(bytes) {
  const at = exports.inspector_input(bytes.length) >>> 0;
  new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
}

function answer() {
  const at = exports.inspector_output() >>> 0;
  return JSON.parse(decoder.decode(new Uint8Array(exports.memory.buffer, at, exports.inspector_output_len())));
}

function inspect(files) {
  put(encoder.encode("2026-06-01T00:00:00Z"));
  exports.inspector_reset(0);
  files.forEach((bytes, number) => {
    put(encoder.encode(`file-${number}.bin`));
    exports.inspector_name();
    put(bytes);
    exports.inspector_file();
  });
  exports.inspector_report();
  const report = answer();
  if (report.files.length !== files.length) throw new Error("a file is not in the report");
  const ids = ["label", "passcode", "dac-key", "nvs:64", "file:0", ...(report.nvs?.entries ?? []).slice(0, 4).map((entry) => entry.secret ?? "")];
  for (const id of ids) {
    put(encoder.encode(id));
    exports.inspector_reveal();
    answer();
  }
}

// The same numbers in every run (xorshift).
let state = 0x9E3779B9;
function below(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

function changed(seed) {
  const bytes = Uint8Array.from(seed);
  for (let times = below(8); times > 0 && bytes.length > 0; times -= 1) bytes[below(bytes.length)] = below(256);
  return below(4) === 0 ? bytes.subarray(0, below(bytes.length + 1)) : bytes;
}

const seeds = readdirSync(corpus, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name)).sort().map((name) => readFileSync(name));
let cases = 0;
let traps = 0;
for (const [number, seed] of seeds.entries()) {
  for (const files of [[seed], [changed(seed)], [changed(seed), seeds[below(seeds.length)]]]) {
    exports ??= (await WebAssembly.instantiate(compiled, {})).exports;
    cases += 1;
    try {
      inspect(files);
    } catch (error) {
      traps += 1;
      console.error(`inspector: case ${cases}, seed ${number}: ${error.stack}`);
      exports = undefined;
    }
  }
}
console.log(`inspector: ${cases} cases of ${seeds.length} seeds, ${traps} of them end the library`);
process.exit(traps > 0 || seeds.length < 100 ? 1 : 0);
