"""Runs the commands of the scripts in this folder."""
import subprocess
import sys


def run(command):
    """Returns what a command prints. If it fails, the script ends with its last words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last_line = done.stderr.strip().rpartition("\n")[2]
        sys.exit(f"{' '.join(command)}: {last_line}")
    return done.stdout
