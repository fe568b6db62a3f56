"""Compares Super Mario Bros. with gym-super-mario-bros, step by step. tests/mario/run runs it.

Each game is played at random by gym-super-mario-bros, then by `asyncrl trace` with its actions. A
step is equal when x position, reward and end are; one that only one of the two reaches is not. All
steps of all games must be equal. What is beyond these, RAM and screen, replay-nes compares with
traces.

usage: check.py PROGRAM WORK_FOLDER
"""

import csv
import json
import random
import subprocess
import sys
import time

import gym
import gym_super_mario_bros
from gym_super_mario_bros.actions import SIMPLE_MOVEMENT
from nes_py.wrappers import JoypadSpace

GAMES = [
    "SuperMarioBros-1-1-v1",
    "SuperMarioBros-v0",
    "SuperMarioBros2-v1",
    "SuperMarioBros-1-2-v2",
    "SuperMarioBros-2-2-v0",
    "SuperMarioBros-4-4-v3",
    "SuperMarioBros-8-3-v1",
]
STEPS = 10000  # of each
SPEED_STEPS = 3000


def open_theirs(game):
    """gym-super-mario-bros itself, without Gym's wrappers, which check and warn."""
    return JoypadSpace(gym_super_mario_bros.make(game).unwrapped, SIMPLE_MOVEMENT)


def choose(rng, action):
    """Random actions, held for a while, and mostly to the right: otherwise Mario gets nowhere."""
    return rng.choice((0, 1, 2, 3, 4, 4, 4, 5, 6)) if rng.random() < 0.12 else action


def play_theirs(game, steps):
    """Yields for each game played (actions, rows of (x, reward, done))."""
    theirs = open_theirs(game)
    rng = random.Random(1)
    action = 0
    while steps > 0:
        theirs.reset()
        actions, rows = [], []
        while steps > 0 and not (rows and rows[-1][2]):
            action = choose(rng, action)
            actions.append(action)
            _, reward, done, info = theirs.step(action)
            rows.append((int(info["x_pos"]), float(reward), bool(done)))
            steps -= 1
        yield actions, rows
    theirs.close()


def play_ours(program, work, game, actions):
    """Rows of (x, reward, done) of one game, up to its end."""
    path = f"{work}/actions"
    with open(path, "w") as file:
        file.write("\n".join(map(str, actions)))
    trace = subprocess.run(
        [program, "trace", f"--game={game}", f"--actions={path}"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    rows = []
    for row in csv.DictReader(trace.splitlines()):
        rows.append((int(row["x_pos"]), float(row["raw_reward"]), row["terminated"] == "1"))
        if rows[-1][2]:
            break
    return rows


class Tally:
    """The number of equal steps."""

    def __init__(self):
        self.steps = self.equal = self.games = 0
        self.reward = 0.0  # ours less theirs
        self.first = None

    def add(self, theirs, ours):
        self.games += 1
        for step, (a, b) in enumerate(zip(theirs, ours)):
            self.equal += a == b
            if a != b and not self.first:
                self.first = f"game {self.games} step {step + 1}, {a} there, {b} here"
        self.steps += len(theirs)
        self.reward += sum(row[1] for row in ours) - sum(row[1] for row in theirs)


def compare(program, work, game):
    """Prints a line; returns whether all steps are equal."""
    tally = Tally()
    for actions, theirs in play_theirs(game, STEPS):
        tally.add(theirs, play_ours(program, work, game, actions))
    passed = tally.equal == tally.steps
    print(
        f"{'ok' if passed else 'FAILED':6s} {game:22s} {tally.steps:6d} steps, {tally.games:2d} "
        f"games: x, reward and end equal in {100 * tally.equal / tally.steps:.2f} %, reward "
        f"{tally.reward:+g}; first that differs: {tally.first or 'none'}",
        flush=True,
    )
    return passed


def measure_theirs(game):
    """Frames per second of one process, without reading pictures."""
    pad = open_theirs(game)
    pad.reset()
    rng = random.Random(1)
    start = time.perf_counter()
    for _ in range(SPEED_STEPS):
        _, _, done, _ = pad.step(rng.randrange(len(SIMPLE_MOVEMENT)))
        if done:
            pad.reset()
    return SPEED_STEPS / (time.perf_counter() - start)


def measure_ours(program, game):
    """Frames per second of one process, with one per processor at work: the emulator alone, and with observations."""
    bench = subprocess.run(
        [program, "bench", "env", f"--game={game}", "--json"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    seen = json.loads(bench)[game]["classic"]
    return seen["emulator_frames_per_second"], seen["agent_steps_per_second"]


def main():
    program, work = sys.argv[1:]
    gym.logger.set_level(gym.logger.DISABLED)
    passed = [compare(program, work, game) for game in GAMES]
    game = GAMES[0]
    theirs = measure_theirs(game)
    alone, observed = measure_ours(program, game)
    print(
        f"random play of {game}, frames/s a process: gym-super-mario-bros {theirs:.0f}, "
        f"asyncrl {alone:.0f}, with its 84x84 observation {observed:.0f}"
    )
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
