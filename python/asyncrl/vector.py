"""`make_vec`: many Atari environments of asyncrl's own core as a Gymnasium VectorEnv."""

import ctypes
import secrets

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from asyncrl.library import MAX_SEED, VECTOR_ABI, VectorArrays, VectorOptions, call, lib, whole
from asyncrl.program import data_dir

AUTORESET = {AutoresetMode.NEXT_STEP: 0, AutoresetMode.SAME_STEP: 1, AutoresetMode.DISABLED: 2}
MAX_ENVS = 4096


def _text(name, value):
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(f"{name} must be a name, not {value!r}")
    return value.encode()


def _autoreset(mode):
    for known in AutoresetMode:
        if mode in (known, known.name, known.value):
            return known
    raise ValueError(f"autoreset_mode must be one of {', '.join(one.name for one in AutoresetMode)}, not {mode!r}")


def make_vec(id, num_envs=1, **options):
    """Opens num_envs environments of a game, such as "ALE/Breakout-v5"; options are those of Vector."""
    return Vector(id, num_envs, **options)


class Vector(VectorEnv):
    """Environments of one game, stepped in threads of C. Options have the names of ale_py's AtariVectorEnv.

    num_threads: 0 uses all processors. autoreset_mode: Gymnasium's. frameskip,
    repeat_action_probability, max_num_frames_per_episode: None uses the id's own.
    observation: "deepmind", "v4" (only the last frame) or "classic", as asyncrl's agents take them;
    None is deepmind, or v4 without maxpool.
    noop_max: a game begins with 1 to noop_max frames of no action. use_fire_reset: an episode begins
    with a step of fire. copy: False returns the same arrays at every step.

    infos have arrays of the game in which the step was played: lives, episode_frame_number,
    score (raw rewards so far) and game_over (also if episodic_life ends episodes earlier). If
    SAME_STEP resets, final_obs has the observations before it, and _final_obs marks their rows.
    """

    def __init__(
        self,
        id,
        num_envs=1,
        *,
        num_threads=0,
        autoreset_mode=AutoresetMode.NEXT_STEP,
        max_num_frames_per_episode=None,
        repeat_action_probability=None,
        frameskip=None,
        observation=None,
        maxpool=True,
        noop_max=30,
        use_fire_reset=True,
        episodic_life=False,
        reward_clipping=True,
        copy=True,
        render_mode=None,
    ):
        self._handle = ctypes.c_void_p()
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode must be None or 'rgb_array', not {render_mode!r}")
        if repeat_action_probability is not None and not 0 <= repeat_action_probability <= 0.99:
            raise ValueError(f"repeat_action_probability must be from 0 to 0.99, not {repeat_action_probability}")
        num_envs = whole("num_envs", num_envs, 1, MAX_ENVS)
        frameskip = None if frameskip is None else whole("frameskip", frameskip, 1, 1000)
        self.autoreset_mode = _autoreset(autoreset_mode)
        folder = data_dir()
        options = VectorOptions(
            abi_version=VECTOR_ABI,
            game=_text("id", id),
            data_dir=folder.encode() if folder else None,
            observation=_text("observation", observation or ("deepmind" if maxpool else "v4")),
            environment_count=num_envs,
            thread_count=whole("num_threads", num_threads, 0, 1024),
            autoreset=AUTORESET[self.autoreset_mode],
            frame_skip=frameskip or 0,
            sticky=-1 if repeat_action_probability is None else repeat_action_probability,
            step_limit=-1,
            noop_max=whole("noop_max", noop_max, 0, 10**6),
            fire_on_reset=use_fire_reset,
            life_loss_ends=episodic_life,
            clips_rewards=reward_clipping,
            seed=secrets.randbits(63),
        )
        if max_num_frames_per_episode is not None:
            frames = whole("max_num_frames_per_episode", max_num_frames_per_episode, 0, 10**9)
            options.step_limit = -(-frames // (frameskip or self._frames_a_step(options)))
        call(lib.asyncrl_vector_open, ctypes.byref(options), ctypes.byref(self._handle))
        self._describe(num_envs, render_mode)
        self._allocate(copy)

    @staticmethod
    def _frames_a_step(options):
        """The most emulator frames of a step, to convert a limit in frames to steps."""
        probe = VectorOptions()
        ctypes.memmove(ctypes.byref(probe), ctypes.byref(options), ctypes.sizeof(probe))
        probe.environment_count = 1
        handle = ctypes.c_void_p()
        call(lib.asyncrl_vector_open, ctypes.byref(probe), ctypes.byref(handle))
        frames = lib.asyncrl_vector_about(handle).contents.frame_skip_max
        lib.asyncrl_vector_close(handle)
        return frames

    def _describe(self, num_envs, render_mode):
        about = lib.asyncrl_vector_about(self._handle).contents
        self.num_envs = num_envs
        self.num_threads = about.thread_count
        self.action_meanings = [about.action_names[i].decode() for i in range(about.action_count)]
        shape = (about.channels, about.height, about.width)
        self.single_observation_space = gymnasium.spaces.Box(0, 255, shape, np.uint8)
        self.single_action_space = gymnasium.spaces.Discrete(about.action_count)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.render_mode = render_mode
        self.metadata = {
            "render_modes": ["rgb_array"],
            "render_fps": about.frames_per_second / about.frame_skip_max,
            "autoreset_mode": self.autoreset_mode,
        }
        self._screen = (about.screen_height, about.screen_width, 3)

    def _allocate(self, copy):
        count = self.num_envs
        self._copy = copy
        self._observations = np.zeros(self.observation_space.shape, np.uint8)
        self._final = np.zeros_like(self._observations) if self._resets_at_once else None
        self._rewards = np.zeros(count, np.float32)
        self._terminated, self._truncated, self._game_over = np.zeros((3, count), np.bool_)
        self._scores = np.zeros(count)
        self._frames = np.zeros(count, np.int64)
        self._lives = np.zeros(count, np.int32)
        arrays = [self._observations, self._final, self._rewards, self._terminated, self._truncated]
        arrays += [self._game_over, self._scores, self._frames, self._lives]
        self._arrays = VectorArrays(*[None if array is None else array.ctypes.data for array in arrays])

    @property
    def _resets_at_once(self):
        return self.autoreset_mode == AutoresetMode.SAME_STEP

    def _give(self, array):
        return array.copy() if self._copy else array

    def _info(self):
        return {
            "lives": self._lives.copy(),
            "episode_frame_number": self._frames.copy(),
            "score": self._scores.copy(),
            "game_over": self._game_over.copy(),
        }

    def _open_or_raise(self):
        if not self._handle:
            raise ValueError("the environments are closed")

    def reset(self, *, seed=None, options=None):
        """Begins a game in each environment, or in those of options["reset_mask"].

        seed: of the first environment, the others get the next numbers; or a list, one for each. None, also
        in a list: chance goes on.
        """
        self._open_or_raise()
        mask = self._mask(options)
        seeds = self._seeds(seed)
        if seeds is None or None not in seeds:
            self._reset(mask, seeds)
        else:
            goes_on = np.array([one is None for one in seeds])
            self._reset(mask & ~goes_on, [one or 0 for one in seeds])
            self._reset(mask & goes_on, None)
        self._game_over[mask] = False
        return self._give(self._observations), self._info()

    def _reset(self, mask, seeds):
        seeds = None if seeds is None else np.array(seeds, np.uint64)
        call(
            lib.asyncrl_vector_reset,
            self._handle,
            None if seeds is None else seeds.ctypes.data,
            mask.ctypes.data,
            ctypes.byref(self._arrays),
        )

    def _mask(self, options):
        """The environments to reset."""
        if not options or options.get("reset_mask") is None:
            return np.ones(self.num_envs, np.bool_)
        mask = np.asarray(options["reset_mask"])
        if mask.shape != (self.num_envs,) or mask.dtype.kind not in "biu":
            raise ValueError(f"reset_mask must be {self.num_envs} truth values, not {mask.dtype} {mask.shape}")
        return np.ascontiguousarray(mask, np.bool_)

    def _seeds(self, seed):
        """One seed for each environment, None for those whose chance goes on; None: for all."""
        if seed is None:
            return None
        if np.ndim(seed) > 0 and not isinstance(seed, str):
            if len(seed) != self.num_envs:
                raise ValueError(f"there must be {self.num_envs} seeds, one for each environment, not {len(seed)}")
            return [None if one is None else whole("seed", one, 0, MAX_SEED) for one in seed]
        seed = whole("seed", seed, 0, MAX_SEED)
        self._np_random, self._np_random_seed = gymnasium.utils.seeding.np_random(seed)
        return [(seed + i) & MAX_SEED for i in range(self.num_envs)]

    def step(self, actions):
        """Plays a step of every environment: observations, rewards, terminations, truncations, infos."""
        self._open_or_raise()
        actions = np.ascontiguousarray(actions)
        if actions.shape != (self.num_envs,) or actions.dtype.kind not in "iu":
            raise ValueError(f"actions must be {self.num_envs} integers, not {actions.dtype} {actions.shape}")
        actions = actions.astype(np.int64, copy=False)
        call(lib.asyncrl_vector_step, self._handle, actions.ctypes.data, ctypes.byref(self._arrays))
        info = self._info()
        if self._resets_at_once and (ended := self._terminated | self._truncated).any():
            info["final_obs"], info["_final_obs"] = self._give(self._final), ended
        return (
            self._give(self._observations),
            self._rewards.copy(),
            self._terminated.copy(),
            self._truncated.copy(),
            info,
        )

    def render(self):
        """The screens as a person would see them: a tuple of uint8 (height, width, 3)."""
        self._open_or_raise()
        if self.render_mode is None:
            return None
        screens = np.zeros((self.num_envs, *self._screen), np.uint8)
        for i, screen in enumerate(screens):
            lib.asyncrl_vector_screen(self._handle, i, screen.ctypes.data)
        return tuple(screens)

    def close_extras(self, **_):
        handle, self._handle = self._handle, ctypes.c_void_p()
        lib.asyncrl_vector_close(handle)

    def __del__(self):
        if getattr(self, "_handle", None):
            self.close_extras()
