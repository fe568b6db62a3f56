"""A saved network as a torch.nn.Module."""

import torch
from torch import nn
from torch.nn import functional

from asyncrl.agent import load


def torch_module(path):
    """Returns the network of a weight file, to train it further or to study it. Call it with a batch of observations.

    Answers (logits, values), of (batch, actions) and (batch), or Q of (batch, actions) for a Q network. For continuous
    actions, means and logarithms of deviations, (batch, 2, action_size), take the place of logits.
    uint8 is divided by 255, floats are taken as they are.
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

    def forward(self, observations):
        if observations.dtype == torch.uint8:
            observations = observations.float() / 255
        outs = []
        for layer in self.plan:
            out = observations if layer.source < 0 else outs[layer.source]
            if layer.kind == "pool":
                out = _pool(out, layer)
            elif layer.kind == "dense":
                out = self.layers[layer.name](out.flatten(1))
            elif layer.name in self.layers:
                out = self.layers[layer.name](out)
            if layer.skip >= 0:
                out = out + outs[layer.skip]
            outs.append(functional.relu(out) if layer.has_relu else out)
        heads = {layer.name: out for layer, out in zip(self.plan, outs) if layer.is_head}
        if "q" in heads:
            return heads["q"]
        policy = heads["gaussian"] if "gaussian" in heads else heads["policy"]
        return policy, heads["value"][:, 0]


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
    if layer.kind == "convolution":
        kernel = tensors[0]
        made = nn.Conv2d(kernel.shape[1], kernel.shape[0], layer.kernel, layer.stride, layer.padding)
    elif layer.kind == "dense":
        tensors[0] = tensors[0].T.contiguous()
        made = nn.Linear(tensors[0].shape[1], tensors[0].shape[0])
    elif layer.kind == "norm":
        made = nn.LayerNorm(tensors[0].shape, eps=1e-5)
    elif layer.kind in ("identity", "pool"):
        return None
    else:
        raise ValueError(f"layers of the kind '{layer.kind}' have no counterpart in PyTorch")
    with torch.no_grad():
        made.weight.copy_(tensors[0])
        made.bias.copy_(tensors[1])
    return made


def _pool(planes, layer):
    """Keras's "same": if the number of missing rows is odd, the additional one is at the end."""
    padding = []
    for size in (planes.shape[3], planes.shape[2]):
        missing = max((-(-size // layer.stride) - 1) * layer.stride + layer.kernel - size, 0)
        padding += [missing // 2, missing - missing // 2]
    return functional.max_pool2d(functional.pad(planes, padding, value=-torch.inf), layer.kernel, layer.stride)
