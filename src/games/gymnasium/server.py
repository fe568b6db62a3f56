"""Plays Gymnasium environments of one id for src/games/gymnasium/gymnasium.c.

arguments: "tell", "tell-blind" or "play", the number of slots, a module to import first or "", the id of the
environment, its keyword arguments as a JSON object or "", the wrappers around it or "".

The program is isolate.py, spaces.py and this file, one after the other.

Descriptor 3 is a socket: the other side asks by two bytes, a question and the number of a slot, and this process
answers by one; many may come together. When the socket is closed, this process ends. Descriptor 4 is memory that both share: for each slot, of
equal size, a head (struct exchange in process.h), the newest observation at OBSERVATION, the lowest and the highest one
if the space has bounds, and the newest picture of a game whose observations are not pictures.
"""

import importlib
import json
import mmap
import os
import re
import signal
import socket
import struct
import sys
import time
import traceback

SOCKET, MEMORY = 3, 4

# The signals that end a run (base/signals.c). The run's supervisor obeys them.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU)

# Questions: make the environment, a reset with or without a seed, a step, a picture. Answers: done, or failed with a
# reason in the text; before them any number of signs of life.
MAKE, SEED, RESET, STEP, RENDER = b"msrav"
DONE, FAILED, ALIVE = b"+", b"-", b"."
LONG_SECONDS = 0.1  # after this, answers do not wait for those to questions of the same message

REQUEST = struct.Struct("=q")  # the seed or the numbered action
ANSWER_AT, ANSWER = 8, struct.Struct("=dqq")  # reward, terminated, truncated
# Kind, height, width, bounded, actions, numbers of a continuous action, screen height and width, rate, parts.
SPACE_AT, SPACE = 32, struct.Struct(f"=8qd{MOST_PARTS}i")
DRAWS_AT, DRAWS = 232, struct.Struct("=q")  # whether it is drawing, which ends some processes
TEXT_AT, TEXT_SIZE = 256, 768
ACTION = 1024  # the continuous action
OBSERVATION = 2048

VECTOR, PICTURE = 1, 2
FRAMES_A_SECOND = 30
MOST_SIDE = 1024  # pixels
ROUNDING = 1e-5  # relative to a bound: an observation that is beyond it by less was rounded

# The wrappers of gymnasium.wrappers that a weight file may name: JSON can express their arguments, they touch no file,
# and they learn nothing that the weight file would have to hold.
WRAPPERS = (
    "AddRenderObservation", "AtariPreprocessing", "ClipAction", "ClipReward", "DelayObservation", "DiscretizeAction",
    "DiscretizeObservation", "FilterObservation", "FlattenObservation", "FrameStackObservation", "GrayscaleObservation",
    "MaxAndSkipObservation", "RescaleAction", "RescaleObservation", "ReshapeObservation", "ResizeObservation",
    "StickyAction", "TimeAwareObservation", "TimeLimit",
)
INSTEAD = {
    "NormalizeObservation": "--normalize_observations does so, and keeps what it learned in the weights",
    "NormalizeReward": "--reward=running does so",
}
OWN_ARGUMENTS = ("id", "render_mode", "disable_env_checker")  # of gymnasium.make; this program chooses them

# Ids whose package registers them only on request: their beginning, its module, its name for pip. This list fixes the
# modules that are imported, so a weight file may name such an id.
PACKAGES = (("ALE/", "ale_py", "ale-py"), ("MiniGrid-", "minigrid", "minigrid"), ("BabyAI-", "minigrid", "minigrid"))

OLD_API = "it was written for Gym before 0.26; Gymnasium"


# ---- Signs of life and of trouble ----


def pass_over(*_):
    """Handles the signals that end a run. What an environment starts inherits no handler, so they can end it; if they
    were ignored, it would ignore them, too."""


class Fork:
    """Whether an environment has forked this process. The copy may do work for it, but answers no question."""

    def __init__(self):
        self.original = os.getpid()  # which also tells a copy that a library's C code has forked
        for descriptor in (SOCKET, MEMORY):
            os.set_inheritable(descriptor, False)
        for number in ENDING:
            signal.signal(number, pass_over)
            signal.siginterrupt(number, False)
        os.register_at_fork(after_in_child=self.leave)

    @staticmethod
    def leave():
        for number in ENDING:
            if signal.getsignal(number) is pass_over:
                signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (SOCKET, MEMORY):
            os.dup2(nothing, descriptor, inheritable=False)
        os.close(nothing)

    def end_copy(self):
        if os.getpid() != self.original:
            os._exit(0)


class Pulse:
    """Shows that a start makes progress: import asks each finder for each module, and this one finds none."""

    def __init__(self):
        self.socket = socket.socket(fileno=SOCKET)
        self.next = 0
        sys.meta_path.insert(0, self)
        self.beat()

    def beat(self):
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + 0.2
        try:
            self.socket.send(ALIVE, socket.MSG_DONTWAIT)
        except OSError:
            pass

    def find_spec(self, *_):
        self.beat()
        return None


def is_of_a_library(frame):
    return "-packages" in frame.filename or frame.filename.startswith(os.path.dirname(os.__file__))


def place_of(error):
    """The line of the environment that an exception came from, or the innermost line; "" if there is none."""
    chain, seen = [], error
    while seen is not None and len(chain) < 10:
        chain.append(traceback.extract_tb(seen.__traceback__))
        seen = seen.__cause__ or seen.__context__
    frames = [frame for trace in chain for frame in reversed(trace) if not frame.filename.startswith("<")]
    frames = [frame for frame in frames if not is_of_a_library(frame)] or frames
    if not frames:
        return ""
    name, here = frames[0].filename, os.getcwd() + os.sep
    return f" ({name[len(here):] if name.startswith(here) else name}:{frames[0].lineno})"


def describe(error):
    """One line: the type of an exception, the first line of its message, and where it came from."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # an exception's own code, which may fail like any other
        lines = []
    first = lines[0][:400] if lines else ""
    if isinstance(error, Unplayable):
        return first
    name = type(error).__name__
    return (f"{name}: {first}" if first else name) + ("" if isinstance(error, SyntaxError) else place_of(error))


# ---- Making an environment ----


def says_it_draws(metadata):
    return "rgb_array" in ((metadata or {}).get("render_modes") or [])


def register_package(gymnasium, identifier):
    """Registers the environments of a well-known package that an id belongs to."""
    for start, module, package in PACKAGES:
        if identifier.startswith(start) and identifier not in gymnasium.registry:
            try:
                gymnasium.register_envs(importlib.import_module(module))
            except ImportError as error:
                raise Unplayable(
                    f"its package is missing ({type(error).__name__}: {error}): "
                    f"{sys.executable} -m pip install {package}"
                ) from None


def read_kwargs(text):
    kwargs = json.loads(text or "{}")
    for name in OWN_ARGUMENTS:
        if name in kwargs:
            raise Unplayable(f"--env_kwargs has '{name}', which this program chooses: leave it out")
    return kwargs


def as_tuples(value):
    """A value of JSON with tuples in place of lists, as wrappers need."""
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


def read_wrappers(text):
    """[(name, keyword arguments)] of 'TimeLimit{"max_episode_steps": 99},FlattenObservation'."""
    wrappers, rest = [], text.strip()
    while rest:
        word = re.match(r"\w+", rest)
        try:
            if word is None:
                raise ValueError
            rest, arguments = rest[word.end() :].lstrip(), {}
            if rest.startswith("{"):
                arguments, end = json.JSONDecoder().raw_decode(rest)
                rest = rest[end:].lstrip()
            if rest and not re.match(r",\s*\w", rest):
                raise ValueError
        except ValueError:
            raise Unplayable(
                f"--env_wrappers is wrong at '{rest[:40]}': names are separated by commas, and keyword arguments stand "
                'behind a name, as in DiscretizeAction{"bins": 3},ClipReward'
            ) from None
        rest = rest[1:].lstrip()
        if word[0] not in WRAPPERS:
            instead = INSTEAD.get(word[0])
            raise Unplayable(
                f"the wrapper '{word[0]}' is not supported: {instead or 'use one of ' + ', '.join(WRAPPERS)}"
            )
        wrappers.append((word[0], {key: as_tuples(value) for key, value in arguments.items()}))
    return wrappers


def wrap(gymnasium, env, wrappers):
    for name, arguments in wrappers:
        try:
            env = getattr(gymnasium.wrappers, name)(env, **arguments)
        except Exception as error:
            raise Unplayable(f"the wrapper {name} fails: {describe(error)}") from None
    return env


def make(gymnasium, identifier, kwargs, pulse, is_blind, draws):
    """Returns the environment and the reason why it makes no pictures, None if it may. It need not be able to draw."""
    options = {"disable_env_checker": True, **kwargs}  # a checker takes longer than many a step
    if is_blind:
        return gymnasium.make(identifier, **options), "its process died as it drew"
    try:  # the class tells it before an instance is made, which can take long
        creator = gymnasium.spec(identifier).entry_point
        if isinstance(creator, str):
            creator = gymnasium.envs.registration.load_env_creator(creator)
        may_draw = says_it_draws(getattr(creator, "metadata", None))
    except Exception:
        may_draw = False
    if not may_draw:
        env = gymnasium.make(identifier, **options)
        if not says_it_draws(env.metadata):
            return env, "its metadata names no render mode 'rgb_array'"
        env.close()
    pulse.beat()
    try:
        draws(True)
        return gymnasium.make(identifier, render_mode="rgb_array", **options), None
    except Exception as error:
        reason = describe(error)
    finally:
        draws(False)
    pulse.beat()
    return gymnasium.make(identifier, **options), reason


def import_all(module, identifier):
    """Returns the modules gymnasium and numpy; imports the module that registers the environment."""
    try:
        import gymnasium
    except ImportError as error:
        raise Unplayable(
            f"{type(error).__name__}: {error} in {sys.executable}: pip install gymnasium there, or name another "
            "Python with $ASYNCRL_PYTHON"
        ) from None
    import numpy

    if not module:
        register_package(gymnasium, identifier)
    elif module not in sys.modules:
        if HERE is not None:
            sys.path.insert(0, HERE)
        importlib.import_module(module)
    return gymnasium, numpy


class Game:
    """An environment, and the places of its answers in the memory of its slot."""

    def __init__(self, memory, pulse, fork, is_blind, module, identifier, kwargs, wrappers):
        self.memory, self.fork = memory, fork
        kwargs, wrappers = read_kwargs(kwargs), read_wrappers(wrappers)
        gymnasium, self.numpy = import_all(module, identifier)
        env, self.no_picture = make(gymnasium, identifier, kwargs, pulse, is_blind, self.draws)
        self.env = wrap(gymnasium, env, wrappers)
        pulse.beat()
        for name in ("action_space", "observation_space"):
            check_is_space(name, getattr(self.env, name), gymnasium.spaces)
        self.read_actions(self.env.action_space, gymnasium.spaces)
        self.read_space(self.env.observation_space, gymnasium.spaces)

    def draws(self, does):
        DRAWS.pack_into(self.memory, DRAWS_AT, does)

    def read_actions(self, space, spaces):
        numpy = self.numpy
        self.parts = [0] * MOST_PARTS
        if is_continuous(space, spaces, numpy):
            self.actions, self.action_size = 0, number_of(space)
            place = numpy.frombuffer(self.memory, numpy.float32, self.action_size, ACTION).reshape(space.shape)
            self.action = lambda _: numpy.clip(place, space.low, space.high).astype(space.dtype)
        else:
            sizes, self.action = choices_of(space, spaces, numpy)
            self.actions, self.action_size = math.prod(sizes), 0
            if len(sizes) > 1:
                self.parts[: len(sizes)] = sizes

    def read_space(self, space, spaces):
        numpy = self.numpy
        size = picture_size(space, spaces, numpy)
        if size:
            self.kind, (self.height, self.width) = PICTURE, size
            self.shape, self.dtype, self.picture = (*size, 3), numpy.uint8, Part(numpy, space)
            self.is_bounded = bool(space.low.any() or (space.high < 255).any())
            return
        self.flat = Flat(space, spaces, numpy)
        self.kind, self.height, self.width = VECTOR, 1, self.flat.size
        self.shape, self.dtype = (self.flat.size,), numpy.float32
        self.is_bounded = not (numpy.isneginf(self.flat.low).all() and numpy.isposinf(self.flat.high).all())

    def tell(self):
        """Describes the game in the memory. Resets it and plays a step, so that faults show here."""
        self.put_at(self.numpy.empty(self.shape, self.dtype))
        self.see(self.reset(seed=0))
        picture = self.render() if self.kind == VECTOR else None
        self.see(self.step(0)[0])
        height, width = (self.height, self.width) if self.kind == PICTURE else (0, 0)
        if picture is not None:
            height, width = picture.shape[:2]
        SPACE.pack_into(
            self.memory, SPACE_AT, self.kind, self.height, self.width, self.is_bounded, self.actions, self.action_size,
            height, width, self.rate(), *self.parts,
        )
        write_text(self.memory, "" if self.kind == PICTURE else self.no_picture or "")

    def rate(self):
        """Pictures a second; films have the usual rate if the environment names no number."""
        try:
            return float((self.env.metadata or {}).get("render_fps") or FRAMES_A_SECOND)
        except (TypeError, ValueError):
            return FRAMES_A_SECOND

    def lay_out(self):
        """Finds the places of observations and pictures in the memory."""
        numpy = self.numpy
        told = SPACE.unpack_from(self.memory, SPACE_AT)
        rows, columns = told[6:8]
        spaces = (self.kind, self.height, self.width, self.is_bounded, self.actions, self.action_size)
        if told[:6] != spaces or list(told[9:]) != self.parts:
            raise Unplayable("its spaces have changed")
        shape, count = self.shape, int(numpy.prod(self.shape))
        places = numpy.frombuffer(self.memory, self.dtype, count * (3 if self.is_bounded else 1), OBSERVATION)
        self.put_at(places[:count].reshape(shape))
        if self.is_bounded:
            low, high = self.bounds()
            with numpy.errstate(over="ignore"):
                places[count : 2 * count].reshape(shape)[...] = low
                places[2 * count :].reshape(shape)[...] = high
        if self.kind == VECTOR:
            at = OBSERVATION + places.nbytes
            self.screen = numpy.frombuffer(self.memory, numpy.uint8, 3 * rows * columns, at).reshape(rows, columns, 3)

    def put_at(self, place):
        """Makes an array the destination of observations."""
        self.place = place
        if self.kind == VECTOR:
            self.flat.bind(place)

    def bounds(self):
        """The lowest and the highest observation as they lie in the memory."""
        if self.kind == PICTURE:
            space = self.picture.space
            return self.as_rows(space.low), self.as_rows(space.high)
        low, high, at_least = self.flat.low, self.flat.high, self.numpy.maximum
        return low - ROUNDING * at_least(1, abs(low)), high + ROUNDING * at_least(1, abs(high))

    # ---- Playing ----

    def reset(self, **seed):
        try:
            answer = self.env.reset(**seed)
        except TypeError as error:
            if "unexpected keyword argument 'seed'" not in str(error):
                raise
            raise Unplayable(f"its reset takes no seed: {OLD_API} calls reset(seed=..., options=...)") from None
        self.fork.end_copy()
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Unplayable(f"its reset does not return (observation, info): {OLD_API} wants both")
        return answer[0]

    def step(self, action):
        try:
            answer = self.env.step(self.action(action))
        except ValueError as error:
            is_wrapper = os.path.join("gymnasium", "wrappers") in traceback.extract_tb(error.__traceback__)[-1].filename
            if not is_wrapper or "(expected 5, got 4)" not in str(error):
                raise
            answer = (None,) * 4  # which the wrapper has unpacked
        self.fork.end_copy()
        if not isinstance(answer, (tuple, list)) or len(answer) != 5:
            count = f"{len(answer)} values" if isinstance(answer, (tuple, list)) else f"a {type(answer).__name__}"
            raise Unplayable(
                f"its step returns {count}, not (observation, reward, terminated, truncated, info)"
                + (f": {OLD_API} wants five" if count == "4 values" else "")
            )
        return answer

    def see(self, observation):
        """Writes an observation of its space's shape and type; the other side checks its values."""
        if self.kind == VECTOR:
            self.flat.write(observation)
        else:
            self.place[...] = self.as_rows(self.picture.array(observation))

    def as_rows(self, picture):
        """A picture as (height, width, 1 or 3)."""
        if picture.ndim == 2:
            return picture[:, :, None]
        return picture if picture.shape[:2] == (self.height, self.width) else picture.transpose(1, 2, 0)

    def render(self):
        """A picture of the game as (height, width, 3) u8; None if it makes none; self.no_picture tells why."""
        if self.no_picture and getattr(self.env, "render_mode", None) != "rgb_array":
            return None
        self.draws(True)
        try:
            picture, self.no_picture = self.take_picture(self.env.render()), None
        except Exception as error:  # its drawing library, such as pygame, is often not installed
            picture, self.no_picture = None, describe(error)
        self.fork.end_copy()
        self.draws(False)
        return picture

    def take_picture(self, picture):
        """An environment's rendering as RGB of at most 1024 x 1024."""
        numpy = self.numpy
        if isinstance(picture, (list, tuple)) and len(picture) > 0 and numpy.ndim(picture[-1]) >= 2:
            picture = picture[-1]  # the newest of the frames since the picture before
        if picture is None:
            raise Unplayable("its render returns None, not a picture")
        picture = numpy.asarray(picture)
        if picture.ndim == 2:
            picture = picture[:, :, None]
        if picture.ndim != 3 or picture.shape[2] not in (1, 3, 4) or 0 in picture.shape:
            raise Unplayable(f"its render returns the shape {picture.shape}, not (height, width, 3)")
        if picture.dtype != numpy.uint8:
            raise Unplayable(f"its render returns {picture.dtype}, not uint8")
        if picture.shape[2] == 1:
            picture = picture.repeat(3, axis=2)
        picture = picture[:, :, :3]  # without transparency
        height, width = picture.shape[:2]
        shrink = -(-max(height, width) // MOST_SIDE)
        return self.resize(picture, max(1, height // shrink), max(1, width // shrink))

    def resize(self, picture, height, width):
        if picture.shape[:2] == (height, width):
            return picture
        rows = self.numpy.arange(height) * picture.shape[0] // height
        columns = self.numpy.arange(width) * picture.shape[1] // width
        return picture[rows[:, None], columns]

    def show_picture(self):
        picture = self.render()
        if picture is not None:
            self.screen[...] = self.resize(picture, *self.screen.shape[:2])
        write_text(self.memory, "" if picture is not None else self.no_picture)

    def answer(self, question):
        if question == STEP:
            action = REQUEST.unpack_from(self.memory)[0]
            observation, reward, terminated, truncated, _ = self.step(action)
            try:
                ANSWER.pack_into(self.memory, ANSWER_AT, number(reward), truth(terminated), truth(truncated))
            except (TypeError, ValueError, OverflowError):
                raise Unplayable(
                    f"its step returns the reward {reward!r:.60}, terminated {terminated!r:.60} and truncated "
                    f"{truncated!r:.60}; these must be a number and two truth values"
                ) from None
        elif question == SEED:
            observation = self.reset(seed=REQUEST.unpack_from(self.memory)[0])
        elif question == RESET:
            observation = self.reset()
        else:
            self.show_picture()
            return
        self.see(observation)


def number(value):
    """A reward as a float. Python would read the number in a text, too."""
    if isinstance(value, (str, bytes, bytearray)):
        raise TypeError
    return float(value)


def truth(value):
    """A truth value, also as a number of any kind. Python would take a text or None for one, too."""
    if value is True or value is False:
        return value
    if value == 0:
        return False
    if value == 1:
        return True
    raise TypeError


def write_text(memory, text):
    line = text.encode("utf-8", "replace")[: TEXT_SIZE - 1] + b"\0"
    memory[TEXT_AT : TEXT_AT + len(line)] = line


class Server:
    """The environments of this process, each in a slot."""

    def __init__(self, slots, *what):
        memory = memoryview(mmap.mmap(MEMORY, 0))
        size = len(memory) // slots
        self.memory = [memory[i * size : (i + 1) * size] for i in range(slots)]
        self.games = [None] * slots
        self.slot = 0  # the one that is asked
        self.done = 0  # answers that have not been sent
        self.what = what
        self.fork = Fork()
        self.pulse = None

    def make(self, is_blind=False):
        self.pulse = self.pulse or Pulse()
        self.pulse.beat()
        game = Game(self.memory[self.slot], self.pulse, self.fork, is_blind, *self.what)
        self.fork.end_copy()
        return game

    def tell(self, is_blind):
        game = self.games[0] = self.make(is_blind)
        game.tell()
        os.write(SOCKET, DONE)

    def play(self):
        games, size, now = self.games, 2 * len(self.games), time.monotonic
        while questions := os.read(SOCKET, size):
            start = now()
            for question, self.slot in zip(questions[::2], questions[1::2]):
                if question == MAKE:
                    game = games[self.slot] = self.make()
                    game.lay_out()
                else:
                    games[self.slot].answer(question)
                self.done += 1
                if now() > start + LONG_SECONDS:
                    self.send_answers()
            self.send_answers()
        self.fork.end_copy()
        for game in games:
            if game:
                game.env.close()

    def send_answers(self):
        if self.done:
            os.write(SOCKET, DONE * self.done)
        self.done = 0

    def fail(self, error):
        self.fork.end_copy()
        self.send_answers()
        write_text(self.memory[self.slot], describe(error))
        os.write(SOCKET, FAILED)


def main(work, slots, *what):
    server = Server(int(slots), *what)
    try:
        if work != "play":
            server.tell(work == "tell-blind")
        server.play()
    except BaseException as error:  # an environment that calls sys.exit, too
        server.fail(error)


try:
    main(*sys.argv[1:])
except OSError:
    pass  # the other side is gone
finally:
    os._exit(0)
