/* Events from the server, and the state of the connection. */

const POLL_SECONDS = 5; /* if events do not get through */

let source = null; /* of events */
let polledAt = -Infinity; /* performance.now() of the last poll */

function setLink(state, text) {
  $("link").dataset.state = state;
  if ($("link-text").textContent !== text) $("link-text").textContent = text;
}

function isListening() {
  return source && source.readyState === EventSource.OPEN;
}

/* Some proxies hold back a stream until it ends, and this one never ends: then the page polls. */
async function poll() {
  if (isListening() || document.hidden) return;
  try {
    await fetchRuns(true);
    polledAt = performance.now();
    if (!isListening() && focus) note("The game cannot be shown: a proxy may be holding back the events.");
  } catch {
    /* showLink reports it. */
  }
  showLink();
}

function showLink() {
  if (!isListening() && performance.now() - polledAt > 2000 * POLL_SECONDS) {
    setLink("lost", refused ? "access refused; open the address that the server printed" : "not connected; trying again");
    return;
  }
  const fresh = [...runs.values()].filter(isFresh).length;
  if (fresh === 0) setLink("idle", runs.size ? "not learning now" : "no runs yet");
  else setLink("live", runs.size === 1 ? "learning" : fresh + " of " + runs.size + " learning");
}

/* A hidden page listens once it is shown, see begin. */
function listen() {
  if (source) source.close();
  if (document.hidden) return;
  source = new EventSource(address("api/events", focus ? { id: focus.id, games: choice.games } : {}));
  const on = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  let opened = false;
  on("hello", () => {
    if (opened) fetchRuns(true).catch(() => {}); /* events were missed meanwhile */
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
