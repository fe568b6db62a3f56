"""Measures asyncrl and other programs that do the same, in turn, and prints figures and ratios.

bench/peers/run installs the programs and starts it. README.md says how they are comparable.
"""

import argparse
import contextlib
import csv
import datetime
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = ROOT / "deps" / "peers"
OURS = "asyncrl"

# Seconds that a program may need beyond those of measuring: to start, and to end.
PATIENCE_SECONDS = 120


class Failure(Exception):
    """A program ended without a figure."""


@dataclass
class Case:
    """One program with one setting; measure() returns steps per second."""

    group: str
    program: str
    setting: str
    measure: object
    like_for_like: bool = False
    rates: list = field(default_factory=list)
    failure: str = ""


def run_program(command, seconds, stop_after=None):
    """Returns the standard output; sends SIGINT after stop_after seconds, if that is given."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=HERE,
            start_new_session=True,
        )
        try:
            if stop_after is not None:
                try:
                    process.wait(stop_after)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=seconds + PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f"still running after {seconds + PATIENCE_SECONDS:.0f} s") from None
        finally:
            end_session(process)
        if process.returncode != 0:
            log.seek(0)
            lines = log.read().strip().splitlines() or ["it printed nothing"]
            raise Failure(f"exit code {process.returncode}: {lines[-1]}")
    return output


def end_session(process):
    """Ends a program and its children, which are a session of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def rate_of(output):
    result = json.loads(output.strip().splitlines()[-1])
    return result["steps"] / result["seconds"]


def asyncrl_train(options, network, arguments):
    """Returns steps per second between two rows of progress.csv, after the warm-up."""
    end = options.warmup + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        run_directory = Path(folder) / "run"
        command = [options.program, "train", "a3c", "--preset=classic", "--game=Breakout-v0"]
        command += [f"--network={network}", f"--run_dir={run_directory}", *arguments]
        # There is a row per second: two more, so that the last one counted is not the one at the stop.
        run_program(command, end, stop_after=end + 2)
        with open(run_directory / "progress.csv", newline="") as file:
            rows = [(float(row["seconds"]), int(row["steps"])) for row in csv.DictReader(file)]
    rows = [row for row in rows if options.warmup <= row[0] <= end + 1]
    if len(rows) < 2:
        raise Failure("progress.csv has no two rows after the warm-up")
    return (rows[-1][1] - rows[0][1]) / (rows[-1][0] - rows[0][0])


def asyncrl_bench(options, figure):
    """Returns the figure of all cores together; the program measures one process per core, and prints the mean."""
    game = "BreakoutDeterministic-v4"
    command = [options.program, "bench", "env", "--json", f"--seconds={options.env_seconds}"]
    result = json.loads(run_program([*command, f"--game={game}"], 10 * options.env_seconds))
    return result["processors"] * result[game]["deepmind"][figure]


def python(environment, script, seconds, arguments):
    command = [PEERS / environment / "bin" / "python", HERE / script, f"--seconds={seconds}"]
    return rate_of(run_program([*command, *arguments], seconds))


def training_cases(options):
    for network in options.networks:
        group = f"training, {network} trunk (agent steps/s)"
        common = [f"--network={network}", f"--warmup={options.warmup}"]

        def peer(environment, script, *arguments, common=common):
            return lambda: python(environment, script, options.seconds, [*common, *arguments])

        arguments = options.asyncrl_options.split()
        setting = " ".join(["--preset=classic", *arguments])
        yield Case(
            group,
            OURS,
            setting,
            lambda network=network, arguments=arguments: asyncrl_train(
                options, network, arguments
            ),
        )
        for environments, threads in ((4, 1), (4, 2), (16, 1), (16, 2)):
            yield Case(
                group,
                "Stable-Baselines3 A2C",
                f"{environments} environments, PyTorch threads: {threads}",
                peer(
                    "main",
                    "train_stable_baselines3.py",
                    f"--environments={environments}",
                    f"--threads={threads}",
                ),
                like_for_like=environments == 4,
            )
        for setting in ("recommended", "one-pass", "one-pass-envpool"):
            yield Case(
                group,
                "Sample Factory APPO",
                setting,
                peer("sample-factory", "train_sample_factory.py", f"--setting={setting}"),
            )


def environment_cases(options):
    def peer(*arguments):
        return lambda: python("main", "environments.py", options.env_seconds, arguments)

    group = "emulator alone, nothing read (emulator frames/s)"
    all_cores = f"{cores()} processes"
    yield Case(
        group, OURS, all_cores, lambda: asyncrl_bench(options, "emulator_frames_per_second")
    )
    yield Case(group, "ale-py", "1 process", peer("ale", "--threads=1"))
    yield Case(group, "ale-py", all_cores, peer("ale", f"--threads={cores()}"), True)
    group = "environment with observation, skip 4 (agent steps/s)"
    yield Case(
        group,
        OURS,
        all_cores,
        lambda: asyncrl_bench(options, "agent_steps_per_second"),
    )
    for threads in (1, 2):
        for program, what in (("EnvPool", "envpool"), ("ale-py AtariVectorEnv", "ale-vector")):
            yield Case(
                group,
                program,
                f"8 environments, threads: {threads}",
                peer(what, f"--threads={threads}"),
                threads == cores(),
            )
        yield Case(
            group,
            "EnvPool",
            f"8 environments, 4 at once, threads: {threads}",
            peer("envpool", f"--threads={threads}", "--batch=4"),
            threads == cores(),
        )
    yield Case(group, "Gymnasium SyncVectorEnv", "8 environments", peer("gymnasium-sync"))
    yield Case(group, "Gymnasium AsyncVectorEnv", "8 environments", peer("gymnasium-async"), True)


def cores():
    return len(os.sched_getaffinity(0))


def measure(cases, repeats):
    """Measures every case once per repeat, each time beginning with another one."""
    for repeat in range(repeats):
        first = repeat * max(1, len(cases) // repeats)
        for case in cases[first:] + cases[:first]:
            begun = time.monotonic()
            try:
                rate = case.measure()
                said = f"{rate:.0f}"
            except (Failure, ValueError, LookupError, OSError) as error:
                rate, case.failure = (
                    None,
                    str(error) if isinstance(error, Failure) else repr(error),
                )
                said = f"FAILED: {error}"
            case.rates.append(rate)
            print(
                f"{repeat + 1}/{repeats} {case.group}: {case.program}, {case.setting}: {said}"
                f" ({time.monotonic() - begun:.0f} s)",
                file=sys.stderr,
                flush=True,
            )


def spread(values, digits):
    """`median (min..max)`; empty without values."""
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}..{high:.{digits}f})"


def ratios(ours, case):
    """Ours by theirs, repeat by repeat."""
    return [
        our / their for our, their in zip(ours.rates, case.rates, strict=True) if our and their
    ]


def machine():
    models = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "cpu": models[0] if models else "unknown",
        "cores": cores(),
        "load_average": os.getloadavg()[0],
        "commit": commit.stdout.strip(),
        "versions": versions(),
    }


def versions():
    names = ("stable_baselines3", "torch", "gymnasium", "ale-py", "envpool", "numpy")
    found = {name: version(name) for name in names}
    script = "from importlib.metadata import version; print(version('sample-factory'))"
    command = [PEERS / "sample-factory" / "bin" / "python", "-c", script]
    found["sample-factory"] = run_program(command, 0).strip()
    return found


def table(group, cases):
    ours = next((case for case in cases if case.program == OURS), None)
    yield f"\n### {group}\n"
    yield "| program | setting | each repeat | median (min..max) | asyncrl / it |"
    yield "| --- | --- | --- | --- | --- |"
    for case in cases:
        each = " ".join(f"{rate:.0f}" if rate else "failed" for rate in case.rates)
        rates = [rate for rate in case.rates if rate]
        ratio = spread(ratios(ours, case), 2) if ours and case is not ours else ""
        mark = " \\*" if case.like_for_like else ""
        yield f"| {case.program} | {case.setting}{mark} | {each} | {spread(rates, 0)} | {ratio} |"
    for case in cases:
        if case.failure:
            yield f"\n{case.program}, {case.setting}: {case.failure}"
    if ours:
        yield from best_lines(ours, cases)


def best_lines(ours, cases):
    """Against the best setting of each program, and against the best of those marked."""
    yield ""
    for program in dict.fromkeys(case.program for case in cases if case is not ours):
        same = [case for case in cases if case.program == program and any(case.rates)]
        for kind, chosen in (
            ("best like-for-like", [case for case in same if case.like_for_like]),
            ("best of all", same),
        ):
            if not chosen:
                continue
            best = max(chosen, key=lambda case: statistics.median(filter(None, case.rates)))
            ratio = spread(ratios(ours, best), 2)
            yield f"- asyncrl / {program}, {kind} ({best.setting}): {ratio}"


def as_markdown(about, groups):
    yield f"{about['cpu']}, {about['cores']} cores; load {about['load_average']:.2f} before;"
    yield f"{about['date']}; asyncrl {about['commit']};"
    yield ", ".join(f"{name} {number}" for name, number in about["versions"].items()) + "."
    for group, cases in groups.items():
        yield from table(group, cases)
    if any(case.like_for_like for cases in groups.values() for case in cases):
        yield "\n\\* like for like: with asyncrl's number of environments or cores."


def as_json(about, groups):
    rows = [
        {
            "group": group,
            "program": case.program,
            "setting": case.setting,
            "like_for_like": case.like_for_like,
            "per_second": case.rates,
            "asyncrl_ratio": ratios(next(c for c in cases if c.program == OURS), case),
            "failure": case.failure,
        }
        for group, cases in groups.items()
        for case in cases
    ]
    return {**about, "cases": rows}


def parse_options():
    parser = argparse.ArgumentParser(
        prog="bench/peers/run",
        description="Compares asyncrl with other programs: Stable-Baselines3, Sample Factory...",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=20, help="time that each training is measured")
    parser.add_argument("--warmup", type=float, default=8, help="seconds before that")
    parser.add_argument("--env-seconds", type=float, default=5, help="time that each environment is measured")
    parser.add_argument("--repeats", type=int, default=3, help="number of measurements of each")
    parser.add_argument(
        "--networks", nargs="+", choices=["a3c", "nature"], default=["a3c", "nature"]
    )
    parser.add_argument(
        "--only",
        default="",
        help="only cases with this in their group, program or setting, and asyncrl",
    )
    parser.add_argument(
        "--asyncrl-options", default="", help="more options of `asyncrl train a3c`"
    )
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "asyncrl", help="asyncrl")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to this file")
    return parser.parse_args()


def chosen_cases(options):
    cases = [*training_cases(options), *environment_cases(options)]
    wanted = [
        case
        for case in cases
        if options.only.lower() in f"{case.group}, {case.program}, {case.setting}".lower()
    ]
    groups = {case.group for case in wanted}
    return [
        case for case in cases if case in wanted or (case.program == OURS and case.group in groups)
    ]


def main():
    # A script's background job starts with SIGINT ignored, and programs that it starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = parse_options()
    if not options.program.exists():
        sys.exit(f"bench/peers/run: {options.program} is missing: run `make`")
    cases = chosen_cases(options)
    if not cases:
        sys.exit(f"bench/peers/run: nothing has `{options.only}` in its name")
    about = machine()
    groups = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    for group in groups.values():
        measure(group, options.repeats)
    print("\n".join(as_markdown(about, groups)))
    if options.json:
        options.json.write_text(json.dumps(as_json(about, groups), indent=1) + "\n")
    if any(case.failure for case in cases):
        sys.exit(1)


if __name__ == "__main__":
    main()
