"""Plays equal actions in stable-retro and in asyncrl, and compares the results, step by step.

usage: check.py PROGRAM DATA_FOLDER WORK_FOLDER

Rewards, ends and all variables of data.json must be equal in every one of 5 000 steps; random
actions, each held for some frames, so that a game progresses. Exits 1 if anything differs.
"""
import csv
import hashlib
import random
import shutil
import subprocess
import sys
from pathlib import Path

import stable_retro

STEPS = 5000
HELD_AT_MOST = 12
# A game, its ROM in the data folder (None: it is in stable-retro's wheel), its place for stable-retro.
GAMES = [
    ("Airstriker-Genesis-v0", None, None),
    ("Breakout-Atari2600-v0", "roms/breakout.bin", "rom.a26"),
    ("Seaquest-Atari2600-v0", "roms/seaquest.bin", "rom.a26"),
    # Rules in Lua; of the last three, the ROMs are other dumps, with the same variables.
    ("Boxing-Atari2600-v0", "roms/boxing.bin", "rom.a26"),
    ("Tennis-Atari2600-v0", "roms/tennis.bin", "rom.a26"),
    ("Atlantis-Atari2600-v0", "roms/atlantis.bin", "rom.a26"),
    ("Riverraid-Atari2600-v0", "roms/riverraid.bin", "rom.a26"),
    # Another dump than the one that rom.sha lists, with the same variables.
    ("SuperMarioBros-Nes-v0", "roms-nes/super-mario-bros.nes", "rom.nes"),
]

program, data, work = map(Path, sys.argv[1:])


def draw_actions(count, seed):
    """STEPS actions of 0 .. count-1, each held for some steps."""
    draw = random.Random(seed)
    actions = []
    while len(actions) < STEPS:
        actions += [draw.randrange(count)] * draw.randint(1, HELD_AT_MOST)
    return actions[:STEPS]


def play_theirs(game, seed):
    """The actions, the names of the variables, and (reward, done, variables) of each step."""
    environment = stable_retro.make(
        game, use_restricted_actions=stable_retro.Actions.DISCRETE, render_mode="rgb_array"
    )
    actions = draw_actions(environment.action_space.n, seed)
    environment.reset()
    steps = []
    for action in actions:
        _, reward, done, _, variables = environment.step(action)
        steps.append((float(reward), done, {name: float(value) for name, value in variables.items()}))
        if done:
            environment.reset()
    environment.close()
    return actions, steps


def copy_data(game, rom):
    """A data folder whose rom.sha of the game lists the ROM."""
    copy = work / "data"
    folder = copy / "retro/games" / game
    if not folder.exists():
        shutil.copytree(data / "retro/games" / game, folder)
    if not (copy / "retro/cores").exists():
        (copy / "retro/cores").symlink_to((data / "retro/cores").resolve())
    if rom:
        (folder / "rom.sha").write_text(hashlib.sha1((data / rom).read_bytes()).hexdigest())
    return copy


def play_ours(game, rom, actions):
    """(reward, done, variables) of each step."""
    file = work / "actions"
    file.write_text("\n".join(map(str, actions)))
    command = [program, "trace", f"--game={game}", f"--actions={file}",
               f"--data_dir={copy_data(game, rom)}"]
    if rom:
        command.append(f"--rom={data / rom}")
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    known = {"step", "action", "reward", "raw_reward", "terminated", "truncated", "lives"}
    steps = []
    for row in csv.reader(output.splitlines()):
        if not steps and row[0] == "step":
            names = row
            continue
        # A variable may have the name of one of the program's own columns: the last one is the game's.
        values = list(zip(names, row))
        own = dict(reversed(values[:7]))
        steps.append((float(own["raw_reward"]), own["terminated"] == "1",
                      {name: float(value) for name, value in values[7:]}))
    assert set(names[:7]) == known, names
    return steps


def compare(game, rom, seed):
    """Prints the figures of one game; returns whether all are equal."""
    actions, theirs = play_theirs(game, seed)
    ours = play_ours(game, rom, actions)
    first = next((i for i in range(STEPS) if i >= len(ours) or ours[i] != theirs[i]), None)
    equal = [sum(a[part] == b[part] for a, b in zip(ours, theirs)) for part in range(3)]
    print(f"{game}: {STEPS} steps, {sum(step[1] for step in theirs)} games, "
          f"reward {sum(step[0] for step in theirs):g} there and {sum(step[0] for step in ours):g} here; "
          f"equal rewards {equal[0]}, ends {equal[1]}, variables {equal[2]}")
    if first is not None:
        print(f"  first difference: step {first}, action {actions[first]}")
        print(f"  there {theirs[first]}\n  here  {ours[first] if first < len(ours) else 'nothing'}")
    return first is None


def main():
    stable = Path(stable_retro.data.path()) / "stable"
    good = True
    for game, rom, name in GAMES:
        if rom and not (stable / game / name).exists():
            shutil.copy(data / rom, stable / game / name)
        good = compare(game, rom, seed=6) and good
    sys.exit(0 if good else 1)


main()
