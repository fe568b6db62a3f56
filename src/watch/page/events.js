/* News from the server, and whether they come. */

const POLL_SECONDS = 5; /* if events do not come through */

let source = null; /* of events */
let polledAt = -Infinity; /* performance.now() when the runs were last asked for without events */

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
  source = new EventSource(address("api/events", focus ? { id: focus.id, games: choice.games } : {}));
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

/* The run whose numbers, options and game are shown from now on. */
function focusOn(run) {
  focus = run;
  resetGame();
  showOptions();
  listen();
}
