"use strict";
/* The page that `asyncrl watch` serves: asks for the runs and their curves once, then listens. */

const ROWS_KEPT = 4096; /* of a curve, in here; two become one beyond that */
const GAMES_KEPT = 8192;
const FRESH_SECONDS = 6; /* a run that has told nothing for longer has stopped */
const COLORS = 8;
const SMOOTHED_ROWS = 300;
const POLL_SECONDS = 5; /* where events do not come through */

const runs = new Map(); /* by id */
let focus = null; /* the run whose numbers, options and game are shown */
let axis = "steps";
let smoothing = 0.8;
let source = null; /* of events */
let refused = false; /* as when the server was started anew, with another token */
let polledAt = -Infinity; /* performance.now() when the runs were last asked for without events */
let hover = null; /* {x, chart} under the pointer */

const $ = (id) => document.getElementById(id);

function element(name, properties, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

function fill(parent, children) {
  parent.replaceChildren(...children);
}

/* ---- Numbers for people ------------------------------------------------------------------- */

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function short(value) {
  if (!isNumber(value)) return "\u2013";
  const size = Math.abs(value);
  const units = [[1e9, "G"], [1e6, "M"], [1e4, "k", 1e3]];
  for (const [from, unit, scale] of units)
    if (size >= from) {
      const scaled = value / (scale || from);
      const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
      return minus(String(Number(scaled.toFixed(digits)))) + unit;
    }
  if (Number.isInteger(value)) return minus(String(value));
  if (size >= 100) return minus(value.toFixed(0));
  if (size >= 10) return minus(value.toFixed(1));
  if (size >= 0.1) return minus(value.toFixed(2));
  if (size >= 1e-4) return minus(String(Number(value.toPrecision(2))));
  return minus(value.toExponential(1));
}

/* A round number along an axis, with all of its digits. */
function round(value) {
  for (const [from, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]])
    if (value >= from && (value >= 1e4 || from > 1e3)) return Number((value / from).toPrecision(6)) + unit;
  return String(Number(value.toPrecision(6)));
}

function minus(text) {
  return text.replace(/-/g, "\u2212");
}

function percent(value) {
  return isNumber(value) ? Number((100 * value).toFixed(value < 0.0995 ? 1 : 0)) + " %" : "\u2013";
}

function duration(seconds) {
  if (!isNumber(seconds)) return "\u2013";
  const s = Math.round(seconds);
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min" + (s % 60 && s < 600 ? " " + (s % 60) + " s" : "");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  return hours + " h" + (minutes ? " " + minutes + " min" : "");
}

function along(value) {
  return axis === "time" ? duration(value) : short(value);
}

/* ---- Runs ------------------------------------------------------------------------------------ */

const C = {}; /* where a column is in a row */

/* Curves below the scores, each of one column but for the last. */
const METRICS = [
  { key: "speed", title: "Steps/s", column: "steps_per_second", zero: true },
  { key: "entropy", title: "Entropy", column: "entropy" },
  { key: "value", title: "Value", column: "value" },
  { key: "policy", title: "Policy loss", column: "policy_loss" },
  { key: "loss", title: "Value loss", column: "value_loss" },
  { key: "lag", title: "Weights lag, steps", column: "weights_lag", zero: true },
  { key: "queue", title: "Queue fill", column: "queue_fill", format: percent, zero: true, top: 1 },
  { key: "idle", title: "Learner waits", column: "learner_idle_seconds", format: percent, zero: true, top: 1, rate: true },
  { key: "lr", title: "Learning rate", column: "learning_rate", zero: true, plain: true },
  { key: "epsilon", title: "Random actions", column: "epsilon", format: percent, zero: true, plain: true },
];

function newRun(about) {
  const place = runs.size;
  return {
    id: about.id, name: about.about.name, config: about.config || {}, place,
    color: "--run-" + (place % COLORS), dash: [[], [7, 4], [2, 3]][Math.floor(place / COLORS) % 3],
    shown: true, rows: [], games: [], best: null, gamesEach: 1, toldAt: performance.now() / 1000 - about.about.age,
    version: 0, cache: {},
  };
}

function last(run) {
  return run.rows[run.rows.length - 1];
}

/* The newest number in a column; a second without an update has none. */
function newest(run, column) {
  for (let i = run.rows.length - 1; i >= 0; i--) if (isNumber(run.rows[i][column])) return run.rows[i][column];
  return null;
}

function isFresh(run) {
  return performance.now() / 1000 - run.toldAt < FRESH_SECONDS;
}

function shownRuns() {
  return [...runs.values()].filter((run) => run.shown && run.rows.length);
}

/* Scores of different games are not for one picture. */
function isSameGame(a, b) {
  return a.config.game === b.config.game;
}

function showOnly(isShown) {
  for (const run of runs.values()) run.shown = isShown(run);
}

function changed(run) {
  run.version++;
  run.cache = {};
}

/* Two rows become one: what counts up as it was last, all else as the mean. */
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

function addRows(run, news) {
  run.rows.push(...news.rows);
  run.games.push(...news.games);
  if (run.rows.length > ROWS_KEPT) run.rows = mergeRows(run.rows);
  if (run.games.length > GAMES_KEPT) run.games = run.games.filter((game, i) => i % 2);
  run.best = news.best;
  if (news.rows.length) run.toldAt = performance.now() / 1000;
  changed(run);
}

/* Relative, since a proxy may serve the page below a path of its own. The token, where one is wanted, goes along. */
const token = new URLSearchParams(location.search).get("token");

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
  run.gamesEach = told.games_each;
  run.best = told.best;
  run.behind = told.behind;
  changed(run);
}

async function fetchRuns(withCurves) {
  const told = await ask("api/runs", {});
  for (const about of told.runs) {
    const known = runs.get(about.id);
    if (!known) runs.set(about.id, newRun(about));
    else {
      known.config = about.config || {};
      known.toldAt = Math.max(known.toldAt, performance.now() / 1000 - about.about.age);
    }
    if (withCurves || !known) await fetchCurves(runs.get(about.id));
    if (!known && focus) runs.get(about.id).shown = isSameGame(runs.get(about.id), focus);
  }
  if (!focus && runs.size) {
    /* The one that learns now, else the one that did last. */
    const byAge = [...runs.values()].sort((a, b) => b.toldAt - a.toldAt);
    focusOn(byAge[0]);
    showOnly((run) => isSameGame(run, focus));
  }
  showRuns();
  showOptions();
  draw();
}

/* ---- Events ---------------------------------------------------------------------------------- */

function setLink(state, text) {
  $("link").dataset.state = state;
  if ($("link-text").textContent !== text) $("link-text").textContent = text;
}

function isListening() {
  return source && source.readyState === EventSource.OPEN;
}

/* Some proxies hold back a stream until it ends, which it never does: then the page asks now and then. */
async function poll() {
  if (isListening() || document.hidden) return;
  try {
    await fetchRuns(true);
    polledAt = performance.now();
    if (!isListening() && focus) note("No game is shown: no events come through, as behind some proxies.");
  } catch {
    /* The link says that nobody answers. */
  }
  showLink();
}

function showLink() {
  if (!isListening() && performance.now() - polledAt > 2000 * POLL_SECONDS) {
    setLink("lost", refused ? "not let in; open the address that is printed where the page is served" : "not connected; trying again");
    return;
  }
  const fresh = [...runs.values()].filter(isFresh).length;
  if (fresh === 0) setLink("idle", runs.size ? "not learning now" : "no runs yet");
  else setLink("live", runs.size === 1 ? "learning" : fresh + " of " + runs.size + " learning");
}

function listen() {
  if (source) source.close();
  source = new EventSource(address("api/events", focus ? { id: focus.id } : {}));
  const on = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  let opened = false;
  on("hello", () => {
    if (opened) fetchRuns(true).catch(() => {}); /* what was said meanwhile was missed */
    opened = true;
    showLink();
  });
  on("missed", () => fetchRuns(true).catch(() => {}));
  on("runs", () => fetchRuns(false).catch(() => {}));
  on("anew", (told) => runs.has(told.id) && fetchCurves(runs.get(told.id)).then(news).catch(() => {}));
  on("rows", (told) => {
    if (!runs.has(told.id)) return;
    addRows(runs.get(told.id), told);
    news();
  });
  on("game", showGame);
  source.onerror = () => {
    showLink();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
}

function news() {
  showRuns();
  draw();
}

function focusOn(run) {
  focus = run;
  resetGame();
  showOptions();
  listen();
}

/* ---- Numbers at the top, and the list of runs ------------------------------------------------ */

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
  const row = focus && last(focus);
  const say = (name) => (row ? newest(focus, C[name]) : null);
  const aim = focus && (focus.config.total_steps || focus.config.max_frames);
  const steps = say("steps");
  const speed = say("steps_per_second");
  const isLeft = aim > 0 && steps < aim && speed > 0 && isFresh(focus);
  const tiles = [
    tile("score, last 100 games", short(say("score_mean_100"))),
    tile("best game", short(focus && focus.best)),
    tile(aim > 0 ? "steps of " + short(aim) : "steps", short(steps), aim > 0 ? steps / aim : undefined),
    tile("steps/s", short(speed)),
    tile("emulator frames/s", short(say("emulator_frames_per_second"))),
    tile("games", short(say("episodes"))),
    tile(isLeft ? "time; " + duration((aim - steps) / speed) + " left" : "time", duration(say("seconds"))),
  ];
  fill($("tiles"), tiles);
  const config = focus ? focus.config : {};
  $("title").textContent = focus ? (config.game ? config.game + " \u00b7 " + (config.method || "") : focus.name) : "asyncrl";
  $("subtitle").textContent = focus ? focus.name : "no runs here yet; the page shows them as they come";
  document.title = focus ? (config.game || focus.name) + (row ? " " + short(say("score_mean_100")) : "") : "asyncrl";
}

function runRow(run) {
  const row = last(run);
  const say = (name) => (row ? short(newest(run, C[name])) : "\u2013");
  const box = element("input", { type: "checkbox", checked: run.shown, ariaLabel: "show " + run.name });
  box.style.setProperty("--run", "var(" + run.color + ")");
  box.addEventListener("change", () => { run.shown = box.checked; draw(); });
  const name = element("button", { textContent: run.name, title: "numbers, game and options of this run" });
  name.addEventListener("click", () => {
    if (!run.shown && !isSameGame(run, focus)) showOnly((other) => isSameGame(other, run));
    run.shown = true;
    focusOn(run);
    news();
  });
  const made = element("tr", { ariaSelected: String(run === focus) }, element("td", {}, box), element("td", {}, name),
    element("td", { textContent: run.config.method || "" }), element("td", { textContent: run.config.game || "" }));
  for (const column of ["score_mean_100"]) made.append(element("td", { className: "amount", textContent: say(column) }));
  made.append(element("td", { className: "amount", textContent: short(run.best) }));
  for (const column of ["steps", "steps_per_second"]) made.append(element("td", { className: "amount", textContent: say(column) }));
  made.append(element("td", { textContent: isFresh(run) ? "learning" : "" }));
  return made;
}

function showRuns() {
  showTiles();
  showLink();
  $("runs-card").hidden = runs.size < 2;
  if (runs.size < 2) return;
  const table = $("runs");
  if (table.contains(document.activeElement) && table.matches(":focus-within:active")) return; /* being clicked */
  const focused = [...table.querySelectorAll("input, button")].indexOf(document.activeElement);
  const head = ["", "Run", "Method", "Game", "Score", "Best", "Steps", "Steps/s", ""].map((name, i) =>
    element("th", { scope: "col", textContent: name, className: i >= 4 && i <= 7 ? "amount" : "" }));
  fill(table, [element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...[...runs.values()].map(runRow))]);
  if (focused >= 0) table.querySelectorAll("input, button")[focused].focus();
}

function text(value) {
  return value === "" || value === undefined || value === null ? "\u2013" : String(value);
}

/* One run: all of its options. Many: a column each, those that differ first. */
function showOptions() {
  const table = $("options-table");
  const many = [...runs.values()].slice(0, 12);
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

/* ---- Curves ---------------------------------------------------------------------------------- */

function xOf(row) {
  return row[axis === "steps" ? C.steps : axis === "emulator" ? C.emulator_frames : C.seconds];
}

/* Where a game lies: it knows its steps alone, the rest is between the rows around it. */
function gameXs(run) {
  const key = "gameX" + axis;
  if (run.cache[key]) return run.cache[key];
  const { rows, games } = run;
  let i = 0;
  const xs = games.map((game) => {
    const steps = game[0];
    if (axis === "steps") return steps;
    while (i > 0 && rows[i] && rows[i - 1][C.steps] >= steps) i--;
    while (i < rows.length && rows[i][C.steps] < steps) i++;
    if (i >= rows.length) return rows.length ? xOf(rows[rows.length - 1]) : 0;
    const before = i > 0 ? rows[i - 1] : null;
    const from = before ? before[C.steps] : 0;
    const fromX = before ? xOf(before) : 0;
    const share = rows[i][C.steps] > from ? (steps - from) / (rows[i][C.steps] - from) : 1;
    return fromX + share * (xOf(rows[i]) - fromX);
  });
  return (run.cache[key] = xs);
}

/* The curve of a metric: raw, or what the last values say with their weights falling by `smoothing`
 * a row. */
function curveOf(run, metric) {
  const key = metric.key + axis + (metric.plain ? "" : smoothing);
  if (run.cache[key]) return run.cache[key];
  const column = C[metric.column];
  const xs = [];
  const raw = [];
  const smooth = [];
  /* As much of the picture's width for a long curve as for a short one. */
  const keep = metric.plain ? 0 : smoothing ** (SMOOTHED_ROWS / Math.max(SMOOTHED_ROWS, run.rows.length));
  let sum = 0;
  let weight = 0;
  run.rows.forEach((row, i) => {
    let value = row[column];
    if (metric.rate) {
      const before = i > 0 ? run.rows[i - 1] : null;
      const seconds = before ? row[C.seconds] - before[C.seconds] : row[C.seconds];
      value = seconds > 0 ? Math.max(0, Math.min(1, (value - (before ? before[column] : 0)) / seconds)) : null;
    }
    if (!isNumber(value) || !isNumber(xOf(row))) return;
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    xs.push(xOf(row));
    raw.push(value);
    smooth.push(sum / weight);
  });
  return (run.cache[key] = { xs, raw, smooth });
}

function niceStep(span, count) {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 2.5, 5, 10]) if (factor * power >= rough * 0.999) return factor * power;
  return 10 * power;
}

/* Writes the numbers along an axis, all with as many digits as their step needs. */
function tickOf(step, high) {
  if (high >= 1e4 || step < 1e-4) return short;
  const power = Math.floor(Math.log10(step) + 1e-9);
  const isQuarter = Math.abs(step / 10 ** power - 2.5) < 1e-6;
  const digits = Math.max(0, -power + (isQuarter ? 1 : 0));
  return (value) => minus(value.toFixed(digits));
}

function timeStep(span, count) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  return steps.find((step) => span / step <= count) || niceStep(span, count);
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/* Of values that jump, what nearly all of them are within. */
function rangeOf(curves, chart) {
  let low = Infinity;
  let high = -Infinity;
  const take = (value) => { low = Math.min(low, value); high = Math.max(high, value); };
  for (const curve of curves) {
    const sorted = [...curve.raw].sort((a, b) => a - b);
    if (!sorted.length) continue;
    take(quantile(sorted, 0.01));
    take(quantile(sorted, 0.99));
    const start = curve.smooth.length > 20 ? 5 : 0; /* the first few say little */
    for (let i = start; i < curve.smooth.length; i++) take(curve.smooth[i]);
  }
  for (const run of chart.dots ? shownRuns() : []) for (const game of run.games) take(game[1]);
  if (chart.metric.zero) low = Math.min(low, 0);
  if (chart.metric.top) high = chart.metric.top;
  if (!(low <= high)) return [0, 1];
  if (high - low < 1e-12) { high += Math.abs(high) * 0.1 || 1; low -= chart.metric.zero ? 0 : Math.abs(low) * 0.1 || 1; }
  const room = chart.metric.top ? 0 : 0.05 * (high - low);
  return [chart.metric.zero && low >= 0 ? 0 : low - room, high + room];
}

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/* A canvas as sharp as the screen is; null while it has no size. */
function prepare(canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const scale = window.devicePixelRatio || 1;
  if (!width || !height) return null;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "11px system-ui, sans-serif";
  return { pen, width, height };
}

function strokeCurve(pen, xs, ys, toX, toY) {
  pen.beginPath();
  for (let i = 0; i < xs.length; i++) pen[i ? "lineTo" : "moveTo"](toX(xs[i]), toY(ys[i]));
  pen.stroke();
}

function drawAxes(pen, frame, xRange, yRange, format) {
  const { left, right, top, bottom } = frame;
  pen.strokeStyle = css("--grid");
  pen.fillStyle = css("--quiet");
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const yStep = niceStep(yRange[1] - yRange[0], (bottom - top) / 34);
  const tick = format === short ? tickOf(yStep, yRange[1]) : format;
  for (let y = Math.ceil(yRange[0] / yStep - 1e-9) * yStep; y <= yRange[1] + 1e-9 * yStep; y += yStep) {
    const at = Math.round(bottom - ((y - yRange[0]) / (yRange[1] - yRange[0])) * (bottom - top)) + 0.5;
    pen.beginPath();
    pen.moveTo(left, at);
    pen.lineTo(right, at);
    pen.stroke();
    pen.fillText(tick(Math.abs(y) < yStep * 1e-6 ? 0 : Number(y.toPrecision(10))), left - 6, at);
  }
  pen.textAlign = "center";
  pen.textBaseline = "top";
  const count = (right - left) / 88;
  const xStep = axis === "time" ? timeStep(xRange[1] - xRange[0], count) : niceStep(xRange[1] - xRange[0], count);
  for (let x = Math.ceil(xRange[0] / xStep) * xStep; x <= xRange[1]; x += xStep) {
    const at = left + ((x - xRange[0]) / (xRange[1] - xRange[0])) * (right - left);
    if (at > right - 4 && at < right + 4) pen.textAlign = "right";
    pen.fillText(x === 0 ? "0" : axis === "time" ? duration(x) : round(x), at, bottom + 6);
  }
}

/* The same for all charts. From zero, unless the runs began far from it. */
function xRangeOf(runsShown) {
  let low = Infinity;
  let high = 0;
  for (const run of runsShown) {
    low = Math.min(low, xOf(run.rows[0]) || 0);
    high = Math.max(high, xOf(last(run)) || 0);
  }
  if (low < 0.3 * high || low >= high) low = 0;
  return [low, high || 1];
}

function layOut(chart, box, runsShown) {
  const curves = runsShown.map((run) => curveOf(run, chart.metric));
  const yRange = rangeOf(curves, chart);
  const xRange = xRangeOf(runsShown);
  const frame = { left: 46, right: box.width - 6, top: 6, bottom: box.height - 22 };
  const toX = (x) => frame.left + ((x - xRange[0]) / (xRange[1] - xRange[0])) * (frame.right - frame.left);
  const toY = (y) => frame.bottom - ((y - yRange[0]) / (yRange[1] - yRange[0])) * (frame.bottom - frame.top);
  return { curves, xRange, yRange, frame, toX, toY };
}

function drawDots(pen, run, toX, toY, crowd) {
  pen.fillStyle = css(run.color);
  pen.globalAlpha = Math.max(0.1, Math.min(0.45, 600 / (run.games.length * crowd + 1)));
  const xs = gameXs(run);
  run.games.forEach((game, i) => pen.fillRect(toX(xs[i]) - 1, toY(game[1]) - 1, 2, 2));
  pen.globalAlpha = 1;
}

function drawChart(chart) {
  const runsShown = shownRuns();
  const box = prepare(chart.canvas);
  if (!box) return;
  const { pen } = box;
  const plan = layOut(chart, box, runsShown);
  const { frame, toX, toY } = plan;
  chart.plan = plan;
  drawAxes(pen, frame, plan.xRange, plan.yRange, chart.metric.format || short);
  pen.save();
  pen.beginPath();
  pen.rect(frame.left, frame.top - 3, frame.right - frame.left + 3, frame.bottom - frame.top + 6);
  pen.clip();
  pen.lineJoin = "round";
  if (chart.dots) for (const run of runsShown) drawDots(pen, run, toX, toY, runsShown.length);
  runsShown.forEach((run, i) => {
    const curve = plan.curves[i];
    pen.strokeStyle = css(run.color);
    pen.setLineDash([]);
    pen.lineWidth = 1;
    pen.globalAlpha = runsShown.length > 1 ? 0.16 : 0.28;
    if (!chart.metric.plain && smoothing > 0 && !chart.dots) strokeCurve(pen, curve.xs, curve.raw, toX, toY);
    pen.globalAlpha = 1;
    pen.setLineDash(run.dash);
    pen.lineWidth = chart.dots ? 2.2 : 1.6;
    strokeCurve(pen, curve.xs, curve.smooth, toX, toY);
  });
  pen.setLineDash([]);
  drawHover(pen, chart, plan, runsShown);
  pen.restore();
  describe(chart, plan, runsShown);
}

function nearest(xs, x) {
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] < x) low = middle;
    else high = middle;
  }
  return high >= 0 && Math.abs(xs[high] - x) < Math.abs(xs[low] - x) ? high : low;
}

/* Whether a curve is there, within a little of either end. */
function reaches(curve, x) {
  const { xs } = curve;
  if (!xs.length) return false;
  const room = 0.02 * xs[xs.length - 1];
  return x >= (xs[0] < 2 * room ? 0 : xs[0] - room) && x <= xs[xs.length - 1] + room;
}

function drawHover(pen, chart, plan, runsShown) {
  if (!hover) return;
  const at = Math.round(plan.toX(hover.x)) + 0.5;
  pen.strokeStyle = css("--quiet");
  pen.globalAlpha = 0.6;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(at, plan.frame.top);
  pen.lineTo(at, plan.frame.bottom);
  pen.stroke();
  pen.globalAlpha = 1;
  runsShown.forEach((run, i) => {
    const curve = plan.curves[i];
    if (!reaches(curve, hover.x)) return;
    const k = nearest(curve.xs, hover.x);
    pen.fillStyle = css(run.color);
    pen.beginPath();
    pen.arc(plan.toX(curve.xs[k]), plan.toY(curve.smooth[k]), 3.2, 0, 7);
    pen.fill();
  });
}

/* The number beside the title, and the list of them under the pointer. */
function describe(chart, plan, runsShown) {
  const format = chart.metric.format || short;
  const value = (curve) => (hover ? (reaches(curve, hover.x) ? format(curve.smooth[nearest(curve.xs, hover.x)]) : "\u2013")
    : curve.xs.length ? format(curve.smooth[curve.smooth.length - 1]) : "\u2013");
  const single = runsShown.length === 1;
  chart.now.textContent = single ? value(plan.curves[0]) + (hover ? "  at " + along(hover.x) : "") : "";
  const said = chart.metric.title + ": " + (runsShown.length
    ? runsShown.map((run, i) => (single ? "" : run.name + " ") + value(plan.curves[i])).join(", ") : "no data yet");
  if (chart.canvas.getAttribute("aria-label") !== said) chart.canvas.setAttribute("aria-label", said);
  chart.canvas.dataset.points = plan.curves.reduce((sum, curve) => sum + curve.xs.length, 0);
  chart.canvas.dataset.dots = chart.dots ? runsShown.reduce((sum, run) => sum + run.games.length, 0) : 0;
  chart.tip.hidden = single || !hover || hover.chart !== chart;
  if (chart.tip.hidden) return;
  const lines = runsShown.slice(0, 16).map((run, i) => {
    const swatch = element("i", {});
    swatch.style.setProperty("--run", "var(" + run.color + ")");
    return element("div", {}, swatch, value(plan.curves[i]) + "  " + run.name);
  });
  fill(chart.tip, [element("em", { textContent: along(hover.x) }), ...lines]);
  const x = plan.toX(hover.x);
  chart.tip.style.left = x > chart.canvas.clientWidth / 2 ? "" : x + 30 + "px";
  chart.tip.style.right = x > chart.canvas.clientWidth / 2 ? chart.canvas.clientWidth - x + 20 + "px" : "";
  chart.tip.style.top = "48px";
}

const charts = [];

function addChart(metric, dots) {
  const canvas = element("canvas", {});
  canvas.setAttribute("role", "img");
  const now = element("span", { className: "number" });
  const tip = element("div", { className: "tip", hidden: true });
  const card = element("div", { className: "chart" + (dots ? " wide" : "") },
    element("div", { className: "head" }, element("h2", { textContent: metric.title }, element("small", { textContent: metric.note || "" })), now), canvas, tip);
  canvas.id = "chart-" + metric.key;
  const chart = { metric, dots, canvas, now, tip, card, plan: null };
  canvas.addEventListener("pointermove", (event) => {
    if (!chart.plan) return;
    const { frame, xRange } = chart.plan;
    const share = (event.offsetX - frame.left) / (frame.right - frame.left);
    hover = { x: xRange[0] + Math.max(0, Math.min(1, share)) * (xRange[1] - xRange[0]), chart };
    draw();
  });
  canvas.addEventListener("pointerleave", () => { hover = null; draw(); });
  charts.push(chart);
  $("charts").append(card);
}

/* A Q method has one loss. A row without a batch has none at all. */
function hasPolicy() {
  return shownRuns().some((run) => run.rows.some((row) => isNumber(row[C.policy_loss])));
}

/* Columns that have no chart of their own making get a plain one, named after them. */
const BASE_COLUMNS = ["seconds", "steps", "emulator_frames", "episodes", "emulator_frames_per_second"];

function addPlainCharts(columns) {
  for (const column of columns)
    if (!BASE_COLUMNS.includes(column) && !charts.some((chart) => chart.metric.column === column)) {
      const words = column.replace(/_mean_100$/, ", last 100 games").replace(/_/g, " ");
      addChart({ key: column, title: words[0].toUpperCase() + words.slice(1), column }, false);
    }
}

let drawing = false;

/* Draws what has changed when the browser next paints, once. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    for (const chart of charts) {
      const told = chart.dots || shownRuns().some((run) => run.rows.some((row) => isNumber(row[C[chart.metric.column]])));
      chart.card.hidden = !told && shownRuns().length > 0;
      if (chart.metric.key === "loss") chart.card.querySelector("h2").textContent = hasPolicy() ? "Value loss" : "Loss";
      if (!chart.card.hidden) drawChart(chart);
    }
    document.body.dataset.state = runs.size ? "ready" : "empty";
    document.body.dataset.runs = runs.size;
    document.body.dataset.rows = [...runs.values()].reduce((sum, run) => sum + run.rows.length, 0);
  });
}

/* ---- The live game --------------------------------------------------------------------------- */

let values = []; /* what the states of this game were worth */
let shownGame = null;
let pictures = 0;

function resetGame() {
  values = [];
  shownGame = null;
  $("bars").replaceChildren();
  $("live-facts").replaceChildren();
  $("live-model").textContent = "";
  $("bars-title").textContent = "";
  $("value-box").hidden = true;
  $("live-note").hidden = false;
  $("live-note").textContent = "the game starts\u2026";
}

function waitingText() {
  const every = focus && focus.config.save_freq;
  const row = focus && last(focus);
  if (!every || !row || !isFresh(focus)) return "No network has been saved here.";
  const left = every - (row[C.steps] % every);
  const speed = newest(focus, C.steps_per_second);
  const soon = speed > 0 ? ", in about " + duration(left / speed) : "";
  return "No network has been saved yet. One comes at " + short(row[C.steps] + left) + " steps" + soon + ".";
}

async function showPicture(told) {
  const bytes = Uint8Array.from(atob(told.picture), (c) => c.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = $("screen");
  if (canvas.width !== told.width || canvas.height !== told.height) {
    canvas.width = told.width;
    canvas.height = told.height;
  }
  const shape = (told.width * (told.pixel_aspect || 1)) / told.height;
  canvas.style.aspectRatio = String(shape);
  canvas.style.objectFit = "fill";
  canvas.getContext("2d").drawImage(picture, 0, 0);
  picture.close();
  pictures++;
  canvas.dataset.pictures = pictures;
}

/* Bars of probabilities, or of Q values from the least to the largest with zero in them. */
function showBars(told) {
  const numbers = told.policy || told.q || [];
  const names = Object.values(told.actions || {});
  const low = told.policy ? 0 : Math.min(0, ...numbers);
  const high = told.policy ? 1 : Math.max(0, ...numbers);
  const span = high - low || 1;
  const list = $("bars");
  $("bars-title").textContent = told.policy ? "Action probabilities" : "Action values Q";
  while (list.children.length > numbers.length) list.lastChild.remove();
  while (list.children.length < numbers.length)
    list.append(element("li", {}, element("span", {}), element("span", { className: "track" }, element("i", {})), element("span", {})));
  numbers.forEach((number, i) => {
    const [name, track, amount] = list.children[i].children;
    list.children[i].classList.toggle("taken", i === told.action);
    name.textContent = name.title = names[i] || "action " + i;
    track.firstChild.style.setProperty("--from", (Math.min(0, number) - low) / span);
    track.firstChild.style.setProperty("--share", Math.abs(number) / span);
    amount.textContent = told.policy ? (100 * number).toFixed(0) + " %" : short(number);
  });
}

function showValue(told) {
  const value = told.policy ? told.value : Math.max(...(told.q || [NaN]));
  if (told.state === "playing") values.push(value);
  if (values.length > 600) values.shift();
  $("value-box").hidden = false;
  $("value-now").textContent = short(value);
  const box = prepare($("value-chart"));
  if (!box || values.length < 2) return;
  const { pen, width, height } = box;
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low + 1e-6);
  const toY = (y) => height - 4 - ((y - low) / (high - low)) * (height - 10);
  const span = Math.max(20, values.length - 1);
  const toX = (i) => (i / span) * (width - 2) + 1;
  pen.strokeStyle = css("--line");
  strokeCurve(pen, [0, span], [0, 0], toX, toY);
  pen.strokeStyle = css("--accent");
  pen.lineWidth = 1.6;
  strokeCurve(pen, values.map((value, i) => i), values, toX, toY);
}

function fact(name, value) {
  return element("span", {}, name + " ", element("b", { textContent: value }));
}

function note(words) {
  $("live-note").hidden = !words;
  if ($("live-note").textContent !== words) $("live-note").textContent = words;
}

function showGame(told) {
  if (told.state === "waiting") return note(waitingText());
  if (told.state === "failed") return note("The game cannot be played here: " + told.reason);
  if (told.state === "untrusted") return note("The game of this run runs code of its own, so it is not played: asyncrl watch --trust plays it.");
  if (told.state === "crowded") return note("As many games as can be are being watched; choose one of those, or come back later.");
  if (!focus || told.id !== focus.id) return undefined;
  note("");
  if (told.game !== shownGame || told.step < 2) values = told.game === shownGame ? values : [];
  shownGame = told.game;
  if (told.picture) showPicture(told).catch(() => {});
  showBars(told);
  showValue(told);
  $("live-model").textContent = told.steps >= 0 ? "after " + short(told.steps) + " steps" : told.model;
  $("live-model").title = told.model || "the weights that the actors play with";
  fill($("live-facts"), [fact("score", short(told.score)), fact("step", String(told.step)), fact("game", String(told.game)),
    ...(told.state === "over" ? [element("b", { textContent: "game over" })] : [])]);
  return undefined;
}

/* ---- Begin ----------------------------------------------------------------------------------- */

function begin() {
  addChart({ key: "score", title: "Score", note: "mean of the last 100 games; a dot is a game", column: "score_mean_100", plain: true }, true);
  for (const metric of METRICS) addChart(metric, false);
  const choices = { "show-game": (run) => isSameGame(run, focus), "show-all": () => true, "show-none": () => false };
  for (const [id, isShown] of Object.entries(choices))
    $(id).addEventListener("click", () => { showOnly(isShown); news(); });
  for (const input of document.querySelectorAll("input[name=axis]"))
    input.addEventListener("change", () => { axis = input.value; hover = null; draw(); });
  $("smoothing").addEventListener("input", () => {
    smoothing = Number($("smoothing").value);
    for (const run of runs.values()) run.cache = {};
    draw();
  });
  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  if (window.matchMedia("(max-width: 619px)").matches) $("options").open = false;
  /* Nobody plays for a page that is out of sight. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else fetchRuns(true).then(listen).catch(listen);
  });
  setInterval(() => { showLink(); }, 2000);
  setInterval(poll, 1000 * POLL_SECONDS);
  resetGame();
  const start = () => fetchRuns(true).then(() => { if (!focus) listen(); }).catch(() => { setLink("lost", "not connected; trying again"); setTimeout(start, 3000); });
  start();
}

begin();
