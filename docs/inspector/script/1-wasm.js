// The library: instances of one compiled module, and its calls (crates/matter-wasm/src/abi.rs).

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let compiled = null;

// The library is in the page, compressed and in Base64, because browsers load no modules for pages in files.
async function moduleOf(text) {
  const binary = atob(text.trim());
  const packed = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(unpacked).arrayBuffer());
}

// A new instance has no data of an earlier one.
async function instance() {
  compiled ??= moduleOf(document.getElementById("wasm").textContent);
  const { exports } = await WebAssembly.instantiate(await compiled, {});
  const put = (bytes) => {
    const at = exports.inspector_input(bytes.length) >>> 0;
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
  };
  const answer = () => {
    const at = exports.inspector_output() >>> 0;
    const len = exports.inspector_output_len() >>> 0;
    return JSON.parse(decoder.decode(new Uint8Array(exports.memory.buffer, at, len)));
  };
  return {
    reset(time, forTests) {
      put(encoder.encode(time));
      exports.inspector_reset(forTests ? 1 : 0);
    },
    add(file) {
      put(encoder.encode(file.name));
      exports.inspector_name();
      if (file.picture) {
        put(encoder.encode(file.picture.text));
        exports.inspector_picture(file.bytes.length, file.picture.isRead ? 1 : 0);
      } else {
        put(file.bytes);
        exports.inspector_file();
      }
    },
    report() {
      exports.inspector_report();
      return answer();
    },
    reveal(id) {
      put(encoder.encode(id));
      exports.inspector_reveal();
      return answer();
    },
    readQr(width, height, grey) {
      put(grey);
      exports.inspector_read_qr(width, height);
      return answer();
    },
  };
}
