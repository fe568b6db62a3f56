"""Compares weight files and predictions with real Keras, both ways; reads checkpoints with h5py.
Run by tests/keras/run.

usage: check.py BRIDGE OBSERVATIONS_FOLDER WEIGHTS_FOLDER WORK_FOLDER
"""

import glob
import json
import os
import subprocess
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")

import absl.logging  # noqa: E402
import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.legacy.saving import legacy_h5_format  # noqa: E402

from models import TRUNKS, build, build_impala  # noqa: E402

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from peer_checks import PeerChecks  # noqa: E402

SIDE = 84
NUMBERS = 5


class Checks(PeerChecks):
    def __init__(self, bridge, observations, work):
        super().__init__()
        self.bridge = bridge
        self.observations = observations  # paths of 3x84x84 u8
        self.work = work

    def run(self, *arguments):
        return subprocess.run(
            [self.bridge, *arguments], check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def inputs(self, channels):
        """Paths of observations with that many channels, and their values in the form of the model's input.

        Those are (n, channels, 84, 84), or (n, NUMBERS) for a vector of that many, which no image has.
        """
        if channels == NUMBERS:
            vectors = np.random.default_rng(1).normal(size=(4, NUMBERS)).astype(np.float32)
            paths = [f"{self.work}/vector-{i}.f32" for i in range(len(vectors))]
            for path, vector in zip(paths, vectors):
                vector.tofile(path)
            return paths, vectors
        stacks = [np.fromfile(path, np.uint8).reshape(3, SIDE, SIDE) for path in self.observations]
        if channels == 3:
            return self.observations, np.stack(stacks).astype(np.float32) / 255
        paths = []
        for i, stack in enumerate(stacks):
            stacks[i] = np.concatenate([stack, stack[: channels - 3]])
            paths.append(f"{self.work}/{channels}-{i}.u8")
            stacks[i].tofile(paths[-1])
        return paths, np.stack(stacks).astype(np.float32) / 255

    def ours(self, file, channels, order="auto"):
        """Our outputs, (n, outputs): value and policy in one row, or Q."""
        paths, _ = self.inputs(channels)
        rows = []
        for line in self.run("predict", order, file, *paths).splitlines():
            answer = json.loads(line)
            if "q" in answer:
                rows.append(answer["q"])
            else:
                logits = np.array(answer["policy"])
                policy = np.exp(logits - logits.max())
                rows.append([answer["value"], *(policy / policy.sum())])
        return np.array(rows)

    def theirs(self, model, channels):
        _, images = self.inputs(channels)
        if images.ndim == 4 and model.input_shape[-1] == channels:
            images = images.transpose(0, 2, 3, 1)
        outputs = model.predict(images, verbose=0)
        return np.concatenate(outputs, axis=1) if isinstance(outputs, list) else outputs

    def refuse(self, what, file, words):
        paths, _ = self.inputs(3)
        done = subprocess.run([self.bridge, "predict", "auto", file, *paths], capture_output=True, text=True)
        self.count(done.returncode != 0 and words in done.stderr, f"{what}: {done.stderr.strip()}")


def networks():
    for trunk, channels in (("a3c", 3), ("nature", 4), ("mlp", NUMBERS)):
        for heads in ("policy", "q"):
            yield trunk, channels, heads


def shape_of(channels):
    return (channels,) if channels == NUMBERS else (channels, SIDE, SIDE)


def check_ours_in_keras(checks, weights):
    """Keras's load_weights reads our files."""
    for trunk, channels in (("a3c", 3), ("mlp", NUMBERS)):
        file = f"{checks.work}/ours-{trunk}-normed.h5"
        checks.run("random", f"{trunk}+layer_norm", "policy", str(channels), "6", file)
        model = build(TRUNKS[trunk], shape_of(channels), 6, layer_norm=True)
        model.load_weights(file)
        checks.compare(
            f"our {trunk}+layer_norm in Keras", checks.ours(file, channels), checks.theirs(model, channels)
        )
    for trunk, channels, heads in networks():
        file = f"{checks.work}/ours-{trunk}-{heads}.h5"
        checks.run("random", trunk, heads, str(channels), "6", file)
        model = build(TRUNKS[trunk], shape_of(channels), 6, q=heads == "q")
        model.load_weights(file)
        checks.compare(
            f"our {trunk} {heads} in Keras", checks.ours(file, channels), checks.theirs(model, channels)
        )
    for file in sorted(glob.glob(f"{weights}/*.h5")):
        name = os.path.basename(file)
        copy = f"{checks.work}/copy-{name}"
        checks.run("copy", file, copy)
        model = build(TRUNKS["a3c"], (3, SIDE, SIDE), 4, q=name.startswith("q1"))
        model.load_weights(copy)
        checks.compare(f"{name}, written again, in Keras", checks.ours(file, 3), checks.theirs(model, 3))


def check_impala(checks):
    """The residual trunk, both ways: our files in Keras, and Keras's weights alone here."""
    for heads in ("policy", "q"):
        file = f"{checks.work}/ours-impala-{heads}.h5"
        checks.run("random", "impala", heads, "4", "6", file)
        model = build_impala((4, SIDE, SIDE), 6, q=heads == "q")
        model.load_weights(file)
        checks.compare(f"our impala {heads} in Keras", checks.ours(file, 4), checks.theirs(model, 4))
        model = build_impala((4, SIDE, SIDE), 6, q=heads == "q")
        theirs = checks.theirs(model, 4)
        files = {name: f"{checks.work}/impala-{heads}{name}" for name in (".weights.h5", ".legacy.h5")}
        model.save_weights(files[".weights.h5"])
        save_legacy_weights(model, files[".legacy.h5"])
        for name, file in files.items():
            checks.compare(f"Keras's impala {heads}, {name}", checks.ours(file, 4, "first"), theirs)


def save_legacy_weights(model, file):
    """The weights alone in the legacy layout; Keras 3 still has the code, but no public name for it."""
    with h5py.File(file, "w") as out:
        legacy_h5_format.save_weights_to_hdf5_group(out, model)


def check_keras_in_ours(checks):
    """We read Keras's files."""
    for trunk, channels, heads in networks():
        model = build(TRUNKS[trunk], shape_of(channels), 6, q=heads == "q")
        theirs = checks.theirs(model, channels)
        files = {
            "model.save .h5": f"{checks.work}/model-{trunk}-{heads}.h5",
            ".weights.h5": f"{checks.work}/{trunk}-{heads}.weights.h5",
            "legacy weights": f"{checks.work}/legacy-{trunk}-{heads}.h5",
        }
        model.save(files["model.save .h5"])
        model.save_weights(files[".weights.h5"])
        save_legacy_weights(model, files["legacy weights"])
        for kind, file in files.items():
            order = "auto" if kind == "model.save .h5" or trunk == "mlp" else "first"
            checks.compare(f"Keras's {trunk} {heads}, {kind}", checks.ours(file, channels, order), theirs)


def check_orders(checks):
    """Models whose dense layer sees (row, column, channel), which model.save states."""
    for order in ({"data_format": "channels_last"}, {"flatten": "channels_first"}):
        model = build(TRUNKS["a3c"], (3, SIDE, SIDE), 6, **order)
        file = f"{checks.work}/order.h5"
        model.save(file)
        checks.compare(f"Keras's a3c, {order}", checks.ours(file, 3), checks.theirs(model, 3))


def check_channels_last(checks):
    """Weights alone of the most common networks; without the option, no order is guessed."""
    model = build(TRUNKS["nature"], (4, SIDE, SIDE), 6, data_format="channels_last")
    theirs = checks.theirs(model, 4)
    for name, save in ((".weights.h5", model.save_weights), ("legacy", lambda file: save_legacy_weights(model, file))):
        file = f"{checks.work}/last-{name.strip('.')}.weights.h5"
        save(file)
        checks.compare(f"Keras's nature, channels last, {name}", checks.ours(file, 4, "last"), theirs)
        checks.refuse(f"Keras's nature, {name}, without a word", file, "--channels=last")


def check_differences(checks):
    """A whole model that none of our networks computes is refused, with the layer's name."""
    layers = keras.layers
    plain = dict(activation="relu", strides=4)

    def model(first=None, before=(), after_hidden="relu", value="linear", last=(), **changes):
        x = inputs = keras.Input((SIDE, SIDE, 3))
        for layer in before:
            x = layer(x)
        x = (first or layers.Conv2D)(16, 8, **{**plain, **changes}, name="one")(x)
        for layer in last:
            x = layer(x)
        x = layers.Conv2D(32, 4, strides=2, activation="relu", name="two")(x)
        x = layers.Dense(256, activation=after_hidden, name="wide")(layers.Flatten(name="flat")(x))
        heads = [layers.Dense(1, activation=value, name="value")(x)]
        heads.append(layers.Dense(4, activation="softmax", name="policy")(x))
        return keras.Model(inputs, heads)

    same = {
        "plainly": model(),
        "ReLU apart": model(activation=None, last=[layers.ReLU(name="apart")]),
        "Activation apart": model(activation=None, last=[layers.Activation("relu")]),
        "Dropout": model(last=[layers.Dropout(0.5)]),
    }
    for name, network in same.items():
        file = f"{checks.work}/same.h5"
        network.save(file)
        checks.compare(f"a whole model, {name}", checks.ours(file, 3), checks.theirs(network, 3))
    scaled = model(before=[layers.Rescaling(1 / 255.0)])
    scaled.save(f"{checks.work}/scaled.h5")
    _, images = checks.inputs(3)
    outputs = scaled.predict(images.transpose(0, 2, 3, 1) * 255, verbose=0)
    checks.compare("a whole model that divides by 255", checks.ours(f"{checks.work}/scaled.h5", 3),
                   np.concatenate(outputs, axis=1))
    different = {
        "'one' with activation 'tanh'": model(activation="tanh"),
        "'one' with strides of 2x2": model(strides=2),
        "'one' with padding 'same'": model(padding="same"),
        "'wide' with activation 'elu'": model(after_hidden="elu"),
        "'value' with activation 'tanh'": model(value="tanh"),
        "'pool' of class 'MaxPooling2D'": model(last=[layers.MaxPooling2D(1, name="pool")]),
        "'leaky' of class 'LeakyReLU'": model(activation=None, last=[layers.LeakyReLU(name="leaky")]),
        "'slope' with a negative_slope": model(activation=None, last=[layers.ReLU(negative_slope=0.1, name="slope")]),
        "'centre', which scales": model(before=[layers.Rescaling(1 / 127.5, -1, name="centre")]),
    }
    for words, network in different.items():
        file = f"{checks.work}/different.h5"
        network.save(file)
        checks.refuse(f"found layer {words}", file, f"found layer {words}")


def check_checkpoint(checks):
    """h5py reads our checkpoints, whose digest precedes the HDF5 part."""
    checks.run("checkpoint", checks.work)
    expected = {
        "learner/params": np.array([0.5, -1.25, 3e-40], np.float32),
        "learner/frames": np.array([123456789012], np.int64),
        "learner/rates": np.array([0.1, -1e300], np.float64),
        "options": np.frombuffer(b"a=1", np.uint8),
        "unread": np.zeros(0, np.float32),
    }
    with h5py.File(f"{checks.work}/checkpoint.h5", "r") as file:
        for name, values in expected.items():
            found = file[name][()]
            good = found.dtype == values.dtype and np.array_equal(found, values)
            checks.count(good, f"our checkpoint's {name} in h5py")


def main(bridge, observations, weights, work):
    print(f"Keras {keras.__version__} on {keras.backend.backend()}")
    paths = sorted(glob.glob(f"{observations}/*.obs.u8"))
    if not paths:
        sys.exit(f"no observations in {observations}")
    if not os.path.isdir(weights):
        print(f"skip: no published weights in {weights} (set ASYNCRL_SHARED)")
    absl.logging.set_verbosity("error")  # Keras warns about each file of the legacy layout
    keras.utils.set_random_seed(1)
    checks = Checks(bridge, paths, work)
    check_ours_in_keras(checks, weights)
    check_keras_in_ours(checks)
    check_impala(checks)
    check_orders(checks)
    check_channels_last(checks)
    check_differences(checks)
    check_checkpoint(checks)
    checks.finish()


main(*sys.argv[1:])
