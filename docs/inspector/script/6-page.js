// The page: the user's input, and when it is read.

const byId = (id) => document.getElementById(id);
let files = [];
let library = null;
let turn = 0;

// Shows a message; without `isSeen` only to screen readers.
function say(text, isBad, isSeen = true) {
  byId("status").textContent = text;
  byId("status").classList.toggle("hidden", !isSeen);
  byId("status").classList.toggle("bad", Boolean(isBad));
}

const painted = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done, 0)); });

// Also hides all revealed values: the report is rebuilt.
async function inspect() {
  turn += 1;
  const own = turn;
  const place = byId("report");
  document.body.classList.toggle("loaded", files.length > 0);
  byId("drop-title").textContent = files.length > 0 ? "Drop more files, or another device" : "Drop the files of a device here";
  if (files.length === 0) {
    place.hidden = true;
    place.replaceChildren();
    library = null;
    say("");
    return;
  }
  say("Reading…");
  await painted();
  try {
    const fresh = await instance();
    if (own !== turn) return;
    const start = performance.now();
    fresh.reset(`${byId("date").value}T12:00:00Z`, byId("for-tests").checked);
    for (const file of files) fresh.add(file);
    const report = fresh.report();
    const milliseconds = performance.now() - start;
    library = fresh;
    place.replaceChildren(reportOf(report, milliseconds, (id) => library.reveal(id), remove, clear));
    place.hidden = false;
    place.dataset.milliseconds = String(milliseconds);
    place.dataset.reports = String(own);
    const [errors, warnings, notes] = report.counts;
    say(`${report.title}: ${plural(errors, "error")}, ${plural(warnings, "warning")}, ${plural(notes, "note")}.`, false, false);
  } catch (error) {
    library = null;
    place.hidden = true;
    place.replaceChildren();
    say(`The inspector failed because of a bug; this is no result about the files. (${error.message})`, true);
  }
}

function remove(index) {
  files.splice(index, 1);
  inspect().then(() => (files.length > 0 ? byId("report").focus() : byId("choose").focus()));
}

function clear() {
  files = [];
  byId("code").value = "";
  inspect().then(() => byId("choose").focus());
}

// Takes files of a new device, or further ones of the same device; a file of the same name is replaced.
async function take(given, isMore) {
  if (given.length === 0) return;
  say("Reading…");
  const read = [];
  const lengths = (some) => some.reduce((sum, file) => sum + file.bytes.length, 0);
  const refused = [];
  for (const file of given) {
    try {
      read.push(await readFile(file, LARGEST - lengths(read) - (isMore ? lengths(files) : 0)));
    } catch (error) {
      refused.push(error.message);
    }
  }
  const names = new Set(read.map((file) => file.name));
  const kept = isMore ? files.filter((file) => !names.has(file.name)) : [];
  files = [...kept, ...read];
  await inspect();
  if (refused.length > 0) say(refused.join(" "), true);
  else if (files.length > 0) byId("report").focus({ preventScroll: true });
}

function takeCode(text) {
  const code = text.trim();
  if (code === "") return Promise.resolve();
  return take([new File([code], "pasted code")], files.length > 0);
}

function listen() {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  byId("date").value = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  for (const [button, input] of [["choose", "files"], ["choose-folder", "folder"]]) {
    byId(button).addEventListener("click", () => byId(input).click());
    byId(input).addEventListener("change", async () => {
      const chosen = [...byId(input).files].slice(0, MOST);
      byId(input).value = "";
      await take(chosen, files.length > 0);
    });
  }
  byId("paste-form").addEventListener("submit", (event) => {
    event.preventDefault();
    takeCode(byId("code").value);
  });
  document.addEventListener("paste", (event) => {
    if (event.target instanceof HTMLInputElement) return;
    const pasted = [...event.clipboardData.files];
    if (pasted.length > 0) take(pasted, files.length > 0);
    else takeCode(event.clipboardData.getData("text/plain"));
  });
  byId("for-tests").addEventListener("change", () => { inspect(); });
  byId("date").addEventListener("change", () => { inspect(); });
  listenToDrops();
}

function listenToDrops() {
  const over = byId("over");
  const isFiles = (event) => [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!isFiles(event)) return;
    over.classList.toggle("one", files.length === 0);
    over.hidden = false;
  });
  document.addEventListener("dragover", (event) => { if (isFiles(event)) event.preventDefault(); });
  over.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over.hidden = true; });
  document.addEventListener("drop", async (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    over.hidden = true;
    const zone = event.target.closest ? event.target.closest("[data-how]") : null;
    const isMore = files.length > 0 && zone?.dataset.how === "add";
    try {
      await take(await filesOfDrop(event.dataTransfer), isMore);
    } catch (error) {
      say(`The browser does not let a page read the dropped folder; use "Choose folder". (${error.message})`, true);
    }
  });
}

listen();
