"""Trains Sample Factory 2 (APPO) for a while, and prints a line of JSON: steps and their seconds.

A step is one decision of one environment. Sample Factory's own FPS counts emulator frames if
summaries_use_frameskip is set, so steps are counted here, as transitions that the learner took.
"""

import argparse
import json
import os
import sys
import tempfile
import time

from sample_factory.algo.runners.runner import AlgoObserver
from sample_factory.algo.utils.misc import ExperimentStatus
from sample_factory.cfg.arguments import parse_full_cfg, parse_sf_args
from sample_factory.envs.env_utils import register_env
from sample_factory.train import make_runner

WORKERS = 2
BATCH_SIZE = 256
ROLLOUT = 128

# The trunks by Sample Factory's names; its a3c trunk is called convnet_impala.
TRUNKS = {
    "a3c": ["--encoder_conv_architecture=convnet_impala", "--encoder_conv_mlp_layers", "256"],
    "nature": ["--encoder_conv_architecture=convnet_atari", "--encoder_conv_mlp_layers", "512"],
}

# Environments per worker, batches per training iteration, and the options for both.
SETTINGS = {
    # sf_examples/atari, with its eight environments on two workers instead of eight.
    "recommended": (
        4,
        4,
        [
            "--async_rl=False",
            "--num_envs_per_worker=4",
            "--worker_num_splits=1",
            "--num_epochs=4",
            "--batched_sampling=False",
        ],
    ),
    # Each transition trained on once, as A3C does; sampling and learning overlap.
    "one-pass": (
        8,
        1,
        [
            "--async_rl=True",
            "--num_envs_per_worker=8",
            "--worker_num_splits=2",
            "--num_epochs=1",
            "--batched_sampling=False",
        ],
    ),
    # The same with EnvPool's environments, as in sf_examples/envpool: one thread per worker.
    "one-pass-envpool": (
        8,
        1,
        [
            "--async_rl=True",
            "--num_envs_per_worker=1",
            "--worker_num_splits=1",
            "--num_epochs=1",
            "--batched_sampling=True",
        ],
    ),
}


class Window(AlgoObserver):
    """Lets `warmup` seconds of training pass, counts iterations for `seconds`, and stops.

    Rollouts end together, and the iterations that they feed come in bursts of `burst`: only whole
    bursts are counted.
    """

    def __init__(self, warmup, seconds, burst):
        self.warmup, self.seconds, self.burst = warmup, seconds, burst
        self.begun = self.first = self.last = None

    def on_training_step(self, runner, training_iteration_since_resume):
        if training_iteration_since_resume % self.burst != 0:
            return
        now = time.monotonic()
        self.begun = self.begun or now
        self.last = now, training_iteration_since_resume
        if self.first is None:
            if now - self.begun >= self.warmup:
                self.first = self.last
        elif now - self.first[0] >= self.seconds:
            runner._stop_training()


def make_breakout(_name, _cfg, _env_config, render_mode=None):
    from atari import Breakout

    return Breakout(stack=3)


def make_breakout_envpool(_name, _cfg, env_config, render_mode=None):
    """EnvPool cannot draw the frame skip: 3, the mean; it shows the maximum of two frames."""
    import envpool
    from sf_examples.envpool.envpool_wrappers import EnvPoolResetFixWrapper

    environments, _, _ = SETTINGS["one-pass-envpool"]
    game = envpool.make(
        "Breakout-v5",
        env_type="gymnasium",
        num_envs=environments,
        num_threads=1,
        seed=env_config.env_id if env_config is not None else 0,
        stack_num=3,
        frame_skip=3,
        repeat_action_probability=0.25,
        reward_clip=True,
    )
    # EnvPool closes itself; close() of gymnasium 0.29 would need an attribute that EnvPool lacks.
    game.closed = True
    game = EnvPoolResetFixWrapper(game)
    game.num_agents = environments
    return game


def configuration(network, setting, folder):
    _, batches, arguments = SETTINGS[setting]
    arguments = [
        "--algo=APPO",
        f"--env=breakout{'-envpool' if 'envpool' in setting else ''}",
        "--device=cpu",
        "--serial_mode=False",
        f"--num_workers={WORKERS}",
        "--restart_behavior=overwrite",
        f"--train_dir={folder}",
        "--experiment=peer",
        f"--batch_size={BATCH_SIZE}",
        f"--num_batches_per_epoch={batches}",
        "--summaries_use_frameskip=False",
        *arguments,
        *TRUNKS[network],
    ]
    parser, _ = parse_sf_args(argv=arguments)
    # The rest as in sf_examples/atari.
    parser.set_defaults(
        obs_scale=255.0,
        gamma=0.99,
        env_framestack=3,
        exploration_loss_coeff=0.01,
        train_for_env_steps=10**12,
        nonlinearity="relu",
        kl_loss_coeff=0.0,
        use_rnn=False,
        recurrence=1,
        rollout=ROLLOUT,
        adaptive_stddev=False,
        max_grad_norm=0.5,
        ppo_clip_ratio=0.1,
        value_loss_coeff=0.5,
        exploration_loss="entropy",
        learning_rate=0.00025,
        lr_schedule="linear_decay",
        gae_lambda=0.95,
        normalize_input=True,
        normalize_returns=True,
        adam_eps=1e-5,
    )
    return parse_full_cfg(parser, arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=TRUNKS, required=True)
    parser.add_argument("--setting", choices=SETTINGS, required=True)
    parser.add_argument("--warmup", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()

    register_env("breakout", make_breakout)
    register_env("breakout-envpool", make_breakout_envpool)
    environments, batches, _ = SETTINGS[options.setting]
    steps_per_iteration = batches * BATCH_SIZE
    burst = WORKERS * environments * ROLLOUT // steps_per_iteration
    window = Window(options.warmup, options.seconds, burst)
    # Its log goes to the standard output.
    output = os.dup(1)
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as folder:
        _, runner = make_runner(configuration(options.network, options.setting, folder))
        runner.register_observer(window)
        status = runner.init()
        if status == ExperimentStatus.SUCCESS:
            status = runner.run()
    if status != ExperimentStatus.SUCCESS or window.first is None:
        sys.exit(f"train_sample_factory.py: Sample Factory ended with status {status}")
    steps = (window.last[1] - window.first[1]) * steps_per_iteration
    result = {"steps": steps, "seconds": window.last[0] - window.first[0]}
    os.write(output, (json.dumps(result) + "\n").encode())


if __name__ == "__main__":
    main()
