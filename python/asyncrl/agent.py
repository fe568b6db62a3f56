"""Trained agents: weights and observations in, actions out."""

import ctypes
import os
from types import SimpleNamespace

import numpy as np

from asyncrl.library import AGENT_ABI, MAX_SEED, AgentOptions, Decision, call, lib, text, whole


def load(path, *, observation=None, seed=0, eps=0.0):
    """Opens a weight file, asyncrl's own or Keras's; of a run directory the best weights, otherwise the newest.

    observation: "classic", "deepmind" or "v4"; None: as the file says. seed: of all chance.
    eps: for Q networks, chance of a random action. ValueError describes a fault of the file.
    """
    return Agent(path, observation=observation, seed=seed, eps=eps)


class Agent:
    """A network and its game. One thread at a time may use it; `load` makes it.

    info: game, method, observation, network, steps, actions (names), frame_skip (least, most) and
    shape of an observation; None if the file does not state it. action_size: the numbers of a
    continuous action; 0: actions are numbered. parts: the sizes of an action's parts, if the policy
    chooses in each, as in a MultiDiscrete space; otherwise ().
    weights: a dictionary of arrays by name, such as "conv1/kernel", copies of the agent's own.
    layers: the layers that use them, in the order of computation.
    """

    def __init__(self, path, *, observation=None, seed=0, eps=0.0):
        self._handle = ctypes.c_void_p()
        options = AgentOptions(
            abi_version=AGENT_ABI,
            model=os.fsencode(path),
            observation=observation.encode() if observation else None,
            seed=whole("seed", seed, 0, MAX_SEED),
            eps=eps,
        )
        call(lib.asyncrl_agent_open, ctypes.byref(options), ctypes.byref(self._handle))
        about = lib.asyncrl_agent_about(self._handle).contents
        names = about.action_names
        self.info = SimpleNamespace(
            game=text(about.game),
            method=text(about.method),
            observation=text(about.observation),
            network=text(about.network),
            steps=about.steps if about.steps >= 0 else None,
            actions=[names[i].decode() for i in range(about.action_count)] if names else None,
            action_count=about.action_count,
            action_size=about.action_size,
            parts=tuple(about.part_sizes[: about.part_count]) if about.part_count else (),
            frame_skip=(about.frame_skip_min, about.frame_skip_max) if about.frame_skip_max else None,
            shape=(about.channels,) if about.is_vector else (about.channels, about.height, about.width),
            has_policy=about.has_policy,
        )
        self._dtype = np.float32 if about.is_vector else np.uint8
        self.weights = self._read_weights()
        self.layers = self._read_layers()

    def _read_weights(self):
        count = ctypes.c_int()
        listed = lib.asyncrl_agent_weights(self._handle, ctypes.byref(count))
        weights = {}
        for weight in listed[: count.value]:
            shape = tuple(weight.shape[: weight.rank])
            weights[weight.name.decode()] = np.ctypeslib.as_array(weight.data, shape).copy()
        return weights

    def _read_layers(self):
        count = ctypes.c_int()
        listed = lib.asyncrl_agent_layers(self._handle, ctypes.byref(count))
        names = list(self.weights)
        layers = []
        for layer in listed[: count.value]:
            end = layer.first_weight + layer.weight_count
            layers.append(
                SimpleNamespace(
                    kind=layer.kind.decode(),
                    name=layer.name.decode(),
                    source=layer.source,
                    skip=layer.skip,
                    has_relu=layer.has_relu,
                    is_head=layer.is_head,
                    weights=names[layer.first_weight : end],
                    out=tuple(layer.out),
                    kernel=layer.kernel,
                    stride=layer.stride,
                    padding=layer.padding,
                )
            )
        return layers

    # ---- Observations ------------------------------------------------------------------------------

    def _check(self, observations):
        """Returns the observations as a batch, and whether they were a batch."""
        array = np.asarray(observations)
        shape = self.info.shape
        if array.shape != shape and array.shape[1:] != shape:
            raise ValueError(f"observations must be {shape}, or a batch of these, not {array.shape}")
        if array.dtype != self._dtype and self._dtype == np.uint8:
            raise ValueError(f"observations must be bytes of 0 to 255 (uint8), not {array.dtype}")
        is_batch = array.shape != shape
        return np.ascontiguousarray(array if is_batch else array[None], self._dtype), is_batch

    def _ask(self, function, observations, read):
        """Calls function on each observation; returns read(decision) for each."""
        self._open_or_raise()
        batch, is_batch = self._check(observations)
        decision = Decision()
        answers = []
        for one in batch:
            function(self._handle, one.ctypes.data, ctypes.byref(decision))
            answers.append(read(decision))
        return answers if is_batch else answers[0]

    def act(self, observations):
        """An action for an observation (an int), or one for each of a batch (an array of int64).

        Chosen at random from the policy, or the best of a Q network (with chance eps, any). An observation
        is the network's input: uint8 (channels, 84, 84), oldest screen first, or a vector of floats.
        Continuous actions are float32 (action_size) or (batch, action_size), to be clipped to the game's bounds.
        Actions of several parts are int64 (parts) or (batch, parts), the choices of each, from 0.
        A network with a memory takes a batch as steps of one game, in their order; begin forgets them.
        """
        if self.info.action_size:
            return np.array(self._ask(lib.asyncrl_agent_decide_on, observations, lambda _: self._numbers()))
        actions = self._ask(lib.asyncrl_agent_decide_on, observations, self._action)
        return np.array(actions, np.int64) if isinstance(actions, list) else actions

    def _action(self, decision):
        parts = self.info.parts
        return np.array(np.unravel_index(decision.action, parts), np.int64) if parts else decision.action

    def _row(self, pointer):
        return np.ctypeslib.as_array(pointer, (sum(self.info.parts) or self.info.action_count,)).copy()

    def _numbers(self):
        """The continuous action of the newest decision."""
        return np.ctypeslib.as_array(lib.asyncrl_agent_numbers(self._handle), (self.info.action_size,)).copy()

    def gaussian(self, observations):
        """Means and standard deviations of a continuous action's numbers: (..., 2, action_size)."""
        if not self.info.action_size:
            raise ValueError("this network chooses numbered actions: see probabilities or q_values")
        shape = (2, self.info.action_size)
        read = lambda decision: np.ctypeslib.as_array(decision.policy, shape).copy()  # noqa: E731
        return np.array(self._ask(lib.asyncrl_agent_predict_on, observations, read))

    def probabilities(self, observations):
        """The policy's probabilities: (actions) or (batch, actions), those of parts one part after the other. Not for
        Q networks."""
        if not self.info.has_policy:
            raise ValueError("a Q network has no probabilities: see q_values")
        if self.info.action_size:
            raise ValueError("continuous actions have no probabilities: see gaussian")
        return np.array(self._ask(lib.asyncrl_agent_predict_on, observations, lambda d: self._row(d.policy)))

    def q_values(self, observations):
        """Q of each action: (actions) or (batch, actions). Only for Q networks."""
        if self.info.has_policy:
            raise ValueError("this network has a policy, but no Q: see probabilities and values")
        return np.array(self._ask(lib.asyncrl_agent_predict_on, observations, lambda d: self._row(d.q)))

    def values(self, observations):
        """The value of the state: a float or (batch). For a Q network, the Q of its best action."""
        if not self.info.has_policy:
            return self.q_values(observations).max(axis=-1)
        values = self._ask(lib.asyncrl_agent_predict_on, observations, lambda decision: decision.value)
        return np.array(values, np.float32) if isinstance(values, list) else values

    # ---- Screens -----------------------------------------------------------------------------------

    def begin(self, episode=0):
        """Begins an episode: forgets all screens, and what a network with a memory remembers. Chance depends only
        on the seed and this number."""
        self._open_or_raise()
        lib.asyncrl_agent_begin(self._handle, whole("episode", episode, 0, MAX_SEED))

    def see(self, screen):
        """Shows a screen of the game: uint8 (height, width, 3)."""
        self._open_or_raise()
        screen = np.ascontiguousarray(screen)
        if screen.dtype != np.uint8 or screen.ndim != 3 or screen.shape[2] != 3:
            raise ValueError(f"a screen must be uint8 (height, width, 3), not {screen.dtype} {screen.shape}")
        call(lib.asyncrl_agent_see, self._handle, screen.ctypes.data, screen.shape[0], screen.shape[1])

    def decide(self):
        """Chooses an action for the screens seen since the last decision, as act does."""
        self._open_or_raise()
        decision = Decision()
        call(lib.asyncrl_agent_decide, self._handle, ctypes.byref(decision))
        return self._numbers() if self.info.action_size else self._action(decision)

    # ---- The end -----------------------------------------------------------------------------------

    def _open_or_raise(self):
        if not self._handle:
            raise ValueError("the agent is closed")

    def close(self):
        """Frees the agent; its weights stay."""
        handle, self._handle = self._handle, ctypes.c_void_p()
        lib.asyncrl_agent_close(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_handle", None):
            self.close()
