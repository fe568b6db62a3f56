"""Trained agents of asyncrl, its Atari environments and its training, in Python: docs/python.md.

agent = asyncrl.load("model-Breakout-v0-6000000.h5")
action = agent.act(observation)
"""

from importlib.metadata import version

from asyncrl.agent import Agent, load
from asyncrl.library import Error

__version__ = version("asyncrl")
__all__ = ["Agent", "Error", "load"]
