"""Steps Breakout in many environments at once, with random actions, by asyncrl.make_vec, ale_py's
AtariVectorEnv and EnvPool, one after another, and prints medians as Markdown.

usage: vectors.py [--environments N] [--threads N] [--seconds N] [--repeats N]

Run it in an environment with the wheel of `make wheel` and the packages of requirements.txt. All show 84x84 gray
screens, the maximum of a step's last two frames, four of them stacked, with four emulator frames per step, no
sticky actions, and 1 to 30 no-ops and FIRE at a game's start. Each repeat begins with another program.
"""

import argparse
import os
import statistics

import numpy as np
from environments import FRAME_SKIP, count, open_ale_vector, open_envpool


def asyncrl_vector(environments, threads):
    import asyncrl

    env = asyncrl.make_vec(
        "ALE/Breakout-v5",
        environments,
        num_threads=threads,
        frameskip=FRAME_SKIP,
        repeat_action_probability=0.0,
    )
    env.reset(seed=1)
    return env.step, env.close


def ale_py_vector(environments, threads):
    env = open_ale_vector(threads, environments)
    return env.step, env.close


def envpool_vector(environments, threads):
    env = open_envpool(threads, environments, environments)
    env.reset()
    return env.step, env.close


PEERS = {"asyncrl make_vec": asyncrl_vector, "ale-py AtariVectorEnv": ale_py_vector, "EnvPool": envpool_vector}


def measure(make, options):
    step, close = make(options.environments, options.threads)
    actions = np.random.default_rng(1).integers(0, 4, size=(997, options.environments), dtype=np.int64)
    rows = iter(range(10**9))
    steps, seconds = count(
        lambda: step(actions[next(rows) % len(actions)]), options.environments, options.seconds
    )
    close()
    return steps * FRAME_SKIP / seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print(f"{options.environments} environments, {options.threads} threads; load before: {os.getloadavg()[0]:.1f}\n")
    rates = {name: [] for name in PEERS}
    names = list(PEERS)
    for repeat in range(options.repeats):
        for i in range(len(names)):
            name = names[(repeat + i) % len(names)]
            rates[name].append(measure(PEERS[name], options))
    print("| | emulator frames/s, median | least | greatest | asyncrl is, median of ratios |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, values in rates.items():
        ratio = statistics.median(a / b for a, b in zip(rates[names[0]], values))
        print(f"| {name} | {statistics.median(values):.0f} | {min(values):.0f} | {max(values):.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
