"""What the spaces of a Gymnasium environment are here: numbered or continuous actions, a picture or one vector."""

import json
import math
import operator

MOST_PARTS = 32  # of a MultiDiscrete or MultiBinary action, without those of a single choice
MOST_CHOICES = 4096  # of all its parts together
MOST_COMBINATIONS = 2**31 - 1
MOST_NUMBERS = 256  # of a continuous action
PIXEL = 255  # bytes are divided by it
LEAST_SIDE = 32  # of what must be a picture; smaller grids often hold features of a board


class Unplayable(Exception):
    """A fault of an environment in our own words. Messages leave out the name of this exception."""


def check_is_space(name, space, spaces):
    """The old package gym has spaces of the same names, which are no spaces here."""
    if not isinstance(space, spaces.Space):
        kind = type(space)
        raise Unplayable(f"its {name} is {space!r:.60} ({kind.__module__}.{kind.__name__}), not one of gymnasium.spaces")


def is_continuous(space, spaces, numpy):
    return isinstance(space, spaces.Box) and numpy.issubdtype(space.dtype, numpy.floating)


def number_of(space):
    """How many numbers a continuous action has."""
    count = math.prod(space.shape)
    if not 1 <= count <= MOST_NUMBERS:
        raise Unplayable(f"its actions are {count} numbers; 1 to {MOST_NUMBERS} can be played")
    return count


def choices_of(space, spaces, numpy):
    """The sizes of an action's parts, and a function that gives the environment's form of an action's number. In the
    number the last part changes fastest."""
    if isinstance(space, spaces.Discrete):
        return [int(space.n)], range(int(space.start), int(space.start) + int(space.n)).__getitem__
    if isinstance(space, spaces.MultiBinary):
        counts, start = numpy.full(space.shape, 2), 0
    elif isinstance(space, spaces.MultiDiscrete):
        counts, start = space.nvec, space.start
    else:
        raise Unplayable(
            f"its actions are {space}; only Discrete, MultiDiscrete and MultiBinary ones and a Box of floats can be "
            "played"
        )
    counts = [int(n) for n in counts.flat]
    sizes = [n for n in counts if n > 1]
    if len(sizes) > MOST_PARTS or sum(sizes) > MOST_CHOICES or math.prod(sizes) > MOST_COMBINATIONS:
        raise Unplayable(
            f"its actions are {space!s:.60}, {len(sizes)} choices at once among {sum(sizes)} in all; {MOST_PARTS} among "
            f"{MOST_CHOICES} can be played, of at most {MOST_COMBINATIONS} combinations"
        )

    def form(number):
        choice = numpy.array(numpy.unravel_index(number, counts)) if counts else numpy.zeros(0, int)
        return (choice.reshape(space.shape) + start).astype(space.dtype)

    return sizes, form


def refuse_wide_picture(space):
    """Refuses a picture of other numbers than bytes, which would be taken for a long vector."""
    if len(space.shape) not in (2, 3) or space.low.any() or not ((space.high == 1).all() or (space.high == PIXEL).all()):
        return
    *sides, channels = sorted(space.shape, reverse=True) if len(space.shape) == 3 else (*space.shape, 1)
    if min(sides) >= LEAST_SIDE and channels in (1, 3, 4):
        raise Unplayable(
            f"its observations are {space}, pictures of {space.dtype}: give them as uint8 of 0 to 255, or take them as "
            f"a vector of {math.prod(space.shape)} numbers with --env_wrappers=FlattenObservation"
        )


def picture_size(space, spaces, numpy):
    """(height, width) of a space of pictures, which may have 1 or 3 channels in front or behind; None: of others."""
    if not isinstance(space, spaces.Box) or len(space.shape) not in (2, 3):
        return None
    if space.dtype != numpy.uint8:
        refuse_wide_picture(space)
        return None
    if len(space.shape) == 2 or space.shape[2] in (1, 3):
        return space.shape[:2]
    if space.shape[0] in (1, 3):
        return space.shape[1:]
    raise Unplayable(
        f"its observations are {space}; pictures have the shape (height, width), (height, width, 1 or 3) or "
        "(1 or 3, height, width), and are stacked here: leave a stack of them out"
    )


class Part:
    """A space within the observations of an environment, and the destination of its numbers."""

    def __init__(self, numpy, space, path=(), write=None):
        self.numpy, self.space, self.path, self.write = numpy, space, path, write
        self.shape, self.dtype = space.shape, space.dtype
        self.name = "".join(f"[{key!r}]" for key in path)
        self.place = None  # an array: see Flat.bind

    def find(self, observation):
        for key in self.path:
            try:
                observation = observation[key]
            except (KeyError, IndexError, TypeError):
                raise Unplayable(f"its observation has no {self.name}, but its space does") from None
        return observation

    def array(self, observation):
        """An observation as an array of the shape and type of the space; its values are checked elsewhere."""
        observation = self.numpy.asarray(observation)
        if observation.shape != self.shape:
            raise Unplayable(
                f"its observation{self.name} has the shape {observation.shape}; its space says {self.shape}"
            )
        dtype = observation.dtype
        if dtype is not self.dtype and dtype != self.dtype and (dtype.kind != "f" or self.dtype.kind != "f"):
            raise Unplayable(f"its observation{self.name} is of {dtype}; its space says {self.dtype}")
        return observation

    def stray(self, observation):
        return Unplayable(f"its observation{self.name} is {observation!r:.60}; its space says {self.space}")


def write_one(part, number):
    space = part.space
    try:
        at = operator.index(number) - int(space.start)
    except TypeError:
        raise part.stray(number) from None
    if not 0 <= at < space.n:
        raise part.stray(number)
    part.place[:] = 0
    part.place[at] = 1


def write_several(part, numbers):
    counts = part.space.nvec.ravel()
    at = part.array(numbers).ravel() - part.space.start.ravel()
    if (at < 0).any() or (at >= counts).any():
        raise part.stray(numbers)
    part.place[:] = 0
    part.place[counts.cumsum() - counts + at] = 1


def write_numbers(part, numbers):
    part.place[...] = part.array(numbers)


def write_bytes(part, numbers):
    part.numpy.divide(part.array(numbers), PIXEL, out=part.place)


class Flat:
    """A space as one vector, as gymnasium.spaces.flatten has it: Dict and Tuple part by part, Discrete as one-hot.
    Bytes of 0 to 255 are divided by 255, as those of pictures are."""

    def __init__(self, space, spaces, numpy):
        self.numpy, self.spaces, self.parts, self.sizes = numpy, spaces, [], []
        self.lows, self.highs = [], []
        self.space = space
        self.add(space, ())
        self.size = sum(self.sizes)
        self.low, self.high = numpy.concatenate(self.lows), numpy.concatenate(self.highs)

    def add(self, space, path):
        """Adds a space whose observations lie under these keys."""
        numpy, spaces = self.numpy, self.spaces
        if isinstance(space, (spaces.Dict, spaces.Tuple)):
            children = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
            for key, child in children:
                self.add(child, (*path, key))
        elif isinstance(space, spaces.Discrete):
            self.add_part(space, path, write_one, int(space.n))
        elif isinstance(space, spaces.MultiDiscrete):
            self.add_part(space, path, write_several, int(space.nvec.sum()))
        elif isinstance(space, spaces.MultiBinary):
            self.add_part(space, path, write_numbers, math.prod(space.shape))
        elif isinstance(space, spaces.Box) and space.dtype.kind in "fiub":
            is_byte = space.dtype == numpy.uint8 and (space.high == PIXEL).all()
            scale = 1 / PIXEL if is_byte else 1
            low, high = (bound.ravel().astype(numpy.float64) * scale for bound in (space.low, space.high))
            self.add_part(space, path, write_bytes if is_byte else write_numbers, math.prod(space.shape), low, high)
        else:
            raise Unplayable(
                f"its observations{Part(numpy, space, path).name} are {space}; only Box, Discrete, MultiBinary and "
                f"MultiDiscrete, and Dict and Tuple of these, can be used{self.hint()}"
            )

    def can_flatten(self, space):
        try:
            return Flat(space, self.spaces, self.numpy).size > 0
        except (Unplayable, ValueError):
            return False

    def hint(self):
        """How to leave out the parts that cannot be used; "" if nothing else is there."""
        if not isinstance(self.space, self.spaces.Dict):
            return ""
        keys = json.dumps([key for key, child in self.space.spaces.items() if self.can_flatten(child)])
        wrapper = 'FilterObservation{"filter_keys": ' + keys + "}"
        return f"; without it: --env_wrappers='{wrapper}'" if keys != "[]" else ""

    def add_part(self, space, path, write, size, low=None, high=None):
        self.parts.append(Part(self.numpy, space, path, write))
        self.sizes.append(size)
        self.lows.append(self.numpy.zeros(size) if low is None else low)
        self.highs.append(self.numpy.ones(size) if high is None else high)

    def bind(self, out):
        """Makes a vector of this size the destination of write."""
        at = 0
        for part, size in zip(self.parts, self.sizes):
            is_one_hot = part.write in (write_one, write_several)
            part.place = out[at : at + size] if is_one_hot else out[at : at + size].reshape(part.shape)
            at += size

    def write(self, observation):
        for part in self.parts:
            part.write(part, part.find(observation) if part.path else observation)
