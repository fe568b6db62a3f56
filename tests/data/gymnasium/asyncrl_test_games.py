"""Gymnasium environments for the tests: a picture of a counter, and some that misbehave on request."""

import ctypes
import importlib.util
import multiprocessing
import os
import subprocess
import time

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple, flatten


class Counter(gymnasium.Env):
    """Action 0 counts on, the others do not; 5 is the end, 100 steps cut it: the last action pays best, and an
    agent that learned this would never end it. The picture is as bright as the count."""

    metadata = {"render_modes": []}

    def __init__(self, shape=(30, 40, 3), limit=5):
        self.limit = limit
        self.observation_space = Box(0, 255, shape, np.uint8)
        self.action_space = Discrete(3, start=-1)

    def picture(self):
        shape = self.observation_space.shape
        picture = np.zeros(shape, np.uint8)
        picture[:, : shape[1] // 2] = 50 * self.count
        return picture

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = int(self.np_random.integers(3)) if seed is not None else 0
        self.steps = 0
        return self.picture(), {}

    def step(self, action):
        if action not in (-1, 0, 1):
            raise ValueError(f"no such action: {action}")
        self.count += action == 0
        self.steps += 1
        return self.picture(), float(action), self.count >= self.limit, self.steps >= 100, {}


class Mute(Exception):
    """One whose text cannot be had."""

    def __str__(self):
        raise ValueError("no text")


# Reward, terminated and truncated that Python would convert without a word, or not at all.
ODD_ANSWERS = {
    "pays-text": ("1.0", False, False),
    "pays-far-too-much": (10**400, False, False),
    "ends-by-text": (0.0, "False", False),
    "ends-by-half": (0.0, 0.5, False),
    "cuts-by-nothing": (0.0, False, None),
}


class Walk(gymnasium.Env):
    """A vector of the seed, the steps and the last action; 10 steps truncate. Breaks as `how` says at step 3."""

    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, how="", render_mode=None):
        self.how = how
        self.render_mode = render_mode
        self.observation_space = Box(-np.inf, np.inf, (1, 3), np.float64)
        self.action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.start = self.np_random.random()
        return self.observe(-1), {}

    def observe(self, action):
        return np.array([[self.start, self.steps, action]])

    def step(self, action):
        self.steps += 1
        if self.steps == 3:
            if self.how == "raises":
                raise RuntimeError("it broke\nand more")
            if self.how == "says-nothing":
                raise Mute
            if self.how == "forks":
                os.fork()  # both go on
            if self.how == "forks-in-c":
                ctypes.CDLL(None).fork()  # which Python does not notice
            if self.how == "spawns":
                self.child = subprocess.Popen(["sleep", "1000"])
            if self.how == "detaches":
                self.child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
            if self.how == "orphans":
                subprocess.run(["sh", "-c", "setsid sleep 1000 &"], check=True)
            if self.how == "ends-a-program":
                child = subprocess.Popen(["sleep", "1000"])
                child.terminate()
                child.wait(5)
            if self.how == "ends-a-fork":
                context = multiprocessing.get_context("fork")
                is_there = context.Event()
                child = context.Process(target=lambda: is_there.set() or time.sleep(1000))
                child.start()
                is_there.wait()
                child.terminate()
                child.join(5)
                if child.is_alive():
                    raise RuntimeError("it is still there")
            if self.how == "hangs":
                time.sleep(1000)
            if self.how == "exits":
                os._exit(5)
            if self.how == "dies":
                os.kill(os.getpid(), 11)
            if self.how == "leaves":
                raise SystemExit(7)
            if self.how == "misshapes":
                return np.zeros(4), 0.0, False, False, {}
            if self.how == "counts":
                return np.array([[0, self.steps, action]]), 0.0, False, False, {}
            if self.how == "strays":
                return np.array([[0, np.nan, 0]]), 0.0, False, False, {}
            if self.how == "outgrows":
                return np.array([[0, 0, -1e30]]), 0.0, False, False, {}
            if self.how == "overpays":
                return self.observe(action), float("inf"), False, False, {}
            if self.how in ODD_ANSWERS:
                return self.observe(action), *ODD_ANSWERS[self.how], {}
        return self.observe(action), self.start, False, self.steps >= 10, {}

    def render(self):
        return np.full((20, 30, 3), 10 * self.steps, np.uint8)

    def close(self):
        if self.how == "closes":
            with open(os.environ["ASYNCRL_TEST_CLOSED"], "ab") as file:
                file.write(b".")


class Undated(Walk):
    """Its pictures have a rate that is no number, which is no reason not to play."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": "fast"}


class Bounded(Walk):
    """A vector within -1 to 1; at step 2 beyond it by rounding, at step 3 inexactly, at step 4 by far."""

    def __init__(self, render_mode=None):
        super().__init__(render_mode=render_mode)
        self.observation_space = Box(-1, 1, (3,), np.float32)

    def observe(self, action):
        return np.array([1, -1, {2: 1 + 1e-6, 3: 1.5, 4: 3.5}.get(self.steps, 0)], np.float64)


class Dim(Counter):
    """Pictures as bright as the count, in a space that ends at 100."""

    def __init__(self):
        super().__init__()
        self.observation_space = Box(0, 100, (30, 40, 3), np.uint8)


class Sideways(Counter):
    """Pictures of (channels, height, width)."""

    def __init__(self):
        super().__init__((3, 30, 40))

    def picture(self):
        picture = super().picture()
        picture[:] = 0
        picture[:, :, :20] = 50 * self.count
        return picture


class Pale(Counter):
    """Pictures of 0 to 1, in a space of 0 to 255."""

    def picture(self):
        return super().picture() / np.float32(255)


class Old(Walk):
    """With the interface of Gym before 0.26, in the part that `how` names."""

    def reset(self, *, seed=None, options=None):
        observation, information = super().reset(seed=seed)
        return observation if self.how == "reset" else (observation, information)

    def step(self, action):
        observation, reward, terminated, truncated, information = super().step(action)
        return observation, reward, terminated or truncated, information


class OldSeed(gymnasium.Env):
    """With the interface of Gym before 0.26: seeded by a method of its own."""

    observation_space = Box(-np.inf, np.inf, (3,), np.float32)
    action_space = Discrete(2)

    def reset(self):
        return np.zeros(3, np.float32)


class Unseen(Walk):
    """Promises pictures, but its constructor takes no render_mode."""

    def __init__(self):
        super().__init__()


class Painter(Walk):
    """Draws in another way each step, by `how`: some ways are valid, some draw nothing."""

    def render(self):
        picture = super().render()
        ways = {
            "well": [
                picture,
                np.dstack([picture, np.zeros((20, 30), np.uint8)]),
                picture[:, :, 0],
                picture.repeat(2, axis=0).repeat(3, axis=1),
                [np.zeros((20, 30, 3), np.uint8), picture],
            ],
            "badly": [picture, picture / 255, None, picture[0, 0], picture.transpose(2, 0, 1), []],
            "large": [np.tile(picture, (150, 50, 1))],
        }
        if self.how == "raises":
            raise RuntimeError("no paint")
        if self.how == "dies":
            os.kill(os.getpid(), 11)
        return ways[self.how][self.steps]


class Slow(Walk):
    """Its start takes long, but is never silent for long."""

    def __init__(self, naps=4, render_mode=None):
        super().__init__(render_mode=render_mode)
        for _ in range(naps):
            time.sleep(1)
            importlib.util.find_spec("asyncrl_no_such_module")


SPACES = {
    "Discrete": Discrete(4, start=2),
    "MultiBinary": MultiBinary((2, 3)),
    "MultiDiscrete": MultiDiscrete([[2, 3], [4, 1]], start=[[0, 1], [-2, 5]]),
    "Integers": Box(-5, 5, (2, 2), np.int16),
    "Nested": Dict(
        z=Tuple([Discrete(3), Box(-1, 1, (2,), np.float32)]),
        a=Dict(image=Box(0, 9, (2, 3, 3), np.uint8), flags=MultiBinary(4)),
    ),
}


class Sampled(gymnasium.Env):
    """Observations drawn from a space; the reward weighs each number of what gymnasium.spaces.flatten makes of one.
    The action, one of a space's, adds 1000 times the number whose digits it is."""

    metadata = {"render_modes": []}

    def __init__(self, space="Nested", action=Discrete(2), stray=None):
        self.observation_space = SPACES[space]
        self.action_space = action
        self.stray = stray

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action), action
        digits = int("".join(str(digit) for digit in np.ravel(action)))
        observation = self.observation_space.sample() if self.stray is None else self.stray
        numbers = flatten(self.observation_space, observation) if self.stray is None else []
        return observation, float(sum(i * n for i, n in enumerate(numbers, 1))) + 1000 * digits, False, False, {}


class Steered(gymnasium.Env):
    """Shows the continuous action that it gets, of (1, 3) numbers from -1 to 2; the reward is their sum."""

    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, render_mode=None):
        self.render_mode = render_mode
        self.observation_space = Box(-np.inf, np.inf, (3,), np.float64)
        self.action_space = Box(-1, 2, (1, 3), np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(3), {}

    def step(self, action):
        if action not in self.action_space:
            raise ValueError(f"no such action: {action!r}")
        self.steps += 1
        return action[0], action.sum(), False, self.steps >= 20, {}

    def render(self):
        return np.full((20, 30, 3), self.steps, np.uint8)


class Match(gymnasium.Env):
    """Shows a number for each part of an action, and pays 1 for each part that equals it; or takes their combination
    as one number."""

    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, sizes=(5, 13), joins=False, render_mode=None):
        self.render_mode = render_mode
        self.observation_space = MultiDiscrete(sizes)
        self.action_space = Discrete(int(np.prod(sizes))) if joins else MultiDiscrete(sizes)
        self.joins = joins

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.show(), {}

    def show(self):
        self.shown = self.np_random.integers(self.observation_space.nvec)
        return self.shown

    def step(self, action):
        if action not in self.action_space:
            raise ValueError(f"no such action: {action!r}")
        self.steps += 1
        choice = np.unravel_index(action, self.observation_space.nvec) if self.joins else action
        right = int((self.shown == choice).sum())
        return self.show(), right, False, self.steps >= 20, {}

    def render(self):
        return np.full((20, 30, 3), self.steps, np.uint8)


class OtherSpace:
    """As the package gym, before Gymnasium, has spaces."""

    n = 2

    def __repr__(self):
        return "Discrete(2)"


class Odd(gymnasium.Env):
    """Spaces that cannot be played."""

    metadata = {"render_modes": []}

    def __init__(self, observation=Discrete(4), action=Discrete(2)):
        self.observation_space = observation
        self.action_space = action

    def reset(self, *, seed=None, options=None):
        return self.observation_space.sample(), {}


def register(name, entry, **arguments):
    gymnasium.register(f"asyncrl-test/{name}", entry, kwargs=arguments)


register("Counter-v0", Counter)
register("GrayCounter-v0", Counter, shape=(30, 40))
register("Walk-v0", Walk)
for how in ("raises", "hangs", "exits", "dies", "leaves", "misshapes", "counts", "strays", "outgrows", "overpays",
            "says-nothing", "forks", "forks-in-c", "spawns", "detaches", "orphans", "ends-a-program", "ends-a-fork",
            "closes", *ODD_ANSWERS):
    register(f"Walk-{how}-v0", Walk, how=how)
for how in ("well", "badly", "large", "raises", "dies"):
    register(f"Painter-{how}-v0", Painter, how=how)
register("Undated-v0", Undated)
register("Bounded-v0", Bounded)
register("Dim-v0", Dim)
register("Pale-v0", Pale)
register("OldReset-v0", Old, how="reset")
register("OldStep-v0", Old)
register("OldSeed-v0", OldSeed)
register("Unseen-v0", Unseen)
register("Slow-v0", Slow)
gymnasium.register("asyncrl-test/OldLimited-v0", Old, max_episode_steps=10)
register("Sideways-v0", Sideways)
register("Sampled-v0", Sampled)
register("Digits-v0", Sampled, space="Discrete", action=MultiDiscrete([2, 3], start=[1, 4]))
register("Bits-v0", Sampled, space="Discrete", action=MultiBinary(2))
register("Steered-v0", Steered)
register("Stray-v0", Sampled, space="Discrete", stray=7)
register("Text-v0", Odd, observation=Dict(a=Discrete(2), mission=Text(9)))
register("Stack-v0", Odd, observation=Box(0, 255, (4, 84, 84), np.uint8))
register("Bright-v0", Odd, observation=Box(0, 1, (84, 84, 3), np.float32))
register("BrightFirst-v0", Odd, observation=Box(0, 255, (3, 40, 50), np.float64))
register("BrightGrey-v0", Odd, observation=Box(0, 255, (84, 84), np.int32))
register("Spaceless-v0", Odd, observation=None)
register("Other-v0", Odd, action=OtherSpace())
register("Many-v0", Sampled, space="Discrete", action=MultiDiscrete([[5, 1], [13, 70]], start=[[0, 7], [0, 0]]))
register("Match-v0", Match)
register("MatchFew-v0", Match, sizes=(3, 4))
register("MatchJoined-v0", Match, sizes=(3, 4), joins=True)
register("Wider-v0", Odd, action=MultiBinary(33))
register("Longer-v0", Odd, action=MultiDiscrete([4000, 97]))
register("Deeper-v0", Odd, action=MultiDiscrete([2048, 1024, 1024]))
register("Wide-v0", Odd, action=Box(0, 1, (257,), np.float32))
register("Whole-v0", Odd, action=Box(0, 9, (2,), np.int64))
