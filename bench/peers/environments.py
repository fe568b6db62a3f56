"""Steps Breakout with random actions, without learning, and prints a line of JSON: steps, seconds.

All but `ale` show 84x84 grayscale screens, the maximum of a step's last two frames, four of them
stacked, with four emulator frames per step and no sticky actions: BreakoutDeterministic-v4 of asyncrl
with --observation=deepmind. `ale` is the emulator alone, and reads nothing; its step is one frame.
"""

import argparse
import json
import multiprocessing
import os
import time

import ale_py
import gymnasium
import numpy as np

WARMUP_SECONDS = 2
FRAME_SKIP = 4
STACK = 4


def count(step, steps_per_call, seconds):
    """Calls step() for the warm-up and then for `seconds`; returns the steps counted and their seconds."""
    end = time.monotonic() + WARMUP_SECONDS
    while time.monotonic() < end:
        step()
    calls, begun = 0, time.monotonic()
    while (now := time.monotonic()) - begun < seconds:
        step()
        calls += 1
    return calls * steps_per_call, now - begun


def ale_frames(seconds, barrier, results):
    """Plays frames of one emulator in this process, with a new random action every fourth."""
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setFloat("repeat_action_probability", 0)
    ale.loadROM(ale_py.roms.get_rom_path("breakout"))
    actions = ale.getMinimalActionSet()
    rng = np.random.default_rng(os.getpid())

    def four_frames():
        action = actions[rng.integers(len(actions))]
        for _ in range(FRAME_SKIP):
            ale.act(action)
        if ale.game_over():
            ale.reset_game()

    barrier.wait()
    results.put(count(four_frames, FRAME_SKIP, seconds))


def ale(processes, seconds):
    barrier, results = multiprocessing.Barrier(processes), multiprocessing.Queue()
    arguments = (seconds, barrier, results)
    children = [
        multiprocessing.Process(target=ale_frames, args=arguments) for _ in range(processes)
    ]
    for child in children:
        child.start()
    counts = [results.get() for _ in children]
    for child in children:
        child.join()
    return sum(steps for steps, _ in counts), max(seconds for _, seconds in counts)


def open_envpool(threads, environments, batch):
    """EnvPool's Breakout. `batch` below `environments` is its asynchronous mode."""
    import envpool as package

    return package.make(
        "Breakout-v5",
        env_type="gymnasium",
        num_envs=environments,
        batch_size=batch,
        num_threads=threads,
        stack_num=STACK,
        frame_skip=FRAME_SKIP,
        repeat_action_probability=0.0,
        seed=1,
    )


def open_ale_vector(threads, environments):
    """ale_py's Breakout, reset."""
    from ale_py.vector_env import AtariVectorEnv

    games = AtariVectorEnv(
        "breakout",
        num_envs=environments,
        num_threads=threads,
        frameskip=FRAME_SKIP,
        stack_num=STACK,
        repeat_action_probability=0.0,
    )
    games.reset(seed=1)
    return games


def envpool(threads, environments, batch, seconds):
    pool = open_envpool(threads, environments, batch)
    rng = np.random.default_rng(1)
    pool.async_reset()

    def step():
        ids = pool.recv()[-1]["env_id"]
        pool.send(rng.integers(pool.action_space.n, size=len(ids), dtype=np.int32), ids)

    return count(step, batch, seconds)


def ale_vector(threads, environments, seconds):
    games = open_ale_vector(threads, environments)
    rng = np.random.default_rng(1)
    actions = games.single_action_space.n

    def step():
        games.step(rng.integers(actions, size=environments))

    return count(step, environments, seconds)


def make_gymnasium_game():
    gymnasium.register_envs(ale_py)
    game = gymnasium.make("ALE/Breakout-v5", frameskip=1, repeat_action_probability=0.0)
    game = gymnasium.wrappers.AtariPreprocessing(game, frame_skip=FRAME_SKIP)
    return gymnasium.wrappers.FrameStackObservation(game, STACK)


def gymnasium_vector(kind, environments, seconds):
    games = kind([make_gymnasium_game] * environments)
    games.reset(seed=1)

    def step():
        games.step(games.action_space.sample())

    result = count(step, environments, seconds)
    games.close()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "what", choices=["ale", "envpool", "ale-vector", "gymnasium-sync", "gymnasium-async"]
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--environments", type=int, default=8)
    parser.add_argument("--batch", type=int, help="of envpool: environments stepped at once [all]")
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    batch = options.batch or options.environments

    if options.what == "ale":
        steps, seconds = ale(options.threads, options.seconds)
    elif options.what == "envpool":
        steps, seconds = envpool(options.threads, options.environments, batch, options.seconds)
    elif options.what == "ale-vector":
        steps, seconds = ale_vector(options.threads, options.environments, options.seconds)
    else:
        vector = gymnasium.vector
        kind = vector.SyncVectorEnv if options.what.endswith("-sync") else vector.AsyncVectorEnv
        steps, seconds = gymnasium_vector(kind, options.environments, options.seconds)
    print(json.dumps({"steps": steps, "seconds": seconds}))


if __name__ == "__main__":
    main()
