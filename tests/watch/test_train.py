#!/usr/bin/env python3
"""A run that serves its page goes on in spite of any trouble of the page."""
import glob
import json
import os
import signal
import threading
import time

from serving import LIMIT, Folder, Site, check, finish, skip, wait_until


def processes(parent, name):
    """Children of a process with that name."""
    found = []
    try:
        with open(f"/proc/{parent}/task/{parent}/children") as file:
            children = file.read().split()
    except OSError:
        return []
    for child in children:
        try:
            with open(f"/proc/{child}/comm") as file:
                if file.read().strip() == name:
                    found.append(int(child))
        except OSError:
            pass
    return found


def descendants(parent):
    try:
        with open(f"/proc/{parent}/task/{parent}/children") as file:
            children = [int(child) for child in file.read().split()]
    except OSError:
        return []
    return children + [pid for child in children for pid in descendants(child)]


def steps(site):
    code, _, body = site.get("/api/run?id=0")
    rows = json.loads(body)["rows"] if code == 200 else []
    return rows[-1][1] if rows else 0


def steps_in_file(folder):
    try:
        with open(f"{folder}/progress.csv") as file:
            return int(file.read().split("\n")[-2].split(",")[1])
    except (OSError, IndexError, ValueError):
        return 0


def goes_on(folder):
    seen = steps_in_file(folder)
    return wait_until(lambda: steps_in_file(folder) > seen)


def open_stream(site, game, games=1):
    connection = site.connect()
    connection.sendall(f"GET /api/events{f'?id=0&games={games}' if game else ''} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def hear(connection, text):
    heard = b""
    end = time.monotonic() + LIMIT
    while text not in heard and time.monotonic() < end:
        try:
            more = connection.recv(1 << 16)
        except OSError:
            break
        if not more:
            break
        heard = heard[-len(text):] + more
    return text in heard


def annoy(site, stop):
    """Sends malformed requests until it must stop."""
    requests = [b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 10000,
                b"GET /" + b"../" * 3000 + b"etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"\xff" * 3000, b"GET / HT"]
    while not stop.is_set():
        for request in requests:
            try:
                with site.connect() as connection:
                    connection.sendall(request)
            except OSError:
                pass
        time.sleep(0.05)


def check_crowd(site, folder):
    streams = [open_stream(site, game=True) for _ in range(100)]
    check("100 readers: all see the game", all(hear(stream, b'"picture"') for stream in streams))
    silent = [open_stream(site, game=True) for _ in range(20)]
    half = [site.connect() for _ in range(50)]
    stop = threading.Event()
    annoying = threading.Thread(target=annoy, args=(site, stop))
    annoying.start()
    check("100 readers, 20 that never read, 50 half-open connections, nonsense: training goes on", goes_on(folder))
    check("and the page shows it", wait_until(lambda: steps(site) > 0))
    stop.set()
    annoying.join()
    for connection in streams + silent + half:
        connection.close()


def check_game(site, page):
    stream = open_stream(site, game=True)
    hear(stream, b'"picture"')
    games = processes(page, "asyncrl-game")
    check("all share one game", len(games) == 1, games)
    if games:
        with open(f"/proc/{games[0]}/stat") as file:
            niceness = int(file.read().rsplit(")", 1)[1].split()[16])
        check("at the lowest priority", niceness == 19, niceness)
        os.kill(games[0], signal.SIGKILL)
        check("a game that dies is restarted",
              wait_until(lambda: processes(page, "asyncrl-game") not in ([], games)) and hear(stream, b'"picture"'))
    several = open_stream(site, game=True, games=4)
    check("four games can be watched at a time", all(hear(several, f'"seat":{seat}'.encode()) for seat in (3, 1, 2, 0)))
    check("one of which is that of the others", wait_until(lambda: len(processes(page, "asyncrl-game")) == 4))
    several.close()
    check("and then one again", wait_until(lambda: len(processes(page, "asyncrl-game")) == 1))
    stream.close()
    check("without readers no game is played", wait_until(lambda: not processes(page, "asyncrl-game")))


def check_deaths(site, supervisor, folder):
    page = processes(supervisor, "asyncrl-page")
    os.kill(page[0], signal.SIGKILL)
    check("a page that dies is replaced", wait_until(lambda: processes(supervisor, "asyncrl-page") not in ([], page)))
    check("and is there again", site.get("/api/runs")[0] == 200)
    check("and the run goes on", goes_on(folder))
    for _ in range(2):
        wait_until(lambda: processes(supervisor, "asyncrl-page"))
        for pid in processes(supervisor, "asyncrl-page"):
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: pid not in processes(supervisor, "asyncrl-page"))
    check("after three deaths the run goes on without a page",
          wait_until(lambda: "the run goes on without" in site.said()) and goes_on(folder))
    check("and its port is closed", wait_until(lambda: not listens(site)))


def listens(site):
    try:
        site.connect().close()
    except ConnectionRefusedError:
        return False
    return True


def cores(pid):
    """The copies of libretro cores that a process has loaded, by their inodes."""
    with open(f"/proc/{pid}/maps") as file:
        return {line.split()[4] for line in file if "libretro-core" in line}


def check_core(base):
    data = os.environ.get("ASYNCRL_DATA", "")
    core = glob.glob("/usr/lib/*/libretro/nestopia_libretro.so")
    if not (core and os.path.isdir(f"{data}/roms-nes")):
        skip("Super Mario on the page", "no Nestopia or no ROM; tools/install-deps brings them")
        return
    with Site("a3c", "--game=SuperMarioBros-1-1-v1", f"--core={core[0]}", "--processes=1", "--envs_per_process=1", "--clips=false",
              f"--run_dir={base}/mario", command="train") as site:
        stream = open_stream(site, game=True)
        check("Super Mario is played on the page", hear(stream, b'"picture"'))
        page = processes(site.process.pid, "asyncrl-page")
        games = processes(page[0], "asyncrl-game") if page else []
        check("on a core of its own", games and cores(games[0]) - cores(site.process.pid), games)
        stream.close()


def main():
    with Folder() as base:
        folder = f"{base}/run"
        with Site("a3c", "--game=catch", "--processes=2", f"--run_dir={folder}", "--save_freq=1000000000", "--clips=false",
                  command="train") as site:
            supervisor = site.process.pid
            check("the page is there", wait_until(lambda: site.get("/api/runs")[0] == 200))
            check("the game is played before weights are saved", hear(open_stream(site, game=True), b'"picture"'))
            check("which no numbered file holds yet", not glob.glob(f"{folder}/model-[0-9]*"), os.listdir(folder))
            check("the curves grow", wait_until(lambda: steps(site) > 0))
            check_crowd(site, folder)
            check_game(site, processes(supervisor, "asyncrl-page")[0])
            check_deaths(site, supervisor, folder)
            left = descendants(supervisor)
            site.process.send_signal(signal.SIGINT)
            check("the run ends well", site.process.wait(LIMIT) == 0, site.said())
            check("nothing of it is left", wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in left)))
        check_core(base)
    finish()


main()
