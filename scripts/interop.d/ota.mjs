// Random Matter OTA images of ours, read by matter.js: every field, the payload's digest, and the checksum of the DCL's
// record; then damaged ones, which neither side may accept. usage: ota.mjs NODE_FOLDER OTA_IMAGE FOLDER COUNT
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, tool, folder, count] = process.argv.slice(2);
const load = path => import(pathToFileURL(resolve(modules, "node_modules/@matter", path)));
const { OtaImageReader } = await load("protocol/dist/esm/ota/index.js");
const { Logger } = await load("general/dist/esm/index.js");
const { NodeJsCrypto } = await load("nodejs/dist/esm/crypto/NodeJsCrypto.js");
Logger.level = "fatal";
const crypto = new NodeJsCrypto();

// xorshift, so that every run makes the same images.
let state = 20221025n;
const next = () => {
    state ^= state << 13n & 0xFFFFFFFFFFFFFFFFn;
    state ^= state >> 7n;
    state ^= state << 17n & 0xFFFFFFFFFFFFFFFFn;
    return state;
};
const below = limit => Number(next() % BigInt(limit));
const pick = list => list[below(list.length)];
const number = () => Number(next() & ((1n << BigInt(pick([4, 8, 16, 24, 32]))) - 1n));
const text = max => {
    const letters = ["a", "1", ".", "-", "ä", "€", "😀", " "];
    let out = pick(letters.slice(0, 4));
    for (let more = below(60); more > 0; more--) {
        const longer = out + pick(letters);
        if (Buffer.byteLength(longer) > max) break;
        out = longer;
    }
    return out;
};

// A file as a stream in pieces of random sizes.
const stream = bytes => {
    let at = 0;
    return {
        async read() {
            if (at >= bytes.length) return { value: undefined, done: true };
            const value = new Uint8Array(bytes.subarray(at, at + 1 + below(3000)));
            at += value.length;
            return { value, done: false };
        },
    };
};
const run = (...words) => spawnSync(tool, words.map(String), { encoding: "utf8" });
const file = name => resolve(folder, name);
const digests = ["sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"];
const codes = { sha256: 1, sha384: 7, sha512: 8, sha3_256: 10, sha3_384: 11, sha3_512: 12 };

const counts = new Map();
const done = what => counts.set(what, (counts.get(what) ?? 0) + 1);
let wrong = 0;
const differ = (entry, why) => {
    wrong++;
    console.log(`ota: ${why}: ${JSON.stringify(entry)}`);
};

for (let index = 0; index < Number(count); index++) {
    const payload = Buffer.from(Array.from({ length: pick([1, 200, 256, 5000, 70000]) }, () => below(256)));
    const versions = [number(), number(), number()].sort((a, b) => a - b);
    if (versions[2] === versions[1]) versions[2] = 0xFFFFFFFF;
    const entry = {
        vendorId: 1 + below(0xFFF4), productId: 1 + below(0xFFFF), softwareVersion: versions[2],
        softwareVersionString: text(64), digest: pick(digests),
        minApplicableSoftwareVersion: below(2) ? versions[0] : undefined,
        maxApplicableSoftwareVersion: below(2) ? versions[1] : undefined,
        releaseNotesUrl: below(2) ? `https://${"x".repeat(1 + below(248))}` : undefined,
    };
    writeFileSync(file("payload.bin"), payload);
    rmSync(file("image.ota"), { force: true });
    const words = ["create", "-v", entry.vendorId, "-p", entry.productId, "-vn", entry.softwareVersion, "-vs", entry.softwareVersionString, "-da", entry.digest];
    if (entry.minApplicableSoftwareVersion !== undefined) words.push("-mi", entry.minApplicableSoftwareVersion);
    if (entry.maxApplicableSoftwareVersion !== undefined) words.push("-ma", entry.maxApplicableSoftwareVersion);
    if (entry.releaseNotesUrl !== undefined) words.push("-rn", entry.releaseNotesUrl);
    const made = run(...words, file("payload.bin"), file("image.ota"));
    if (made.status !== 0) {
        differ(entry, `not made: ${made.stderr}`);
        continue;
    }
    const image = readFileSync(file("image.ota"));
    // It has no SHA3-384 and SHA3-512: for those it reads the header, and compares the checksum of the whole file.
    const hasDigest = codes[entry.digest] < 11;
    let read;
    try {
        read = hasDigest
            ? await OtaImageReader.file(stream(image), crypto, image.length, { calculateFullChecksum: false })
            : await OtaImageReader.header(stream(image));
    } catch (error) {
        differ(entry, `refused by matter.js: ${error.message}`);
        continue;
    }
    const same = ["vendorId", "productId", "softwareVersion", "softwareVersionString", "minApplicableSoftwareVersion", "maxApplicableSoftwareVersion", "releaseNotesUrl"]
        .every(name => read[name] === entry[name]);
    if (same && Number(read.payloadSize) === payload.length && read.imageDigestType === codes[entry.digest]) {
        done(hasDigest ? "images read alike with their digests" : "headers read alike whose digest it does not have");
    } else {
        differ(entry, `read as ${JSON.stringify(read, (_, value) => typeof value === "bigint" ? Number(value) : value)}`);
    }
    const record = JSON.parse(run("dcl", file("image.ota"), "--ota-url", "https://example.com/i.ota", "--json").stdout);
    try {
        await OtaImageReader.file(stream(image), crypto, record.otaFileSize, { expectedChecksum: record.otaChecksum });
        done("checksums of ledger records");
    } catch (error) {
        differ(entry, `ledger record: ${error.message}`);
    }
    // One changed byte of the payload, or one more.
    const damaged = below(2) ? Buffer.concat([image, Buffer.from([0])]) : Buffer.from(image);
    if (damaged.length === image.length) damaged[image.length - 1 - below(payload.length)] ^= 1 + below(255);
    writeFileSync(file("damaged.ota"), damaged);
    const refused = run("verify", file("damaged.ota")).status === 1;
    const how = hasDigest ? { calculateFullChecksum: false } : { expectedChecksum: record.otaChecksum };
    const theirs = await OtaImageReader.file(stream(damaged), crypto, undefined, how)
        .then(() => false, () => true);
    if (refused && theirs) {
        done("damaged ones refused by both");
    } else {
        differ(entry, `damaged: refused by us ${refused}, by matter.js ${theirs}`);
    }
}
const told = [...counts].map(([what, n]) => `${n} ${what}`).join(", ");
console.log(`@matter/protocol 0.17.9: ${told}, ${wrong} disagreements`);
process.exit(wrong ? 1 : 0);
