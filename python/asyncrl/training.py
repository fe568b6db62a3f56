"""Training by the native program, and the runs that it writes."""

import io
import itertools
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import warnings
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
            header, *lines = _whole_lines(self._path) or [""]
        except OSError:
            return
        self._size = size
        names = header.split(",")
        is_row = _row_pattern(len(names)).fullmatch
        for line in lines:
            if line not in self._seen and is_row(line):
                self._seen.add(line)
                yield {name: float(cell) if cell else None for name, cell in zip(names, line.split(","))}


def _whole_lines(path):
    """Leaves out a last line without its end: it is being written, or a power loss cut it."""
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")  # of an editor
    return data[: data.rfind(b"\n") + 1].decode("ascii", "replace").replace("\r", "").split("\n")[:-1]


def _row_pattern(count):
    """Matches a row of so many numbers, each of which may be missing."""
    number = r"([-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|[-+]?(nan|inf))?"
    return re.compile(rf"{number}(,{number}){{{count - 1}}}", re.ASCII | re.IGNORECASE)


def _read_table(path):
    """A table of a run as a pandas frame. Damaged rows at its end are left out, with a warning."""
    header, *lines = _whole_lines(path) or [""]
    names = header.split(",")
    if "seconds" not in names:
        raise ValueError(f"'{path}' has no column 'seconds': it is no table of a run")
    is_row = _row_pattern(len(names)).fullmatch
    bad = next((i for i, line in enumerate(lines) if line and not is_row(line)), len(lines))
    if bad < len(lines) and (bad == 0 or any(map(is_row, filter(None, lines[bad:])))):
        raise ValueError(f"'{path}', line {bad + 2} is damaged")
    if bad < len(lines):
        warnings.warn(f"'{path}' is damaged from line {bad + 2} on, which is left out", stacklevel=3)
    return _pandas().read_csv(io.StringIO("\n".join([header, *lines[:bad]])))


class Run:
    """A run directory. progress and episodes are pandas frames, read again at each use; config is a dictionary."""

    def __init__(self, path):
        self.path = Path(path)
        file = self.path / "config.json"
        try:
            self.config = json.loads(file.read_text("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"'{file}' is not JSON: {error}") from None
        if not isinstance(self.config, dict):
            raise ValueError(f"'{file}' holds JSON, but its top is not an object")

    @property
    def progress(self):
        return _read_table(self.path / "progress.csv")

    @property
    def episodes(self):
        return _read_table(self.path / "episodes.csv")

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
    """The runs in a folder and below it, or the run in the folder itself, as a list of Run, by name.

    Runs whose config.json is damaged are left out, with a warning."""
    found = sorted(Path(path).rglob("config.json"))
    if not found:
        raise ValueError(f"there is no run in '{path}': a run has a config.json")
    runs, faults = [], []
    for file in found:
        try:
            runs.append(Run(file.parent))
        except (OSError, ValueError) as fault:
            faults.append(fault)
    if not runs:
        raise faults[0]
    for fault in faults:
        warnings.warn(f"skipped: {fault}", stacklevel=2)
    return runs
