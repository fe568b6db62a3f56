"""Training by the native program, and the runs that it writes."""

import csv
import itertools
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from asyncrl.library import Error
from asyncrl.program import PROGRAM, environment

POLL_SECONDS = 0.2
_STARTS = itertools.count(1)  # of this process, several in one second


def train(method=None, game=None, *, callback=None, **options):
    """Trains an agent until it ends. Returns run_dir, model (the last weight file), steps, seconds.

    options: those of `asyncrl train`, such as total_steps=1_000_000, processes=4, env_kwargs={"size": 2};
    or only resume=RUN_DIR. callback(row): called with each new row of progress.csv, about one per second,
    a dictionary of numbers by column (None for an empty cell); if it returns False, the training is
    saved and ends. Ctrl-C does the same and raises KeyboardInterrupt. The message of ValueError and Error
    is the program's line.
    """
    if "resume" in options:
        run_dir = Path(options["resume"])
    else:
        run_dir = Path(options.pop("run_dir", None) or _new_run_dir(method, game))
        options["run_dir"] = run_dir
    command = [str(PROGRAM), "train", *([method] if method else []), "--json"]
    if game:
        command.append(f"--game={game}")
    command += [f"--{name}={_written(value)}" for name, value in options.items() if value is not None]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        status = _watch(command, out, errors, run_dir, callback)
        out.seek(0), errors.seek(0)
        if status != 0:
            lines = errors.read().strip().splitlines() or [f"asyncrl train ended with status {status}"]
            raise (ValueError if status == 2 else Error)(re.sub(r"^asyncrl: ", "", lines[-1]))
        return SimpleNamespace(**json.loads(out.read()))


def _new_run_dir(method, game):
    name = re.sub(r"[/:]", "-", game or "Breakout-v0")
    return f"runs/{name}-{method}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{next(_STARTS)}"


def _written(value):
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _watch(command, out, errors, run_dir, callback):
    """Runs the program and calls back; returns its exit status."""
    progress = _Tail(run_dir / "progress.csv")
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=environment(), start_new_session=True
    )
    try:
        is_over = False
        while not is_over:
            try:
                is_over = process.wait(POLL_SECONDS) is not None
            except subprocess.TimeoutExpired:
                pass
            for row in progress.rows() if callback else ():
                if callback(row) is False and not is_over:
                    callback = None
                    process.send_signal(signal.SIGINT)
                    break
        return process.returncode
    finally:
        if process.poll() is None:  # an exception, such as Ctrl-C: save and stop
            process.send_signal(signal.SIGINT)
            process.wait()


class _Tail:
    """The new rows of a growing CSV, which a resumed run may cut first."""

    def __init__(self, path):
        self._path = path
        self._size = 0
        self._seen = set()
        list(self.rows())

    def rows(self):
        try:
            if (size := self._path.stat().st_size) == self._size:
                return
            lines = self._path.read_text().splitlines(keepends=True)
        except FileNotFoundError:
            return
        self._size = size
        names = next(csv.reader(lines[:1]), [])
        for row in lines[1:]:
            if row.endswith("\n") and row not in self._seen:
                self._seen.add(row)
                (cells,) = csv.reader([row])
                yield {name: float(cell) if cell else None for name, cell in zip(names, cells)}


class Run:
    """A run directory. progress and episodes are pandas frames, read again at each use; config is a dictionary."""

    def __init__(self, path):
        self.path = Path(path)
        file = self.path / "config.json"
        try:
            self.config = json.loads(file.read_text())
        except ValueError as error:
            raise ValueError(f"'{file}' is not JSON: {error}") from None

    @property
    def progress(self):
        return _pandas().read_csv(self.path / "progress.csv")

    @property
    def episodes(self):
        return _pandas().read_csv(self.path / "episodes.csv")

    @property
    def models(self):
        """Weight files, the newest last."""
        return sorted(self.path.glob("model-*.h5"), key=lambda path: path.stat().st_mtime)

    def __repr__(self):
        return f"Run({str(self.path)!r})"


def _pandas():
    try:
        import pandas
    except ImportError:
        raise ImportError("frames need pandas: pip install pandas") from None
    return pandas


def runs(path="runs"):
    """The runs in a folder and below it, or the run in the folder itself, as a list of Run, by name."""
    found = sorted(Path(path).rglob("config.json"))
    if not found:
        raise ValueError(f"there is no run in '{path}': a run has a config.json")
    return [Run(file.parent) for file in found]
