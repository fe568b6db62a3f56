"""Shared by the tests of the page: TAP, runs to watch, and the program that serves them."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import finish, report, skip  # noqa: F401 (for the tests that import this)

PROGRAM = os.environ["ASYNCRL"]
# From an older program: frames are steps now.
HEADER = ("seconds,frames,emulator_frames,episodes,score_mean_100,frames_per_second,emulator_frames_per_second,"
          "policy_loss,value_loss,entropy,value,learning_rate,epsilon,queue_fill,weights_lag,learner_idle_seconds\n")
GAMES_HEADER = "seconds,frames,actor,environment,score,length,epsilon\n"
# A time limit in seconds for everything; tools/run-test measures how many times slower than a fast, idle machine this is.
LIMIT = 60 * float(os.environ.get("ASYNCRL_PATIENCE", "1"))


def check(name, passed, why=""):
    report(passed, name, why)


def wait_until(condition, limit=LIMIT):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def write_run(folder, rows, games=0, options="{}"):
    """A run's folder with that many rows and games, each with its number in it."""
    os.makedirs(folder)
    with open(f"{folder}/progress.csv", "w") as file:
        file.write(HEADER)
        file.writelines(f"{i},{i * 100},{i * 400},{i},{i / 10},100,400,0.1,0.2,1.5,0.5,0.001,,0.5,20,{i / 2}\n"
                        for i in range(1, rows + 1))
    with open(f"{folder}/episodes.csv", "w") as file:
        file.write(GAMES_HEADER)
        file.writelines(f"{i},{i * 100},0,0,{i % 50},30,\n" for i in range(1, games + 1))
    with open(f"{folder}/config.json", "w") as file:
        file.write(options)


class Site:
    """asyncrl watch, or asyncrl train --http, until the end of a with block."""

    def __init__(self, *arguments, command="watch", cwd=None):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="asyncrl-log-")
        self.process = subprocess.Popen([PROGRAM, command, *arguments, "--http=0"], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, cwd=cwd)
        self.port = 0
        self.query = ""  # with the token, if one is required

    def said(self):
        with open(self.log.name) as file:
            return file.read()

    def __enter__(self):
        def is_there():
            found = re.search(r"http://[^ ;]*:(\d+)/([^ ;\n]*)", self.said())
            self.port, self.query = (int(found.group(1)), found.group(2)) if found else (0, "")
            return self.port or self.process.poll() is not None
        wait_until(is_there)
        if not self.port:
            print(f"Bail out! the page is not served: {self.said()!r}")
            raise SystemExit(1)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def url(self):
        return f"http://127.0.0.1:{self.port}/{self.query}"

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), LIMIT)
        connection.settimeout(LIMIT)
        return connection

    def send(self, request):
        """The whole answer to these bytes, also if the server closes before their end."""
        with self.connect() as connection:
            try:
                connection.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_all(connection)

    def get(self, path, host=None, method="GET", extra=""):
        host = host if host is not None else f"127.0.0.1:{self.port}"
        host_line = f"Host: {host}\r\n" if host else ""
        answer = self.send(f"{method} {path} HTTP/1.1\r\n{host_line}{extra}Connection: close\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        return int(words[1]) if len(words) > 1 else 0, head.decode("latin-1"), body


def read_all(connection):
    answer = b""
    while True:
        try:
            more = connection.recv(1 << 16)
        except (ConnectionResetError, socket.timeout):
            break
        if not more:
            break
        answer += more
    return answer


class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="asyncrl-watch-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
