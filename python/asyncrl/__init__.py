"""Trained agents of asyncrl, its Atari environments and its training, in Python: docs/python.md.

agent = asyncrl.load("model-Breakout-v0-6000000.h5")
action = agent.act(observation)
"""

from importlib.metadata import version

from asyncrl.agent import Agent, load
from asyncrl.library import Error

__version__ = version("asyncrl")
__all__ = ["Agent", "Error", "load", "make_vec"]


def __getattr__(name):
    """What needs more than NumPy is imported when it is asked for."""
    if name == "make_vec":
        from asyncrl.vector import make_vec

        return make_vec
    raise AttributeError(f"module 'asyncrl' has no attribute {name!r}")
