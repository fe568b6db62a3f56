#!/usr/bin/env python3
"""The page in a real browser, for a run that learns."""
import json
import os
import signal
import subprocess

import chromium
from proxy import PrefixProxy
from serving import LIMIT, PROGRAM, Folder, Site, check, finish, skip, wait_until, write_run

READY = "document.body && document.body.dataset.state === 'ready'"


def number(browser, expression):
    return float(browser.ask(expression) or 0)


def point(kind, share, event="MouseEvent"):
    """An event of the mouse, or of a finger, at that share of the score's width."""
    return ("(() => { const over = charts[0].plot.over; const box = over.getBoundingClientRect();"
            f"over.dispatchEvent(new {event}('{kind}', {{pointerType: 'touch', clientX: box.left + {share} * box.width, clientY: box.top + 20,"
            "movementX: 1, button: 0, bubbles: true})); })()")


def check_alive(browser, site):
    browser.look(1400, 1000)
    browser.open(site.url())
    check("the page finds the run", browser.wait(READY), browser.problems)
    check("the score has points", browser.wait("Number(document.querySelector('#chart-score').dataset.points) >= 2"))
    check("and dots, one per game", number(browser, "document.querySelector('#chart-score').dataset.dots") >= 10)
    for key in "speed", "entropy", "value", "policy", "loss", "queue", "lag":
        check(f"the curve {key} has points", number(browser, f"document.querySelector('#chart-{key}').dataset.points") >= 2)
    before = number(browser, "document.body.dataset.rows")
    check("curves grow by themselves", browser.wait(f"Number(document.body.dataset.rows) > {before}"))
    check("it says that the run learns", browser.wait("document.getElementById('link-text').textContent === 'learning'"))
    check("the score is drawn", browser.ask(
        "(() => { const c = document.querySelector('#chart-score');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i + 2] > d[i] + 60 && d[i + 3] > 99; return n > 100; })()"))


def check_game(browser):
    check("the game is shown", browser.wait("Number(document.getElementById('screen').dataset.pictures) >= 5"))
    check("the picture is not black", browser.wait(
        "(() => { const c = document.getElementById('screen');"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v > 200); })()"))
    told = browser.ask("[...document.querySelectorAll('#bars li')].map((li) => [li.children[0].textContent,"
                       "Number(getComputedStyle(li.querySelector('i')).getPropertyValue('--share')), li.className])")
    check("a bar per action, by name", [name for name, _, _ in told] == ["LEFT", "STAY", "RIGHT"], told)
    check("which add up to 1", abs(sum(share for _, share, _ in told) - 1) < 0.01, told)
    check("and one of which was taken", [taken for _, _, taken in told].count("taken") == 1, told)
    type_in(browser, "games", "4", "change")
    check("four games are shown side by side", browser.wait(
        "[...document.querySelectorAll('#screens canvas')].filter((c) => Number(c.dataset.pictures) >= 2).length === 4"))
    type_in(browser, "games", "1", "change")
    check("or one", browser.wait("document.querySelectorAll('#screens canvas').length === 1"))
    browser.wait("document.getElementById('value-now').textContent !== ''")
    check("the state has a value", browser.ask("document.getElementById('value-now').textContent !== ''"))


def check_controls(browser):
    browser.ask("document.querySelector('input[value=time]').click()")
    check("the curves go along time", browser.wait("choice.axis === 'time'"))
    label = "document.querySelector('#chart-score').getAttribute('aria-label')"
    check("screen readers get the score", browser.wait(f"/^Score: \\S/.test({label}) && !/no data/.test({label})"), browser.ask(label))
    # Again until it is there: a chart that is drawn anew meanwhile has forgotten the pointer.
    check("under the pointer is a number", browser.wait(f"({point('mousemove', 0.5)}, / at /.test(charts[0].now.textContent))"))
    check("in all charts", browser.wait(f"({point('mousemove', 0.5)}, charts.filter((c) => c.plot && !c.card.hidden).every((c) => / at /.test(c.now.textContent)))"))
    check("the run's options are there", browser.ask("/n_step/.test(document.getElementById('options-table').textContent)"))


def check_widths(browser, site):
    for name, width, height, dark, mobile in (("a desktop", 1400, 1000, True, False), ("a tablet", 800, 1100, False, True),
                                              ("a phone", 360, 780, False, True)):
        browser.look(width, height, dark, 1, mobile)
        browser.open(site.url())
        browser.wait(READY)
        check(f"on {name} nothing sticks out", browser.ask("document.documentElement.scrollWidth") <= width)
    ground = browser.ask("getComputedStyle(document.body).backgroundColor")
    browser.look(1400, 1000, dark=True)
    check("a dark page for dark systems", browser.wait(f"getComputedStyle(document.body).backgroundColor !== '{ground}'"))


def check_end(browser, site):
    browser.look(1400, 1000)
    browser.open(site.url())
    browser.wait(READY)
    site.process.send_signal(signal.SIGINT)
    check("the run ends well", site.process.wait(LIMIT) == 0, site.said())
    check("the page says that the server is gone", browser.wait("/not connected/.test(document.getElementById('link-text').textContent)"))


def check_many(browser, base):
    runs = f"{base}/many"
    for i in range(3):
        write_run(f"{runs}/run-{i}", rows=50, games=50, options=json.dumps({"game": "catch", "method": "a3c", "seed": i}))
    write_run(f"{runs}/another", rows=10, options=json.dumps({"game": "Breakout-v0", "method": "q1"}))
    evil = "<img src=x onerror=alert(1)>"
    write_run(f"{runs}/{evil}", rows=10, options=json.dumps({"game": evil, "method": "</script><script>alert(1)"}))
    with Site(runs) as site:
        browser.look(1400, 1000)
        browser.open(site.url())
        check("five runs are listed", browser.wait("document.querySelectorAll('#runs tbody tr').length === 5"))
        check("a run's name is only text", browser.ask("!document.querySelector('main img')"))
        browser.ask("[...document.querySelectorAll('#runs button')].find((b) => b.textContent === 'run-1').click()")
        check("chosen, its game is compared", browser.wait(
            "shownRuns().map((run) => run.name).join() === 'run-0,run-1,run-2'"), browser.ask("shownRuns().map((r) => r.name)"))
        browser.ask("document.querySelector('[aria-label=\"show run-0\"]').click()")
        check("a run can be hidden", browser.wait("document.querySelector('#chart-score').dataset.points == 100"))
        check("options that differ come first", browser.ask("document.querySelector('#options-table tbody tr').className") == "differs")
        check("without weights it says so", browser.wait("/No network has been saved/.test(document.getElementById('live-note').textContent)"))
        late = "late, by a name of so many words that a column as wide as it would push all others out of sight"
        write_run(f"{runs}/{late}", rows=5, options=json.dumps({"game": "catch"}))
        check("a later run is listed, too", browser.wait("document.querySelectorAll('#runs tbody tr').length === 6"))
        browser.ask("[...document.querySelectorAll('.head button')].find((b) => b.textContent === 'all').click()")
        check("a long name is broken above the options", browser.wait(
            "[...document.querySelectorAll('#options-table thead th')].some((cell) => cell.textContent.startsWith('late')"
            " && cell.offsetWidth < 250)"))


LISTED = "[...document.querySelectorAll('#runs td.name')].map((cell) => cell.textContent).join()"


def check_listed(browser, name, expected):
    check(f"{name}: {expected}", browser.wait(f"{LISTED} === '{expected}'"), browser.ask(LISTED))


def click(browser, selector, text):
    browser.ask(f"[...document.querySelectorAll('{selector}')].find((b) => b.textContent.startsWith('{text}')).click()")


def type_in(browser, name, value, event="input"):
    browser.ask(f"(() => {{ const e = document.getElementById('{name}'); e.value = '{value}'; e.dispatchEvent(new Event('{event}')); }})()")


def write_settings(runs):
    """Two settings of two and three seeds; the run's number is how long it went on."""
    for i, (lr, seed) in enumerate(((0.1, 1), (0.1, 2), (0.1, 3), (0.2, 1), (0.2, 2))):
        options = {"game": "catch", "method": "a3c", "lr": lr, "seed": seed, "total_steps": 4000 if i == 3 else 9000,
                   "about": {"date": f"2026-11-{20 - i}T12:00:00Z"}}
        write_run(f"{runs}/r{i}", rows=40 + (i * 7) % 5, games=20, options=json.dumps(options))
        os.utime(f"{runs}/r{i}/progress.csv", (1e9 + i, 1e9 + i))


def check_list(browser):
    for heading, expected in (("Score", "r2,r4,r1,r3,r0"), ("Score", "r0,r3,r1,r4,r2"), ("Score", "r0,r1,r2,r3,r4"),
                              ("Started", "r0,r1,r2,r3,r4"), ("Started", "r4,r3,r2,r1,r0"), ("Run", "r0,r1,r2,r3,r4"),
                              ("Time", "r2,r4,r1,r3,r0"), ("State", "r3,r0,r1,r2,r4")):
        click(browser, "#runs th button", heading)
        check_listed(browser, f"the list in the order of {heading}", expected)
    type_in(browser, "find", "lr=0.1 A3C")
    check_listed(browser, "only runs with the words are listed", "r0,r1,r2")
    check("and are in the charts", browser.wait("charts[0].plan.lines.length === 3"))
    type_in(browser, "find", "")
    type_in(browser, "state", "finished", "change")
    check_listed(browser, "only runs in the state are listed", "r3")
    type_in(browser, "state", "", "change")


def check_seeds(browser):
    browser.ask("document.getElementById('seeds').click()")
    check("seeds of a setting are one curve", browser.wait("charts[0].plan.lines.length === 2"))
    told = browser.ask("charts[0].plan.lines.map((line) => line.name).join()")
    check("named after what differs", told == "lr=0.1 (3 seeds),lr=0.2 (2 seeds)", told)
    told = browser.ask("(() => { const { places, sampled } = charts[0].plan; const i = places.indexOf(1000);"
                       "return sampled.map(({ mid, low, high }) => [low[i], mid[i], high[i]]); })()")
    check("with a band around", told == [[1, 1, 1], [1, 1, 1]], told)
    browser.ask("document.getElementById('seeds').click()")


def check_zoom(browser):
    for kind, share in (("mousedown", 0.25), ("mousemove", 0.6), ("mousemove", 0.75), ("mouseup", 0.75)):
        browser.ask(point(kind, share))
    low, high = browser.ask("choice.zoom")
    check("what the pointer is drawn over fills the charts", abs(low - 1100) < 30 and abs(high - 3300) < 30, (low, high))
    check("in all of them", browser.wait("charts.filter((c) => !c.card.hidden).every((c) => Math.abs(c.plot.scales.x.min - choice.zoom[0]) < 1)"))
    zoom = browser.ask("JSON.stringify(choice.zoom)")
    for kind, share in (("pointerdown", 0.3), ("pointermove", 0.4), ("pointermove", 0.6), ("pointerup", 0.6)):
        browser.ask(point(kind, share, "PointerEvent"))
    check("a finger does the same", browser.ask("Math.abs((choice.zoom[1] - choice.zoom[0]) / 660 - 1) < 0.05"), browser.ask("choice.zoom"))
    browser.ask("document.getElementById('whole').click()")
    check("a button shows all again", browser.wait("charts[0].plot.scales.x.max === 4400"), browser.ask("charts[0].plot.scales.x.max"))
    browser.ask("choose({ zoom: [10, 50], log: 'x' })")
    check("a zoom beside all curves is passed over", browser.wait("charts[0].plot.scales.x.min === 100 && charts[0].plot.scales.x.max === 4400"),
          browser.ask("charts[0].plan.xRange"))
    browser.ask("choose({ log: '' })")
    browser.ask(f"choose({{ zoom: {zoom} }})")
    browser.ask("document.getElementById('log-y').click()")
    check("an axis of powers of ten", browser.wait("charts[0].plot.scales.y.distr === 3"))


def press(browser, *keys):
    for key in keys:
        browser.ask("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
                    f"{{key: '{key}', bubbles: true, cancelable: true}}))")


def check_keys(browser):
    """What a pointer does on a chart, by keyboard."""
    browser.ask("choose({ zoom: null, log: '' })")
    browser.wait("charts[0].plot.scales.x.max === 4400 && charts[0].plot.scales.y.distr === 1")
    browser.call("Emulation.setFocusEmulationEnabled", enabled=True)
    browser.ask("charts[0].box.focus()")
    check("a chart can have the keyboard", browser.ask("document.activeElement === charts[0].box"))
    press(browser, "+")
    check("+ zooms to the middle", browser.wait("Math.abs(charts[0].plot.scales.x.min - 1100) < 30 && Math.abs(charts[0].plot.scales.x.max - 3300) < 30"),
          browser.ask("choice.zoom"))
    press(browser, *["ArrowRight"] * 30)
    check("arrow keys move along, and the part that is shown with them", browser.wait("charts[0].plot.scales.x.min > 1500"), browser.ask("choice.zoom"))
    check("which keeps its width", browser.ask("Math.abs(choice.zoom[1] - choice.zoom[0] - 2200) < 60"), browser.ask("choice.zoom"))
    check("the numbers there are shown", browser.ask("!charts[0].tip.hidden && /^[0-9.,]+/.test(charts[0].tip.textContent)"))
    press(browser, *["ArrowRight"] * 80)
    check("up to the end of the curves", browser.wait("Math.abs(charts[0].plot.scales.x.max - 4400) < 30"), browser.ask("choice.zoom"))
    press(browser, "-", "-")
    check("- shows more, up to all", browser.wait("charts[0].plot.scales.x.min === 0 && charts[0].plot.scales.x.max === 4400"), browser.ask("choice.zoom"))
    press(browser, "+", "0")
    check("0 shows all", browser.wait("choice.zoom === null"))
    browser.ask("document.activeElement.blur()")
    check("without the keyboard the numbers are gone", browser.ask("charts[0].tip.hidden && charts[0].plot.cursor.left < 0"))


def check_address(browser, site):
    """All of the choice is in the address, which brings it back."""
    browser.ask("choose({ smooth: 0.5 })")
    click(browser, "#runs td button", "r1")
    browser.ask("document.querySelector('[aria-label=\"show r0\"]').click()")
    before = browser.ask("JSON.stringify(choice)")
    address = browser.ask("location.href")
    check("the address has no more than the choice", address.startswith(site.url() + "#") and "game" not in address, address)
    browser.open("about:blank")
    browser.wait("location.href === 'about:blank'")
    browser.open(address)
    check("the address opens the page", browser.wait(READY + " && charts[0].plan && charts[0].plan.lines.length === 4"))
    rounded = "JSON.stringify({ ...choice, zoom: null })"
    check("with the choice", browser.ask(rounded) == json.dumps(json.loads(before) | {"zoom": None}, separators=(",", ":")), before)
    check("and the zoom", browser.ask(f"choice.zoom.every((x, i) => Math.abs(x - {before}.zoom[i]) < 0.1)"))
    check("and the run", browser.ask("focus.name") == "r1")
    browser.ask("location.hash = 'axis=x&smooth=-5&zoom=9&zoom=1&sort=constructor&log=%00&show=<b>&state=__proto__'")
    check("nonsense in the address is ignored", browser.wait("JSON.stringify(choice) === JSON.stringify(CHOICES)"), browser.ask("choice"))


def check_hidden(browser, site):
    """A page that is opened in the background, and shown later."""
    script = browser.call("Page.addScriptToEvaluateOnNewDocument",
                          source="Object.defineProperty(document, 'hidden', { value: true, writable: true });")["identifier"]
    browser.open("about:blank")
    browser.wait("location.href === 'about:blank'")
    browser.problems.clear()
    browser.open(site.url())
    browser.wait(READY)
    browser.ask("document.dispatchEvent(new Event('visibilitychange'))")
    check("a page in the background plays no game", browser.ask("source === null"))
    browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    browser.ask("document.hidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    check("once shown, it does", browser.wait("source && source.readyState === EventSource.OPEN"))
    check("and the browser reports no error", browser.problems == [], browser.problems)


def check_files(browser):
    told = browser.ask("csvOf(charts[0])").splitlines()
    check("a chart as CSV", told[0] == "run,steps,score_mean_100,smoothed" and told[1] == "r0,100,0.1,0.1" and len(told) == 211, told[:3])
    check("a name is not a formula", browser.ask("csvField('=1+1') + csvField('a,\"b') + csvField(-1)") == "'=1+1\"a,\"\"b\"-1")
    told = browser.ask("(() => { const c = pictureOf(charts[0]); return [c.width, c.height, c.toDataURL().length]; })()")
    check("a chart as PNG", told[0] > 500 and told[1] > 300 and told[2] > 5000, told)


def check_choice(browser, base):
    runs = f"{base}/settings"
    write_settings(runs)
    with Site(runs) as site:
        browser.look(1400, 1000)
        browser.problems.clear()
        browser.open(site.url())
        browser.wait(READY + " && charts[0].plan && charts[0].plan.lines.length === 5")
        check_list(browser)
        check_seeds(browser)
        check_files(browser)
        check_zoom(browser)
        zoom = browser.ask("JSON.stringify({ zoom: choice.zoom, log: choice.log })")
        check_keys(browser)
        browser.ask(f"choose({zoom})")
        check_address(browser, site)
        browser.look(390, 800, False, 1, True)
        browser.ask("choose({ seeds: true })")
        check("a scroll bar of 6 pixels covers no state", browser.ask(
            "parseFloat(getComputedStyle(document.querySelector('#runs td.state')).paddingRight)") >= 6)
        check("on a phone many runs do not stick out", browser.ask("document.documentElement.scrollWidth") <= 390)
        check("the browser complains of nothing", browser.problems == [], browser.problems)
        check_hidden(browser, site)


def check_without_charts(browser, base):
    """As built where uPlot could not be fetched."""
    hidden = "Object.defineProperty(window, 'uPlot', { get() { return undefined; }, set() {} })"
    script = browser.call("Page.addScriptToEvaluateOnNewDocument", source=hidden)["identifier"]
    with Site(f"{base}/settings") as site:
        browser.problems.clear()
        browser.look(1400, 1000)
        browser.open(site.url())
        check("without charts the runs are listed", browser.wait(f"{READY} && {LISTED} === 'r0,r1,r2,r3,r4'"))
        check("and it is said how to have them", browser.ask("!document.getElementById('no-charts').hidden"))
        click(browser, "#runs th button", "Score")
        check_listed(browser, "and sorted", "r2,r4,r1,r3,r0")
        check("and the browser complains of nothing", browser.problems == [], browser.problems)
    browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)


def check_q(browser, base):
    folder = f"{base}/q"
    subprocess.run([PROGRAM, "train", "q1", "--game=catch", "--processes=1", f"--run_dir={folder}", "--total_steps=2000",
                    "--clips=false"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=3 * LIMIT)
    with Site(folder) as site:
        browser.open(site.url())
        check("of a Q method the values of actions are shown", browser.wait(
            READY + " && document.getElementById('bars-title').textContent === 'Action values Q' && document.querySelectorAll('#bars li').length === 3"))


def check_proxied(browser, base):
    """Behind a proxy with paths of its own that sends a foreign Host, with a token."""
    folder = f"{base}/proxied"
    write_run(folder, rows=20, games=20, options=json.dumps({"game": "catch", "n_step": 5}))
    subprocess.run([os.environ["MAKE_INPUT"], "weights", f"{folder}/model-catch-1.h5", "a3c", "catch", "3", "3"], check=True)
    with Site(folder, "--token=random") as site, PrefixProxy(foreign="hub.example") as proxy:
        browser.open("about:blank")  # nothing is left of the page before
        browser.wait("location.href === 'about:blank'")
        browser.problems.clear()
        browser.look(1400, 1000)
        browser.open(proxy.url(site))
        check("behind a proxy the page finds the run", browser.wait(READY), browser.problems)
        check("and looks as it should", browser.ask("getComputedStyle(document.querySelector('.tiles')).display !== 'block'"))
        check("and has curves", browser.wait("Number(document.querySelector('#chart-score').dataset.points) >= 2"))
        check("and gets events", browser.wait("source.readyState === EventSource.OPEN"))
        check("and sees the game", browser.wait("Number(document.getElementById('screen').dataset.pictures) >= 2"))
        check("and the browser reports no error", browser.problems == [], browser.problems)
        with PrefixProxy(whole=True) as proxy_of_whole:
            browser.open(proxy_of_whole.url(site))
            check("behind a proxy that holds streams back it polls", browser.wait(READY + " && polledAt > 0"))
            check("and does not say that the server is gone", browser.wait(
                "/not learning|^learning/.test(document.getElementById('link-text').textContent)"))
        browser.open(proxy.url(site).split("?")[0])
        check("without the token there is no page", browser.wait("/token/.test(document.body.textContent)") and
              browser.ask("!document.getElementById('charts')"))


def main():
    if not chromium.find():
        skip("the page in a browser", "no chromium here; tools/install-deps --test brings it")
        return finish()
    browser = chromium.Chromium(limit=LIMIT)
    try:
        with Folder() as base:
            with Site("a3c", "--game=catch", "--processes=2", f"--run_dir={base}/run", "--save_freq=5000", "--clips=false",
                      command="train") as site:
                wait_until(lambda: os.path.isdir(f"{base}/run") and any("model-" in name for name in os.listdir(f"{base}/run")))
                check_alive(browser, site)
                check_game(browser)
                check_controls(browser)
                check_widths(browser, site)
                errors = [problem for problem in browser.problems]
                check("the browser reports no error", errors == [], errors)
                check_end(browser, site)
            check_many(browser, base)
            check_choice(browser, base)
            check_without_charts(browser, base)
            check_q(browser, base)
            check_proxied(browser, base)
    finally:
        browser.close()
    return finish()


main()
