"""make_vec against Gymnasium's rules and ale_py's AtariVectorEnv."""

import asyncrl
import gymnasium
import numpy as np
import pytest
from ale_py.vector_env import AtariVectorEnv
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode

PLAIN = {"noop_max": 0, "use_fire_reset": False, "repeat_action_probability": 0.0, "reward_clipping": False}


def make(id="ALE/Breakout-v5", num_envs=3, **options):
    return asyncrl.make_vec(id, num_envs, **options)


# ---- Gymnasium -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_keeps_to_gymnasiums_interface(mode):
    """Gymnasium's check_env does not take vector environments: these are its checks, for one."""
    env = make("catch", noop_max=0, autoreset_mode=mode)
    assert isinstance(env, gymnasium.vector.VectorEnv) and env.unwrapped is env
    assert env.metadata["autoreset_mode"] == mode
    observations, infos = env.reset(seed=5)
    assert observations in env.observation_space and isinstance(infos, dict)
    again, _ = env.reset(seed=5)
    assert data_equivalence(observations, again)
    assert not (make("catch", 8).reset(seed=1)[0][0] == make("catch", 8).reset(seed=2)[0]).all()
    env.action_space.seed(1)
    for _ in range(40):
        observations, rewards, terminated, truncated, infos = env.step(env.action_space.sample())
        assert observations in env.observation_space
        assert rewards.shape == terminated.shape == truncated.shape == (3,)
        assert terminated.dtype == truncated.dtype == np.bool_ and np.isfinite(rewards).all()
        over = terminated | truncated
        assert ("final_obs" in infos) == (mode == AutoresetMode.SAME_STEP and over.any())
        if mode == AutoresetMode.DISABLED and over.any():
            env.reset(options={"reset_mask": over})
    env.close()
    with pytest.raises(ValueError, match="closed"):
        env.step(np.zeros(3, int))


def test_next_step_resets_with_no_reward():
    env = make("catch", noop_max=0)
    env.reset(seed=1)
    for _ in range(9):
        _, rewards, terminated, _, infos = env.step(np.ones(3, int))
    assert terminated.all() and infos["game_over"].all() and (np.abs(rewards) == 1).all()
    _, rewards, terminated, _, infos = env.step(np.zeros(3, int))
    assert not terminated.any() and not rewards.any() and not infos["score"].any()


def test_same_step_gives_the_last_observations():
    env = make("catch", noop_max=0, autoreset_mode="SameStep")
    other = make("catch", noop_max=0)
    env.reset(seed=1), other.reset(seed=1)
    for _ in range(9):
        observations, *_, infos = env.step(np.ones(3, int))
        last, *_ = other.step(np.ones(3, int))
    assert infos["_final_obs"].all() and (infos["final_obs"] == last).all()
    assert (observations != last).any()


def test_gymnasiums_wrappers_fit():
    env = gymnasium.wrappers.vector.RecordEpisodeStatistics(make("catch", noop_max=0))
    env.reset(seed=1)
    for _ in range(9):
        *_, infos = env.step(np.ones(3, int))
    assert infos["_episode"].all() and (infos["episode"]["l"] == 9).all()


def test_results_do_not_depend_on_threads():
    def play(threads):
        env = make(num_envs=6, num_threads=threads, episodic_life=True)
        rows = [env.reset(seed=3)[0]]
        actions = np.random.default_rng(1)
        for _ in range(100):
            observations, rewards, terminated, _, infos = env.step(actions.integers(4, size=6))
            rows += [observations, rewards, terminated, infos["score"], infos["lives"]]
        return b"".join(row.tobytes() for row in rows)

    assert play(1) == play(4)


def test_masks_seeds_copies():
    env = make(num_envs=3, copy=False, **PLAIN)
    first, _ = env.reset(seed=1)
    later = env.step(np.full(3, 2))[0]
    assert first is later
    env = make(num_envs=3, **PLAIN)
    first, _ = env.reset(seed=[1, 2, 3])
    for _ in range(8):
        later = env.step(np.full(3, 2))[0]
    part, _ = env.reset(options={"reset_mask": np.array([True, False, False])})
    assert (part[0] == first[0]).all() and (part[1:] == later[1:]).all()


def test_seeds_of_some():
    """None in a list of seeds, as Gymnasium has it: the chance of these environments goes on."""
    def begin(*seeds):
        env = make("catch", noop_max=0)
        return [env.reset(seed=seed)[0] for seed in seeds]

    first, second = begin([1, 2, 3], None)
    _, some, later = begin([1, 2, 3], [None, 9, 3], None)
    assert (some[0] == second[0]).all() and (some[2] == first[2]).all()
    assert (some[1] == begin([9, 9, 9])[0][1]).all()
    assert (begin([1, 2, 3], [None] * 3)[1] == second).all()
    assert (begin([0, 0, 0])[0] == begin(np.zeros(3, int))[0]).all()


def test_modes_by_name():
    assert make("catch", autoreset_mode="SAME_STEP").autoreset_mode is AutoresetMode.SAME_STEP


def test_renders():
    env = make("ALE/Pong-v5", 2, render_mode="rgb_array")
    env.reset(seed=1)
    screens = env.render()
    assert len(screens) == 2 and screens[0].shape == (210, 160, 3) and screens[0].any()


def test_limits_in_frames():
    env = make(num_envs=2, max_num_frames_per_episode=42, **PLAIN)
    env.reset(seed=1)
    for step in range(11):
        *_, terminated, truncated, infos = env.step(np.zeros(2, int))
        assert truncated.all() == (step == 10) and not terminated.any()
    assert (infos["episode_frame_number"] == 44).all()


def test_agents_play():
    """One of our agents, with the observation of its training: it scores well above chance, 1.3 points."""
    from test_agent import BREAKOUT

    agent = asyncrl.load(BREAKOUT, seed=1)
    env = make("BreakoutNoFrameskip-v4", 2, frameskip=4, observation=agent.info.observation, noop_max=0)
    observations, _ = env.reset(seed=1)
    for _ in range(400):
        observations, *_, infos = env.step(agent.act(observations))
    assert infos["score"].max() >= 10


def test_refuses_in_one_line():
    for options, part in [
        ({"id": "ALE/Brekout-v5"}, "did you mean"),
        ({"id": "gym:CartPole-v1"}, "foreign code"),
        ({"num_envs": 0}, "num_envs must be from 1 to 4096, not 0"),
        ({"num_envs": 2**32 + 2}, "num_envs must be"),  # more than fits into C's type
        ({"num_threads": -1}, "num_threads must be"),
        ({"frameskip": 0}, "frameskip must be"),
        ({"noop_max": 2**40}, "noop_max must be"),
        ({"max_num_frames_per_episode": -5}, "max_num_frames_per_episode must be"),
        ({"repeat_action_probability": 2}, "repeat_action_probability must be"),
        ({"repeat_action_probability": -1}, "repeat_action_probability must be"),
        ({"autoreset_mode": "next"}, "one of NEXT_STEP, SAME_STEP, DISABLED, not 'next'"),
        ({"observation": "blurred"}, "blurred"),
        ({"render_mode": "human"}, "render_mode"),
    ]:
        with pytest.raises(ValueError, match=part):
            make(**options)
    for options, part in [
        ({"id": None}, "id must be a name, not None"),
        ({"id": "catch\0"}, "id must be a name"),
        ({"num_envs": 1.5}, "num_envs must be a whole number, not 1.5"),
        ({"observation": 5}, "observation must be a name"),
    ]:
        with pytest.raises(TypeError, match=part):
            make(**options)
    env = make("catch")
    env.reset()
    for seed, kind, part in [
        (-1, ValueError, "seed must be from 0"),
        (2**64, ValueError, "seed must be from 0"),
        (1.5, TypeError, "seed must be a whole number, not 1.5"),
        ("a", TypeError, "seed must be a whole number"),
        ([1, 2], ValueError, "3 seeds, one for each environment, not 2"),
        ([1, 1.5, 2], TypeError, "seed must be a whole number, not 1.5"),
        ([1, -1, 2], ValueError, "seed must be from 0"),
    ]:
        with pytest.raises(kind, match=part):
            env.reset(seed=seed)
    with pytest.raises(ValueError, match="action 7 of environment 1"):
        env.step(np.array([0, 7, 0]))
    with pytest.raises(ValueError, match="actions must be 3 integers"):
        env.step(np.zeros(2, int))
    with pytest.raises(ValueError, match="reset_mask"):
        env.reset(options={"reset_mask": np.array([True])})


# ---- ale_py ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rom", "frameskip", "maxpool", "ahead"),
    [
        ("breakout", 2, True, 1),
        ("freeway", 2, True, 1),
        ("ms_pacman", 2, True, 1),
        ("qbert", 2, False, 1),
        ("space_invaders", 2, True, 1),
        ("enduro", 1, False, 3),
        ("pong", 1, False, 2),
        ("seaquest", 1, False, 1),
    ],
)
def test_plays_as_ale_pys_vector_does(rom, frameskip, maxpool, ahead):
    """Bit for bit, for 900 frames or a game, except its last picture (docs/python.md says why).

    The games of its ALE begin some frames before ours: the test first plays these steps there.
    """
    name = "".join(word.capitalize() for word in rom.split("_"))
    ours = make(f"ALE/{name}-v5", 2, frameskip=frameskip, maxpool=maxpool, **PLAIN)
    theirs = AtariVectorEnv(rom, num_envs=2, frameskip=frameskip, maxpool=maxpool, **PLAIN)
    assert ours.action_space == theirs.action_space
    assert ours.observation_space == theirs.observation_space
    ours.reset(seed=1), theirs.reset(seed=1)
    for _ in range(ahead):
        theirs.step(np.zeros(2, int))
    random = np.random.default_rng(1)
    for step in range(900 // frameskip):
        if step % 4 == 0:
            actions = np.repeat(random.integers(ours.single_action_space.n, size=1), 2)
        one, two = ours.step(actions), theirs.step(actions)
        for a, b in zip(one[1:4], two[1:4]):
            assert (a == b).all(), f"step {step}"
        if one[2].any():
            break
        if rom != "space_invaders":  # the ALEs count its lives differently
            assert (one[4]["lives"] == two[4]["lives"]).all(), f"step {step}"
        if step >= 4:  # at first ours repeats the first picture, theirs has black ones
            assert (one[0] == two[0]).all(), f"step {step}"
    assert step > 250
