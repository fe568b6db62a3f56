"""Comparisons of our outputs with those of another program: a line for each, then how many passed."""

import sys

import numpy as np

TOLERANCE = 1e-5


class PeerChecks:
    """Counts comparisons."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def count(self, good, line):
        self.passed += good
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {line}")

    def compare(self, what, ours, theirs):
        """Outputs of several observations, one in each row."""
        difference = float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else np.inf
        spread = float(np.abs(theirs - theirs[0]).max())
        # Outputs that do not depend on the observation would agree by chance.
        good = difference <= TOLERANCE and spread > 10 * TOLERANCE
        self.count(good, f"{what}: largest difference {difference:.2g}")

    def finish(self):
        """Prints the result and ends the program."""
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)
