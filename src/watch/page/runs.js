/* The runs: their options, rows and games, and which of them are shown. */

const ROWS_KEPT = 4096; /* of a curve; with more, pairs of rows are merged */
const GAMES_KEPT = 8192;
const FRESH_SECONDS = 6; /* a run that has written nothing for longer does not learn now */
const COLORS = 8;
const DASHES = [[], [7, 4], [2, 3]];
const STATES = ["", "learning", "finished", "stopped"];

const runs = new Map(); /* by id */
let focus = null; /* the run whose numbers, options and game are shown */
let indifferent = new Set(); /* names of the options that do not change how a run learns, except by chance */

const C = {}; /* the index of each column in a row */

function newRun(about) {
  const place = runs.size;
  return {
    id: about.id, name: about.about.name, config: about.config || {}, started: about.about.started, ...colorAt(place),
    rows: [], games: [], best: null, toldAt: performance.now() / 1000 - about.about.age,
    cache: {},
  };
}

function colorAt(place) {
  return { color: "--run-" + (place % COLORS), dash: DASHES[Math.floor(place / COLORS) % DASHES.length] };
}

function last(run) {
  return run.rows[run.rows.length - 1];
}

/* The newest number in a column; a row without an update has none. */
function newest(run, name) {
  const column = C[name];
  for (let i = run.rows.length - 1; i >= 0; i--) if (isNumber(run.rows[i][column])) return run.rows[i][column];
  return null;
}

function isFresh(run) {
  return performance.now() / 1000 - run.toldAt < FRESH_SECONDS;
}

/* The steps after which the run ends; 0: it does not end by itself. */
function aimOf(run) {
  return run.config.total_steps || run.config.max_frames || 0;
}

function stateOf(run) {
  if (isFresh(run)) return "learning";
  return aimOf(run) > 0 && newest(run, "steps") >= aimOf(run) ? "finished" : "stopped";
}

/* ---- Shown runs ------------------------------------------------------------------------- */

/* Whether each word is in the run's name or in an option as "lr=0.001". */
function isFound(run) {
  if (choice.state && stateOf(run) !== choice.state) return false;
  const words = choice.find.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const all = [run.name, ...Object.entries(run.config).map(([name, value]) => name + "=" + value)].join("\n").toLowerCase();
  return words.every((word) => all.includes(word));
}

/* Scores of different games do not belong in one chart. */
function isSameGame(a, b) {
  return a.config.game === b.config.game;
}

function isShown(run) {
  const usual = choice.show === "all" || (choice.show === "game" && Boolean(focus) && isSameGame(run, focus));
  return usual !== choice.but.includes(run.name);
}

function toggle(run) {
  choose({ but: choice.but.includes(run.name) ? choice.but.filter((name) => name !== run.name) : [...choice.but, run.name] });
}

function shownRuns() {
  return [...runs.values()].filter((run) => run.rows.length && isShown(run) && isFound(run));
}

/* ---- Seeds of one setting -------------------------------------------------------------------- */

/* Whether two runs differ only in their seed and length. An option that one of them lacks, as another version's, does
 * not count. */
function isAlike(a, b) {
  return Object.entries(a.config).every(([name, value]) => indifferent.has(name) || b.config[name] === undefined || b.config[name] === value);
}

/* Runs of one setting, in the order in which they came. */
function settings(list) {
  const groups = [];
  for (const run of list) {
    const group = groups.find(([first]) => isAlike(first, run));
    if (group) group.push(run);
    else groups.push([run]);
  }
  return groups;
}

/* The options in which a setting differs from the others. */
function nameSetting(group, groups) {
  const [{ config, name: runName }] = group;
  const differs = ([name, value]) => !indifferent.has(name) &&
    groups.some(([other]) => other.config[name] !== undefined && other.config[name] !== value);
  const words = Object.entries(config).filter(differs).map(([name, value]) => (name === "method" || name === "game" ? value : name + "=" + value));
  const name = words.join(" ") || config.method || runName;
  return name + (group.length > 1 ? " (" + group.length + " seeds)" : "");
}

/* The lines of a chart: {name, color, dash, runs} each; runs of one setting may share a curve, by choice.seeds. */
function shownLines() {
  const shown = shownRuns();
  if (!choice.seeds) return shown.map((run) => ({ name: run.name, color: run.color, dash: run.dash, runs: [run] }));
  const places = settings([...runs.values()]);
  const groups = settings(shown);
  return groups.map((group) => ({
    name: group.length > 1 ? nameSetting(group, groups) : group[0].name, runs: group,
    ...colorAt(places.findIndex((whole) => whole.includes(group[0]))),
  }));
}

/* The colour of each run's box in the list. */
function boxColors() {
  const colors = new Map();
  const groups = choice.seeds ? settings([...runs.values()]) : [...runs.values()].map((run) => [run]);
  groups.forEach((group, place) => { for (const run of group) colors.set(run, colorAt(place).color); });
  return colors;
}

/* ---- Data from the server -------------------------------------------------------------------- */

/* Merges rows in pairs: counters keep their last value, other columns get the mean. */
function mergeRows(rows) {
  const counts = new Set([C.seconds, C.steps, C.emulator_frames, C.episodes, C.learner_idle_seconds]);
  const merged = [];
  for (let i = 0; i + 1 < rows.length; i += 2)
    merged.push(rows[i + 1].map((value, column) =>
      counts.has(column) || !isNumber(rows[i][column]) ? value
        : isNumber(value) ? (value + rows[i][column]) / 2 : rows[i][column]));
  if (rows.length % 2) merged.push(rows[rows.length - 1]);
  return merged;
}

function addRows(run, told) {
  run.rows.push(...told.rows);
  run.games.push(...told.games);
  if (run.rows.length > ROWS_KEPT) run.rows = mergeRows(run.rows);
  if (run.games.length > GAMES_KEPT) run.games = run.games.filter((game, i) => i % 2);
  run.best = told.best;
  if (told.rows.length) run.toldAt = performance.now() / 1000;
  run.cache = {};
}

/* Addresses are relative, because a proxy may serve the page below a path of its own. They carry the token, if there
   is one. */
const token = new URLSearchParams(location.search).get("token");
let refused = false; /* for example, the server was restarted with another token */

function address(path, words) {
  const query = new URLSearchParams(words);
  if (token) query.set("token", token);
  return path + (String(query) && "?" + query);
}

async function ask(path, words) {
  const reply = await fetch(address(path, words), { cache: "no-store" });
  refused = reply.status === 403;
  if (!reply.ok) throw new Error(reply.status + " " + path);
  return reply.json();
}

async function fetchCurves(run) {
  const told = await ask("api/run", { id: run.id });
  told.columns.forEach((name, i) => { C[name] = i; });
  addPlainCharts(told.columns);
  run.rows = told.rows;
  run.games = told.games;
  run.best = told.best;
  run.cache = {};
}

/* The run in the address, otherwise the one that learns now or learned last. */
function focusOnFirst() {
  const byAge = [...runs.values()].sort((a, b) => isFound(b) - isFound(a) || b.toldAt - a.toldAt);
  focusOn(byAge.find((run) => run.name === choice.run) || byAge[0]);
}

async function fetchRuns(withCurves) {
  const told = await ask("api/runs", {});
  const wanted = [];
  indifferent = new Set(told.indifferent);
  for (const about of told.runs) {
    const known = runs.get(about.id);
    if (!known) runs.set(about.id, newRun(about));
    else {
      known.config = about.config || {};
      known.started = about.about.started;
      known.toldAt = Math.max(known.toldAt, performance.now() / 1000 - about.about.age);
    }
    if (withCurves || !known) wanted.push(runs.get(about.id));
  }
  if (!focus && runs.size) focusOnFirst();
  news();
  showOptions();
  /* Shown runs come first. */
  const rank = (run) => (run === focus ? 2 : isShown(run) && isFound(run) ? 1 : 0);
  for (const run of wanted.sort((a, b) => rank(b) - rank(a))) {
    await fetchCurves(run);
    news();
  }
}
