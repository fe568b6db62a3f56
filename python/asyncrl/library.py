"""libasyncrl through ctypes: include/asyncrl/*.h, function by function."""

import ctypes
import operator
from ctypes import POINTER, c_bool, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64
from ctypes import c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

NATIVE = Path(__file__).parent / "native"
AGENT_ABI = 1
MAX_SEED = 2**64 - 1
VECTOR_ABI = 1


class Error(RuntimeError):
    """A failure at run time, with the library's line about it. Bad input is a ValueError."""


class ErrorMessage(ctypes.Structure):
    _fields_ = [("message", c_char * 1024)]


class AgentOptions(ctypes.Structure):
    _fields_ = [
        ("abi_version", c_uint32),
        ("model", c_char_p),
        ("observation", c_char_p),
        ("seed", c_uint64),
        ("eps", c_double),
    ]


class AgentAbout(ctypes.Structure):
    _fields_ = [
        ("game", c_char_p),
        ("method", c_char_p),
        ("observation", c_char_p),
        ("network", c_char_p),
        ("steps", c_int64),
        ("frame_skip_min", c_int),
        ("frame_skip_max", c_int),
        ("action_count", c_int),
        ("action_names", POINTER(c_char_p)),
        ("channels", c_int),
        ("height", c_int),
        ("width", c_int),
        ("is_vector", c_bool),
        ("has_policy", c_bool),
        ("action_size", c_int),
        ("part_count", c_int),
        ("part_sizes", POINTER(c_int)),
    ]


class Decision(ctypes.Structure):
    _fields_ = [
        ("action", c_int),
        ("value", c_float),
        ("policy", POINTER(c_float)),
        ("q", POINTER(c_float)),
    ]


class Weight(ctypes.Structure):
    _fields_ = [
        ("name", c_char_p),
        ("rank", c_int),
        ("shape", c_int * 4),
        ("data", POINTER(c_float)),
    ]


class Layer(ctypes.Structure):
    _fields_ = [
        ("kind", c_char_p),
        ("name", c_char_p),
        ("source", c_int),
        ("skip", c_int),
        ("has_relu", c_bool),
        ("is_head", c_bool),
        ("first_weight", c_int),
        ("weight_count", c_int),
        ("out", c_int * 3),
        ("kernel", c_int),
        ("stride", c_int),
        ("padding", c_int),
    ]


class VectorOptions(ctypes.Structure):
    _fields_ = [
        ("abi_version", c_uint32),
        ("game", c_char_p),
        ("data_dir", c_char_p),
        ("observation", c_char_p),
        ("environment_count", c_int32),
        ("thread_count", c_int32),
        ("autoreset", c_int),
        ("frame_skip", c_int32),
        ("sticky", c_double),
        ("step_limit", c_int64),
        ("noop_max", c_int32),
        ("fire_on_reset", c_bool),
        ("life_loss_ends", c_bool),
        ("clips_rewards", c_bool),
        ("seed", c_uint64),
    ]


class VectorAbout(ctypes.Structure):
    _fields_ = [
        ("game", c_char_p),
        ("environment_count", c_int),
        ("thread_count", c_int),
        ("action_count", c_int),
        ("action_names", POINTER(c_char_p)),
        ("channels", c_int),
        ("height", c_int),
        ("width", c_int),
        ("observation_bytes", c_size_t),
        ("screen_height", c_int),
        ("screen_width", c_int),
        ("frame_skip_min", c_int),
        ("frame_skip_max", c_int),
        ("frames_per_second", c_double),
    ]


class VectorArrays(ctypes.Structure):
    _fields_ = [
        (name, c_void_p)
        for name in (
            "observations",
            "final",
            "rewards",
            "terminated",
            "truncated",
            "game_over",
            "scores",
            "frames",
            "lives",
        )
    ]


def _declare(library):
    """Tells ctypes what the functions take and return."""
    signatures = {
        "asyncrl_agent_open": (c_int, [POINTER(AgentOptions), POINTER(c_void_p), POINTER(ErrorMessage)]),
        "asyncrl_agent_about": (POINTER(AgentAbout), [c_void_p]),
        "asyncrl_agent_begin": (None, [c_void_p, c_uint64]),
        "asyncrl_agent_see": (c_int, [c_void_p, c_void_p, c_int, c_int, POINTER(ErrorMessage)]),
        "asyncrl_agent_decide": (c_int, [c_void_p, POINTER(Decision), POINTER(ErrorMessage)]),
        "asyncrl_agent_decide_on": (None, [c_void_p, c_void_p, POINTER(Decision)]),
        "asyncrl_agent_numbers": (POINTER(c_float), [c_void_p]),
        "asyncrl_agent_predict_on": (None, [c_void_p, c_void_p, POINTER(Decision)]),
        "asyncrl_agent_weights": (POINTER(Weight), [c_void_p, POINTER(c_int)]),
        "asyncrl_agent_layers": (POINTER(Layer), [c_void_p, POINTER(c_int)]),
        "asyncrl_agent_close": (None, [c_void_p]),
        "asyncrl_vector_open": (c_int, [POINTER(VectorOptions), POINTER(c_void_p), POINTER(ErrorMessage)]),
        "asyncrl_vector_about": (POINTER(VectorAbout), [c_void_p]),
        "asyncrl_vector_reset": (
            c_int,
            [c_void_p, c_void_p, c_void_p, POINTER(VectorArrays), POINTER(ErrorMessage)],
        ),
        "asyncrl_vector_step": (c_int, [c_void_p, c_void_p, POINTER(VectorArrays), POINTER(ErrorMessage)]),
        "asyncrl_vector_screen": (None, [c_void_p, c_int, c_void_p]),
        "asyncrl_vector_close": (None, [c_void_p]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


lib = _declare(ctypes.CDLL(str(NATIVE / "libasyncrl.so")))


def call(function, *arguments):
    """Calls a function that takes a struct asyncrl_error last; raises what that says."""
    message = ErrorMessage()
    status = function(*arguments, ctypes.byref(message))
    if status != 0:
        raise (ValueError if status == 2 else Error)(message.message.decode(errors="replace"))


def whole(name, value, least, most):
    """Checks a whole number: ctypes would cut off what is beyond its type."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    if not least <= number <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {number}")
    return number


def text(value):
    """Returns a string of the library; None if it has none."""
    return value.decode() if value else None
