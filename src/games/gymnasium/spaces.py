"""What the spaces of a Gymnasium environment are here: numbered actions, a picture or one vector."""

import itertools
import math
import operator

MOST_CHOICES = 64  # of a MultiDiscrete or MultiBinary space, all of whose combinations are actions
PIXEL = 255  # bytes are seen as parts of it


class Unplayable(Exception):
    """What is wrong with an environment in words of ours, which need no name of an exception."""


def choices_of(space, spaces, numpy):
    """What each action is to the environment: of several numbers all combinations, the last one fastest."""
    if isinstance(space, spaces.Discrete):
        return range(int(space.start), int(space.start) + int(space.n))
    if isinstance(space, spaces.MultiBinary):
        counts, start = numpy.full(space.shape, 2), 0
    elif isinstance(space, spaces.MultiDiscrete):
        counts, start = space.nvec, space.start
    else:
        discretize = isinstance(space, spaces.Box) and numpy.issubdtype(space.dtype, numpy.floating)
        raise Unplayable(
            f"its actions are {space}; only Discrete, MultiDiscrete and MultiBinary ones can be played"
            + (": --env_wrappers='DiscretizeAction{\"bins\": 3}' makes them so" if discretize else "")
        )
    count = math.prod(int(n) for n in counts.flat)
    if count > MOST_CHOICES:
        raise Unplayable(f"its actions are {space}, {count} combinations; {MOST_CHOICES} can be played")
    return [
        (numpy.array(choice).reshape(space.shape) + start).astype(space.dtype)
        for choice in itertools.product(*(range(n) for n in counts.flat))
    ]


def picture_size(space, spaces, numpy):
    """(height, width) of a space of pictures: (height, width), (height, width, 1 or 3), (1 or 3, height, width)."""
    if not isinstance(space, spaces.Box) or space.dtype != numpy.uint8 or len(space.shape) not in (2, 3):
        return None
    if len(space.shape) == 2 or space.shape[2] in (1, 3):
        return space.shape[:2]
    if space.shape[0] in (1, 3):
        return space.shape[1:]
    raise Unplayable(
        f"its observations are {space}; pictures have the shape (height, width), (height, width, 1 or 3) or "
        "(1 or 3, height, width), and are stacked here: leave a stack of them out"
    )


def as_array(numpy, observation, space, name=""):
    observation = numpy.asarray(observation)
    if observation.shape != space.shape:
        raise Unplayable(f"its observation{name} has the shape {observation.shape}; its space says {space.shape}")
    dtype = observation.dtype
    if dtype != space.dtype and (dtype.kind != "f" or space.dtype.kind != "f"):
        raise Unplayable(f"its observation{name} is of {dtype}; its space says {space.dtype}")
    return observation


class Flat:
    """A space as one vector, as gymnasium.spaces.flatten has it: Dict and Tuple part by part, Discrete as one-hot.
    Bytes of 0 to 255 are divided by 255, as those of pictures are."""

    def __init__(self, space, spaces, numpy):
        self.numpy, self.spaces, self.parts, self.size = numpy, spaces, [], 0
        self.lows, self.highs = [], []
        self.add(space, (), "")
        self.low, self.high = numpy.concatenate(self.lows), numpy.concatenate(self.highs)

    def add(self, space, path, name):
        """Adds a space whose observations are found by these keys."""
        numpy, spaces = self.numpy, self.spaces
        if isinstance(space, (spaces.Dict, spaces.Tuple)):
            children = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
            for key, child in children:
                self.add(child, (*path, key), f"{name}[{key!r}]")
        elif isinstance(space, spaces.Discrete):
            self.add_part(self.write_one, space, path, name, int(space.n))
        elif isinstance(space, spaces.MultiDiscrete):
            self.add_part(self.write_several, space, path, name, int(space.nvec.sum()))
        elif isinstance(space, spaces.MultiBinary):
            self.add_part(self.write_numbers, space, path, name, math.prod(space.shape))
        elif isinstance(space, spaces.Box) and space.dtype.kind in "fiub":
            is_byte = space.dtype == numpy.uint8 and (space.high == PIXEL).all()
            scale = 1 / PIXEL if is_byte else 1
            low, high = (bound.ravel().astype(numpy.float64) * scale for bound in (space.low, space.high))
            write = self.write_bytes if is_byte else self.write_numbers
            self.add_part(write, space, path, name, math.prod(space.shape), low, high)
        else:
            hint = ': --env_wrappers=\'FilterObservation{"filter_keys": [...]}\' chooses others' if path else ""
            raise Unplayable(
                f"its observations{name} are {space}; only Box, Discrete, MultiBinary and MultiDiscrete, and Dict and "
                f"Tuple of these, can be seen{hint}"
            )

    def add_part(self, write, space, path, name, size, low=None, high=None):
        self.parts.append((write, path, slice(self.size, self.size + size), space, name))
        self.lows.append(self.numpy.zeros(size) if low is None else low)
        self.highs.append(self.numpy.ones(size) if high is None else high)
        self.size += size

    def write(self, observation, out):
        for write, path, place, space, name in self.parts:
            part = observation
            for key in path:
                try:
                    part = part[key]
                except (KeyError, IndexError, TypeError):
                    raise Unplayable(f"its observation has no {name}, which its space says") from None
            write(part, out[place], space, name)

    def write_one(self, number, out, space, name):
        try:
            at = operator.index(number) - int(space.start)
        except TypeError:
            raise Unplayable(f"its observation{name} is {number!r:.60}; its space says {space}") from None
        if not 0 <= at < space.n:
            raise Unplayable(f"its observation{name} is {number!r:.60}; its space says {space}")
        out[:] = 0
        out[at] = 1

    def write_several(self, numbers, out, space, name):
        counts = space.nvec.ravel()
        at = as_array(self.numpy, numbers, space, name).ravel() - space.start.ravel()
        if (at < 0).any() or (at >= counts).any():
            raise Unplayable(f"its observation{name} is {numbers!r:.60}; its space says {space}")
        out[:] = 0
        out[counts.cumsum() - counts + at] = 1

    def write_numbers(self, numbers, out, space, name):
        out[:] = as_array(self.numpy, numbers, space, name).ravel()

    def write_bytes(self, numbers, out, space, name):
        self.numpy.divide(as_array(self.numpy, numbers, space, name).ravel(), PIXEL, out=out)
