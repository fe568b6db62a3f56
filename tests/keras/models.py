"""The project's networks as Keras models."""

import keras
from keras import layers

# (filters, kernel, stride) of each convolution, and the widths of the dense layers.
TRUNKS = {
    "a3c": ([(16, 8, 4), (32, 4, 2)], [256]),
    "nature": ([(32, 8, 4), (64, 4, 2), (64, 3, 1)], [512]),
    "mlp": ([], [64, 64]),
}


def normalized_relu(x):
    """A ReLU behind a normalisation over all numbers of a sample."""
    x = layers.LayerNormalization(axis=list(range(1, len(x.shape))), epsilon=1e-5)(x)
    return layers.ReLU()(x)


def residual_block(x, channels, convolution):
    y = convolution(channels)(layers.ReLU()(x))
    y = convolution(channels)(layers.ReLU()(y))
    return layers.Add()([x, y])


def build_impala(shape, actions, q=False):
    """The trunk impala, of channels first. Its outputs are [value, policy], or Q."""
    noise = keras.initializers.RandomNormal(stddev=0.1)
    first = {"padding": "same", "data_format": "channels_first"}

    def convolution(channels):
        return layers.Conv2D(channels, 3, bias_initializer=noise, **first)

    inputs = x = keras.Input(shape)
    for channels in (16, 32, 32):
        x = layers.MaxPooling2D(3, strides=2, **first)(convolution(channels)(x))
        x = residual_block(residual_block(x, channels, convolution), channels, convolution)
    x = layers.Flatten(data_format="channels_last")(layers.ReLU()(x))
    x = layers.Dense(256, activation="relu", bias_initializer=noise)(x)
    return keras.Model(inputs, heads(x, actions, q, noise))


def heads(x, actions, q, noise):
    if q:
        return layers.Dense(actions, bias_initializer=noise)(x)
    value = layers.Dense(1, name="value", bias_initializer=noise)(x)
    policy = layers.Dense(actions, activation="softmax", name="policy", bias_initializer=noise)(x)
    return [value, policy]


def build(
    trunk, shape, actions, q=False, data_format="channels_first", flatten="channels_last", layer_norm=False
):
    """A model for images of shape (channels, height, width), or for vectors of shape (numbers,).

    Its outputs are [value, policy], or Q.

    The default is the model that our weight files are for. Its Flatten is told channels_last, which makes it
    leave the order of its input alone: channel, row, column. Told channels_first, Flatten transposes.
    """
    convolutions, widths = trunk
    noise = keras.initializers.RandomNormal(stddev=0.1)  # zeros would hide a lost bias
    if data_format == "channels_last":
        shape = (*shape[1:], shape[0])
    inputs = x = keras.Input(shape)
    for filters, kernel, stride in convolutions:
        x = layers.Conv2D(
            filters,
            kernel,
            strides=stride,
            activation=None if layer_norm else "relu",
            data_format=data_format,
            bias_initializer=noise,
        )(x)
        x = normalized_relu(x) if layer_norm else x
    if convolutions:
        x = layers.Flatten(data_format=flatten)(x)
    for width in widths:
        x = layers.Dense(width, activation=None if layer_norm else "relu", bias_initializer=noise)(x)
        x = normalized_relu(x) if layer_norm else x
    return keras.Model(inputs, heads(x, actions, q, noise))
