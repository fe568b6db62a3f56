"""Agents: the package's results equal those of the native program."""

import json
import os
import subprocess
from pathlib import Path

import asyncrl
import numpy as np
import pytest

ROOT = Path(os.environ["ASYNCRL_ROOT"])
BREAKOUT = ROOT / "sample-weights/breakout-a3c.h5"
CATCH_Q = ROOT / "sample-weights/catch-qn.h5"


@pytest.fixture
def agent():
    return asyncrl.load(BREAKOUT, seed=3)


@pytest.fixture
def observations(agent):
    return np.random.default_rng(1).integers(0, 256, (5, *agent.info.shape), np.uint8)


def test_info(agent):
    assert agent.info.method == "a3c"
    assert agent.info.game.startswith("Breakout")
    assert agent.info.actions == ["NOOP", "FIRE", "RIGHT", "LEFT"]
    assert agent.info.steps > 1e6


def test_answers_are_those_of_the_program(agent, tmp_path):
    channels = agent.info.shape[0]
    frames = np.random.default_rng(2).integers(0, 256, (channels, 84, 84), np.uint8)
    pictures = []
    for i, frame in enumerate(frames):  # as raw PNGs, which the program reads as observations
        pictures.append(tmp_path / f"{i}.png")
        write_png(pictures[-1], frame)
    program = Path(asyncrl.__file__).parent / "native/asyncrl"
    said = subprocess.run(
        [program, "predict", f"--model={BREAKOUT}", *pictures], capture_output=True, text=True, check=True
    )
    said = json.loads(said.stdout)
    assert np.allclose(agent.probabilities(frames), said["policy"], atol=1e-6)
    assert agent.values(frames) == pytest.approx(said["value"], abs=1e-5)


def write_png(path, gray):
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in gray)
    head = struct.pack(">IIBBBBB", gray.shape[1], gray.shape[0], 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def test_acts_alone_and_in_batches(agent, observations):
    action = agent.act(observations[0])
    assert isinstance(action, int) and 0 <= action < 4
    agent.begin(0)
    actions = agent.act(observations)
    assert actions.dtype == np.int64 and actions.shape == (5,)
    agent.begin(0)  # equal chance again
    assert actions.tolist() == [agent.act(one) for one in observations]
    probabilities = agent.probabilities(observations)
    assert probabilities.shape == (5, 4) and np.allclose(probabilities.sum(1), 1, atol=1e-5)
    assert agent.values(observations).shape == (5,)
    assert isinstance(agent.values(observations[0]), float)


def test_q_network():
    agent = asyncrl.load(CATCH_Q)
    observation = np.zeros(agent.info.shape, np.uint8)
    q = agent.q_values(observation)
    assert agent.act(observation) == q.argmax()
    assert agent.values(observation) == q.max()
    with pytest.raises(ValueError, match="no probabilities"):
        agent.probabilities(observation)


def test_screens(agent):
    screen = np.zeros((210, 160, 3), np.uint8)
    agent.begin()
    agent.see(screen)
    assert 0 <= agent.decide() < 4
    with pytest.raises(ValueError, match="no screen was shown"):
        agent.decide()
    with pytest.raises(ValueError, match="a screen must be uint8"):
        agent.see(screen[..., 0])


def test_weights_outlive_the_agent():
    weights = asyncrl.load(BREAKOUT).weights
    assert weights["conv1/kernel"].shape[2:] == (8, 8)
    assert weights["policy/bias"].shape == (4,)
    assert all(np.isfinite(array).all() and array.any() for array in weights.values())


def test_layers_name_their_weights(agent):
    assert [layer.name for layer in agent.layers if layer.is_head] == ["value", "policy"]
    assert agent.layers[0].weights == ["conv1/kernel", "conv1/bias"]
    assert sum(len(layer.weights) for layer in agent.layers) == len(agent.weights)


def test_refuses_in_one_line(agent, tmp_path):
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"no weights")
    for path, part in [("/no/such.h5", "/no/such.h5"), (broken, "broken.h5")]:
        with pytest.raises(ValueError, match=part) as caught:
            asyncrl.load(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="observations must be"):
        agent.act(np.zeros((1, 84, 84), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        agent.act(np.zeros(agent.info.shape, np.float32))
    with pytest.raises(ValueError, match="eps"):
        asyncrl.load(BREAKOUT, eps=2)


def test_numbers_beyond_their_type(agent):
    for seed, kind in [(-1, ValueError), (2**64, ValueError), (1.5, TypeError)]:
        with pytest.raises(kind, match="seed must be"):
            asyncrl.load(BREAKOUT, seed=seed)
    with pytest.raises(ValueError, match="episode must be"):
        agent.begin(-1)


def test_lists_what_it_has():
    assert set(asyncrl.__all__) <= set(dir(asyncrl))


def test_closed_agents_say_so():
    with asyncrl.load(BREAKOUT) as agent:
        pass
    with pytest.raises(ValueError, match="closed"):
        agent.act(np.zeros(agent.info.shape, np.uint8))
    agent.close()


def test_command_line():
    script = Path(os.sys.executable).parent / "asyncrl"
    said = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.split()[1] == asyncrl.__version__


def test_command_line_names_itself(tmp_path):
    """In the commands to go on with: the program inside of the wheel would not find ROMs."""
    script = Path(os.sys.executable).parent / "asyncrl"
    said = subprocess.run(
        [script, "train", "a3c", "--game=catch", "--total_steps=100", "--processes=1", "--run_dir=run"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )
    assert f"watch it play:  {script} play --model=run" in said.stderr
