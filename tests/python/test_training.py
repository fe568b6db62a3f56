"""Training with the program, its runs as frames, its networks in PyTorch."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import asyncrl
import numpy as np
import pytest


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    rows = []
    folder = tmp_path_factory.mktemp("runs") / "one"
    result = asyncrl.train(
        "a3c", "catch", total_steps=4000, processes=1, run_dir=folder, deterministic=True, callback=rows.append
    )
    return result, rows


def test_trains_and_calls_back(run):
    result, rows = run
    assert result.steps >= 4000 and result.model.endswith(".h5")
    assert rows and rows[-1]["steps"] > 0 and rows[-1]["clip_fraction"] is None
    assert [row["steps"] for row in rows] == sorted(row["steps"] for row in rows)
    agent = asyncrl.load(result.model)
    assert agent.info.game == "catch" and agent.info.steps >= 4000


def test_loads_a_run(run, tmp_path):
    result, _ = run
    names = asyncrl.load(result.run_dir).weights
    assert names.keys() == asyncrl.load(result.model).weights.keys()
    with pytest.raises(ValueError, match="no weight file"):
        asyncrl.load(tmp_path)


def test_finished_runs_name_their_weights(run):
    result, _ = run
    again = asyncrl.train(resume=result.run_dir)
    assert (again.model, again.steps, again.finished) == (result.model, 0, True)


def test_runs_are_frames(run):
    pandas = pytest.importorskip("pandas")
    result, rows = run
    (found,) = asyncrl.runs(result.run_dir)
    assert [str(one.path) for one in asyncrl.runs(found.path.parent)] == [result.run_dir]
    assert found.config["method"] == "a3c" and result.model in map(str, found.models)
    assert isinstance(found.progress, pandas.DataFrame) and len(found.progress) == len(rows)
    assert set(found.episodes["score"]) <= {-1, 1}


def test_names_a_broken_file(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="config.json' is not JSON: Expecting"):
        asyncrl.runs(tmp_path)


def test_damaged_tables_of_runs(run, tmp_path):
    """A power loss leaves half a row or zeros at the end; what is damaged elsewhere is told."""
    pytest.importorskip("pandas")
    (found,) = asyncrl.runs(run[0].run_dir)
    folder = tmp_path / "runs" / "damaged"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(b"\xef\xbb\xbf" + (found.path / "config.json").read_bytes())
    (damaged,) = asyncrl.runs(folder)
    header, row = (found.path / "progress.csv").read_bytes().splitlines(keepends=True)[:2]
    text = header + 3 * row  # a fast machine's run has only one
    (folder / "progress.csv").write_bytes(text)
    whole = damaged.progress
    assert len(whole) == 3 and whole.seconds[0] == found.progress.seconds[0]
    middle = text.index(b"\n") + 5
    for data, missing in ((text[:-7], 1), (b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"), 0)):
        (folder / "progress.csv").write_bytes(data)
        assert damaged.progress.equals(whole[: len(whole) - missing])
    (folder / "progress.csv").write_bytes(text + b"\0" * 100 + b"\n")
    with pytest.warns(UserWarning, match=f"progress.csv' is damaged from line {len(whole) + 2} on"):
        assert damaged.progress.equals(whole)
    (folder / "progress.csv").write_bytes(text[:middle] + b"\xff\0" + text[middle + 2 :])
    with pytest.raises(ValueError, match="progress.csv', line 2 is damaged"):
        damaged.progress
    (folder / "progress.csv").write_bytes(text.replace(b",", b", "))
    with pytest.raises(ValueError, match="no column|line 2 is damaged"):
        damaged.progress
    (folder / "progress.csv").write_bytes(b"")
    with pytest.raises(ValueError, match="it is no table of a run"):
        damaged.progress
    other = tmp_path / "runs" / "other"
    other.mkdir()
    for config, words in ((b'{"lr": 1,}', "is not JSON: "), (b"[]", "its top is not an object"), (b"\xff", "is not JSON")):
        (other / "config.json").write_bytes(config)
        with pytest.warns(UserWarning, match=f"skipped: '.*other/config.json' .*{words}"):
            assert [one.path for one in asyncrl.runs(folder.parent)] == [folder]
        with pytest.raises(ValueError, match=words):
            asyncrl.runs(other)


def test_resumes_with_a_damaged_table(run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run[0].run_dir, folder)
    table = folder / "progress.csv"
    text = table.read_bytes()
    middle = text.index(b"\n") + 5
    table.write_bytes(text[:middle] + b"\xff\0" + text[middle + 2 :])
    more = []
    result = asyncrl.train(resume=folder, total_steps=5000, callback=more.append)
    assert result.steps > 0 and more and all(row["steps"] > 4000 for row in more)


def test_resumes(run):
    result, rows = run
    more = []
    again = asyncrl.train(resume=result.run_dir, total_steps=6000, callback=more.append)
    assert again.run_dir == result.run_dir
    assert all(row["steps"] > rows[-1]["steps"] for row in more)


def test_callback_ends_it(tmp_path):
    result = asyncrl.train("a3c", "catch", run_dir=tmp_path / "run", processes=1, callback=lambda row: False)
    assert 0 < result.steps < 80_000_000
    assert asyncrl.load(result.model).info.steps == result.steps


def test_starts_at_once_do_not_collide(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        started = [pool.submit(asyncrl.train, "a3c", "catch", total_steps=100, processes=1) for _ in range(3)]
    assert len({one.result().run_dir for one in started}) == len(asyncrl.runs()) == 3


def test_exceptions_of_a_callback_end_it(tmp_path):
    def fail(row):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncrl.train("a3c", "catch", run_dir=tmp_path / "run", processes=1, callback=fail)
    assert list((tmp_path / "run").glob("model-*.h5"))


def test_refuses_in_one_line(tmp_path):
    for arguments, options, part in [
        (("a3x", "catch"), {}, "a3c"),
        (("a3c", "cotch"), {}, "catch"),
        (("a3c", "catch"), {"processez": 2}, "processes"),
        (("a3c", "gym:no_such_module:A-v0"), {"env_kwargs": {"size": 2}}, "cannot open the Gymnasium environment"),
    ]:
        with pytest.raises(ValueError, match=part) as caught:
            asyncrl.train(*arguments, run_dir=tmp_path / "run", **options)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="there is no run"):
        asyncrl.runs(tmp_path)


def test_says_what_is_missing():
    """In a Python that cannot import these packages."""
    script = (
        "import sys; sys.modules.update(gymnasium=None, torch=None, pandas=None)\n"
        "import asyncrl\n"
        "for name in 'make_vec', 'torch_module':\n"
        "    try: getattr(asyncrl, name)\n"
        "    except ImportError as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        "asyncrl.make_vec needs gymnasium: pip install gymnasium",
        "asyncrl.torch_module needs torch: pip install torch",
    ]


SHORT_PPO = {"total_steps": 640, "processes": 1, "envs_per_process": 2, "n_step": 32, "batch_size": 64,
             "minibatch_size": 64}


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("a3c", {"network": "a3c"}),
        ("a3c", {"network": "impala"}),
        ("qn", {"network": "nature", "layer_norm": True}),
        ("ppo", {**SHORT_PPO, "normalize_observations": True, "normalize_returns": True}),
        ("a3c", {"network": "a3c", "lstm": 8}),
    ],
)
def test_torch_answers_the_same(method, options, tmp_path):
    torch = pytest.importorskip("torch")
    options = {"total_steps": 100, "processes": 1, "run_dir": tmp_path / "run", **options}
    result = asyncrl.train(method, "catch", **options)
    agent, network = asyncrl.load(result.model), asyncrl.torch_module(result.model)
    observations = np.random.default_rng(1).integers(0, 256, (3, *agent.info.shape), np.uint8)
    with torch.no_grad():
        answer = network(torch.from_numpy(observations))
    if "lstm" in options:
        answer, _ = answer
    if method == "qn":
        assert is_close(answer, agent.q_values(observations))
    else:
        assert is_close(answer[0].softmax(1), agent.probabilities(observations))
        assert is_close(answer[1], agent.values(observations))
    held = sum(tensor.numel() for name, tensor in network.state_dict().items() if not name.endswith("bias_hh"))
    assert held == sum(array.size for name, array in agent.weights.items() if not name.endswith("/count"))


def is_close(answer, wanted):
    """answer: PyTorch's; wanted: the library's."""
    return np.allclose(answer.numpy(), wanted, rtol=1e-5, atol=1e-5)


def test_torch_remembers_the_same(tmp_path):
    torch = pytest.importorskip("torch")
    result = asyncrl.train("a3c", "catch", total_steps=100, processes=1, lstm=8, run_dir=tmp_path / "run")
    agent, network = asyncrl.load(result.model), asyncrl.torch_module(result.model)
    observations = np.random.default_rng(1).integers(0, 256, (4, *agent.info.shape), np.uint8)
    state = None
    values = []
    for observation in observations:
        with torch.no_grad():
            (logits, value), state = network(torch.from_numpy(observation[None]), state)
        assert is_close(logits.softmax(1)[0], agent.probabilities(observation))
        assert is_close(value[0], agent.values(observation))
        agent.act(observation)  # goes on to the next state
        values.append(agent.values(observations[0]))
    assert len(set(values)) == len(values)  # the state matters


def test_continuous_actions(tmp_path, monkeypatch):
    monkeypatch.setenv("ASYNCRL_PYTHON", sys.executable)
    result = asyncrl.train(
        "ppo", "gym:Pendulum-v1", total_steps=1024, n_step=128, batch_size=1024, run_dir=tmp_path / "steered",
        normalize_observations=True, normalize_returns=True,
    )
    agent = asyncrl.load(result.model)
    assert (agent.info.action_size, agent.info.action_count, agent.info.actions) == (1, 0, None)
    observations = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    policy = agent.gaussian(observations)
    assert policy.shape == (5, 2, 1) and (policy[:, 1] > 0).all()
    assert agent.gaussian(observations[0]).tolist() == policy[0].tolist()
    actions = agent.act(observations)
    assert actions.shape == (5, 1) and actions.dtype == np.float32
    agent.begin(0)  # equal chance again
    assert agent.act(observations).tolist() == actions.tolist()
    with pytest.raises(ValueError, match="see gaussian"):
        agent.probabilities(observations)
    torch = pytest.importorskip("torch")
    with torch.no_grad():
        answer, values = asyncrl.torch_module(result.model)(torch.from_numpy(observations))
    assert is_close(answer[:, 0], policy[:, 0])
    assert is_close(answer[:, 1].exp(), policy[:, 1])
    assert is_close(values, agent.values(observations))


def test_actions_of_several_parts(tmp_path, monkeypatch):
    monkeypatch.setenv("ASYNCRL_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.path.join(os.environ["ASYNCRL_ROOT"], "tests/data/gymnasium"))
    result = asyncrl.train(
        "ppo", "gym:asyncrl_test_games:asyncrl-test/MatchFew-v0", total_steps=1024, run_dir=tmp_path / "matched"
    )
    agent = asyncrl.load(result.model)
    assert agent.info.parts == (3, 4)
    observations = np.eye(7, dtype=np.float32)[:5]
    policy = agent.probabilities(observations)
    assert policy.shape == (5, 7)
    assert np.allclose(policy[:, :3].sum(1), 1) and np.allclose(policy[:, 3:].sum(1), 1)
    actions = agent.act(observations)
    assert actions.shape == (5, 2) and actions.dtype == np.int64
    assert (actions >= 0).all() and (actions < agent.info.parts).all()
    agent.begin(0)
    assert agent.act(observations[0]).shape == (2,)
    torch = pytest.importorskip("torch")
    with torch.no_grad():
        logits, values = asyncrl.torch_module(result.model)(torch.from_numpy(observations))
    assert is_close(logits[:, :3].softmax(1), policy[:, :3])
    assert is_close(logits[:, 3:].softmax(1), policy[:, 3:])
    assert is_close(values, agent.values(observations))
