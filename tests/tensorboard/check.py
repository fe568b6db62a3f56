#!/usr/bin/env python3
"""Trains catch, and reads its event files with the real TensorBoard.

usage: check.py ASYNCRL ENVIRONMENT

ENVIRONMENT is the virtual environment that tests/tensorboard/run makes; it is used where this Python
has no TensorBoard. If neither has one, the test is skipped. Prints TAP.
"""
import csv
import glob
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

try:
    from PIL import Image
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2
except ImportError:
    other = os.path.join(sys.argv[2], "bin", "python")
    if not os.path.exists(other) or os.path.samefile(os.path.dirname(other), os.path.dirname(sys.executable)):
        print("1..0 # SKIP Python has no tensorboard and pillow here; tests/tensorboard/run installs them")
        sys.exit(0)
    os.execv(other, [other, *sys.argv])

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap
from tap import finish, report

ASYNCRL = sys.argv[1]
# A time limit in seconds for everything; tools/run-test measures how many times slower than a fast, idle machine this is.
PATIENCE = 60 * float(os.environ.get("ASYNCRL_PATIENCE", "1"))

# Not every point has these: processors_busy needs a row of progress.csv before its own, and others need an end.
SPARSE = {"rollout/ep_rew_mean", "rollout/ep_len_mean", "eval/mean_reward", "asyncrl/processors_busy"}
COMMON = SPARSE | {
    "time/fps", "time/episodes", "time/total_timesteps", "train/learning_rate", "train/grad_norm",
    "asyncrl/value", "asyncrl/emulator_fps", "asyncrl/queue_fill", "asyncrl/weights_lag",
    "asyncrl/memory_mb",
}
A3C = COMMON | {"train/policy_loss", "train/value_loss", "train/entropy_loss", "train/explained_variance"}
Q = COMMON | {"train/loss", "rollout/exploration_rate"}


def check(name, condition, detail=""):
    report(condition, name, detail)


def near(a, b, relative=1e-4, absolute=1e-6):
    return abs(a - b) <= absolute + relative * max(abs(a), abs(b))


class Run:
    """A run of `asyncrl train` in the background."""

    def __init__(self, *arguments):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [ASYNCRL, "train", *arguments], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )

    def wait(self):
        code = self.process.wait(timeout=PATIENCE)
        if code > 0:
            self.log.seek(0)
            for line in self.log.read().decode().splitlines():
                print(f"# {line}")
        return code

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.wait()

    def wait_until(self, condition):
        """True once condition() is; False if it does not become so, or the run ends."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            if condition():
                return True
            time.sleep(0.2)
        return condition()


def read(folder):
    """TensorBoard's contents of one folder; None if that has no event file yet."""
    if not glob.glob(os.path.join(folder, "events.out.tfevents.*")):
        return None
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    return events


def steps(folder, tag="time/fps"):
    events = read(folder)
    if events is None or tag not in events.Tags()["scalars"]:
        return []
    return [event.step for event in events.Scalars(tag)]


def models(folder):
    names = glob.glob(os.path.join(folder, "model-catch-*.h5"))
    return sorted(int(re.search(r"-(\d+)\.h5", name)[1]) for name in names)


def progress(folder):
    with open(os.path.join(folder, "progress.csv")) as stream:
        return [{key: float(text) for key, text in row.items() if text} for row in csv.DictReader(stream)]


# ---- Contents --------------------------------------------------------------------------------------


def check_curves(folder):
    """Every point against the rows of progress.csv that it covers."""
    events = read(folder)
    check("a3c: the curves", set(events.Tags()["scalars"]) == A3C, events.Tags()["scalars"])
    curves = {tag: {event.step: event.value for event in events.Scalars(tag)} for tag in A3C}
    points = [event.step for event in events.Scalars("time/fps")]
    check("points: steps grow", len(points) >= 3 and all(a < b for a, b in zip(points, points[1:])), points)
    learned = [step for step in points if step > 0]  # a first point may come before any batch
    check("points: every curve has them all", all(
        [step for step in curves[tag] if step > 0] == learned for tag in A3C - SPARSE), curves)

    rows = progress(folder)
    by_steps = {}  # more than one if the learner did not train for a second
    for row in rows:
        by_steps.setdefault(int(row["steps"]), []).append(row)
    check("points: each is a row of progress.csv", set(points) <= set(by_steps), (points, list(by_steps)))
    check("points: the last is the last row", points[-1] == rows[-1]["steps"])
    same = {
        "rollout/ep_rew_mean": "score_mean_100", "time/episodes": "episodes", "train/learning_rate": "learning_rate",
        "time/total_timesteps": "steps", "asyncrl/queue_fill": "queue_fill", "asyncrl/weights_lag": "weights_lag",
    }
    for tag, column in same.items():
        absolute = 1e-4 if column != "learning_rate" else 1e-9
        wrong = [(step, value) for step, value in curves[tag].items()
                 if not any(near(value, row[column], absolute=absolute) for row in by_steps[step])]
        check(f"{tag} is {column}", curves[tag] and not wrong, wrong)
    check("rollout/ep_len_mean: catch takes 9 steps", set(curves["rollout/ep_len_mean"].values()) == {9.0})
    check_means(points, curves, rows, by_steps)
    check_evaluations(points, curves["eval/mean_reward"], rows)


def check_means(points, curves, rows, by_steps):
    """A point is the mean over the steps since the point before."""
    means = {"train/policy_loss": ("policy_loss", 1), "train/value_loss": ("value_loss", 1),
             "train/entropy_loss": ("entropy", -1), "asyncrl/value": ("value", 1)}
    wrong = []
    for before, step in zip([0, *points], points):
        if step == 0:
            continue
        covered = [(a, b) for a, b in zip([{"steps": 0}, *rows], rows) if before < b["steps"] <= step]
        steps = sum(b["steps"] - a["steps"] for a, b in covered)
        for tag, (column, sign) in means.items():
            mean = sum(sign * b.get(column, 0) * (b["steps"] - a["steps"]) for a, b in covered) / steps
            if not near(curves[tag][step], mean, relative=1e-3, absolute=1e-5):
                wrong.append((tag, step, curves[tag][step], mean))
    check("losses are means over the rows of progress.csv since the point before", not wrong, wrong)
    wrong = []
    for a, b in zip(points, points[1:]):
        spans = [end["seconds"] - start["seconds"] for start in by_steps[a] for end in by_steps[b]]
        if not any(near(curves["time/fps"][b], (b - a) / span, relative=0.02) for span in spans):
            wrong.append((b, curves["time/fps"][b], spans))
    check("time/fps is steps by seconds since the point before", not wrong, wrong)


def check_evaluations(points, curve, rows):
    wrong = []
    for before, step in zip([-1, *points], points):
        means = [row["eval_mean"] for row in rows if "eval_mean" in row and before < row["steps"] <= step]
        if (step in curve) != bool(means) or (means and not min(means) - 1e-4 <= curve[step] <= max(means) + 1e-4):
            wrong.append((step, curve.get(step), means))
    check("eval/mean_reward is of the evaluations since the point before", curve and not wrong, (wrong, curve))


def check_parameters(folder):
    content = read(folder).summary_metadata
    start = plugin_data_pb2.HParamsPluginData.FromString(
        content["_hparams_/session_start_info"].plugin_data.content).session_start_info.hparams
    check("settings: the method and the game", start["method"].string_value == "a3c"
          and start["game"].string_value == "catch", start)
    check("settings: numbers and flags", start["lr"].number_value == 0.005 and start["n_step"].number_value == 5
          and start["deterministic"].WhichOneof("kind") == "bool_value", start)
    check("settings: nothing about the run's place", not {"run_dir", "data_dir", "resume", "plain"} & set(start), start)
    end = plugin_data_pb2.HParamsPluginData.FromString(
        content["_hparams_/session_end_info"].plugin_data.content).session_end_info
    check("settings: the run has ended", end.status == 1 and end.end_time_secs > 1.7e9, end)


def check_clips(folder, whole):
    """whole: the steps of clips that the run's end did not cut short."""
    events = read(os.path.join(folder, "clips"))
    check("clips: there are some", events is not None and events.Tags()["images"] == ["play/game"])
    images = events.Images("play/game")
    saved = models(folder)
    check("clips: each is a model's", {image.step for image in images} <= set(saved), saved)
    check("clips: the last one is the last model's", images[-1].step == saved[-1], saved)
    still = []
    for image in images:
        gif = Image.open(io.BytesIO(image.encoded_image_string))
        sizes = {(gif.width, gif.height), (image.width, image.height), (84, 84)}
        lengths = []
        for number in range(gif.n_frames):
            gif.seek(number)
            gif.load()
            lengths.append(gif.info["duration"])
        least = 4000 if image.step in whole else 1000 if image.step < saved[-1] else 0
        if gif.format != "GIF" or gif.n_frames <= least / 200 or len(sizes) > 1 or sum(lengths) < least:
            still.append((image.step, gif.format, gif.n_frames, sizes, sum(lengths)))
    check("clips: GIFs that move for some seconds", images and not still, still)
    scores = {event.step: event.value for event in events.Scalars("play/score")}
    check("clips: their scores", scores and all(-1 <= score <= 1 for score in scores.values()), scores)


class Server:
    """The real TensorBoard over a folder of runs."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", "--logdir", folder, "--port", "0", "--host", "127.0.0.1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.address = None
        for line in self.process.stderr:
            if found := re.search(r"at (http://\S+?)/? ", line):
                self.address = found[1]
                break

    def get(self, path, body=None):
        request = urllib.request.Request(f"{self.address}/{path}", data=body,
                                         headers={"Content-Type": "application/json"} if body else {})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def check_server(folder):
    """As users start it: over the folder of all runs, each with its own name."""
    server = Server(folder)
    end = time.monotonic() + PATIENCE
    runs = []
    while not {"one", "one/clips"} <= set(runs) and time.monotonic() < end:
        runs = server.get("data/runs")
        time.sleep(0.2)
    check("tensorboard --logdir: runs have their names", {"one", "one/clips"} <= set(runs), runs)
    tags = {}
    while set(tags.get("one", {})) != A3C and time.monotonic() < end:
        tags = server.get("data/plugin/scalars/tags")
        time.sleep(0.2)
    check("tensorboard --logdir: curves", set(tags.get("one", {})) == A3C, tags)
    points = server.get("data/plugin/scalars/scalars?run=one&tag=time%2Ffps")
    known = steps(os.path.join(folder, "one"))
    check("tensorboard --logdir: points", [step for _, step, _ in points] == known, (points, known))
    images = server.get("data/plugin/images/tags")
    check("tensorboard --logdir: clips", "play/game" in images.get("one/clips", {}), images)
    body = json.dumps({"experimentName": "", "allowedStatuses": ["STATUS_SUCCESS"], "colParams": [],
                       "startIndex": 0, "sliceSize": 10}).encode()
    groups = server.get("data/plugin/hparams/session_groups", body)["sessionGroups"]
    check("tensorboard --logdir: settings", [group["hparams"]["method"] for group in groups] == ["a3c"], groups)
    server.stop()


# ---- The runs --------------------------------------------------------------------------------------


def check_one(folder):
    run = Run("a3c", "--game=catch", "--processes=2", "--lr=0.005", "--save_freq=4000", f"--run_dir={folder}")
    enough = lambda: (len(steps(folder)) >= 3 and steps(folder, "eval/mean_reward")
                      and read(os.path.join(folder, "clips")))
    check("a run: points and clips come", run.wait_until(enough), (steps(folder), models(folder)))
    whole = {image.step for image in read(os.path.join(folder, "clips")).Images("play/game")}
    check("a run: ends well", run.stop() == 0)
    check_curves(folder)
    check_parameters(folder)
    check_clips(folder, whole)


def check_resumed(folder):
    """Points from after the checkpoint from which a run is resumed are removed."""
    before = steps(folder)
    run = Run(f"--resume={folder}", "--save_freq=1000000000")
    grown = lambda: len(steps(folder)) > len(before)
    check("a resumed run: points are added", run.wait_until(grown), steps(folder))
    run.stop(signal.SIGKILL)
    lost = set(steps(folder)) - set(before)
    check("a resumed run: is killed after a point", bool(lost), steps(folder))
    run = Run(f"--resume={folder}", f"--total_steps={before[-1] + 1500}")
    check("resumed again: ends well", run.wait() == 0)
    after = steps(folder)
    rows = {int(row["steps"]) for row in progress(folder)}
    check("resumed again: lost points are gone", set(after) - set(before) <= rows, (after, rows))
    check("resumed again: points from before stay", after[:len(before)] == before, (before, after))
    check("resumed again: goes on behind them", after[-1] >= before[-1] + 1500 and after == sorted(set(after)), after)


def check_q(folder):
    run = Run("q1", "--game=catch", "--processes=1", "--total_steps=2000", "--eps_decay=1000000",
              f"--run_dir={folder}", "--clips=false")
    check("q1: ends well", run.wait() == 0)
    events = read(folder)
    check("q1: the curves", Q - SPARSE <= set(events.Tags()["scalars"]) <= Q, events.Tags()["scalars"])
    rates = [event.value for event in events.Scalars("rollout/exploration_rate")]
    check("q1: exploration falls from 1", all(0.9 < rate <= 1 for rate in rates), rates)
    check("q1: no clips if they are turned off", not os.path.exists(os.path.join(folder, "clips")))


def main():
    # A script's background job starts with SIGINT ignored, and runs that it starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as runs:
        check_one(os.path.join(runs, "one"))
        check_resumed(os.path.join(runs, "one"))
        check_server(runs)
        check_q(os.path.join(runs, "q"))
    finish()
    return 1 if tap.failed else 0


sys.exit(main())
