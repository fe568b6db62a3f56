"""A saved network as a torch.nn.Module."""

import torch
from torch import nn
from torch.nn import functional

from asyncrl.agent import load

VARIANCE_FLOOR = 1e-8


def torch_module(path):
    """Returns the network of a weight file, to train it further or to study it. Call it with a batch of observations.

    Answers (logits, values), of (batch, actions) and (batch), or Q of (batch, actions) for a Q network. For continuous
    actions, means and logarithms of deviations, (batch, 2, action_size), take the place of logits. Logits of actions
    with several parts are those of the first part, then of the second, and so on: split them by info.parts.
    uint8 is divided by 255, floats are taken as they are. Running means and variances are buffers: observations are
    normalised by them, and values are in units of rewards.
    A network with a memory takes a state after the observations, and answers (what it answers otherwise, next state):
    the state is (h, c) of (batch, units) each, as LSTMCell has them, or None where games begin.
    """
    with load(path) as agent:
        return Network(agent)


class Network(nn.Module):
    def __init__(self, agent):
        super().__init__()
        self.plan = agent.layers
        self.shape = agent.info.shape
        self.layers = nn.ModuleDict()
        for layer in self.plan:
            tensors = [torch.from_numpy(agent.weights[name].copy()) for name in layer.weights]
            if made := _make(layer, tensors):
                self.layers[layer.name] = made

    def forward(self, observations, state=None):
        if observations.dtype == torch.uint8:
            observations = observations.float() / 255
        outs = []
        for layer in self.plan:
            out = observations if layer.source < 0 else outs[layer.source]
            if layer.kind == "pool":
                out = _pool(out, layer)
            elif layer.kind == "dense":
                out = self.layers[layer.name](out.flatten(1))
            elif layer.kind == "lstm":
                state = self.layers[layer.name](out.flatten(1), state)
                out = state[0]
            elif layer.kind == "tanh":
                out = torch.tanh(out)
            elif layer.name in self.layers:
                out = self.layers[layer.name](out)
            if layer.skip >= 0:
                out = out + outs[layer.skip]
            outs.append(functional.relu(out) if layer.has_relu else out)
        heads = {layer.name: out for layer, out in zip(self.plan, outs) if layer.is_head}
        answer = heads["q"] if "q" in heads else _policy_and_values(heads)
        return answer if state is None else (answer, state)


def _policy_and_values(heads):
    policy = heads["gaussian"] if "gaussian" in heads else heads["policy"]
    values = heads["value_units"] if "value_units" in heads else heads["value"]
    return policy, values[:, 0]


class Standard(nn.Module):
    """Observations as deviations from the mean, by channel."""

    def __init__(self, mean, variance):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("variance", variance)

    def forward(self, observations):
        return ((observations - self.mean) / (self.variance + VARIANCE_FLOOR).sqrt()).clamp(-10, 10)


class Units(nn.Module):
    """Values in units of rewards, of those in deviations of the returns."""

    def __init__(self, mean, variance):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("variance", variance)

    def forward(self, values):
        return values * (self.variance + VARIANCE_FLOOR).sqrt() + self.mean


class Gaussian(nn.Module):
    def __init__(self, log_std):
        super().__init__()
        self.log_std = nn.Parameter(log_std)

    def forward(self, means):
        return torch.stack([means, self.log_std.expand_as(means)], 1)


def _make(layer, tensors):
    """Returns the module of a layer with its parameters; None if it has none."""
    if layer.kind == "gaussian":
        return Gaussian(tensors[0])
    if layer.kind == "standard":
        return Standard(*tensors[:2])  # without the count of samples
    if layer.kind == "units":
        return Units(*tensors[:2])
    if layer.kind == "lstm":
        return _make_lstm(*tensors)
    if layer.kind == "convolution":
        kernel = tensors[0]
        made = nn.Conv2d(kernel.shape[1], kernel.shape[0], layer.kernel, layer.stride, layer.padding)
    elif layer.kind == "dense":
        tensors[0] = tensors[0].T.contiguous()
        made = nn.Linear(tensors[0].shape[1], tensors[0].shape[0])
    elif layer.kind == "norm":
        made = nn.LayerNorm(tensors[0].shape, eps=1e-5)
    elif layer.kind in ("identity", "pool", "tanh"):
        return None
    else:
        raise ValueError(f"layers of the kind '{layer.kind}' have no counterpart in PyTorch")
    with torch.no_grad():
        made.weight.copy_(tensors[0])
        made.bias.copy_(tensors[1])
    return made


def _make_lstm(kernel, recurrent, bias):
    """PyTorch has the gates in the same order, and adds two biases: the second stays 0."""
    made = nn.LSTMCell(kernel.shape[0], recurrent.shape[0])
    made.bias_hh.requires_grad_(False)
    with torch.no_grad():
        made.weight_ih.copy_(kernel.T)
        made.weight_hh.copy_(recurrent.T)
        made.bias_ih.copy_(bias)
        made.bias_hh.zero_()
    return made


def _pool(planes, layer):
    """Keras's "same": if the number of missing rows is odd, the additional one is at the end."""
    padding = []
    for size in (planes.shape[3], planes.shape[2]):
        missing = max((-(-size // layer.stride) - 1) * layer.stride + layer.kernel - size, 0)
        padding += [missing // 2, missing - missing // 2]
    return functional.max_pool2d(functional.pad(planes, padding, value=-torch.inf), layer.kernel, layer.stride)
