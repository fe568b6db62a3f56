"""Compares models of `asyncrl export` with the program's own outputs. tests/onnx/run runs it.

usage: check.py ASYNCRL BRIDGE DATA_FOLDER WEIGHTS_FOLDER WORK_FOLDER
"""

import glob
import json
import os
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from peer_checks import PeerChecks

SIDE = 84
NUMBERS = 5
ACTIONS = 6


class Checks(PeerChecks):
    def __init__(self, program, bridge, data, work):
        super().__init__()
        self.program = program
        self.bridge = bridge
        self.data = data
        self.work = work

    def run(self, *arguments):
        return subprocess.run(
            arguments, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def export(self, model):
        """A session of onnxruntime on the exported model, after ONNX's own checker."""
        path = f"{self.work}/model.onnx"
        answer = json.loads(self.run(self.program, "export", f"--model={model}", f"--output={path}", "--json"))
        onnx.checker.check_model(onnx.load(path), full_check=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        said = session.get_modelmeta().custom_metadata_map
        for key in ("network", "observation"):
            self.count(said[key] == answer[key], f"{os.path.basename(model)}: its {key}, {said[key]}")
        return session

    def theirs(self, session, observations):
        """(n, outputs): value and policy in one row, or Q."""
        names = [output.name for output in session.get_outputs() if output.name != "next_state"]
        given = {"observation": observations}
        for value in session.get_inputs()[1:]:
            given[value.name] = np.zeros((len(observations), value.shape[1]), np.float32)
        outputs = dict(zip(names, session.run(names, given)))
        if "logits" in outputs:
            sizes = part_sizes(session.get_modelmeta().custom_metadata_map["network"])
            outputs["logits"] = np.stack([probabilities(row, sizes) for row in outputs["logits"]])
        return np.concatenate([outputs[name] for name in names], axis=1)

    def ours(self, model, observations):
        """The same: of pictures from `asyncrl predict`, of vectors from the bridge."""
        rows = []
        for observation in observations:
            if observation.dtype == np.uint8:
                # Each channel as a gray screen of the observation's size, which no preset changes.
                files = [f"{self.work}/channel-{c}.png" for c in range(len(observation))]
                for file, plane in zip(files, observation):
                    write_png(file, plane)
                answer = json.loads(self.run(self.program, "predict", f"--model={model}", *files))
                rows.append(answer["q"] if "q" in answer else [answer["value"], *answer["policy"]])
            else:
                observation.tofile(f"{self.work}/vector")
                answer = json.loads(self.run(self.bridge, "predict", "auto", model, f"{self.work}/vector"))
                rows.append(answer["q"] if "q" in answer else [answer["value"], *policy(answer["policy"], model)])
        return np.array(rows)

    def observations(self, channels):
        """Real pictures, or random vectors."""
        if channels == NUMBERS:
            return np.random.default_rng(1).normal(size=(4, NUMBERS)).astype(np.float32)
        stacks = [
            np.fromfile(path, np.uint8).reshape(3, SIDE, SIDE)
            for path in sorted(glob.glob(f"{self.data}/golden/forward/*.obs.u8"))
        ]
        return np.stack([np.concatenate([stack, stack])[:channels] for stack in stacks])

    def check(self, model, channels):
        observations = self.observations(channels)
        theirs = self.theirs(self.export(model), observations)
        name = os.path.basename(model)
        self.compare(f"{name}, {len(theirs)} at once", self.ours(model, observations), theirs)


def policy(outputs, model):
    """Probabilities, or with continuous actions means and deviations."""
    if "gaussian" in model:
        means, logarithms = np.split(np.array(outputs), 2)
        return np.concatenate([means, np.exp(logarithms)])
    return probabilities(np.array(outputs), part_sizes(model) or [len(outputs)])


def part_sizes(network):
    """[2, 4] of mlp+parts=2x4; [] of a single choice."""
    found = re.search(r"\+parts=([0-9x]+)", network)
    return [int(size) for size in found.group(1).split("x")] if found else []


def probabilities(logits, sizes):
    """Of each part in turn."""
    exponents = [np.exp(part - part.max()) for part in np.split(logits, np.cumsum(sizes)[:-1])]
    return np.concatenate([part / part.sum() for part in exponents])


def write_png(path, plane):
    """plane: (height, width) of gray levels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = plane.shape
    rows = b"".join(b"\0" + row.tobytes() for row in plane)
    with open(path, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n")
        out.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)))
        out.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def check_own(checks):
    """Our files, of all networks."""
    for trunk, channels in (
        ("a3c", 3), ("nature", 4), ("mlp", NUMBERS), ("a3c+layer_norm", 3), ("mlp+layer_norm", NUMBERS),
        ("impala", 4), ("impala+width=2+layer_norm", 3),
        ("a3c+normalize_observations+normalize_returns", 3), ("mlp+normalize_observations+normalize_returns", NUMBERS),
        ("a3c+lstm=7", 3), ("mlp+layer_norm+lstm=8", NUMBERS),
        ("twin", NUMBERS), ("twin+normalize_observations+gaussian", NUMBERS),
        ("mlp+parts=2x4", NUMBERS), ("a3c+layer_norm+parts=4x2", 3),
        ("mlp+gaussian", NUMBERS), ("mlp+normalize_observations+normalize_returns+lstm=8+gaussian", NUMBERS),
    ):
        for heads in ("policy",) if any(word in trunk for word in ("gaussian", "twin", "parts")) else ("policy", "q"):
            model = f"{checks.work}/ours-{trunk}-{heads}.h5"
            checks.run(checks.bridge, "random", trunk, heads, str(channels), str(ACTIONS), model)
            checks.check(model, channels)


def check_trained(checks):
    """A model from a run, which names its training."""
    run = checks.run(
        checks.program, "train", "q1", "--game=catch", "--processes=1", "--total_steps=2000",
        f"--run_dir={checks.work}/run", "--json",
    )
    model = json.loads(run)["model"]
    said = checks.export(model).get_modelmeta().custom_metadata_map
    expected = {"game": "catch", "method": "q1", "actions": "LEFT,STAY,RIGHT", "frame_skip": "1"}
    checks.count(expected.items() <= said.items(), f"what a run's model says: {said}")
    checks.check(model, 3)


def check_published(checks, weights):
    """Keras 1's files with Theano's flipped kernels."""
    for model in sorted(glob.glob(f"{weights}/*.h5")):
        checks.check(model, 3)


def main(program, bridge, data, weights, work):
    print(f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}")
    checks = Checks(program, bridge, data, work)
    check_own(checks)
    check_trained(checks)
    if os.path.isdir(weights):
        check_published(checks, weights)
    else:
        print(f"skip: no published weights in {weights} (set ASYNCRL_SHARED)")
    checks.finish()


main(*sys.argv[1:])
