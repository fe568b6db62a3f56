"""Settings that pyproject.toml cannot hold: the version, from the environment, and the library in the wheel.

The library is called through ctypes, so one wheel serves every Python of a platform.
"""

import os

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class PlatformDistribution(Distribution):
    def has_ext_modules(self):
        return True


class AnyPython(bdist_wheel):
    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


setup(
    version=os.environ["ASYNCRL_VERSION"],
    distclass=PlatformDistribution,
    cmdclass={"bdist_wheel": AnyPython},
)
