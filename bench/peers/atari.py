"""The peers' game: Breakout by the rules of asyncrl's id Breakout-v0.

Two, three or four emulator frames per step, drawn at random; each frame repeats the action before with
probability 0.25; the minimal set of four actions; rewards clipped to -1..1; an episode is a whole
game. Observed in ALE's grayscale, resized to 84x84 by area.
"""

import cv2
import gymnasium
import numpy as np
from ale_py import AtariEnv

SIZE = 84


class Breakout(gymnasium.Env):
    """One game; observations are the last `stack` screens, oldest first: u8 (stack, 84, 84)."""

    metadata = {"render_modes": []}
    render_mode = None

    def __init__(self, stack):
        cv2.setNumThreads(1)
        self.game = AtariEnv(
            "breakout",
            obs_type="grayscale",
            frameskip=(2, 5),
            repeat_action_probability=0.25,
            max_num_frames_per_episode=108_000,
        )
        self.action_space = self.game.action_space
        self.observation_space = gymnasium.spaces.Box(0, 255, (stack, SIZE, SIZE), np.uint8)
        self.screens = np.zeros((stack, SIZE, SIZE), np.uint8)

    def reset(self, *, seed=None, options=None):
        screen, info = self.game.reset(seed=seed)
        self.screens[:] = resized(screen)
        return self.screens.copy(), info

    def step(self, action):
        screen, reward, terminated, truncated, info = self.game.step(action)
        self.screens[:-1] = self.screens[1:]
        self.screens[-1] = resized(screen)
        return self.screens.copy(), np.clip(reward, -1.0, 1.0), terminated, truncated, info


def resized(screen):
    return cv2.resize(screen, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
