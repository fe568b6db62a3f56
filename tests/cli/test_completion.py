"""Types command lines into real shells on a terminal, completes them by keys, and checks the results.

usage: test_completion.py ASYNCRL

The shells find a stand-in for the program, which records the final arguments of a line.
A shell gets all its keys at once: its line editor reads them in order, so there is nothing to wait for.
"""
import os
import pty
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import finish, report, skip

ONE, ALL = "\t", "\x1b*"  # keys: complete; insert all completions

# Typed keys, and the line that they make.
CASES = [
    ("tra" + ONE, "tra"),  # the common beginning of train and trace
    ("comp" + ONE, "completion"),
    ("bench net" + ONE, "bench network"),
    ("bench " + ALL, "bench env network queue train"),
    ("train " + ALL, "train a3c ppo pqn q1 qn sarsa"),
    ("train q1 --dou" + ONE, "train q1 --double_q"),
    ("train qn --dou" + ONE, "train qn --dou"),
    ("train --processes=4 sarsa --lr_d" + ONE + "1", "train --processes=4 sarsa --lr_decay=1"),
    ("train a3c --bet" + ONE + "1", "train a3c --beta=1"),
    ("train --batch_" + ONE + "8", "train --batch_size=8"),
    ("train --observation=dee" + ONE, "train --observation=deepmind"),
    ("train --observation v" + ONE, "train --observation v4"),
    ("train --max-equal-actions=5 --obs" + ONE + "v" + ONE, "train --max-equal-actions=5 --observation=v4"),
    ("train --game=Montez" + ONE, "train --game=MontezumaRevenge"),
    ("train --game SuperMarioBros-1-1-v1" + ONE, "train --game SuperMarioBros-1-1-v1"),
    ("train --game=ALE/Montez" + ONE, "train --game=ALE/MontezumaRevenge-v5"),
    ("train --game=./my-" + ONE, "train --game=./my-game.so"),
    ("train --run_dir=fol" + ONE, "train --run_dir=folder/"),
    ("train --run-dir=fol" + ONE, "train --run-dir=folder/"),
    ("play --model fol" + ONE + "w" + ONE, "play --model folder/weights.h5"),
    ("plot folder -o folder/w" + ONE, "plot folder -o folder/weights.h5"),
    ("plot -x em" + ONE, "plot -x emulator_frames"),
    ("predict --model=folder/w" + ONE + "one" + ONE, "predict --model=folder/weights.h5 one.png"),
]
# Each shell, its first commands, and the completion of a name that begins with a dash.
SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        r"""source asyncrl.bash; bind '"\e*": insert-completions'""",
        "train --batch-size=8",
    ),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u -D; source ./_asyncrl", "train --batch_size=8"),
    "zsh, installed": (
        ["zsh", "-f", "-i"],
        "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D",
        "train --batch_size=8",
    ),
}
ZSH_KEYS = (
    "bindkey '^I' complete-word; zle -C all complete-word _generic; bindkey '^[*' all; "
    "zstyle ':completion:all:*' completer _all_matches _complete; zstyle ':completion:all:*' insert true"
)
# fish lists completions without a terminal: these lines, and their completions.
FISH_CASES = [
    ("tra", ["trace", "train"]),
    ("bench ", ["env", "network", "queue", "train"]),
    ("train q1 --dou", ["--double_q"]),
    ("train qn --dou", []),
    ("train sarsa --lr_d", ["--lr_decay"]),
    ("train --batch-", ["--batch-size"]),
    ("train --batch_", ["--batch_size"]),
    ("train --observation=dee", ["--observation=deepmind"]),
    ("train --observation v", ["v4"]),
    ("train --game=ALE/Montez", ["--game=ALE/MontezumaRevenge-v5"]),
    ("train --game=./my-", ["--game=./my-game.so"]),
    ("train --run-dir=fol", ["--run-dir=folder/"]),
    ("play --model=folder/w", ["--model=folder/weights.h5"]),
    ("predict --model=x on", ["one.png"]),
]


def make_folder(folder, program):
    """Makes the stand-in, the completion scripts, and files for completion."""
    stand_in = folder / "bin" / "asyncrl"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f'#!/bin/sh\nif [ "$*" = games ]; then exec {shlex.quote(program)} games; fi\necho "$*" >>{folder}/lines\n'
    )
    stand_in.chmod(0o755)
    for shell, name in {"bash": "asyncrl.bash", "zsh": "_asyncrl", "fish": "asyncrl.fish"}.items():
        script = subprocess.run([program, "completion", shell], check=True, capture_output=True).stdout
        (folder / name).write_bytes(script)
    (folder / "folder").mkdir()
    for name in ("folder/weights.h5", "one.png", "my-game.so"):
        (folder / name).touch()


def type_into(shell, keys, folder):
    """Returns the terminal's output until the shell ended."""
    environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "TERM": "dumb"}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(shell[0], shell, environment)
    shown = b""
    os.write(terminal, keys.encode())
    while True:
        try:
            some = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side has ended
            break
        if not some:
            break
        shown += some
    os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode(errors="replace")


def check_shell(name, folder):
    command, setup, dashed = SHELLS[name]
    if not shutil.which(command[0]):
        skip(name, f"{command[0]} is not installed")
        return
    if command[0] == "zsh":
        setup += "; " + ZSH_KEYS
    cases = [*CASES, ("train --batch-" + ONE + "8", dashed)]
    (folder / "lines").write_text("")
    shown = type_into(command, setup + "\n" + "".join(f"asyncrl {keys}\n" for keys, _ in cases) + "exit\n", folder)
    lines = (folder / "lines").read_text().splitlines()
    if len(lines) != len(cases):
        report(False, f"{name}: runs every line", shown)
        return
    for (keys, expected), line in zip(cases, lines):
        # zsh takes back a slash that it added when the line ends there.
        report(line.rstrip("/") == expected.rstrip("/"), f"{name}: {expected}", f"{keys!r} became {line!r}")


def check_fish(folder):
    if not shutil.which("fish"):
        skip("fish", "fish is not installed")
        return
    for line, expected in FISH_CASES:
        answer = subprocess.run(
            ["fish", "--no-config", "--command", f"source asyncrl.fish; complete --do-complete='asyncrl {line}'"],
            cwd=folder,
            env={**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
        )
        offered = sorted(one.partition("\t")[0] for one in answer.stdout.splitlines())
        report(offered == expected, f"fish: {line}", f"offered {offered}\n{answer.stderr}")


def main():
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        make_folder(folder, os.path.abspath(sys.argv[1]))
        for name in SHELLS:
            check_shell(name, folder)
        check_fish(folder)
    finish()


main()
