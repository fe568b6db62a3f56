/* The start of the page. */

function begin() {
  readChoice();
  addChart({ key: "score", title: "Score", note: "mean of the last 100 games; a dot is a game", column: "score_mean_100", plain: true }, true);
  for (const metric of METRICS) addChart(metric, false);
  $("no-charts").hidden = typeof uPlot !== "undefined";
  listenToControls();
  showChoice();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  if (window.matchMedia("(max-width: 619px)").matches) $("options").open = false;
  /* A hidden page needs no game. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else fetchRuns(true).then(listen).catch(listen);
  });
  setInterval(showLink, 2000);
  setInterval(poll, 1000 * POLL_SECONDS);
  resetGame();
  const start = () => fetchRuns(true).then(() => { if (!focus) listen(); }).catch(() => { setLink("lost", "not connected; trying again"); setTimeout(start, 3000); });
  start();
}

begin();
