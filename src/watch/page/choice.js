/* The reader's choices. All are in the address behind '#', so that a link to the page keeps them. */

const CHOICES = {
  run: "", /* the name of the run whose numbers, options and game are shown; "": the newest */
  show: "game", /* the runs in the charts: "game" (those of the run's game), "all" or "none" */
  but: [], /* names of the runs for which the opposite holds */
  find: "", /* words that a run's name or options have */
  state: "", /* "learning", "finished", "stopped"; "": any */
  sort: "", /* a column of the list, with "-" from the largest down; "": the order of the folders */
  seeds: false, /* runs that differ in their seed are one curve */
  axis: "steps", /* or "emulator", "time" */
  log: "", /* the axes with powers of ten: "x", "y" or "xy" */
  smooth: 0.8,
  games: "1", /* that are played at a time */
  zoom: null, /* [from, to] along the axis; null: all of it */
};
const choice = { ...CHOICES };

function writeChoice() {
  const words = new URLSearchParams();
  for (const [name, usual] of Object.entries(CHOICES)) {
    const value = choice[name];
    if (Array.isArray(value)) for (const part of value) words.append(name, isNumber(part) ? Number(part.toPrecision(6)) : part);
    else if (value !== usual && value !== null) words.set(name, value === true ? "1" : value);
  }
  const wanted = String(words);
  if (location.hash.slice(1) !== wanted)
    history.replaceState(null, "", location.pathname + location.search + (wanted && "#" + wanted));
}

/* Reads the valid choices of the address. */
function readChoice() {
  const words = new URLSearchParams(location.hash.slice(1));
  const oneOf = (name, allowed) => (allowed.includes(words.get(name)) ? words.get(name) : CHOICES[name]);
  const smooth = Number(words.get("smooth") || CHOICES.smooth);
  const zoom = words.getAll("zoom").map(Number);
  Object.assign(choice, {
    run: words.get("run") || "",
    show: oneOf("show", ["game", "all", "none"]),
    but: words.getAll("but"),
    find: words.get("find") || "",
    state: oneOf("state", STATES),
    sort: oneOf("sort", COLUMNS.flatMap((column) => [column.key, "-" + column.key])),
    seeds: words.get("seeds") === "1",
    axis: oneOf("axis", ["steps", "emulator", "time"]),
    games: oneOf("games", ["1", "2", "4"]),
    log: oneOf("log", ["x", "y", "xy"]),
    smooth: smooth >= 0 && smooth <= 0.98 ? smooth : CHOICES.smooth,
    zoom: zoom.length === 2 && zoom[0] >= 0 && zoom[0] < zoom[1] && zoom[1] < Infinity ? zoom : null,
  });
}

/* Sets the controls to the choices. */
function showChoice() {
  for (const input of document.querySelectorAll("input[name=axis]")) input.checked = input.value === choice.axis;
  $("smoothing").value = choice.smooth;
  $("log-x").checked = choice.log.includes("x");
  $("log-y").checked = choice.log.includes("y");
  $("seeds").checked = choice.seeds;
  $("games").value = choice.games;
  $("find").value = choice.find;
  $("state").value = choice.state;
  $("whole").hidden = !choice.zoom;
}

function choose(news) {
  Object.assign(choice, news);
  writeChoice();
  showChoice();
  showRuns();
  showOptions();
  drawNow();
}

function readLogAxes() {
  return ($("log-x").checked ? "x" : "") + ($("log-y").checked ? "y" : "");
}

function listenToControls() {
  for (const show of ["game", "all", "none"]) $("show-" + show).addEventListener("click", () => choose({ show, but: [] }));
  for (const input of document.querySelectorAll("input[name=axis]"))
    input.addEventListener("change", () => choose({ axis: input.value, zoom: null }));
  for (const name of ["log-x", "log-y"]) $(name).addEventListener("change", () => choose({ log: readLogAxes() }));
  $("smoothing").addEventListener("input", () => {
    for (const run of runs.values()) run.cache = {}; /* otherwise each place of the slider would add a curve */
    choose({ smooth: Number($("smoothing").value) });
  });
  $("seeds").addEventListener("change", () => choose({ seeds: $("seeds").checked }));
  $("games").addEventListener("change", () => {
    choose({ games: $("games").value });
    resetGame();
    listen();
  });
  $("find").addEventListener("input", () => choose({ find: $("find").value }));
  $("state").addEventListener("change", () => choose({ state: $("state").value }));
  $("whole").addEventListener("click", () => choose({ zoom: null }));
  window.addEventListener("hashchange", () => {
    readChoice();
    const named = [...runs.values()].find((run) => run.name === choice.run);
    if (named && named !== focus) focusOn(named);
    choose({});
  });
}
