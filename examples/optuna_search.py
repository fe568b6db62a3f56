"""Optuna chooses the options of `asyncrl train`, by the score in the output of --json.

pip install optuna
python examples/optuna_search.py 20
"""

import json
import subprocess
import sys

import optuna


def train(trial):
    """Returns the mean score of a run's last 100 games."""
    options = {
        "game": "catch",
        "processes": 2,
        "total_steps": 20000,
        "lr": trial.suggest_float("lr", 1e-4, 1e-2, log=True),
        "beta": trial.suggest_float("beta", 1e-4, 1e-1, log=True),
        "n_step": trial.suggest_categorical("n_step", [5, 20, 80]),
        "run_dir": f"runs/optuna/{trial.number:03}",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    run = subprocess.run(["asyncrl", "train", "a3c", "--json", *words], stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)["score"]


study = optuna.create_study(direction="maximize")
study.optimize(train, n_trials=int(sys.argv[1]))
print(study.best_value, study.best_params)
