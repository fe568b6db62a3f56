/* The live game: its screen, and the network's outputs. */

const FIRST_SAVE_SECONDS = 60; /* when a run without a weight file saves one */

let values = []; /* values of this game's states */
let shownGame = null;

/* A screen for each game; the first one keeps its place. */
function layOutScreens() {
  const count = Number(choice.games);
  const screens = $("screens");
  while (screens.children.length > count) screens.lastChild.remove();
  while (screens.children.length < count) {
    const canvas = element("canvas", { width: 160, height: 210, ariaLabel: "Another game of the same network" });
    canvas.setAttribute("role", "img");
    screens.append(element("figure", {}, canvas, element("figcaption", {})));
  }
  screens.className = count > 1 ? "screens many" : "screens";
}

function resetGame() {
  layOutScreens();
  values = [];
  shownGame = null;
  $("bars").replaceChildren();
  $("live-facts").replaceChildren();
  $("live-model").textContent = "";
  $("bars-title").textContent = "";
  $("value-box").hidden = true;
  $("stage").className = "stage";
  $("live-note").hidden = false;
  $("live-note").textContent = "the game starts\u2026";
}

function waitingText() {
  const every = focus && focus.config.save_freq;
  const row = focus && last(focus);
  if (!every || !row || !isFresh(focus)) return "No network has been saved here.";
  const left = every - (row[C.steps] % every);
  const speed = newest(focus, "steps_per_second");
  const isEarly = row[C.seconds] < FIRST_SAVE_SECONDS && !focus.config.deterministic;
  const wait = Math.min(speed > 0 ? left / speed : Infinity, isEarly ? FIRST_SAVE_SECONDS - row[C.seconds] : Infinity);
  return "No network has been saved yet. The first one is due " + (wait < Infinity ? "in about " + duration(wait) : "at " + short(row[C.steps] + left) + " steps") + ".";
}

async function showPicture(told, figure) {
  const bytes = Uint8Array.from(atob(told.picture), (c) => c.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = figure.firstChild;
  if (canvas.width !== told.width || canvas.height !== told.height) {
    canvas.width = told.width;
    canvas.height = told.height;
  }
  const shape = (told.width * (told.pixel_aspect || 1)) / told.height;
  canvas.style.aspectRatio = String(shape);
  canvas.style.objectFit = "fill";
  canvas.getContext("2d").drawImage(picture, 0, 0);
  picture.close();
  figure.lastChild.textContent = short(told.score);
  $("stage").className = "stage seen";
  canvas.dataset.pictures = Number(canvas.dataset.pictures || 0) + 1;
}

/* Bars of probabilities, or of Q values or a continuous action's numbers from the least to the largest with zero. */
function showBars(told) {
  const numbers = told.policy || told.q || told.numbers || [];
  const names = Object.values(told.actions || {});
  const low = told.policy ? 0 : Math.min(0, ...numbers);
  const high = told.policy ? 1 : Math.max(0, ...numbers);
  const span = high - low || 1;
  const list = $("bars");
  $("bars-title").textContent = told.policy ? "Action probabilities" : told.q ? "Action values Q" : "Action";
  while (list.children.length > numbers.length) list.lastChild.remove();
  while (list.children.length < numbers.length)
    list.append(element("li", {}, element("span", {}), element("span", { className: "track" }, element("i", {})), element("span", {})));
  numbers.forEach((number, i) => {
    const [name, track, amount] = list.children[i].children;
    list.children[i].classList.toggle("taken", (told.taken || [told.action]).includes(i));
    name.textContent = name.title = names[i] || (told.numbers ? "number " : "action ") + i;
    track.firstChild.style.setProperty("--from", (Math.min(0, number) - low) / span);
    track.firstChild.style.setProperty("--share", Math.abs(number) / span);
    amount.textContent = told.policy ? (100 * number).toFixed(0) + " %" : short(number);
  });
}

/* Gives the canvas the screen's resolution; null while it has no size. */
function prepare(canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const scale = window.devicePixelRatio || 1;
  if (!width || !height) return null;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  return { pen, width, height };
}

function strokeCurve(pen, ys, toX, toY) {
  pen.beginPath();
  ys.forEach((y, i) => pen[i ? "lineTo" : "moveTo"](toX(i), toY(y)));
  pen.stroke();
}

function showValue(told) {
  const value = told.q ? Math.max(...told.q) : told.value;
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
  strokeCurve(pen, Array(span + 1).fill(0), toX, toY);
  pen.strokeStyle = css("--accent");
  pen.lineWidth = 1.6;
  strokeCurve(pen, values, toX, toY);
}

function fact(name, value) {
  return element("span", {}, name + " ", element("b", { textContent: value }));
}

function note(words) {
  $("live-note").hidden = !words;
  if ($("live-note").textContent !== words) $("live-note").textContent = words;
}

/* Another game beside the first: only its screen. */
function showBeside(told) {
  const figure = $("screens").children[told.seat];
  if (figure && told.picture && focus && told.id === focus.id) showPicture(told, figure).catch(() => {});
}

function showGame(told) {
  if (told.seat > 0) return showBeside(told);
  if (told.state === "waiting") return note(waitingText());
  if (told.state === "failed") return note("The game cannot be played here: " + told.reason);
  if (told.state === "untrusted") return note("This run's game is not played, because it runs code of its own: asyncrl watch --trust plays it.");
  if (told.state === "crowded") return note("Too many games are being watched; choose one of those, or come back later.");
  if (!focus || told.id !== focus.id) return undefined;
  note("");
  if (told.game !== shownGame) values = [];
  shownGame = told.game;
  if (told.picture) showPicture(told, $("screens").firstElementChild).catch(() => {});
  showBars(told);
  showValue(told);
  $("live-model").textContent = told.steps >= 0 ? "after " + short(told.steps) + " steps" : told.model;
  $("live-model").title = told.model || "the weights that the actors play with";
  fill($("live-facts"), [fact("score", short(told.score)), fact("step", String(told.step)), fact("game", String(told.game)),
    ...(told.state === "over" ? [element("b", { textContent: "game over" })] : [])]);
  return undefined;
}
