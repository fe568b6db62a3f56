"""examples/sb3_ppo.py: Stable-Baselines3 on make_vec."""

import os
import sys
from pathlib import Path

import asyncrl
import numpy as np
import pytest

sb3 = pytest.importorskip("stable_baselines3")
sys.path.insert(0, str(Path(os.environ["ASYNCRL_ROOT"]) / "examples"))

from sb3_ppo import Games  # noqa: E402


def make(**options):
    return asyncrl.make_vec("catch", 3, noop_max=0, **options)


def test_gives_the_last_observation_and_the_next_one():
    games, plain = Games(make(autoreset_mode="SAME_STEP")), make()
    games.seed(1)
    first = games.reset()
    assert (first == plain.reset(seed=1)[0]).all()
    for _ in range(9):
        observations, rewards, dones, infos = games.step(np.ones(3, int))
        last, *_ = plain.step(np.ones(3, int))
    assert dones.all() and (np.abs(rewards) == 1).all()
    for i, info in enumerate(infos):
        assert (info["terminal_observation"] == last[i]).all() and not info["TimeLimit.truncated"]
    assert (observations != last).any()


def test_trains():
    games = Games(make(autoreset_mode="SAME_STEP"))
    model = sb3.PPO("CnnPolicy", games, n_steps=16, batch_size=24, n_epochs=1, seed=1)
    assert model.learn(96).num_timesteps == 96


def test_shows_pictures():
    games = Games(make(autoreset_mode="SAME_STEP", render_mode="rgb_array"))
    games.reset()
    assert [image.shape[2] for image in games.get_images()] == [3] * 3
    assert games.render().ndim == 3


def test_refuses_other_modes():
    with pytest.raises(ValueError, match="SAME_STEP"):
        Games(make())
