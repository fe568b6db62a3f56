"""Makes tests/data/keras: small files from real Keras, and its predictions with them: value, policy.

Run it in the environment that tests/keras/run makes: make_data.py FOLDER
"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402
import numpy as np  # noqa: E402

from models import build  # noqa: E402

TINY = ([(4, 8, 4), (6, 4, 2)], [8])
SHAPE = (3, 28, 28)
ACTIONS = 5


def observation():
    """The observation of tests/unit/store/test_weights.c, as the network's input."""
    count = np.prod(SHAPE)
    return ((np.arange(count) * 37 + 11) % 256).astype(np.float32).reshape(SHAPE) / 255


def predict(model, image):
    value, policy = model.predict(image[None], verbose=0)
    return " ".join(f"{number:.9g}" for number in (value[0, 0], *policy[0]))


def main(folder):
    keras.utils.set_random_seed(1)
    first = build(TINY, SHAPE, ACTIONS)
    first.save(f"{folder}/channels-first.h5")
    first.save_weights(f"{folder}/channels-first.weights.h5")
    last = build(TINY, SHAPE, ACTIONS, data_format="channels_last")
    last.save(f"{folder}/channels-last.h5")

    image = observation()
    with open(f"{folder}/predictions.txt", "w", encoding="utf-8") as out:
        out.write(f"channels-first {predict(first, image)}\n")
        out.write(f"channels-last {predict(last, image.transpose(1, 2, 0))}\n")


main(sys.argv[1])
