// Random codes as labels for label printers: zpl-renderer-js draws each, zbarimg and audit-device read the QR code in the
// picture, which must be that of setup-code; a text with a backslash is drawn as it is. node zpl.mjs MODULES BINARIES FOLDER CASES
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, binaries, folder, cases] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(resolve(modules), "package.json")));
const { ready } = await import(pathToFileURL(require.resolve("zpl-renderer-js")));
const { api } = await ready;

// A generator of random numbers that is the same everywhere (Marsaglia's xorshift).
let state = 20261130;
const random = (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
};
const DENSITIES = { 152: 6, 203: 8, 300: 12, 600: 24 };
const wrong = [];
let drawn = 0, backslashes = 0;
for (let number = 0; number < Number(cases); number++) {
    const [density, dots] = Object.entries(DENSITIES)[number % 4];
    const place = join(folder, String(number));
    mkdirSync(place, { recursive: true });
    const file = (name) => join(place, name);
    const hasBackslash = number % 3 === 1;
    const serial = number % 3 === 0 ? `S^N~${number}_` : `SN${hasBackslash ? "\\&\\\\" : "0".repeat(random(28))}${number}`;
    const args = [
        "encode", "--passcode", String(1 + 7 * random(10000000)), "--discriminator", String(random(4096)),
        "--vid", "0xFFF1", "--pid", "0x8000", "--commissioning-flow", String(number % 5 === 0 ? 2 : 0),
        "--zpl", file("label.zpl"), "--zpl-density", density, "--label-text", serial, "--force",
    ];
    if (number % 2) args.push("--serial", `SN${number}`);
    const made = spawnSync(join(binaries, "setup-code"), args, { encoding: "utf8" });
    if (made.status !== 0) {
        // One of the passcodes that are not allowed.
        if (made.stderr.includes("--passcode")) continue;
        throw new Error(made.stderr);
    }
    const codes = JSON.parse(made.stdout);
    const zpl = execFileSync("cat", [file("label.zpl")], { encoding: "utf8" });
    const size = (command) => Number(zpl.match(new RegExp(`\\^${command}(\\d+)`))[1]) / dots;
    const draw = (text) => api.zplToBase64Async(text, size("PW"), size("LL"), dots);
    const png = await draw(zpl);
    if (hasBackslash) {
        backslashes++;
        // The text unchanged, in a field without escapes and without the block in which a backslash is a command.
        const plain = (text) => zpl.replace(/\^FH_\^FDSN.*\^FS/, () => `^FD${text}^FS`);
        if (png !== (await draw(plain(serial)))) wrong.push(`${number}: another text than '${serial}'`);
        if (png === (await draw(plain(serial.replaceAll("\\", "/"))))) wrong.push(`${number}: the picture shows no text`);
    }
    writeFileSync(file("label.png"), Buffer.from(png, "base64"));
    const read = spawnSync("zbarimg", ["--quiet", "--raw", file("label.png")], { encoding: "utf8" }).stdout.trim();
    drawn++;
    if (read !== codes.qr) wrong.push(`${number}: zbarimg reads '${read}' instead of '${codes.qr}' (${density} dpi)`);
    // The picture with the code's text: the audit must report a picture that shows another code, such as the intended mismatch.
    for (const [text, isOwn] of [[codes.qr, true], ["MT:Y.K9042C00KA0648G00", false]]) {
        writeFileSync(file("code.txt"), `${text}\n`);
        const audit = spawnSync(join(binaries, "audit-device"), [file("code.txt"), file("label.png"), "--json"], { encoding: "utf8" });
        if (audit.stdout.includes('"label-picture"') === isOwn) {
            wrong.push(`${number}: audit-device beside ${isOwn ? "its own" : "another"} code: ${audit.stdout}${audit.stderr}`);
        }
    }
}
console.log(`zpl: ${drawn} labels drawn by zpl-renderer-js, ${backslashes} with a backslash in a text; ${wrong.length} faults`);
if (wrong.length || drawn === 0 || backslashes === 0) {
    console.error(wrong.slice(0, 5).join("\n"));
    process.exit(1);
}
