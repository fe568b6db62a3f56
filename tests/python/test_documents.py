"""The Python blocks of docs/python.md run, one after another as on the page."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(os.environ["ASYNCRL_ROOT"])
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_block(number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample-weights").symlink_to(ROOT / "sample-weights")
    exec(compile(BLOCKS[number], f"docs/python.md, block {number + 1}", "exec"), {"__name__": "__main__"})
