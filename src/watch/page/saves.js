/* Charts as files. */

function save(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function fileName(chart, kind) {
  const game = (focus && focus.config.game) || "asyncrl";
  return [game, chart.metric.key].join("-").replace(/[^A-Za-z0-9._-]+/g, "-") + "." + kind;
}

/* A field; a spreadsheet must not take a name for a formula. */
function csvField(value) {
  if (isNumber(value)) return String(value);
  const said = value === null || value === undefined ? "" : /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
  return /[",\n\r]/.test(said) ? '"' + said.replace(/"/g, '""') + '"' : said;
}

/* A row for each point of each run: its place along the axis, the value, and the smoothed value. */
function csvOf(chart) {
  const rows = [["run", { steps: "steps", emulator: "emulator_frames", time: "seconds" }[choice.axis], chart.metric.column, "smoothed"]];
  const [from, to] = chart.plan.xRange;
  chart.plan.lines.forEach((line, i) => line.runs.forEach((run, k) => {
    const { xs, raw, smooth } = chart.plan.curves[i][k];
    xs.forEach((x, j) => { if (x >= from && x <= to) rows.push([run.name, x, raw[j], Number(smooth[j].toPrecision(8))]); });
  }));
  return rows.map((row) => row.map(csvField).join(",") + "\n").join("");
}

function saveCsv(chart) {
  if (chart.plan) save(fileName(chart, "csv"), new Blob([csvOf(chart)], { type: "text/csv" }));
}

/* The chart with its title above and the names of its curves below. */
function pictureOf(chart) {
  const chartCanvas = chart.plot.ctx.canvas;
  const scale = chartCanvas.width / chart.plot.width;
  const width = chartCanvas.width / scale;
  const canvas = element("canvas", {});
  const pen = canvas.getContext("2d");
  const font = "12px system-ui, sans-serif";
  pen.font = font;
  const places = namePlaces(pen, chart.plan.lines, width);
  const height = chart.plot.height + 30 + (places.length ? places[places.length - 1].y + 22 : 8);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  pen.scale(scale, scale);
  pen.fillStyle = css("--card");
  pen.fillRect(0, 0, width, height);
  pen.drawImage(chartCanvas, 0, 30, width, chart.plot.height);
  pen.fillStyle = css("--ink");
  pen.font = "600 14px system-ui, sans-serif";
  pen.fillText([focus && focus.config.game, chart.metric.title].filter(Boolean).join(" \u00b7 "), 10, 20);
  pen.font = font;
  places.forEach(({ x, y }, i) => {
    const line = chart.plan.lines[i];
    pen.fillStyle = css(line.color);
    pen.fillRect(x, chart.plot.height + 30 + y + 1, 9, 9);
    pen.fillStyle = css("--ink");
    pen.fillText(line.name, x + 14, chart.plot.height + 30 + y + 10);
  });
  return canvas;
}

/* Places names in rows from left to right. */
function namePlaces(pen, lines, width) {
  let x = 10;
  let y = 4;
  return lines.map((line) => {
    const room = pen.measureText(line.name).width + 32;
    if (x > 10 && x + room > width) { x = 10; y += 18; }
    const place = { x, y };
    x += room;
    return place;
  });
}

function savePng(chart) {
  if (chart.plot) pictureOf(chart).toBlob((blob) => save(fileName(chart, "png"), blob), "image/png");
}
