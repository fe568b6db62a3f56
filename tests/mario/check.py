"""Compares Super Mario Bros. with gym-super-mario-bros, step by step. Run by tests/mario/run.

Each game is played at random by gym-super-mario-bros, then by `asyncrl trace` with its actions.
A step is equal when x position, reward and end are; one that only one of the two reaches is not.

A step of nes-py ends in the middle of what the game does in the vertical blank. Mostly the game has
read the buttons by then, for the frame that comes, so that an action shows a step late; asyncrl has
it so always. In some frames the game has more to draw or to sound, reads them only after that
point, and so reads the next step's. Such frames are seen by a button of the second player, which is
pressed in every other step. The comparison is made with the actions as they are, then with the next
step's action in as few of those frames as it takes: then all steps must be equal, which shows that
nothing else differs.

usage: check.py PROGRAM WORK_FOLDER
"""

import csv
import functools
import json
import random
import subprocess
import sys
import time

import gym
import gym_super_mario_bros
from gym_super_mario_bros.actions import SIMPLE_MOVEMENT
from nes_py.wrappers import JoypadSpace

# id, steps. The first is the one that the project answers for; the others show that it is no luck.
GAMES = [
    ("SuperMarioBros-1-1-v1", 10000),
    ("SuperMarioBros-v0", 10000),
    ("SuperMarioBros2-v1", 3000),
    ("SuperMarioBros-1-2-v2", 1500),
    ("SuperMarioBros-2-2-v0", 1500),
    ("SuperMarioBros-4-4-v3", 1500),
    ("SuperMarioBros-8-3-v1", 1500),
]
MIN_EQUAL_X = 0.95  # of the first game's steps, with the actions as they are
MAX_REWARD_DIFFERENCE = 10  # in all of these
SPEED_STEPS = 3000
SECOND_PLAYER = 0x06FD  # where the game keeps the buttons that it read
PRESSED = (0x01, 0x80)  # the second player's A, for nes-py and in the game's memory


class Theirs:
    """gym-super-mario-bros itself, without Gym's wrappers, which check and warn."""

    def __init__(self, game):
        self.bare = gym_super_mario_bros.make(game).unwrapped
        self.pad = JoypadSpace(self.bare, SIMPLE_MOVEMENT)
        self.was_read = True  # the buttons of the last step, before it ended
        self.is_odd = 0
        skip_scenes = self.bare._did_step

        def look_first(done):  # at what the step itself left; scenes have frames of their own
            self.was_read = self.bare.ram[SECOND_PLAYER] == self.is_odd * PRESSED[1]
            skip_scenes(done)

        self.bare._did_step = look_first

    def step(self, action):
        """Returns (x, reward, done)."""
        self.is_odd ^= 1
        self.bare.controllers[1][:] = self.is_odd * PRESSED[0]
        _, reward, done, info = self.pad.step(action)
        return int(info["x_pos"]), float(reward), bool(done)


def choose(rng, action):
    """Random, but held for a while, and mostly to the right: else nothing ever happens."""
    return rng.choice((0, 1, 2, 3, 4, 4, 4, 5, 6)) if rng.random() < 0.12 else action


def play_theirs(game, steps):
    """Yields for each game played (actions, rows of step's, steps that were not read)."""
    theirs = Theirs(game)
    rng = random.Random(1)
    action = 0
    while steps > 0:
        theirs.pad.reset()
        actions, rows, unread = [], [], []
        while steps > 0 and not (rows and rows[-1][2]):
            action = choose(rng, action)
            actions.append(action)
            rows.append(theirs.step(action))
            if not theirs.was_read:
                unread.append(len(rows) - 1)
            steps -= 1
        yield actions, rows, unread
    theirs.pad.close()


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
    """How many steps are equal."""

    def __init__(self):
        self.steps = self.equal = self.equal_x = self.games = 0
        self.reward = 0.0  # ours less theirs
        self.first = None

    def add(self, theirs, ours):
        self.games += 1
        for step, (a, b) in enumerate(zip(theirs, ours)):
            self.equal += a == b
            self.equal_x += a[0] == b[0]
            if a != b and not self.first:
                self.first = f"game {self.games} step {step + 1}, {a} there, {b} here"
        self.steps += len(theirs)
        self.reward += sum(row[1] for row in ours) - sum(row[1] for row in theirs)


def first_difference(theirs, ours):
    """The number of the first step that differs, or None."""
    for step, row in enumerate(theirs):
        if step >= len(ours) or ours[step] != row:
            return step
    return None


def move_readings(play, actions, theirs, unread):
    """Plays with the next step's action in the last unread step before each difference. Returns
    (rows, how many were moved), as far as that helps."""
    actions = list(actions)
    moved = set()
    while True:
        rows = play(actions)
        first = first_difference(theirs, rows)
        fitting = [step for step in unread if first is not None and step < first]
        if not fitting or fitting[-1] in moved:
            return rows, len(moved)
        moved.add(fitting[-1])
        actions[fitting[-1]] = actions[fitting[-1] + 1]


def compare(program, work, game, steps, must_be_equal):
    """Prints a line; returns whether the game is equal enough."""
    plain, moved = Tally(), Tally()
    changed = 0
    for actions, theirs, unread in play_theirs(game, steps):
        play = functools.partial(play_ours, program, work, game)
        rows, changes = move_readings(play, actions, theirs, unread)
        plain.add(theirs, play(actions))
        moved.add(theirs, rows)
        changed += changes
    passed = moved.equal == moved.steps and (
        not must_be_equal
        or (
            plain.equal_x >= MIN_EQUAL_X * plain.steps
            and abs(plain.reward) <= MAX_REWARD_DIFFERENCE
        )
    )
    print(
        f"{'ok' if passed else 'FAILED':6s} {game:22s} {plain.steps:6d} steps, {plain.games:2d} "
        f"games: x equal in {100 * plain.equal_x / plain.steps:.2f} %, x, reward and end in "
        f"{100 * plain.equal / plain.steps:.2f} %, reward {plain.reward:+g}; first that differs: "
        f"{plain.first or 'none'}; with {changed} moved, all equal in "
        f"{100 * moved.equal / moved.steps:.2f} %",
        flush=True,
    )
    return passed


def measure_theirs(game):
    """Frames a second of one process; the picture is left as it is."""
    pad = Theirs(game).pad
    pad.reset()
    rng = random.Random(1)
    start = time.perf_counter()
    for _ in range(SPEED_STEPS):
        _, _, done, _ = pad.step(rng.randrange(len(SIMPLE_MOVEMENT)))
        if done:
            pad.reset()
    return SPEED_STEPS / (time.perf_counter() - start)


def measure_ours(program, game):
    """Frames a second of one process of as many as there are processors: alone, and observed."""
    bench = subprocess.run(
        [program, "bench", "env", f"--game={game}", "--json"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    seen = json.loads(bench)[game]["seed"]
    return seen["emulator_frames_per_second"], seen["agent_steps_per_second"]


def main():
    program, work = sys.argv[1:]
    gym.logger.set_level(gym.logger.DISABLED)
    passed = [compare(program, work, *game, game == GAMES[0]) for game in GAMES]
    game = GAMES[0][0]
    theirs = measure_theirs(game)
    alone, observed = measure_ours(program, game)
    print(
        f"random play of {game}, frames/s a process: gym-super-mario-bros {theirs:.0f}, "
        f"asyncrl {alone:.0f}, with its 84x84 observation {observed:.0f}"
    )
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
