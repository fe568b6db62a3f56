/* The curves of a metric, sampled at common places along the axis, for the charts. */

const SMOOTHED_ROWS = 300;
const FEW = 8; /* with more curves, a chart leaves out unsmoothed values and bands */

/* Curves below the scores. Columns that have no line here get a plain chart, see addPlainCharts. */
const METRICS = [
  { key: "eval", title: "Evaluation, mean score", column: "eval_mean", plain: true },
  { key: "length", title: "Game length, steps", column: "episode_length_mean_100", zero: true, plain: true },
  { key: "speed", title: "Steps/s", column: "steps_per_second", zero: true },
  { key: "entropy", title: "Entropy", column: "entropy" },
  { key: "value", title: "Value", column: "value" },
  { key: "policy", title: "Policy loss", column: "policy_loss" },
  { key: "loss", title: "Value loss", column: "value_loss" },
  { key: "norm", title: "Gradient norm", column: "grad_norm", zero: true },
  { key: "kl", title: "Approximate KL", column: "approx_kl" },
  { key: "lag", title: "Weights lag, steps", column: "weights_lag", zero: true },
  { key: "queue", title: "Queue fill", column: "queue_fill", format: percent, zero: true, top: 1 },
  { key: "idle", title: "Learner waits", column: "learner_idle_seconds", format: percent, zero: true, top: 1, rate: true },
  { key: "processors", title: "Busy processors", column: "processors_busy", zero: true },
  { key: "memory", title: "Memory", column: "memory_mb", format: megabytes, zero: true, plain: true },
  { key: "lr", title: "Learning rate", column: "learning_rate", zero: true, plain: true },
  { key: "epsilon", title: "Random actions", column: "epsilon", format: percent, zero: true, plain: true },
];

function xOf(row) {
  return row[C[{ steps: "steps", emulator: "emulator_frames", time: "seconds" }[choice.axis]]];
}

/* The x of each game. A game has only its steps; other x are interpolated between the rows around it. */
function gameXs(run) {
  const key = "games along " + choice.axis;
  if (run.cache[key]) return run.cache[key];
  const { rows, games } = run;
  let i = 0;
  const xs = games.map((game) => {
    const steps = game[0];
    if (choice.axis === "steps") return steps;
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

/* The value of a metric in a row; a rate is the growth of a count per second. */
function valueOf(run, metric, i) {
  const column = C[metric.column];
  const value = run.rows[i][column];
  if (!metric.rate) return value;
  const before = i > 0 ? run.rows[i - 1] : null;
  const seconds = run.rows[i][C.seconds] - (before ? before[C.seconds] : 0);
  return seconds > 0 ? Math.max(0, Math.min(1, (value - (before ? before[column] : 0)) / seconds)) : null;
}

/* The curve of a run: {xs, raw, smooth}. Smoothed, the weights of earlier values fall by choice.smooth a row. A run
 * that went on from earlier weights has its later values there. */
function curveOf(run, metric) {
  const key = [metric.key, choice.axis, metric.plain ? 0 : choice.smooth].join(" ");
  if (run.cache[key]) return run.cache[key];
  const curve = { xs: [], raw: [], smooth: [] };
  /* The mean covers the same width in a long curve as in a short one. */
  const keep = metric.plain ? 0 : choice.smooth ** (SMOOTHED_ROWS / Math.max(SMOOTHED_ROWS, run.rows.length));
  let sum = 0;
  let weight = 0;
  run.rows.forEach((row, i) => {
    const value = valueOf(run, metric, i);
    const x = xOf(row);
    if (!isNumber(value) || !isNumber(x)) return;
    while (curve.xs.length && curve.xs[curve.xs.length - 1] >= x) for (const part of Object.values(curve)) part.pop();
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    curve.xs.push(x);
    curve.raw.push(value);
    curve.smooth.push(sum / weight);
  });
  return (run.cache[key] = curve);
}

/* The range of all charts: from zero, unless the runs began far from it. */
function wholeRange(list) {
  let low = Infinity;
  let high = 0;
  for (const run of list) {
    low = Math.min(low, xOf(run.rows[0]) || 0);
    high = Math.max(high, xOf(last(run)) || 0);
  }
  if (choice.log.includes("x")) return [Math.max(low < Infinity ? low : 0, (high || 1) / 1e6), high || 1];
  if (low < 0.3 * high || low >= high) low = 0;
  return [low, high || 1];
}

/* The zoom, unless it is beside all curves: of other runs, or before an axis of powers of ten begins. */
function xRangeOf(list) {
  const whole = wholeRange(list);
  const { zoom } = choice;
  return zoom && zoom[0] < whole[1] && zoom[1] > whole[0] ? [Math.max(zoom[0], whole[0]), zoom[1]] : whole;
}

/* Places along the axis within a range: those of the curves if they are few, otherwise the same number of evenly spread ones. */
function placesOf(curves, [from, to], few) {
  const own = new Set([from, to]);
  for (const { xs } of curves) {
    for (const x of xs) if (x > from && x < to) own.add(x);
    if (own.size > few) break;
  }
  if (own.size <= few) return [...own].sort((a, b) => a - b);
  const isLog = choice.log.includes("x");
  return Array.from({ length: few }, (_, i) => {
    const share = i / (few - 1);
    return i === 0 ? from : i === few - 1 ? to : isLog ? from * (to / from) ** share : from + share * (to - from);
  });
}

/* Values at places, between the points of a curve; null before its first and after its last one. */
function sample(xs, ys, places) {
  let i = 0;
  return places.map((x) => {
    if (!xs.length || x < xs[0] || x > xs[xs.length - 1]) return null;
    while (i < xs.length - 1 && xs[i + 1] < x) i++;
    if (xs[i] >= x || i === xs.length - 1) return ys[i];
    return ys[i] + ((x - xs[i]) / (xs[i + 1] - xs[i])) * (ys[i + 1] - ys[i]);
  });
}

/* The mean without the best and the worst quarter, rounded down, as in `asyncrl plot`. */
function middleMean(sorted) {
  const cut = Math.floor(sorted.length / 4);
  const kept = sorted.slice(cut, sorted.length - cut);
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
}

/* Of several runs at each place: the middle mean, the lowest and the highest, if half of them come that far. */
function gather(samples) {
  const gathered = { mid: [], low: [], high: [] };
  samples[0].forEach((_, i) => {
    const there = samples.map((values) => values[i]).filter(isNumber).sort((a, b) => a - b);
    const isEnough = there.length > 0 && 2 * there.length >= samples.length;
    gathered.mid.push(isEnough ? middleMean(there) : null);
    gathered.low.push(isEnough ? there[0] : null);
    gathered.high.push(isEnough ? there[there.length - 1] : null);
  });
  return gathered;
}

/* What stands for a line (see shownLines) at places: {mid} and, of one run, {raw}, of several {low, high}. */
function sampleLine(line, curves, places, metric, isCrowded) {
  if (line.runs.length > 1) return gather(curves.map((curve) => sample(curve.xs, curve.smooth, places)));
  const [{ xs, raw, smooth }] = curves;
  const mid = sample(xs, smooth, places);
  return metric.plain || choice.smooth === 0 || isCrowded ? { mid } : { mid, raw: sample(xs, raw, places) };
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/* The range of a line: without outliers for unsmoothed values, otherwise from the least to the largest. */
function extent(sampled, dots) {
  let low = Infinity;
  let high = -Infinity;
  const take = (value) => { if (isNumber(value)) { low = Math.min(low, value); high = Math.max(high, value); } };
  for (const { mid, raw, low: lows, high: highs } of sampled) {
    const sorted = (raw || []).filter(isNumber).sort((a, b) => a - b);
    take(quantile(sorted, 0.01));
    take(quantile(sorted, 0.99));
    const start = raw && !choice.zoom && mid.length > 20 ? 5 : 0; /* the first few are not meaningful */
    for (let i = start; i < mid.length; i++) take(mid[i]);
    for (const value of [...(lows || []), ...(highs || [])]) take(value);
  }
  for (const [, score] of dots) take(score);
  return [low, high];
}

/* {range, isLog, bend}: the range and the scale of a chart. Powers of ten need positive values; others are bent,
 * linear up to `bend` and powers of ten beyond. */
function yScaleOf(metric, sampled, dots) {
  let [low, high] = extent(sampled, dots);
  if (metric.top) high = metric.top;
  if (!(low <= high)) return { range: [0, 1], isLog: false, bend: 0 };
  if (choice.log.includes("y") && low > 0) return { range: [low / 1.1, high * 1.1], isLog: true, bend: 0 };
  if (metric.zero) low = Math.min(low, 0);
  if (high - low < 1e-12) { high += Math.abs(high) * 0.1 || 1; low -= metric.zero ? 0 : Math.abs(low) * 0.1 || 1; }
  if (choice.log.includes("y")) return bentScale(low, high);
  const room = metric.top ? 0 : 0.05 * (high - low);
  return { range: [metric.zero && low >= 0 ? 0 : low - room, high + room], isLog: false, bend: 0 };
}

function bentScale(low, high) {
  const bend = 10 ** Math.round(Math.log10(Math.max(Math.abs(low), Math.abs(high))) - 2);
  const beyond = (value, sign) => (sign * value > 0 ? value * 1.1 : sign * bend * 0.2);
  return { range: [beyond(low, -1), beyond(high, 1)], isLog: false, bend };
}

/* The games of the lines as [x, score, color] within a range. */
function dotsOf(lines, [from, to]) {
  return lines.flatMap((line) => line.runs.flatMap((run) => {
    const xs = gameXs(run);
    return run.games.map((game, i) => [xs[i], game[1], line.color]).filter(([x]) => x >= from && x <= to);
  }));
}
