"""Stable-Baselines3's PPO on asyncrl.make_vec: a Gymnasium VectorEnv wrapped in SB3's own interface.

pip install stable_baselines3 gymnasium ale-py dist/asyncrl-*.whl
python examples/sb3_ppo.py ALE/Pong-v5 10000000
"""

import sys

import asyncrl
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv, VecMonitor


class Games(VecEnv):
    """SB3 needs the first observation of the next episode at once: autoreset_mode SAME_STEP."""

    def __init__(self, env):
        if env.autoreset_mode is not AutoresetMode.SAME_STEP:
            raise ValueError(f"autoreset_mode must be SAME_STEP, not {env.autoreset_mode.name}")
        self.env = env
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self):
        seeds, self._seeds = self._seeds, [None] * self.num_envs
        return self.env.reset(seed=None if seeds[0] is None else seeds)[0]

    def step_async(self, actions):
        self.actions = actions

    def step_wait(self):
        observations, rewards, terminated, truncated, infos = self.env.step(self.actions)
        dones = terminated | truncated
        each = [{"score": infos["score"][i], "lives": infos["lives"][i]} for i in range(self.num_envs)]
        for i in np.flatnonzero(dones):
            each[i]["terminal_observation"] = infos["final_obs"][i]
            each[i]["TimeLimit.truncated"] = bool(truncated[i])
        return observations, rewards, dones, each

    def get_images(self):
        return self.env.render()

    def close(self):
        self.env.close()

    def get_attr(self, name, indices=None):
        return [getattr(self.env, name)] * len(list(self._get_indices(indices)))

    def set_attr(self, name, value, indices=None):
        setattr(self.env, name, value)

    def env_method(self, name, *arguments, indices=None, **options):
        raise NotImplementedError(name)

    def env_is_wrapped(self, wrapper, indices=None):
        return [False] * len(list(self._get_indices(indices)))


if __name__ == "__main__":
    game, steps = sys.argv[1], int(sys.argv[2])
    env = asyncrl.make_vec(game, 8, repeat_action_probability=0.0, autoreset_mode="SAME_STEP")
    model = PPO(
        "CnnPolicy", VecMonitor(Games(env)), n_steps=128, batch_size=256, n_epochs=4, learning_rate=2.5e-4,
        clip_range=0.1, ent_coef=0.01, verbose=1,
    )
    model.learn(steps)
