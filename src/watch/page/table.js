/* Numbers at the top, the list of runs, and their options. */

function tile(name, value, share) {
  const made = element("div", { className: "tile" }, element("b", { textContent: value }), element("span", { textContent: name }));
  if (isNumber(share)) {
    const bar = element("i", {});
    bar.style.setProperty("--share", Math.max(0, Math.min(1, share)));
    made.append(bar);
  }
  return made;
}

function showTiles() {
  const say = (name) => (focus ? newest(focus, name) : null);
  const aim = focus ? aimOf(focus) : 0;
  const steps = say("steps");
  const speed = say("steps_per_second");
  const isLeft = aim > 0 && steps < aim && speed > 0 && isFresh(focus);
  fill($("tiles"), [
    tile("score, last 100 games", short(say("score_mean_100"))),
    tile("best game", short(focus && focus.best)),
    tile(aim > 0 ? "steps of " + short(aim) : "steps", short(steps), aim > 0 ? steps / aim : undefined),
    tile("steps/s", short(speed)),
    tile("emulator frames/s", short(say("emulator_frames_per_second"))),
    tile("games", short(say("episodes"))),
    tile(isLeft ? "time; " + duration((aim - steps) / speed) + " left" : "time", duration(say("seconds"))),
    ...(isNumber(say("memory_mb")) ? [tile("memory; " + short(say("processors_busy")) + " processors", megabytes(say("memory_mb")))] : []),
  ]);
  const config = focus ? focus.config : {};
  $("title").textContent = focus ? (config.game ? config.game + " \u00b7 " + (config.method || "") : focus.name) : "asyncrl";
  $("subtitle").textContent = focus ? focus.name : "no runs yet; new ones appear here";
  document.title = focus ? (config.game || focus.name) + (last(focus) ? " " + short(say("score_mean_100")) : "") : "asyncrl";
}

/* The list's columns: key in the address, heading, the value to sort by, and the text if that is another one. */
const COLUMNS = [
  { key: "name", title: "Run", value: (run) => run.name },
  { key: "method", title: "Method", value: (run) => run.config.method || "" },
  { key: "game", title: "Game", value: (run) => run.config.game || "" },
  { key: "score", title: "Score", value: (run) => newest(run, "score_mean_100"), say: short },
  { key: "best", title: "Best", value: (run) => run.best, say: short },
  { key: "steps", title: "Steps", value: (run) => newest(run, "steps"), say: short },
  { key: "speed", title: "Steps/s", value: (run) => newest(run, "steps_per_second"), say: short },
  { key: "time", title: "Time", value: (run) => newest(run, "seconds"), say: duration },
  { key: "started", title: "Started", value: (run) => run.started, say: day },
  { key: "state", title: "State", value: stateOf },
];

/* Numbers in ascending order, words alphabetically; unknown values come last in both directions. */
function compare(a, b, isDown) {
  const isKnown = (value) => value !== null && value !== undefined && value !== "";
  if (!isKnown(a) || !isKnown(b)) return isKnown(b) - isKnown(a);
  const order = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
  return isDown ? -order : order;
}

function listedRuns() {
  const listed = [...runs.values()].filter(isFound);
  const isDown = choice.sort.startsWith("-");
  const column = COLUMNS.find(({ key }) => key === choice.sort.replace("-", ""));
  return column ? listed.sort((a, b) => compare(column.value(a), column.value(b), isDown)) : listed;
}

/* The first click sorts numbers from the largest down and words from A to Z, the second the other way, the third ends it. */
function sortBy(column) {
  const orders = column.say ? ["-" + column.key, column.key, ""] : [column.key, "-" + column.key, ""];
  choose({ sort: orders[(orders.indexOf(choice.sort) + 1) % 3] });
}

function heading(column) {
  const arrow = { [column.key]: " \u2191", ["-" + column.key]: " \u2193" }[choice.sort] || "";
  const button = element("button", { type: "button", textContent: column.title + arrow, title: "sort by this" });
  button.addEventListener("click", () => sortBy(column));
  const made = element("th", { scope: "col", className: column.key + (column.say ? " amount" : "") }, button);
  if (arrow) made.ariaSort = choice.sort === column.key ? "ascending" : "descending";
  return made;
}

function pick(run) {
  const other = !isSameGame(run, focus) && choice.show === "game";
  if (!other && !isShown(run)) toggle(run);
  focusOn(run);
  choose({ run: run.name, but: other ? [] : choice.but });
}

function runRow(run, color) {
  const box = element("input", { type: "checkbox", checked: isShown(run), ariaLabel: "show " + run.name });
  box.style.setProperty("--run", "var(" + color + ")");
  box.addEventListener("change", () => toggle(run));
  const name = element("button", { type: "button", textContent: run.name, title: "numbers, game and options of this run" });
  name.addEventListener("click", () => pick(run));
  const cells = COLUMNS.map((column) => {
    const said = (column.say || String)(column.value(run));
    return element("td", { className: column.key + (column.say ? " amount" : "") }, column.key === "name" ? name : said);
  });
  return element("tr", { ariaSelected: String(run === focus) }, element("td", {}, box), ...cells);
}

let listing = false;

/* Shows the changes, once, when the browser next paints. */
function showRuns() {
  if (listing) return;
  listing = true;
  requestAnimationFrame(() => {
    listing = false;
    listRuns();
  });
}

function listRuns() {
  showTiles();
  showLink();
  $("runs-card").hidden = runs.size < 2;
  if (runs.size < 2) return;
  const table = $("runs");
  if (table.contains(document.activeElement) && table.matches(":focus-within:active")) return; /* a click is under way */
  const focused = [...table.querySelectorAll("input, button")].indexOf(document.activeElement);
  const listed = listedRuns();
  const colors = boxColors();
  $("found").textContent = listed.length < runs.size ? listed.length + " of " + runs.size : String(runs.size);
  fill(table, [element("thead", {}, element("tr", {}, element("th", {}), ...COLUMNS.map(heading))),
    element("tbody", {}, ...listed.map((run) => runRow(run, colors.get(run))))]);
  if (focused >= 0) table.querySelectorAll("input, button")[focused]?.focus();
}

function text(value) {
  return value === "" || value === undefined || value === null ? "\u2013" : String(value);
}

const OPTION_COLUMNS = 12;

/* Shows all options of one run; of many, a column each, for the run with the numbers and those in the charts; options that
 * differ come first. */
function showOptions() {
  const table = $("options-table");
  const many = [...new Set([focus, ...listedRuns().filter(isShown)].filter(Boolean))].slice(0, OPTION_COLUMNS);
  const names = [...new Set(many.flatMap((run) => Object.keys(run.config)))];
  table.classList.toggle("single", many.length < 2);
  $("options").hidden = names.length === 0;
  const row = (name, differs) => element("tr", { className: differs ? "differs" : "" },
    element("th", { scope: "row", textContent: name }),
    ...many.map((run) => element("td", { textContent: text(run.config[name]) })));
  const differing = names.filter((name) => new Set(many.map((run) => text(run.config[name]))).size > 1);
  const rows = [...differing.map((name) => row(name, true)),
    ...names.filter((name) => !differing.includes(name)).map((name) => row(name, false))];
  const head = element("tr", {}, element("td", {}), ...many.map((run) => element("th", { scope: "col", textContent: run.name })));
  fill(table, many.length < 2 ? [element("tbody", {}, ...rows)] : [element("thead", {}, head), element("tbody", {}, ...rows)]);
}
