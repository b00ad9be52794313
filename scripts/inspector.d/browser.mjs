// The page in a headless Chromium: browser.mjs WORK MODULES [PICTURE]. Files are dropped as a desktop drops them; nothing is served.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync, writeFileSync, readdirSync, mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [work, modules, picture] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(modules), "/"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PAGE = pathToFileURL(path.resolve(work, "inspector.html")).href;
const FILES = path.resolve(work, "files");
const SHOTS = path.resolve(work, "shots");
mkdirSync(SHOTS, { recursive: true });

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

const requests = [];
const complaints = [];
let checks = 0;
const check = (truth, text) => { assert.ok(truth, text); checks += 1; };
const same = (found, wanted, text) => { assert.deepEqual(found, wanted, text); checks += 1; };

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light", ...options });
  const page = await context.newPage();
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  await page.goto(PAGE);
  await page.fill("#date", "2026-06-01");
  return page;
}

const inside = (folder) => readdirSync(path.join(FILES, folder)).map((name) => path.join(FILES, folder, name));

// Drops files by their paths, through the browser's own handling of drags.
async function drop(page, files, at = { x: 640, y: 200 }) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  const before = await reports(page);
  for (const type of ["dragEnter", "dragOver", "drop"]) await session.send("Input.dispatchDragEvent", { type, ...at, data });
  await settled(page, before);
}

const reports = (page) => page.evaluate(() => document.getElementById("report").dataset.reports ?? "0");
const settled = (page, before) => page.waitForFunction((number) => (document.getElementById("report").dataset.reports ?? "0") !== number, before, { timeout: 60000 });

const found = (page) => page.$$eval("[data-check]", (items) => items.map((item) => `${item.classList[0]} ${item.dataset.check}`));
const ids = async (page, severity) => (await found(page)).filter((item) => item.startsWith(severity)).map((item) => item.split(" ")[1]);
const files = (page) => page.$$eval(".files li .quiet", (items) => items.map((item) => item.textContent));

async function accessible(page, name) {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  same(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`), [], name);
  return passes.length;
}

const tests = {
  async "a faulty device is told in words, with what to do"() {
    const page = await open();
    await drop(page, inside("faulty"));
    const errors = await ids(page, "error");
    for (const id of ["nvs-payload-crc", "key-missing", "label-discriminator", "verifier-passcode"]) check(errors.includes(id), `${id} in ${errors}`);
    check(await page.locator(".verdict.error").count() === 1, "the verdict");
    check((await page.locator(".findings .remedy").count()) >= 4, "remedies");
    const text = await page.locator("#report").innerText();
    check(!/\bundefined\b|\[object|NaN/.test(text), "no value that was forgotten");
    check((await page.locator("svg .slot-bad").count()) >= 1, "the damaged slot is drawn");
    check((await page.locator("svg .slot-erased").count()) >= 2, "the erased slot is drawn, and in the legend");
    const kinds = (await files(page)).map((text) => text.split(",")[0]).sort();
    same(kinds, ["Certificate: PAA", "NVS partition", "Onboarding codes"], "what the files are");
    await page.context().close();
  },

  async "a good device has no error and no warning"() {
    const page = await open();
    await drop(page, inside("clean"));
    same([await ids(page, "error"), await ids(page, "warning")], [[], []], "findings");
    check(await page.locator(".verdict.ok").count() === 1, "the verdict");
    same(await page.locator(".chain li.ok").count(), 3, "three certificates that fit");
    await page.context().close();
  },

  async "a folder is read recursively, and test certificates are warnings if the user allows them"() {
    const page = await open();
    await drop(page, [path.join(FILES, "device")]);
    check((await files(page)).length >= 11, "files of the folder");
    check((await ids(page, "error")).includes("test-pki"), "test certificates are an error");
    const before = await reports(page);
    await page.check("#for-tests");
    await settled(page, before);
    same(await ids(page, "error"), [], "no error is left for tests");
    check((await ids(page, "warning")).includes("test-pki"), "they are a warning now");
    await page.context().close();
  },

  async "certificates, declaration, key and picture are one device's"() {
    const page = await open();
    await drop(page, inside("parts"));
    same(await page.locator(".chain li.ok").count(), 3, "the chain fits");
    const text = await page.locator("#report").innerText();
    for (const part of ["Certification Declaration", "Picture of a QR code", "Private key"]) check(text.includes(part), part);
    const codes = readFileSync(path.join(FILES, "parts/codes.csv"), "utf8");
    check(!codes.split("\n")[1].split(",").some((cell) => /^MT:|^\d{11}$/.test(cell) && text.includes(cell)), "no code is shown");
    check(!(await ids(page, "error")).some((id) => /^label|mismatch/.test(id)), "codes and picture agree");
    await page.context().close();
  },

  async "a dump of 4 MiB is audited in less than a second"() {
    const page = await open();
    const times = [];
    for (let round = 0; round < 3; round += 1) {
      await drop(page, [path.join(FILES, "dump/flash.bin")], { x: 320, y: 200 });
      times.push(Number(await page.getAttribute("#report", "data-milliseconds")));
    }
    same((await files(page)), ["Flash dump, 4 MiB"], "what it is");
    same(await page.locator(".strip span").count(), 7, "partitions");
    check((await page.locator("[data-check='artifact-malformed']").count()) === 0, "nothing is malformed");
    check(await page.locator("text=certificates, audited below").count() === 1, "the certificates are found");
    console.log(`inspector: a dump of 4 MiB is audited in ${times.map((time) => Math.round(time)).join(", ")} ms`);
    check(Math.min(...times) < 1000, `${times} ms`);
    await page.context().close();
  },

  async "secrets are hidden until they are asked for, and again after that"() {
    const page = await open();
    await page.fill("#code", "MT:Y.K9042C00KA0648G00");
    const before = await reports(page);
    await page.press("#code", "Enter");
    await settled(page, before);
    const report = page.locator("#report");
    check(!(await report.innerHTML()).includes("20202021"), "the passcode is not even in the document");
    await page.getByRole("button", { name: "Show passcode" }).click();
    check((await report.innerText()).includes("20202021"), "the passcode is shown");
    await page.getByRole("button", { name: "Hide passcode" }).click();
    check(!(await report.innerHTML()).includes("20202021"), "and hidden again");
    await page.getByRole("button", { name: "Show label" }).click();
    check(await page.getByRole("img", { name: /^Label with QR code/ }).count() === 1, "the label is drawn");
    check((await page.locator(".label").innerText()).includes("3497-011-2332"), "with its manual code");
    await page.context().close();
  },

  async "everything is done with the keyboard alone"() {
    const page = await open();
    const chooser = page.waitForEvent("filechooser");
    await page.focus("#choose");
    await page.keyboard.press("Enter");
    const before = await reports(page);
    await (await chooser).setFiles(inside("faulty"));
    await settled(page, before);
    await page.waitForFunction(() => document.activeElement?.id === "report");
    const names = [];
    for (let press = 0; press < 60; press += 1) {
      await page.keyboard.press("Tab");
      const [name, outline] = await page.evaluate(() => {
        const own = document.activeElement;
        return [own.getAttribute("aria-label") ?? own.textContent.slice(0, 60), getComputedStyle(own).outlineStyle];
      });
      names.push(name);
      check(outline !== "none", `the focus is seen on ${name}`);
      if (name === "Show label") break;
    }
    await page.keyboard.press("Enter");
    check(await page.getByRole("button", { name: "Hide label" }).count() === 1, `the label is shown: ${names.join(", ")}`);
    check(names.some((name) => name.startsWith("Remove ")), "files can be removed");
    const entry = page.getByRole("button", { name: "Mark chip-factory discriminator in the map" });
    await entry.focus();
    await page.keyboard.press("Space");
    check(await page.locator("svg g.lit").count() === 1, "an entry is marked in the map");
    const again = await reports(page);
    await page.getByRole("button", { name: /^Remove lamp/ }).focus();
    await page.keyboard.press("Enter");
    await settled(page, again);
    same((await files(page)).length, 2, "a file was removed");
    await page.context().close();
  },

  async "more files are added to a device, and others begin a new one"() {
    const page = await open();
    await drop(page, [path.join(FILES, "parts/PAA_cert.pem")]);
    await drop(page, [path.join(FILES, "parts/PAI_cert.pem")], { x: 1100, y: 400 });
    same((await files(page)).length, 2, "added on the right");
    await drop(page, [path.join(FILES, "parts/DAC_cert.der")], { x: 200, y: 400 });
    same((await files(page)).length, 1, "replaced on the left");
    await page.context().close();
  },

  async "broken files are told and end nothing"() {
    const page = await open();
    for (const file of inside("broken")) {
      await drop(page, [file]);
      check(await page.locator(".verdict").count() === 1, file);
      await page.getByRole("button", { name: "Start over" }).click();
      await page.waitForFunction(() => document.getElementById("report").hidden);
    }
    await drop(page, inside("broken"));
    same((await files(page)).length, 5, "all of them at once");
    await page.context().close();
  },

  async "no connection can be made"() {
    const page = await open();
    const answer = await page.evaluate(async () => {
      const told = [];
      document.addEventListener("securitypolicyviolation", (event) => told.push(event.effectiveDirective));
      const failed = await fetch("http://127.0.0.1:9/").then(() => false, () => true);
      const image = new Image();
      image.src = "http://127.0.0.1:9/a.png";
      await new Promise((done) => { image.onerror = done; image.onload = done; });
      return { failed, told };
    });
    same(answer, { failed: true, told: ["connect-src", "img-src"] }, "the policy");
    complaints.length = 0;
    requests.splice(0, requests.length, ...requests.filter((url) => !url.startsWith("http://127.0.0.1:9/")));
    await page.context().close();
  },

  async "light and dark, wide and narrow, are accessible"() {
    for (const colorScheme of ["light", "dark"]) {
      for (const [width, height] of [[1280, 900], [390, 844]]) {
        const page = await open({ colorScheme, viewport: { width, height } });
        await accessible(page, `empty, ${colorScheme}, ${width}`);
        await drop(page, inside("faulty"), { x: 150, y: 300 });
        await page.getByRole("button", { name: "Show label" }).click();
        const passes = await accessible(page, `faulty, ${colorScheme}, ${width}`);
        check(passes > 20, "rules that apply");
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        check(wide <= 0, `${width}: ${wide} pixels too wide`);
        await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
        await page.screenshot({ path: path.join(SHOTS, `faulty-${colorScheme}-${width}.png`), fullPage: true });
        await drop(page, [path.join(FILES, "dump/flash.bin")], { x: 50, y: 300 });
        await accessible(page, `dump, ${colorScheme}, ${width}`);
        await page.screenshot({ path: path.join(SHOTS, `dump-${colorScheme}-${width}.png`), fullPage: true });
        await page.context().close();
      }
    }
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
  } catch (error) {
    failed += 1;
    console.error(`inspector: FAILED: ${name}\n${error.stack}`);
    for (const context of browser.contexts()) await context.close();
  }
}

const outside = requests.filter((url) => !/^(file|data|blob):/.test(url));
if (outside.length > 0 || complaints.length > 0) {
  failed += 1;
  console.error(`inspector: requests that leave: ${outside.join(", ")}; errors: ${complaints.join(", ")}`);
}
if (picture) {
  const page = await open({ viewport: { width: 1240, height: 1400 } });
  await drop(page, inside("faulty"));
  await page.getByRole("button", { name: "Show label" }).click();
  // The same picture every time.
  await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); document.querySelector(".time").hidden = true; });
  writeFileSync(picture, await page.screenshot());
}
await browser.close();
console.log(`inspector: ${Object.keys(tests).length - failed} of ${Object.keys(tests).length} tests in Chromium passed, ${checks} checks; ${requests.length} requests, none beyond the page`);
process.exit(failed > 0 ? 1 : 0);
