"""Stands for the package of that name: its environments exist once Gymnasium has registered them on request."""

import gymnasium
import numpy as np


class Pong(gymnasium.Env):
    """Two numbers: the frames of a step, and 0."""

    metadata = {"render_modes": []}
    observation_space = gymnasium.spaces.Box(-9, 9, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(6)

    def __init__(self, frameskip=4):
        self.frameskip = frameskip

    def reset(self, *, seed=None, options=None):
        return np.array([self.frameskip, 0], np.float32), {}

    def step(self, action):
        return np.array([self.frameskip, 0], np.float32), 0.0, False, False, {}


gymnasium.register("ALE/Pong-v5", Pong)
