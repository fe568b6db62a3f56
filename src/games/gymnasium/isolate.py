"""Comes first in the program of server.py."""

import sys

# "python -c" searches the current folder first, which may hold a foreign numpy.py. Here it searches that folder only
# for a module that a user names.
HERE = sys.path.pop(0) if sys.path[:1] == [""] else None
