// Random onboarding codes of ours, read by matter.js. usage: payload.mjs NODE_FOLDER FOLDER
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, folder] = process.argv.slice(2);
const schema = resolve(modules, "node_modules/@matter/types/dist/esm/schema/index.js");
const { QrPairingCodeCodec, ManualPairingCodeCodec } = await import(pathToFileURL(schema));
const { Base38 } = await import(pathToFileURL(resolve(modules, "node_modules/@matter/types/dist/esm/schema/Base38Schema.js")));
const cases = JSON.parse(readFileSync(resolve(folder, "codes.json"), "utf8"));

const counts = new Map();
const count = what => counts.set(what, (counts.get(what) ?? 0) + 1);
let wrong = 0;

// It refuses texts whose length is a multiple of five, which encode a multiple of three bytes.
const threeBytes = text => (text.length - 3) % 5 === 0;

for (const entry of cases) {
    let got;
    try {
        const [read] = QrPairingCodeCodec.decode(entry.qr);
        const data = read.tlvData ? QrPairingCodeCodec.decodeTlvData(read.tlvData) : {};
        got = [read.version, read.vendorId, read.productId, read.flowType, read.discoveryCapabilities, read.discriminator, read.passcode, data.serialNumber ?? null];
        const expected = [0, entry.vid, entry.pid, entry.flow, entry.discovery, entry.discriminator, entry.passcode, entry.serial];
        if (JSON.stringify(got) === JSON.stringify(expected) && !threeBytes(entry.qr)) {
            count("QR texts read alike");
        } else {
            wrong++;
            console.log(`matter.js: reads ${entry.qr} as ${JSON.stringify(got)}`);
        }
    } catch (error) {
        if (threeBytes(entry.qr)) {
            count("QR texts refused for a multiple of three bytes");
        } else {
            wrong++;
            console.log(`matter.js: refuses ${entry.qr}: ${error.message}`);
        }
    }
    for (const form of ["manual", "manual_grouped"]) {
        const read = ManualPairingCodeCodec.decode(entry[form]);
        const ids = entry.flow ? [entry.vid, entry.pid] : [undefined, undefined];
        const alike = read.shortDiscriminator === entry.discriminator >> 8 && read.passcode === entry.passcode
            && read.vendorId === ids[0] && read.productId === ids[1];
        if (alike) {
            count("manual codes read alike");
        } else {
            wrong++;
            console.log(`matter.js: reads ${entry[form]} as ${JSON.stringify(read)}`);
        }
    }
}
const told = [...counts].sort().map(([what, n]) => `${n} ${what}`).join(", ");
console.log(`@matter/types 0.17.9: ${told}, ${wrong} disagreements without an explanation`);
process.exit(wrong ? 1 : 0);
