"""Shared by the campaigns of faults: runs of the program, and the checks after one."""
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

KINDS = "write short fsync rename open close read truncate flush mkdir memory map fork".split()
ROW = struct.Struct(f"q16s{len(KINDS)}q")  # as in shim.c
PATIENCE = float(os.environ.get("ASYNCRL_PATIENCE", "5"))


def new_table(path):
    path.write_bytes(bytes(8 + 64 * ROW.size))


def read_table(path):
    """The number of failed calls, and the most calls by (process, kind)."""
    data = path.read_bytes()
    counts = {}
    for place in range(8, len(data), ROW.size):
        taken, name, *calls = ROW.unpack_from(data, place)
        if taken:
            counts |= {(name.split(b"\0")[0].decode(), kind): count for kind, count in zip(KINDS, calls) if count}
    return struct.unpack_from("q", data)[0], counts


def session(leader):
    """The living processes of a session, its leader first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(folder.name))
    return sorted(found, key=lambda pid: (pid != leader, pid))


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Run:
    """A command of the program in a session of its own."""

    def __init__(self, program, arguments, folder, environment=None):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.errors, env={**os.environ, **(environment or {})}, start_new_session=True)
        self.pid = self.process.pid
        self.left = []  # processes that outlived the run

    def processes(self):
        return session(self.pid)

    def finish(self):
        """Waits; the exit code of a run that hangs is None."""
        try:
            self.code = self.process.wait(60 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.code = None
        if self.code is None:
            kill(self.processes())
            self.process.wait()
        deadline = time.monotonic() + 5 * PATIENCE
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.left = left
        kill(left)
        self.errors.seek(0)
        self.text = self.errors.read().decode(errors="replace")
        self.errors.close()
        return self

    def kill_all(self):
        """Sends SIGKILL to all of the run at once, also to processes that are forked meanwhile."""
        while pids := self.processes():
            kill(pids)
            self.process.poll()
        return self.finish()

    def reasons(self):
        return [line for line in self.text.splitlines() if line.startswith("asyncrl: ")]


def models(folder):
    return {path.name: path.read_bytes() for path in folder.glob("model-*[0-9].h5")}


def rows(path):
    """The rows of a CSV file as lists of words; None if one is not whole, or the file is missing."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    columns = lines[0].count(",") if lines else 0
    if not lines or any(line.count(",") != columns or not line.endswith("\n") for line in lines):
        return None
    return [line.rstrip("\n").split(",") for line in lines[1:]]


def scores(episodes):
    """The games of each environment, in order, from the rows of episodes.csv."""
    games = {}
    for _, _, actor, environment, score, length, *_ in episodes:
        games.setdefault((actor, environment), []).append((score, length))
    return games


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
