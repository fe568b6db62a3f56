"""Comes first in the program of server.py."""

import sys

# "python -c" looks into the current folder first, where somebody else's numpy.py may lie. Only a module that a person
# names is looked for there.
HERE = sys.path.pop(0) if sys.path[:1] == [""] else None
