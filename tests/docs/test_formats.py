"""Compares docs/file-formats.md with the files of a short run.

usage: test_formats.py ASYNCRL SOURCE_ROOT
"""
import csv
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import finish, report

program, root = sys.argv[1], Path(sys.argv[2])
page = (root / "docs" / "file-formats.md").read_text()

def first_column(heading):
    """The names in backticks in the first column of the table below a heading."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]
    cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def fits(pattern, name):
    """Whether name fits a pattern such as model-<game>-<steps>.h5."""
    return re.fullmatch(re.sub(r"<\w+>|…", ".+", pattern.replace(".", r"\.")), name)


def check_columns(run, name):
    with (run / name).open(newline="") as file:
        rows = list(csv.reader(file))
    report(rows[0] == first_column(name), f"columns of {name}", rows[0])
    report(len(rows) > 1 and all(len(row) == len(rows[0]) for row in rows), f"rows of {name} are whole", rows)


def check_files(run):
    documented = first_column("The run directory")
    written = [str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()]
    unknown = [name for name in written if not any(fits(pattern, name) for pattern in documented)]
    report(not unknown, "the page has all files of a run directory", unknown)
    # The process that plays clips gets a processor only when no other needs it: perhaps not in time.
    sure = [pattern for pattern in documented if not pattern.startswith("clips/")]
    missing = [pattern for pattern in sure if not any(fits(pattern, name) for name in written)]
    report(not missing, "all files of the page exist", missing)


def check_config(run):
    config = json.loads((run / "config.json").read_text())
    help_text = subprocess.run([program, "train", "a3c", "--help=all"], capture_output=True, text=True).stdout
    options = re.findall(r"^  --(\w+)", help_text, re.MULTILINE)
    options.remove("token")
    report(
        list(config) == ["method", *options, "about"],
        "config.json has the method, every option but a secret, then what made the run",
        list(config),
    )


def check_checkpoint(run):
    data = (run / "checkpoint.h5").read_bytes()
    seal = rb"asyncrl checkpoint\nsha256 ([0-9a-f]{64})\nformat 1\nnumber [1-9][0-9]*\nsize ([0-9]+)\n\0"
    digest = re.match(seal, data)
    report(bool(digest) and int(digest[2]) == len(data), "checkpoint.h5 begins with its seal", data[:120])
    report(data[512:520] == b"\x89HDF\r\n\x1a\n", "HDF5 begins at byte 512", data[512:520])
    if digest:
        zeroed = data.replace(digest[1], b"0" * 64, 1)
        report(hashlib.sha256(zeroed).hexdigest().encode() == digest[1], "the digest is that of the page")


def main():
    with tempfile.TemporaryDirectory() as work:
        run = Path(work) / "run"
        arguments = ["--game=catch", "--processes=2", "--total_steps=2000", "--save_freq=1000"]
        arguments += ["--eval_freq=500", "--eval_episodes=1", f"--run_dir={run}"]
        answer = subprocess.run([program, "train", "a3c", *arguments], capture_output=True, text=True)
        report(answer.returncode == 0, "a short run", answer.stderr)
        if answer.returncode == 0:
            for name in ("progress.csv", "episodes.csv"):
                check_columns(run, name)
            check_files(run)
            check_config(run)
            check_checkpoint(run)
    finish()


main()
