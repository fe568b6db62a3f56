"""Trains Stable-Baselines3 A2C for a while, and prints a line of JSON: steps and their seconds.

A step is one decision of one environment (what Stable-Baselines3 calls a timestep).
"""

import argparse
import json
import time

import torch
from stable_baselines3 import A2C
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import SubprocVecEnv, VecFrameStack
from torch import nn

from atari import Breakout

N_STEPS = 5


class A3cTrunk(BaseFeaturesExtractor):
    """16 filters 8x8 by 4, 32 filters 4x4 by 2, dense 256."""

    def __init__(self, space):
        super().__init__(space, 256)
        self.layers = nn.Sequential(
            nn.Conv2d(space.shape[0], 16, 8, 4),
            nn.ReLU(),
            nn.Conv2d(16, 32, 4, 2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 9 * 9, 256),
            nn.ReLU(),
        )

    def forward(self, observations):
        return self.layers(observations)


class Window(BaseCallback):
    """Lets `warmup` seconds pass, then counts for `seconds`, between two updates, and stops."""

    def __init__(self, warmup, seconds):
        super().__init__()
        self.warmup, self.seconds = warmup, seconds
        self.begun = self.first = self.last = None

    def _on_rollout_start(self):
        now = time.monotonic()
        self.begun = self.begun or now
        if self.first is None and now - self.begun >= self.warmup:
            self.first = now, self.num_timesteps
        self.last = now, self.num_timesteps

    def _on_step(self):
        return self.first is None or self.last[0] - self.first[0] < self.seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=["a3c", "nature"], required=True)
    parser.add_argument("--environments", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True, help="of PyTorch")
    parser.add_argument("--warmup", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    games = SubprocVecEnv([lambda: Breakout(stack=1)] * options.environments, start_method="fork")
    # CnnPolicy has the nature trunk; net_arch keeps it from adding dense layers to other trunks.
    policy = {"net_arch": []}
    if options.network == "a3c":
        policy["features_extractor_class"] = A3cTrunk
    model = A2C(
        "CnnPolicy",
        VecFrameStack(games, 3, channels_order="first"),
        n_steps=N_STEPS,
        policy_kwargs=policy,
        device="cpu",
    )
    window = Window(options.warmup, options.seconds)
    model.learn(10**9, callback=window)
    games.close()
    steps = window.last[1] - window.first[1]
    print(json.dumps({"steps": steps, "seconds": window.last[0] - window.first[0]}))


if __name__ == "__main__":
    main()
