"""Plays one Gymnasium environment in a process of its own, for src/emulator/gymnasium.c.

arguments: "tell" or "play", a module to import first or "", the id of the environment.

Descriptor 3 is a socket on which the other side asks by one byte and is answered by one; its end is the end of
this process. Descriptor 4 is memory that both share: a head (HEAD below, as struct exchange in gymnasium.c), the
newest observation at OBSERVATION, and behind it the newest picture of a game that is no picture itself.
"""

import sys

# "python -c" looks into the current folder first, where somebody else's numpy.py may lie. Only a module that a person
# names is looked for there.
HERE = sys.path.pop(0) if sys.path[:1] == [""] else None

import importlib
import mmap
import os
import struct

SOCKET, MEMORY = 3, 4

# Asked for: a reset with or without a seed, a step, a picture. Answered: done, or failed with a reason in the text.
SEED, RESET, STEP, RENDER = b"s", b"r", b"a", b"v"
DONE, FAILED = b"+", b"-"

REQUEST = struct.Struct("=q")  # the seed or the action
ANSWER_AT, ANSWER = 8, struct.Struct("=dqq")  # reward, terminated, truncated
SPACE_AT, SPACE = 32, struct.Struct("=6qd")  # kind, height, width, actions, screen height and width, frames a second
TEXT_AT, TEXT_SIZE = 128, 768
OBSERVATION = 1024

VECTOR, PICTURE = 1, 2
FRAMES_A_SECOND = 30
MAX_PIXELS = 1024 * 1024


def describe(error):
    """One line: the type of an exception, and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def make(gymnasium, identifier):
    """The environment, able to make pictures of itself where it says that it is."""
    options = {"disable_env_checker": True}  # which takes longer than many a step
    env = gymnasium.make(identifier, **options)
    if "rgb_array" in (env.metadata or {}).get("render_modes", []):
        env.close()
        env = gymnasium.make(identifier, render_mode="rgb_array", **options)
    return env


class Game:
    """An environment and where in the memory its answers go."""

    def __init__(self, module, identifier):
        try:
            import gymnasium
        except ImportError as error:
            raise ImportError(
                f"{error} in {sys.executable}: pip install gymnasium there, or name another Python with $ASYNCRL_PYTHON"
            ) from None
        import numpy

        self.numpy = numpy
        if module:
            if HERE is not None:
                sys.path.insert(0, HERE)
            importlib.import_module(module)
        self.env = make(gymnasium, identifier)
        self.memory = mmap.mmap(MEMORY, 0)
        actions = self.env.action_space
        if not isinstance(actions, gymnasium.spaces.Discrete):
            raise TypeError(f"its actions are {actions}; only Discrete ones can be played")
        self.actions = int(actions.n)
        self.first_action = int(actions.start)
        self.read_space(self.env.observation_space, gymnasium.spaces.Box)

    def read_space(self, space, box):
        shape = space.shape
        if isinstance(space, box) and self.numpy.issubdtype(space.dtype, self.numpy.floating) and shape is not None:
            self.kind, self.height, self.width = VECTOR, 1, int(self.numpy.prod(shape))
        elif isinstance(space, box) and space.dtype == self.numpy.uint8 and (
            len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))
        ):
            self.kind, self.height, self.width = PICTURE, shape[0], shape[1]
        else:
            raise TypeError(
                f"its observations are {space}; only a Box of floats, or of uint8 with the shape of a picture, "
                "(height, width) or (height, width, 3), can be seen"
            )
        self.shape = shape

    def tell(self):
        """Writes what the game is like; it is played once for the size of its pictures."""
        picture = None
        if self.kind == VECTOR:
            self.env.reset(seed=0)
            picture = self.render()
        height, width = (self.height, self.width) if self.kind == PICTURE else (0, 0)
        if picture is not None:
            height, width = picture.shape[:2]
        rate = (self.env.metadata or {}).get("render_fps") or FRAMES_A_SECOND
        SPACE.pack_into(
            self.memory, SPACE_AT, self.kind, self.height, self.width, self.actions, height, width, float(rate)
        )

    def render(self):
        """A picture of the game as (height, width, 3) u8; None where it cannot make one."""
        if self.env.render_mode != "rgb_array":
            return None
        try:
            picture = self.numpy.asarray(self.env.render())
        except Exception:  # what draws it, such as pygame, is often not installed
            return None
        good = picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == self.numpy.uint8
        return picture if good and picture.size <= 3 * MAX_PIXELS else None

    def lay_out(self):
        """Finds the places of observations and pictures in the memory."""
        numpy = self.numpy
        *told, rows, columns, _ = SPACE.unpack_from(self.memory, SPACE_AT)
        if told != [self.kind, self.height, self.width, self.actions]:
            raise ValueError("its spaces are others than before")
        if self.kind == VECTOR:
            self.place = numpy.frombuffer(self.memory, numpy.float32, self.width, OBSERVATION).reshape(self.shape)
            self.screen = numpy.frombuffer(
                self.memory, numpy.uint8, 3 * rows * columns, OBSERVATION + 4 * self.width
            ).reshape(rows, columns, 3)
            return
        pixels = numpy.frombuffer(self.memory, numpy.uint8, 3 * self.height * self.width, OBSERVATION)
        self.place = pixels.reshape(self.height, self.width, 3)

    def show(self, observation):
        observation = self.numpy.asarray(observation)
        if observation.shape != self.shape:
            raise ValueError(f"its observation has the shape {observation.shape}; its space says {self.shape}")
        if observation.ndim == 2 and self.kind == PICTURE:
            observation = observation[:, :, None]
        self.place[...] = observation

    def answer(self, question):
        if question == STEP:
            action = REQUEST.unpack_from(self.memory)[0]
            observation, reward, terminated, truncated, _ = self.env.step(self.first_action + action)
            ANSWER.pack_into(self.memory, ANSWER_AT, float(reward), bool(terminated), bool(truncated))
        elif question == SEED:
            observation, _ = self.env.reset(seed=REQUEST.unpack_from(self.memory)[0])
        elif question == RESET:
            observation, _ = self.env.reset()
        else:
            picture = self.render()
            self.screen[...] = 0 if picture is None or picture.shape != self.screen.shape else picture
            return
        self.show(observation)

    def serve(self):
        answer, read, write = self.answer, os.read, os.write
        while question := read(SOCKET, 1):
            answer(question)
            write(SOCKET, DONE)
        self.env.close()


def write_text(text):
    with mmap.mmap(MEMORY, 0) as memory:
        line = text.encode("utf-8", "replace")[: TEXT_SIZE - 1] + b"\0"
        memory[TEXT_AT : TEXT_AT + len(line)] = line


def main(work, module, identifier):
    try:
        game = Game(module, identifier)
        if work == "tell":
            game.tell()
        else:
            game.lay_out()
        os.write(SOCKET, DONE)
        if work == "play":
            game.serve()
    except BaseException as error:  # an environment that calls sys.exit, too
        write_text(describe(error))
        os.write(SOCKET, FAILED)


try:
    main(*sys.argv[1:])
except OSError:
    pass  # nobody is there any more to be answered
finally:
    os._exit(0)
