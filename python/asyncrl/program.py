"""The native program that the wheel brings: `asyncrl` on the command line."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from asyncrl.library import NATIVE

PROGRAM = NATIVE / "asyncrl"


def data_dir():
    """Returns the folder with roms/: $ASYNCRL_DATA, otherwise that of the package ale_py; None if both are missing."""
    if os.environ.get("ASYNCRL_DATA"):
        return os.environ["ASYNCRL_DATA"]
    found = find_spec("ale_py")
    return str(Path(found.origin).parent) if found and found.origin else None


def environment():
    """Returns this process's environment, with the variables by which the program finds ROMs and this Python."""
    variables = dict(os.environ)
    if folder := data_dir():
        variables["ASYNCRL_DATA"] = folder
    variables.setdefault("ASYNCRL_PYTHON", sys.executable)
    return variables


def main():
    """Becomes the program, with this process's arguments and name: it prints commands to go on with, which need main."""
    os.execve(PROGRAM, sys.argv, environment())
