"""Checks the commands in README.md, CONTRIBUTING.md and docs/ against the program.

usage: test_commands.py ASYNCRL SOURCE_ROOT

Every line of a fenced block (but for ```text) that begins with a command of ours, and every command
in backticks, is parsed by the program itself: an option at its end that does not exist must be the first thing that
the program has to say. Of `make` the target must exist, of tools/ the script and its options.

A block is run, too, line by line, where a comment stands before it; the lines of a page share a
folder, which looks like a checkout. The comment says what is changed, so that it ends soon:

    <!-- test: train --game=catch --total_steps=2000; FILE=run/model-2000.h5 -->

"train ..." is added to every `asyncrl train`, "train q1 ..." only to those; NAME=value stands for NAME;
"$ ..." is run before; "- watch" runs no `asyncrl watch`. `<!-- test -->` changes nothing. In lines that run, "..." and "*" stand for
any file's name, and of words with bars each is run.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap
from tap import finish, report, skip

# Seconds a command may run; tools/run-test measures how many times slower than a fast, idle machine this is.
LIMIT = 100 * float(os.environ.get("ASYNCRL_PATIENCE", "1"))
SENTINEL = "--no_option_of_this_name"
# Placeholders in a line that is only parsed.
PLACEHOLDERS = {"METHOD": "a3c", "COMMAND": "train", "N": "1"}
OURS = re.compile(r"\s*(?:build/)?asyncrl(?=\s|$)")

program = os.path.abspath(sys.argv[1])
root = Path(sys.argv[2]).resolve()

def blocks_of(text):
    """(lines, recipe) of each fenced block; recipe is None if the block is not run."""
    lines, recipe, block = [], None, None
    marks = re.compile(r"^<!-- test(?:: .*?)? -->$", re.DOTALL | re.MULTILINE)
    for line in marks.sub(lambda mark: " ".join(mark[0].split()), text).splitlines():
        if line.lstrip().startswith("```"):
            if block == "shown":
                yield lines, recipe
            if block:
                lines, recipe, block = [], None, None
            else:
                block = "text" if line.strip() == "```text" else "shown"
        elif block and lines and lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1] + " " + line.strip()
        elif block:
            lines.append(line)
        elif mark := re.fullmatch(r"<!-- test(?::(.*))? -->", line):
            recipe = mark.group(1) or ""
        elif line.strip():
            recipe = None  # a mark belongs to the block right below it


def commands_in_backticks(text):
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [span for span in re.findall(r"`([^`\n]+)`", prose) if OURS.match(span) or span.startswith("make ")]


def alternatives(words):
    """The lines that "train a3c|q1" stands for."""
    lines = [[]]
    for word in words:
        choices = word.split("|") if re.fullmatch(r"\w+(\|\w+)+", word) else [word]
        lines = [line + [choice] for line in lines for choice in choices]
    return lines


def parse_ours(words):
    """The program's error about its arguments, or ''."""
    words = [re.sub(r"(?<==)[A-Z]+$|^[A-Z]+$", lambda m: PLACEHOLDERS.get(m[0], m[0]), word) for word in words]
    words = [word for word in words if word not in ("--help", "--help=all", "options")]
    if words in ([], ["--version"]):
        return ""
    answer = subprocess.run([program, *words, SENTINEL], capture_output=True, text=True, timeout=LIMIT)
    if SENTINEL in answer.stderr:
        return check_variant(words)
    return answer.stderr or "it ran"


def check_variant(words):
    """`train` first parses the options of all methods: these must be this method's."""
    help_text = subprocess.run([program, *words[:2], "--help=all"], capture_output=True, text=True).stdout
    for word in words[1:]:
        name = word.partition("=")[0].replace("-", "_").replace("__", "--", 1)
        if word.startswith("--") and not re.search(rf"^ *{name}\b", help_text, re.MULTILINE):
            return f"{name} is not in asyncrl {' '.join(words[:2])} --help=all"
    return ""


def check_make(line):
    target = re.match(r"\s*make ([a-z][\w-]*)", line)
    makefile = (root / "Makefile").read_text()
    if target and not re.search(rf"^[a-z -]*\b{target[1]}\b[a-z -]*:", makefile, re.MULTILINE):
        return f"the Makefile has no target {target[1]}"
    return ""


def check_tool(words):
    script = root / words[0]
    if not os.access(script, os.X_OK):
        return f"{words[0]} cannot be run"
    unknown = [word for word in words[1:] if word.startswith("--") and word not in script.read_text()]
    return f"{words[0]} knows no {unknown[0]}" if unknown else ""


def check_line(line):
    """The fault of a line; None if it is not our command."""
    if inner := re.match(r"\s*source <\((.*?)\)", line):
        line = inner[1]
    line = line.partition(" | ")[0]
    if re.match(r"\s*make(\s|$)", line):
        return check_make(line)
    if re.match(r"\s*(tools/[\w-]+|\.ci/run)(\s|$)", line):
        return check_tool(shlex.split(line, comments=True))
    where = OURS.match(line) or re.match(r"\s*docker run .*? asyncrl(?=\s|$)", line)
    if not where:
        return None
    words = shlex.split(re.sub(r"\[(\S+)\]", r"\1", line[where.end() :]), comments=True)  # [options]
    return "\n".join(filter(None, map(parse_ours, alternatives(words))))


def read_recipe(recipe):
    """(what is run before, [(words a command begins with, what is added)], what stands for a name, what
    is not run)"""
    before, added, names, left = [], [], {}, []
    for clause in filter(None, map(str.strip, recipe.split(";"))):
        if clause.startswith("$ "):
            before.append(clause[2:])
        elif clause.startswith("- "):
            left.append(clause[2:])
        elif name := re.match(r"([A-Z0-9][\w.]*)=(.*)", clause):
            names[name[1]] = name[2]
        else:
            words = clause.split()
            first = next((i for i, word in enumerate(words) if word.startswith("--")), len(words))
            added.append((words[:first], words[first:]))
    return before, added, names, left


def find_file(word, folder):
    """A word with the first path that matches its '*'."""
    option, equals, pattern = word.rpartition("=")
    if "*" not in pattern:
        return word
    return option + equals + next((str(path.relative_to(folder)) for path in sorted(folder.glob(pattern))), pattern)


def lines_to_run(line, recipe, folder):
    _, added, names, left = read_recipe(recipe)
    where = OURS.match(line)
    if not where:
        return [line] if line.strip() else []
    if " | " in line:
        return [line]
    words = shlex.split(line[where.end() :].replace("...", "*"), comments=True)
    for name, value in names.items():
        words = [re.sub(rf"\b{re.escape(name)}\b", value, word) for word in words]
    lines = []
    for one in alternatives(words):
        if one[0] in left:
            continue
        more = [word for start, rest in added if one[: len(start)] == start for word in rest]
        lines.append(shlex.join(["asyncrl", *(find_file(word, folder) for word in one + more)]))
    return lines


def make_checkout(folder):
    for name in ("deps", "docs", "examples", "include", "sample-weights", "tests", "tools"):
        if (root / name).exists():
            (folder / name).symlink_to(root / name)
    (folder / "build").mkdir()
    (folder / "build" / "asyncrl").symlink_to(program)


def run_line(line, folder):
    environment = {**os.environ, "PATH": f"{os.path.dirname(program)}:{os.environ['PATH']}", "SDL_VIDEODRIVER": "dummy"}
    try:
        answer = subprocess.run(
            ["bash", "-c", line], cwd=folder, env=environment, stdin=subprocess.DEVNULL, timeout=LIMIT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )
    except subprocess.TimeoutExpired:
        return f"ran longer than {LIMIT} s"
    return "" if answer.returncode == 0 else f"exit code {answer.returncode}: {answer.stdout[-2000:]}"


def report_run(page, line, folder):
    wrong = run_line(line, folder)
    line = line.replace("#", "")  # it has a meaning in TAP
    if "tools/install-deps" in wrong:  # the games' files are not here
        skip(f"{page}: runs {line}", wrong.splitlines()[-1])
    else:
        report(not wrong, f"{page}: runs {line}", wrong)


def check_page(path):
    text = path.read_text()
    page = path.relative_to(root)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        make_checkout(folder)
        for lines, recipe in blocks_of(text):
            for line in [] if recipe is None else read_recipe(recipe)[0]:
                report_run(page, line, folder)
            for line in lines:
                wrong = check_line(line)
                if wrong is not None:
                    report(not wrong, f"{page}: {line.partition('#')[0].strip()}", wrong)
                for one in [] if recipe is None else lines_to_run(line, recipe, folder):
                    report_run(page, one, folder)
    for line in commands_in_backticks(text):
        wrong = check_line(line)
        report(not wrong, f"{page}: `{line}`", wrong)


def main():
    pages = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]
    for page in pages:
        check_page(page)
    report(tap.count > 40, f"there are commands in {len(pages)} pages", f"only {tap.count} were found")
    report(bool(parse_ours(["train", "--gam=catch"])), "a wrong option is found")
    report(bool(parse_ours(["train", "a3c", "--double_q"])), "an option of another method is found")
    report(bool(check_make("make nothing-of-this-name")), "a wrong target is found")
    finish()


main()
