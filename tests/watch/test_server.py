#!/usr/bin/env python3
"""The answers of asyncrl watch, and that no request harms it."""
import glob
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

from serving import LIMIT, PROGRAM, Folder, Site, check, finish, read_all, wait_until, write_run


def memory(pid):
    """Kilobytes that a process has in memory."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class Events:
    """A reader of the stream of events."""

    def __init__(self, site, path="/api/events", receive_buffer=0):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(LIMIT)
        self.socket.connect(("127.0.0.1", site.port))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{site.port}\r\n\r\n".encode())
        self.heard = b""

    def hears(self, text):
        """Whether text comes within the limit."""
        end = time.monotonic() + LIMIT
        while text not in self.heard and time.monotonic() < end:
            try:
                more = self.socket.recv(1 << 16)
            except OSError:
                return False
            if not more:
                return False
            self.heard += more
        return text in self.heard

    def close(self):
        self.socket.close()


def append_rows(folder, numbers):
    with open(f"{folder}/progress.csv", "a") as file:
        file.writelines(f"{i},{i * 100},{i * 400},{i},{i / 10},100,400,0.1,0.2,1.5,0.5,0.001,,0.5,20,{i / 2}\n"
                        for i in numbers)


def contents(folder):
    return sorted((entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in os.scandir(folder))


def check_routes(site):
    code, head, body = site.get("/")
    check("/: the page", code == 200 and body.startswith(b"<!doctype html>") and b"text/html" in head.encode())
    low = head.lower()
    check("/: headers that keep it to itself",
          all(word in low for word in ("content-security-policy: default-src 'none'", "nosniff", "no-referrer",
                                       "no-store")) and "access-control" not in low, head)
    for path, kind in ("/page.css", "text/css"), ("/page.js", "text/javascript"):
        code, head, body = site.get(path)
        check(f"{path}: is there", code == 200 and kind in head and len(body) > 1000)
    code, head, body = site.get("/api/runs")
    told = json.loads(body)["runs"]
    check("/api/runs: JSON of all runs", code == 200 and "application/json" in head and
          [run["about"]["name"] for run in told] == ["a", "b"], body[:300])
    check("/api/runs: shows known options, but no paths", told[0]["config"] == {"game": "catch", "network": "</script>\u20ac"},
          told)
    code, _, body = site.get("/api/run?id=0")
    told = json.loads(body)
    check("/api/run: JSON of a run's curves", code == 200 and len(told["rows"]) == 20 and len(told["games"]) == 30 and
          told["rows"][4][told["columns"].index("steps")] == 500 and told["rows"][0][told["columns"].index("epsilon")] is None,
          body[:300])
    code, head, body = site.get("/api/runs", method="HEAD")
    check("HEAD: only a head", code == 200 and body == b"", body[:100])
    code, _, body = site.get("/api/events", method="HEAD")
    check("HEAD of the events: ends", code == 200 and body == b"", body[:100])


def check_paths(site):
    bad = ["/x", "/index.html", "/api", "/api/run", "/api/run?id=", "/api/run?id=-1", "/api/run?id=2", "/api/run?id=0x0",
           "/api/run?id=1e0", "/api/run?id=../../etc/passwd", "/api/run?id=0%00", "/api/run?id=99999999999999999999",
           "/api/events?id=7", "/api/events?id=0&games=0",
           "/api/events?id=0&games=5", "/api/events?id=0&games=1x", "/api/events?id=0&games=", "/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd",
           "//etc/passwd", "/a/config.json", "/a/progress.csv", "/api/runs/", "/page.js/../page.css", "/.", "/%00",
           "/api/runs%00"]
    answers = {path: site.get(path)[0] for path in bad}
    check("all other paths: 404", set(answers.values()) == {404}, answers)


def check_methods(site):
    answers = {}
    for method in "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW":
        code, head, _ = site.get("/api/runs", method=method, extra="Content-Length: 5\r\n")
        answers[method] = code, "Allow: GET, HEAD" in head
    check("other methods: 405", set(answers.values()) == {(405, True)}, answers)
    code, _, _ = site.get("/", extra="Content-Length: 1000000000000\r\n")
    check("GET with a body that never comes: 400", code == 400, code)
    code, _, _ = site.get("/", extra="Transfer-Encoding: chunked\r\n")
    check("GET with a body of unknown size: 400", code == 400, code)


def check_hosts(site):
    good = ["localhost", f"localhost:{site.port}", "127.0.0.1", "LOCALHOST:1", f"[::1]:{site.port}"]
    answers = {host: site.get("/api/runs", host=host)[0] for host in good}
    check("own names as Host: admitted", set(answers.values()) == {200}, answers)
    bad = ["evil.example", f"evil.example:{site.port}", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80:1",
           "[::1", "[::1].evil.example", "@localhost", " ", ""]
    answers = {host: site.get("/api/runs", host=host)[0] for host in bad}
    check("other names as Host, or none: refused", all(400 <= code < 500 for code in answers.values()), answers)


def check_sites(site):
    """A browser's headers for a request from another site's page."""
    own = f"Origin: http://127.0.0.1:{site.port}\r\n"
    good = ["", "Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n", own]
    answers = {extra: site.get("/api/runs", extra=extra)[0] for extra in good}
    check("the page's own requests: admitted", set(answers.values()) == {200}, answers)
    bad = ["Sec-Fetch-Site: cross-site\r\n", "sec-fetch-site: Cross-Site\r\n", "Sec-Fetch-Site: same-site\r\n",
           "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n", "Origin: http://evil.example\r\n", "Origin: null\r\n",
           f"Origin: http://127.0.0.1:{site.port + 1}\r\n", own + "Origin: http://evil.example\r\n",
           own + "Sec-Fetch-Site: cross-site\r\n", "Host: localhost\r\n", "Host: evil.example\r\n"]
    paths = ["/", "/page.js", "/api/runs", "/api/run?id=0", "/api/events?id=0"]
    answers = {(extra, path): site.get(path, extra=extra)[0] for extra in bad for path in paths}
    check("other sites' requests, and a second Host: 403", set(answers.values()) == {403}, answers)


def check_links(base):
    """Links that lead out of the folder of runs."""
    with Folder() as elsewhere:
        write_run(f"{elsewhere}/other", rows=3, options='{"game": "Breakout-v0"}')
        write_run(f"{base}/a", rows=2, options='{"game": "catch"}')
        write_run(f"{base}/b", rows=2)
        for name in "config.json", "progress.csv":
            os.unlink(f"{base}/b/{name}")
            os.symlink(f"{elsewhere}/other/{name}", f"{base}/b/{name}")
        os.symlink(f"{elsewhere}/other", f"{base}/c")
        os.symlink("a", f"{base}/d")
        with Site(base) as site:
            told = json.loads(site.get("/api/runs")[2])["runs"]
            check("a run behind a link that leads out is ignored, one inside is not", len(told) == 3, told)
            check("config.json behind a link that leads out: not shown", told[1]["config"] is None, told)
            check("progress.csv behind a link that leads out: not shown", wait_until(lambda: rows_of(site, 0)) and rows_of(site, 1) == [])


def hears_of_game(site, run):
    reader = Events(site, f"/api/events?id={run}")
    reader.hears(b'"state"')
    reader.hears(b"\n\n")
    reader.close()
    return reader.heard.decode()


def check_trust():
    """Other people's runs, whose games would run their code."""
    make_input, plugin = os.environ["MAKE_INPUT"], os.environ["BAD_PLUGIN"]
    with Folder() as base:
        for name, game, config in (("a", "catch", {"game": "catch", "data_dir": f"{base}/evil", "core": f"{base}/evil"}),
                                   ("b", plugin, {"game": plugin}), ("c", plugin, {"game": "catch"}),
                                   ("d", "Breakout-v0", {"game": "Breakout-v0", "data_dir": f"{base}/evil"})):
            write_run(f"{base}/{name}", rows=2, options=json.dumps(config))
            actions = {"catch": "3", plugin: "2"}.get(game, "4")
            subprocess.run([make_input, "weights", f"{base}/{name}/model-x-1.h5", "a3c", game, "3", actions], check=True)
        with Site(base) as site:
            told = [hears_of_game(site, run) for run in range(4)]
            check("catch is played with any config of the run", '"picture"' in told[0], told[0][:300])
            check("a game with code of its own is not, with a message", '"untrusted"' in told[1], told[1][:300])
            check("nor one that only the weights name", "runs code of its own" in told[2], told[2][:300])
            check("paths are not shown", base not in "".join(told) and os.path.dirname(plugin) not in "".join(told), told)
            check("a run's data folder is not opened", "no data folder" not in told[3], told[3][:300])
            check("nor is any of it shown", b"evil" not in site.get("/api/runs")[2])
        with Site(base, "--trust") as site:
            told = [hears_of_game(site, run) for run in range(4)]
            check("--trust: games with code of their own are played", '"picture"' in told[1] and '"picture"' in told[2],
                  (told[1][:300], told[2][:300]))
            check("--trust: the run's data folder is used", "no data folder 'evil'" in told[3], told[3][:300])


def check_token():
    paths = ["/", "/page.css", "/page.js", "/api/runs", "/api/run?id=0", "/api/events"]
    with Folder() as base:
        write_run(f"{base}/a", rows=2)
        with Site(base, "--token=s3cret-A_b.~") as site:
            check("--token: is in the address that is printed", site.query == "?token=s3cret-A_b.~", site.said())
            wrong = ["", "token=", "token=s3cret-A_b.", "token=s3cret-A_b.~~", "token=S3cret-A_b.~"]
            answers = {(path, word): site.get(path + ("&" if "?" in path else "?") + word)[0] for path in paths for word in wrong}
            check("--token: all requests without it or with another one: 403", set(answers.values()) == {403}, answers)
            code, _, body = site.get("/" + site.query)
            check("--token: with it the page, and its parts carry it",
                  code == 200 and b'"page.css?token=s3cret-A_b.~"' in body and b'"page.js?token=s3cret-A_b.~"' in body, body[:900])
            answers = {path: site.get(path + "&" + site.query[1:] if "?" in path else path + site.query, host="hub.example")[0]
                       for path in paths[:-1]}
            check("--token: with it any Host, as behind a proxy", set(answers.values()) == {200}, answers)
            code, _, _ = site.get("/" + site.query, extra="Sec-Fetch-Site: cross-site\r\n")
            check("--token: with it no other site's page either", code == 403, code)
            reader = Events(site, "/api/events" + site.query)
            check("--token: with it events", reader.hears(b"event: hello"))
            reader.close()
        with Site("a3c", "--game=catch", "--processes=1", f"--run_dir={base}/b", "--clips=false", "--token=s3cret",
                  command="train") as site:
            answers = [site.get(f"/api/runs{query}")[0] for query in ("", "?token=secret", site.query)]
            check("train --token: the same", answers == [403, 403, 200], answers)
            check("train --token: is kept in no file", wait_until(lambda: os.path.exists(f"{base}/b/config.json")) and
                  not any(b"s3cret" in open(entry, "rb").read() for entry in glob.glob(f"{base}/b/*") if os.path.isfile(entry)))
        tokens = []
        for _ in range(2):
            with Site(base, "--bind=0.0.0.0") as site:
                tokens.append(site.query)
                check("bound to all: one line warns", len(re.findall("^warning: .*machines", site.said(), re.M)) == 1, site.said())
                check("bound to all: a random token", re.fullmatch(r"\?token=[0-9a-f]{32}", site.query), site.query)
                answers = [site.get(f"/api/runs{query}", host="machine.example")[0] for query in ("", tokens[0], site.query)]
                check("bound to all: nothing is admitted without it", answers == [403, 200 if len(tokens) == 1 else 403, 200], answers)
        with Site(base, "--token=random") as site:
            check("--token=random: also a random one", len(site.query) == 39 and site.get("/")[0] == 403, site.said())
            check("--token=random: no warning", "warning" not in site.said(), site.said())


def check_nonsense(site):
    requests = {
        "a long header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200000 + b"\r\n\r\n",
        "many headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 50000 + b"\r\n",
        "a long path": b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 500 + b"\r\n\r\n",
        "zeros": b"\0" * 5000 + b"\r\n\r\n",
        "an old version": b"GET / HTTP/0.9\r\n\r\n",
        "nothing": b"\r\n\r\n\r\n",
    }
    for name, request in requests.items():
        with site.connect() as connection:
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            answer = read_all(connection)
        check(f"{name}: refused", b" 200 " not in answer[:20], answer[:80])
        check(f"{name}: and the page is there", site.get("/api/runs")[0] == 200)


def drip(site, ended):
    """Sends a request byte by byte, and records the time at which the server ends it."""
    connection = site.connect()
    began = time.monotonic()
    connection.settimeout(0.5)
    connection.sendall(b"GET / HTTP/1.1\r\nX: ")
    while time.monotonic() - began < 3 * LIMIT:
        try:
            connection.sendall(b"a")
            if connection.recv(100) == b"":
                break
        except socket.timeout:
            continue
        except OSError:
            break
    else:
        return
    ended.append(time.monotonic() - began)


def check_half_open(site):
    connections = []
    for i in range(150):
        connection = site.connect()
        connection.sendall(b"GET / HTTP/1.1\r\nHo" if i % 2 else b"")
        connections.append(connection)
    check("150 half-open connections: the page is there", site.get("/")[0] == 200)
    for connection in connections:
        connection.close()


def check_readers(site, folder):
    readers = [Events(site) for _ in range(100)]
    check("100 readers: all are greeted", all(reader.hears(b"event: hello") for reader in readers))
    append_rows(folder, range(21, 22))
    check("100 readers: all hear of a new row", all(reader.hears(b"[21,2100,8400,21,2.1") for reader in readers))
    more = [Events(site) for _ in range(110)]
    check("of 210 readers some must come later",
          wait_until(lambda: any(reader.hears(b" ") and b" 503 " in reader.heard[:40] for reader in more[-15:])))
    check("with 210 readers the page is there", site.get("/")[0] == 200)
    for reader in readers + more:
        reader.close()
    check("after they left there is room again", wait_until(lambda: b"hello" in hello(site)))


def hello(site):
    reader = Events(site)
    reader.hears(b"\r\n\r\n")
    reader.hears(b"hello" if b" 200 " in reader.heard[:20] else b"later")
    reader.close()
    return reader.heard


def check_slow_reader(site, folder):
    slow = [Events(site, receive_buffer=2048) for _ in range(20)]
    quick = Events(site)
    quick.hears(b"hello")
    before = memory(site.process.pid)
    next_row = 22
    for _ in range(12):
        append_rows(folder, range(next_row, next_row + 30))
        next_row += 30
        quick.hears(f"[{next_row - 1},".encode())
    grown = memory(site.process.pid) - before
    check("20 readers that never read: others hear all", quick.hears(f"[{next_row - 1},".encode()))
    check("20 readers that never read: memory does not grow", grown < 16 << 10, f"{grown} kB more")
    for reader in slow + [quick]:
        reader.close()


def rows_of(site, run):
    code, _, body = site.get(f"/api/run?id={run}")
    return json.loads(body)["rows"] if code == 200 else None


def check_files(site, base):
    """Malformed files, and files that change."""
    reader = Events(site)
    reader.hears(b"hello")
    write_run(f"{base}/c", rows=5)
    check("a new run is announced", reader.hears(b"event: runs"))
    check("and listed", wait_until(lambda: b'"c"' in site.get("/api/runs")[2]))
    reader.hears(b"event: rows")
    os.truncate(f"{base}/c/progress.csv", os.path.getsize(f"{base}/c/progress.csv") - 100)
    check("a truncated run: announced again", reader.hears(b"event: anew"))
    check("a truncated run: has the remaining rows",
          wait_until(lambda: len(rows_of(site, 2)) == 3))
    reader.close()
    os.makedirs(f"{base}/odd/progress.csv")
    os.mkfifo(f"{base}/odd/episodes.csv")
    with open(f"{base}/odd/config.json", "w") as file:
        file.write("{not json")
    check("a run of odd files is listed without harm", wait_until(lambda: b'"odd"' in site.get("/api/runs")[2]))
    check("and has no curves", rows_of(site, 3) == [])
    write_run(f"{base}/strange", rows=0)
    with open(f"{base}/strange/progress.csv", "ab") as file:
        file.write(b"1,2\n,,,,,,,,,,,\nnan,inf,-inf,1e999,x,\xff\n5,500,1,1,1,1,1,1,1,1,1,1,1,1,1,1,7,8,9\n\n3,30")
    check("malformed rows are left out",
          wait_until(lambda: [row[0] for row in rows_of(site, 4) or []] == [1, 5]), rows_of(site, 4))


def check_long_run():
    with Folder() as base:
        write_run(f"{base}/long", rows=36000, games=300000)
        began = time.monotonic()
        with Site(f"{base}/long") as site:
            site.get("/")
            wait_until(lambda: not json.loads(site.get("/api/run?id=0")[2])["behind"])
            seconds = time.monotonic() - began
            body = site.get("/api/run?id=0")[2]
            told = json.loads(body)
            check("ten hours: the page opens soon", seconds < LIMIT, f"{seconds:.1f} s")
            check("ten hours: all of it is there, thinned", 1000 <= len(told["rows"]) <= 2048 and
                  told["rows"][-1][1] == 3600000 and 2000 <= len(told["games"]) <= 4096 and len(body) < 1 << 20,
                  f"{len(told['rows'])} rows, {len(told['games'])} games, {len(body)} bytes")
            check("ten hours: shows the best game", told["best"] == 49)
            seconds, idle = told["columns"].index("seconds"), told["columns"].index("learner_idle_seconds")
            check("ten hours: counters that are thinned are those of one moment",
                  all(row[idle] == row[seconds] / 2 for row in told["rows"]), told["rows"][-2:])


def check_bad_start():
    def refuses(name, words, *arguments):
        told = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=LIMIT)
        check(name, told.returncode == 2 and told.stdout == "" and told.stderr.count("\n") == 1 and words in told.stderr,
              f"{told.returncode}: {told.stdout!r} {told.stderr!r}")
    with Folder() as base, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refuses("a port that is taken: one line", f"port {port} of 127.0.0.1 is in use", "watch", base, f"--http={port}")
        refuses("an impossible address: one line", "'nowhere' is not an address", "watch", base, "--bind=nowhere")
        refuses("another machine's address: one line", "cannot serve on port 0 of 192.0.2.1", "watch", base, "--http=0",
                "--bind=192.0.2.1")
        refuses("a folder that is missing: one line", "there is no folder", "watch", f"{base}/none")
        refuses("a file: one line", "is a file; watch takes run directories", "watch", __file__)
        refuses("training with a port that is taken: one line", "is in use", "train", "a3c", "--game=catch",
                f"--run_dir={base}/run", f"--http={port}")
        check("and nothing is written", os.listdir(base) == [])
        refuses("an impossible token: one line", "--token takes", "watch", base, "--http=0", "--token=a b")
        refuses("training with a token but no page: one line", "--token says", "train", "a3c", "--game=catch",
                f"--run_dir={base}/run", "--token=abc")
        with Site(base) as site:
            pass
        check("Ctrl-C: exit code 0", site.process.returncode == 0, site.process.returncode)


def main():
    with Folder() as base:
        write_run(f"{base}/a", rows=20, games=30, options=json.dumps(
            {"game": "catch", "network": "</script>\u20ac", "note": "/home/me", "rom": "/home/me/rom", "run_dir": "/home/me/a"}))
        write_run(f"{base}/b", rows=3)
        before = contents(f"{base}/a")
        with Site(base) as site:
            ended = []
            dripping = threading.Thread(target=drip, args=(site, ended))
            dripping.start()
            check_routes(site)
            check_paths(site)
            check_methods(site)
            check_hosts(site)
            check_sites(site)
            check_nonsense(site)
            check_half_open(site)
            check("nothing is written", contents(f"{base}/a") == before)
            check_readers(site, f"{base}/a")
            check_slow_reader(site, f"{base}/a")
            check_files(site, base)
            dripping.join()
            check("a request that comes byte by byte ends early", bool(ended), "it went on")
            check("after all that the server is there", site.process.poll() is None and site.get("/")[0] == 200)
            site.process.send_signal(signal.SIGTERM)
            check("SIGTERM: exit code 0", site.process.wait(LIMIT) == 0, site.process.returncode)
    with Folder() as base:
        check_links(base)
    check_trust()
    check_token()
    check_long_run()
    check_bad_start()
    finish()


main()
