"""Trained agents of asyncrl, its Atari environments and its training, in Python: docs/python.md.

agent = asyncrl.load("model-Breakout-v0-6000000.h5")
action = agent.act(observation)
"""

from importlib import import_module
from importlib.metadata import version

from asyncrl.agent import Agent, load
from asyncrl.library import Error
from asyncrl.training import Run, runs, train

__version__ = version("asyncrl")
__all__ = ["Agent", "Error", "Run", "load", "make_vec", "runs", "torch_module", "train"]

# Imported at the first use, because they need more than NumPy: name, module, needed package.
_LATER = {"make_vec": ("asyncrl.vector", "gymnasium"), "torch_module": ("asyncrl.network", "torch")}


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module 'asyncrl' has no attribute {name!r}")
    module, needed = _LATER[name]
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != needed:
            raise
        raise ModuleNotFoundError(f"asyncrl.{name} needs {needed}: pip install {needed}", name=needed) from None


def __dir__():
    return __all__
