/* The charts, drawn by uPlot. All share the range along the axis, and the place under the pointer. */

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 432000, 864000];
const TIP_LINES = 16;

const charts = [];
let underPointer = null; /* the chart */

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/* ---- Options for uPlot ----------------------------------------------------------------- */

/* The marks of an axis of powers of ten: 1 to 9 times each power. */
function powerMarks(plot, axis, from, to) {
  const marks = [];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power++)
    for (let digit = 1; digit <= 9; digit++) {
      const mark = Number(digit + "e" + power);
      if (mark >= from && mark <= to) marks.push(mark);
    }
  return marks;
}

function axisOptions(plan, isX, format) {
  const line = { stroke: css("--grid"), width: 1 };
  const options = {
    stroke: css("--quiet"), font: "11px system-ui, sans-serif", grid: line, ticks: { show: false }, border: { show: false },
    size: isX ? 22 : 46, gap: 6, space: isX ? 78 : 30,
  };
  if (isX ? plan.isLogX : plan.y.isLog) options.splits = powerMarks;
  if (isX && choice.axis === "time" && !plan.isLogX) options.incrs = TIME_STEPS;
  options.values = (plot, marks, axis, space, step) => marks.map((mark) => (mark === null ? "" : format(mark, step)));
  return options;
}

/* Writes a number of an axis, with the digits that the step needs. */
function markOf(value, step) {
  if (!(step > 0) || Math.abs(value) >= 1e4 || step < 1e-4) return short(value);
  const power = Math.floor(Math.log10(step) + 1e-9);
  const isQuarter = Math.abs(step / 10 ** power - 2.5) < 1e-6;
  return minus(value.toFixed(Math.max(0, -power + (isQuarter ? 1 : 0))));
}

/* The series of a line: its curve, and behind it the unsmoothed values, or the edges of its band. */
function seriesOf(plan) {
  const series = [{}];
  const bands = [];
  const add = (options) => series.push({ points: { show: false }, pxAlign: 0, ...options }) - 1;
  plan.lines.forEach((line, i) => {
    const stroke = css(line.color);
    const sampled = plan.sampled[i];
    if (sampled.raw) add({ stroke: faint(stroke, plan.lines.length > 1 ? 0.16 : 0.28), width: 1 });
    if (sampled.low) {
      const low = add({ width: 0 });
      const high = add({ width: 0 });
      bands.push({ series: [high, low], fill: faint(stroke, 0.17) });
    }
    const isAlone = sampled.mid.filter(isNumber).length === 1;
    add({ stroke, dash: line.dash, width: plan.isWide ? 2.2 : 1.6, isLine: true, points: { show: isAlone, size: 5, fill: stroke } });
  });
  return { series, bands };
}

function dataOf(plan) {
  const positive = plan.y.isLog ? (values) => values.map((value) => (value > 0 ? value : null)) : (values) => values;
  return [plan.places, ...plan.sampled.flatMap(({ raw, low, high, mid }) => [raw, low, high, mid].filter(Boolean).map(positive))];
}

/* "#2a6fbb" with that opacity. */
function faint(color, share) {
  return color + Math.round(255 * share).toString(16).padStart(2, "0");
}

function drawDots(plot, plan) {
  const pen = plot.ctx;
  const { left, top, width, height } = plot.bbox;
  const size = 2 * devicePixelRatio;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.globalAlpha = Math.max(0.1, Math.min(0.45, 600 / (plan.dots.length + 1)));
  let color = "";
  for (const [x, y, name] of plan.dots) {
    if (name !== color) pen.fillStyle = css((color = name));
    pen.fillRect(plot.valToPos(x, "x", true) - size / 2, plot.valToPos(y, "y", true) - size / 2, size, size);
  }
  pen.restore();
}

function cursorOptions(chart) {
  const point = (plot, i) => plot.series[i].isLine && element("div", { className: "point" });
  return {
    y: false,
    points: { show: point, fill: (plot, i) => plot.series[i].stroke(plot, i) },
    drag: { x: true, y: false, setScale: false },
    sync: { key: "charts", scales: ["x", null], filters: { pub: (type) => type === "mousemove" } },
    bind: { dblclick: () => () => { choose({ zoom: null }); return null; } },
  };
}

/* Zooms to the part of the axis that the reader has selected. */
function takeSelection(plot) {
  const { left, width } = plot.select;
  if (width < 6) return;
  const zoom = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  choose({ zoom });
}

function optionsOf(chart, plan) {
  const xFormat = choice.axis === "time" ? duration : (value) => (value === 0 ? "0" : round(value));
  const yFormat = chart.metric.format || (plan.y.isLog || plan.y.bend ? short : markOf);
  const ySide = plan.y.isLog ? { distr: 3 } : plan.y.bend ? { distr: 4, asinh: plan.y.bend } : { distr: 1 };
  return {
    width: chart.box.clientWidth, height: chart.box.clientHeight, padding: [8, 16, 0, 0], legend: { show: false },
    scales: {
      x: { time: false, distr: plan.isLogX ? 3 : 1, range: () => chart.plan.xRange },
      y: { ...ySide, range: () => chart.plan.y.range },
    },
    axes: [axisOptions(plan, true, xFormat), axisOptions(plan, false, yFormat)],
    ...seriesOf(plan), cursor: cursorOptions(chart),
    hooks: {
      drawAxes: [(plot) => drawDots(plot, chart.plan)],
      setCursor: [() => { if (chart.plot) describe(chart); }],
      setSelect: [takeSelection],
    },
  };
}

/* ---- Drawing --------------------------------------------------------------------------------- */

function planOf(chart, lines) {
  const { metric } = chart;
  const xRange = xRangeOf(lines.flatMap((line) => line.runs));
  const curves = lines.map((line) => line.runs.map((run) => curveOf(run, metric)));
  const places = placesOf(curves.flat(), xRange, Math.max(200, chart.box.clientWidth));
  const isCrowded = lines.length > FEW;
  const sampled = lines.map((line, i) => sampleLine(line, curves[i], places, metric, isCrowded));
  const dots = chart.dots && !isCrowded ? dotsOf(lines, xRange) : [];
  return {
    lines, curves, places, sampled, dots, xRange, y: yScaleOf(metric, sampled, dots), isLogX: choice.log.includes("x"),
    isWide: chart.dots,
  };
}

/* The properties that are fixed in a uPlot: if they change, a new one is needed. */
function shapeOf(plan) {
  const lines = plan.lines.map((line, i) => [line.color, line.dash, Object.keys(plan.sampled[i]), plan.sampled[i].mid.filter(isNumber).length === 1]);
  return JSON.stringify([lines, plan.isLogX, plan.y.isLog, plan.y.bend, choice.axis, css("--ground")]);
}

function drawChart(chart, lines) {
  if (!chart.box.clientWidth) return;
  chart.plan = planOf(chart, lines);
  const shape = shapeOf(chart.plan);
  if (chart.shape !== shape) {
    if (chart.plot) chart.plot.destroy();
    chart.shape = shape;
    chart.plot = new uPlot(optionsOf(chart, chart.plan), dataOf(chart.plan), chart.box);
    name(chart);
  } else chart.plot.setData(dataOf(chart.plan));
  describe(chart);
}

function fit(chart) {
  const { clientWidth: width, clientHeight: height } = chart.box;
  if (chart.plot && width && (chart.plot.width !== width || chart.plot.height !== height)) chart.plot.setSize({ width, height });
}

/* For screen readers, and for touch, which uPlot does not handle. */
function name(chart) {
  const canvas = chart.plot.ctx.canvas;
  const { over } = chart.plot;
  canvas.id = "chart-" + chart.metric.key;
  canvas.setAttribute("role", "img");
  over.addEventListener("mouseenter", () => { underPointer = chart; });
  over.addEventListener("mouseleave", () => { underPointer = null; describe(chart); });
  for (const [from, to] of [["pointerdown", "mousedown"], ["pointermove", "mousemove"], ["pointerup", "mouseup"], ["pointercancel", "mouseup"]])
    over.addEventListener(from, ({ pointerType, clientX, clientY }) => {
      if (pointerType === "touch") over.dispatchEvent(new MouseEvent(to, { clientX, clientY, movementX: 1, button: 0, bubbles: true }));
    });
}

/* Writes the number beside the title, and the list of numbers under the pointer. */
function describe(chart) {
  const { plan, plot, metric } = chart;
  const format = metric.format || short;
  const at = plot.cursor.left >= 0 ? plot.cursor.idx : null;
  const newestOf = (values) => values.findLast(isNumber);
  const values = plan.sampled.map(({ mid }) => (at === null ? newestOf(mid) : mid[at]));
  const isSingle = plan.lines.length === 1;
  chart.now.textContent = isSingle ? format(values[0]) + (at === null ? "" : "  at " + along(plan.places[at])) : "";
  const said = metric.title + ": " + (plan.lines.length
    ? plan.lines.map((line, i) => (isSingle ? "" : line.name + " ") + format(values[i])).join(", ") : "no data yet");
  const canvas = plot.ctx.canvas;
  if (canvas.getAttribute("aria-label") !== said) canvas.setAttribute("aria-label", said);
  canvas.dataset.points = plan.curves.flat().reduce((sum, curve) => sum + curve.xs.length, 0);
  canvas.dataset.dots = plan.dots.length;
  chart.tip.hidden = isSingle || at === null || underPointer !== chart;
  if (!chart.tip.hidden) showTip(chart, values, format, at);
}

/* The largest numbers first, as many as fit. */
function showTip(chart, values, format, at) {
  const { plan, plot, tip } = chart;
  const order = plan.lines.map((line, i) => i).filter((i) => isNumber(values[i])).sort((a, b) => values[b] - values[a]);
  const rows = order.slice(0, TIP_LINES).map((i) => {
    const swatch = element("i", {});
    swatch.style.setProperty("--run", "var(" + plan.lines[i].color + ")");
    const { low, high } = plan.sampled[i];
    const band = low ? " (" + format(low[at]) + " to " + format(high[at]) + ")" : "";
    return element("div", {}, swatch, format(values[i]) + band + "  " + plan.lines[i].name);
  });
  if (order.length > TIP_LINES) rows.push(element("em", { textContent: "and " + (order.length - TIP_LINES) + " more" }));
  fill(tip, [element("em", { textContent: along(plan.places[at]) }), ...rows]);
  const x = plot.cursor.left + 46;
  const isRight = x > chart.box.clientWidth / 2;
  tip.style.left = isRight ? "" : x + 30 + "px";
  tip.style.right = isRight ? chart.box.clientWidth - x + 20 + "px" : "";
  tip.style.top = "48px";
}

/* ---- Keys ------------------------------------------------------------------------------------ */

const KEYS = "arrow keys: along; + and \u2212: zoom; 0: all of it";

/* Zooms to the part of the axis between two places of a chart, in pixels, as far as there are curves. */
function zoomBetween({ plan, plot }, left, right) {
  const [low, high] = wholeRange(plan.lines.flatMap((line) => line.runs));
  const from = Math.max(low, plot.posToVal(left, "x"));
  const to = Math.min(high, plot.posToVal(right, "x"));
  if (from < to) choose({ zoom: from > low || to < high ? [from, to] : null });
}

/* Moves the place along the axis; beyond an edge, the part of the axis that is shown. */
function moveAlong(chart, pixels) {
  const { plan, plot } = chart;
  const width = plot.over.clientWidth;
  const ends = wholeRange(plan.lines.flatMap((line) => line.runs)).map((end) => plot.valToPos(end, "x"));
  const next = placeOf(plot) + pixels;
  const shift = next > width ? Math.min(width / 4, ends[1] - width) : next < 0 ? Math.max(-width / 4, ends[0]) : 0;
  if (Math.abs(shift) >= 1) zoomBetween(chart, shift, width + shift);
  plot.setCursor({ left: Math.max(0, Math.min(width, next - shift)), top: 20 }, true, true);
}

/* Where the reader is along a chart, in pixels; the middle if nowhere. */
function placeOf(plot) {
  return plot.cursor.left >= 0 ? plot.cursor.left : plot.over.clientWidth / 2;
}

/* Whether the key is one of the chart's. */
function takeKey(chart, key) {
  const width = chart.plot.over.clientWidth;
  const place = placeOf(chart.plot);
  if (key === "ArrowLeft" || key === "ArrowRight") moveAlong(chart, (key === "ArrowLeft" ? -width : width) / 40);
  else if (key === "+" || key === "=") zoomBetween(chart, place / 2, (place + width) / 2);
  else if (key === "-") zoomBetween(chart, -place, 2 * width - place);
  else if (key === "0") choose({ zoom: null });
  else return false;
  return true;
}

function listenToKeys(chart) {
  const { box, now, metric } = chart;
  box.tabIndex = 0;
  box.dataset.keys = KEYS;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", metric.title + "; " + KEYS);
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !chart.plot) return;
    underPointer = chart;
    now.setAttribute("aria-live", "polite");
    if (takeKey(chart, event.key)) event.preventDefault();
  });
  box.addEventListener("blur", () => {
    underPointer = null;
    now.removeAttribute("aria-live");
    if (chart.plot) chart.plot.setCursor({ left: -10, top: -10 }, true, true);
  });
}

/* ---- The charts ------------------------------------------------------------------------------ */

function addChart(metric, dots) {
  const box = element("div", { className: "plot" });
  const now = element("span", { className: "number" });
  const tip = element("div", { className: "tip", hidden: true });
  const chart = { metric, dots, box, now, tip, plot: null, plan: null, shape: null };
  const save = (kind, act) => {
    const button = element("button", { type: "button", textContent: kind, title: "save " + metric.title + " as " + kind });
    button.addEventListener("click", () => act(chart));
    return button;
  };
  chart.card = element("div", { className: "chart" + (dots ? " wide" : "") },
    element("div", { className: "head" }, element("h2", { textContent: metric.title }, element("small", { textContent: metric.note || "" })),
      now, element("span", { className: "saves" }, save("CSV", saveCsv), save("PNG", savePng))), box, tip);
  listenToKeys(chart);
  new ResizeObserver(() => { if (chart.plot) fit(chart); else draw(); }).observe(box);
  charts.push(chart);
  $("charts").append(chart.card);
}

/* Q methods have no policy loss, and rows without a batch have no loss. */
function hasPolicy() {
  return shownRuns().some((run) => run.rows.some((row) => isNumber(row[C.policy_loss])));
}

/* Every other column gets a plain chart with its name. */
const BASE_COLUMNS = ["seconds", "steps", "emulator_frames", "episodes", "emulator_frames_per_second"];

function addPlainCharts(columns) {
  for (const column of columns)
    if (!BASE_COLUMNS.includes(column) && !charts.some((chart) => chart.metric.column === column)) {
      const words = column.replace(/_mean_100$/, ", last 100 games").replace(/_/g, " ");
      addChart({ key: column, title: words[0].toUpperCase() + words.slice(1), column }, false);
    }
}

function isTold(chart, shown) {
  const column = C[chart.metric.column];
  return chart.dots || shown.length === 0 || shown.some((run) => run.rows.some((row) => isNumber(row[column])));
}

let drawing = null; /* a timer */
let restUntil = 0; /* performance.now(); after long work the page has time for its reader */

/* Draws all charts, once, when the browser next paints; new data waits until restUntil. */
function draw() {
  if (drawing === null) drawing = setTimeout(drawAll, Math.max(0, restUntil - performance.now()));
}

function drawNow() {
  clearTimeout(drawing);
  drawing = setTimeout(drawAll);
}

function drawAll() {
  requestAnimationFrame(() => {
    drawing = null;
    const begun = performance.now();
    const lines = shownLines();
    const shown = shownRuns();
    for (const chart of typeof uPlot === "undefined" ? [] : charts) {
      chart.card.hidden = !isTold(chart, shown);
      if (chart.metric.key === "loss") chart.card.querySelector("h2").textContent = hasPolicy() ? "Value loss" : "Loss";
      if (!chart.card.hidden) drawChart(chart, lines);
    }
    document.body.dataset.state = runs.size ? "ready" : "empty";
    document.body.dataset.runs = runs.size;
    document.body.dataset.rows = [...runs.values()].reduce((sum, run) => sum + run.rows.length, 0);
    restUntil = performance.now() + 2 * (performance.now() - begun);
  });
}
