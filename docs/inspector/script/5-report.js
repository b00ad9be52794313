// The report: kinds of files, findings, and all decoded values.

const MOST_FINDINGS = 200;
const LEVEL = { error: "Error", warning: "Warning", note: "Note" };

function findingItem(problem) {
  const sdk = problem.sdk ? ` · the SDK says ${problem.sdk}` : "";
  return make("li", { class: problem.severity, "data-check": problem.id },
    make("p", { class: "about" }, make("span", { class: `tag ${problem.severity}` }, LEVEL[problem.severity]), " ",
      make("code", {}, problem.object)),
    make("div", {},
      make("p", { class: "what" }, problem.text),
      problem.remedy && make("p", { class: "remedy" }, `What to do: ${problem.remedy}`),
      make("p", { class: "meta" }, make("code", {}, problem.id), sdk)));
}

function findingsCard(problems, isKnown) {
  const notes = problems.filter((problem) => problem.severity === "note");
  const others = problems.filter((problem) => problem.severity !== "note");
  const list = (some) => [
    make("ul", { class: "findings" }, some.slice(0, MOST_FINDINGS).map(findingItem)),
    some.length > MOST_FINDINGS && make("p", { class: "quiet" }, `${some.length - MOST_FINDINGS} more are not shown.`),
  ];
  return card("Findings",
    others.length > 0 ? list(others) : make("p", {}, isKnown ? "No error and no warning." : "There is nothing here that can be audited."),
    notes.length > 0 && make("details", { open: others.length === 0 }, make("summary", {}, plural(notes.length, "note")), list(notes)));
}

function verdictCard(report, milliseconds, remove, clear) {
  const [errors, warnings, notes] = report.counts;
  const isKnown = report.files.some((file) => file.is_known);
  const level = errors > 0 ? "error" : warnings > 0 ? "warning" : isKnown ? "ok" : "unknown";
  const count = (number, word, kind) => number > 0 && make("span", { class: `tag ${kind}` }, plural(number, word));
  const files = report.files.map((file, index) => make("li", {},
    make("span", { class: "words" }, make("span", { class: "name", title: file.name }, file.name),
      make("span", { class: "quiet" }, `${file.what}, ${size(file.size)}`)),
    make("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: () => remove(index) }, "✕")));
  const section = card(report.title || "Nothing to inspect",
    make("p", { class: "counts" },
      level === "ok" && make("span", { class: "tag ok" }, "No error, no warning"),
      count(errors, "error", "error"), count(warnings, "warning", "warning"), count(notes, "note", "note")),
    make("ul", { class: "files", "aria-label": "Files" }, files),
    make("div", { class: "row" }, make("button", { type: "button", class: "small", onclick: clear }, "Start over"),
      make("span", { class: "quiet time" }, `Audited in ${Math.max(1, Math.round(milliseconds))} ms, in this page.`)));
  section.classList.add("verdict", level);
  return section;
}

function factsCard(groups, reveal) {
  return card("Decoded", groups.map((group) => make("div", { class: "group" }, make("h3", {}, group.name), factList(group.facts, reveal))));
}

function reportOf(report, milliseconds, reveal, remove, clear) {
  const [main, side] = [[findingsCard(report.problems, report.files.some((file) => file.is_known))], []];
  if (report.label) side.push(labelCard(report.label, reveal));
  if (report.facts.length > 0) side.push(factsCard(report.facts, reveal));
  if (report.chain.length > 0) main.push(chainCard(report.chain, reveal));
  const below = [];
  if (report.flash) below.push(flashCard(report.flash));
  if (report.nvs) below.push(nvsCard(report.nvs, reveal));
  if (report.secure_cert.length > 0) below.push(recordsCard(report.secure_cert));
  const columns = side.length > 0
    ? make("div", { class: "columns" }, make("div", { class: "stack" }, main), make("div", { class: "stack" }, side))
    : make("div", { class: "stack" }, main);
  return make("div", { class: "report" }, verdictCard(report, milliseconds, remove, clear), columns, below);
}
