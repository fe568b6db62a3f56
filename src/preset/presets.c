/* The table of presets. docs/results/ has the runs. */
#include "preset/preset.h"

#include <stddef.h>

/*
 * The advantage actor-critic of pytorch-a2c-ppo-acktr-gail: an epsilon of 1e-5 and a norm of 0.5
 * for the mean over 80 samples are 80 times that for their sum.
 */
#define A2C                                                                                        \
    "--n_step=5 --batch_size=80 --queue_size=80 --swap_freq=1 --lr=0.0007 --steps=20000000 "       \
    "--rms_eps=0.0008 --beta=0.01 "
#define ATARI_RULES "--observation=deepmind --noop_max=30 --fire_on_reset --life_loss_ends "
#define ATARI_A2C ATARI_RULES A2C

/*
 * Q-learning without a replay memory and without a target network: layer normalisation keeps it
 * stable (PQN). 80 steps an update, because 160 learn later.
 */
#define ATARI_Q                                                                                    \
    "--frame_skip=4 --layer_norm --init=orthogonal " ATARI_RULES                                   \
    "--batch_size=80 --queue_size=160 --swap_freq=1 --optimizer=radam --lr=0.0005 "                \
    "--lr_decay=10000000 --max_grad_norm=10 --mean_over_samples --eps_final=0.01,0.05 "            \
    "--eps_decay=500000 "

/* Schedules of Q methods over the run's length. */
#define WHOLE_RUN_Q "--lr_decay=0 --eps_decay=0"

/* For small games with vectors. */
#define SMALL_PPO                                                                                  \
    "--processes=2 --envs_per_process=4 --minibatch_size=256 --lr=0.001 --clip=0.2 "               \
    "--clip_value=0 --init=orthogonal "

/*
 * Super Mario: a step is four frames, because the height of a jump depends on how long the button
 * is held; rewards come with every step, so a near horizon is enough.
 */
#define MARIO_SCREEN                                                                               \
    "--frame_skip=4 --observation=deepmind --blank_top=32 --reward=progress --life_loss_ends "     \
    "--step_limit=4500 --init=orthogonal --gamma=0.9 "

const struct preset presets[] = {
    {
        .name = "mario",
        .methods = "a3c",
        .games = "SuperMarioBros*",
        .is_default = true,
        .summary = "rewards for new ground, segments of 20 steps, clipped steps of RMSprop",
        .options = MARIO_SCREEN "--reward_scale=10 --n_step=20 --batch_size=320 --queue_size=640 "
                                "--swap_freq=1 --lr=0.0007 --steps=8000000 --rms_eps=0.0008 "
                                "--rms_clip=1 --max_grad_norm=40 --beta=0.01",
        .curve = {{100000, 758},
                  {200000, 982},
                  {300000, 2114},
                  {400000, 2453},
                  {500000, 2787},
                  {1000000, 3022}},
        .run = "docs/results: Super Mario Bros. by A3C",
        .measured = "SuperMarioBros-1-1-v*",
    },
    {
        .name = "mario",
        .methods = "q1|qn|sarsa",
        .games = "SuperMarioBros*",
        .is_default = true,
        .summary = "steps of four frames, and a near horizon",
        .options = "--frame_skip=4 --gamma=0.9 --max_grad_norm=0.5 " WHOLE_RUN_Q,
    },
    {
        .name = "atari",
        .methods = "a3c",
        .games = "*NoFrameskip-v0|*NoFrameskip-v4",
        .is_default = true,
        .summary = "A2C's constants (Kostrikov's), limited changes; measured on Breakout",
        /* Without --max_kl some updates make the policy certain of one action, and scores fell
         * below half of their best in three of four runs. */
        .options = "--frame_skip=4 --network=nature --init=orthogonal " ATARI_A2C
                   "--max_grad_norm=40 --max_kl=0.05",
        .curve = {{500000, 20},
                  {1000000, 58},
                  {2000000, 188},
                  {2500000, 255},
                  {3000000, 308},
                  {4000000, 338},
                  {5000000, 366},
                  {7000000, 379}},
        .run = "docs/results: A2C's constants on Breakout",
        .measured = "BreakoutNoFrameskip-v4",
    },
    {
        .name = "atari",
        .methods = "a3c",
        .games = "[A-Z]*-v0|[A-Z]*-v4|ALE/*",
        .is_default = true,
        .summary = "the same with the steps that the id has and the small network",
        .options = ATARI_A2C "--max_grad_norm=40 --max_kl=0.05",
        .curve = {{500000, 4.5},
                  {1000000, 14},
                  {2000000, 41},
                  {3000000, 62},
                  {4000000, 81},
                  {5000000, 96},
                  {7000000, 110},
                  {10000000, 158}},
        .run = "docs/results: Breakout-v0",
        .measured = "Breakout-v0",
    },
    {
        .name = "atari",
        .methods = "q1",
        .games = "*NoFrameskip-v0|*NoFrameskip-v4",
        .is_default = true,
        .summary = "normalised layers, RAdam, fresh weights as targets",
        .options = ATARI_Q,
        .curve = {{1000000, 1.4},
                  {2000000, 6.3},
                  {3000000, 15},
                  {4000000, 20},
                  {5000000, 34},
                  {6000000, 45},
                  {8000000, 81},
                  {10000000, 99}},
        .run = "docs/results: Q-learning on Breakout",
        .measured = "BreakoutNoFrameskip-v4",
    },
    {
        .name = "atari",
        .methods = "sarsa",
        .games = "*NoFrameskip-v0|*NoFrameskip-v4",
        .is_default = true,
        .summary = "the same",
        .options = ATARI_Q,
        .curve = {{500000, 1.8}, {1000000, 7.8}, {2000000, 21}},
        .run = "docs/results: Q-learning on Breakout",
        .measured = "BreakoutNoFrameskip-v4",
    },
    {
        .name = "atari",
        .methods = "qn",
        .games = "*NoFrameskip-v0|*NoFrameskip-v4",
        .is_default = true,
        .summary = "the same, and returns of ten steps",
        .options = ATARI_Q "--n_step=10",
        .curve = {{500000, 5.6},
                  {1000000, 12},
                  {2000000, 21},
                  {3000000, 26},
                  {4000000, 41},
                  {6000000, 57},
                  {8000000, 90},
                  {10000000, 116}},
        .run = "docs/results: Q-learning on Breakout",
        .measured = "BreakoutNoFrameskip-v4",
    },
    {
        .name = "own-game",
        .methods = "a3c",
        .games = "*.so",
        .is_default = true,
        .summary = "the same for your own game; measured on chase and dodge",
        .options = A2C "--max_grad_norm=10 --normalize_returns --eval_freq=20000",
        .curve = {{30000, 15}, {60000, 17}, {120000, 18}},
        .run = "docs/results: games of one's own",
        .measured = "*chase*.so|*dodge*.so",
    },
    {
        .name = "planned",
        .methods = "a3c",
        .games = "*",
        .is_default = true,
        .summary = "the constants of classic; the learning rate falls over the run's length",
        .options = "--steps=0",
    },
    {
        .name = "planned",
        .methods = "q1|qn|sarsa",
        .games = "*",
        .is_default = true,
        .summary = "classic, but rates fall over the run's length, and chance over a tenth of it",
        .options = WHOLE_RUN_Q,
    },
    {
        .name = "classic",
        .methods = "a3c|q1|qn|sarsa",
        .games = "*",
        .summary = "the constants of the Keras program that this one came from",
        .options = "",
    },
    {
        .name = "paper",
        .methods = "a3c",
        .games = "*",
        .summary = "Mnih et al., 2016: 16 actors, RMSprop with shared statistics",
        .options = "--processes=16 --envs_per_process=1 --observation=deepmind --n_step=5 "
                   "--batch_size=5 --queue_size=80 --swap_freq=1 --lr=0.0007 --rms_eps=0.1 "
                   "--rms_eps_inside --max_grad_norm=40 --beta=0.01 --value_coef=0.5 "
                   "--noop_max=30 --life_loss_ends --fire_on_reset",
    },
    {
        .name = "pong",
        .methods = "ppo",
        .games = "PongNoFrameskip-v0|PongNoFrameskip-v4",
        .is_default = true,
        .summary = "32 games, the small network, normalised screens and returns",
        .options = "--frame_skip=4 --observation=deepmind --noop_max=30 --init=orthogonal "
                   "--envs_per_process=8 --batch_size=4096 --minibatch_size=512 "
                   "--queue_size=16384 --lr=0.0005 --steps=10000000 --clip=0.2 --clip_value=0 "
                   "--value_coef=1 --normalize_observations --normalize_returns",
        .curve = {{200000, -19.5}, {400000, -13.3}, {600000, -2.4}, {800000, 15.1}},
        .run = "docs/results: Pong by PPO",
    },
    {
        .name = "pong",
        .methods = "pqn",
        .games = "PongNoFrameskip-v0|PongNoFrameskip-v4",
        .is_default = true,
        .summary = "CleanRL's constants and the small network",
        .options = "--frame_skip=4 --observation=deepmind --network=a3c --init=orthogonal "
                   "--noop_max=30 --fire_on_reset --life_loss_ends",
        .curve = {{500000, -20.2},
                  {1000000, -13.9},
                  {1200000, -4.3},
                  {1400000, 10.7},
                  {1500000, 17.1},
                  {1880000, 18.2}},
        .run = "docs/results: Pong by PQN",
    },
    {
        .name = "mario",
        .methods = "ppo",
        .games = "SuperMarioBros*",
        .is_default = true,
        .summary = "16 games of 512 steps, ten epochs, rewards for new ground (tsilva's rlab)",
        .options =
            MARIO_SCREEN "--envs_per_process=4 "
                         "--n_step=512 --batch_size=8192 --queue_size=32768 --epochs=10 "
                         "--minibatch_size=512 --lr=0.00015 --lr_final=0.0001 --steps=4000000 "
                         "--adam_eps=1e-08 --gae_lambda=1 --clip=0.15 --clip_value=0 "
                         "--value_coef=2 --normalize_advantages=false --ent_coef=0.01 "
                         "--ent_final=0.0001 --ent_decay=4000000 --target_kl=0.16",
        .curve = {{500000, 1146},
                  {1000000, 2455},
                  {1500000, 2786},
                  {2000000, 2985},
                  {4000000, 3035},
                  {8000000, 3053}},
        .run = "docs/results: Super Mario Bros. by PPO",
        .measured = "SuperMarioBros-1-1-v*",
    },
    {
        .name = "cartpole",
        .methods = "ppo",
        .games = "gym:CartPole-v1",
        .is_default = true,
        .summary = "8 games, many passes over short segments (RL Zoo's)",
        .options = SMALL_PPO "--n_step=32 --batch_size=256 --queue_size=512 --epochs=20 "
                             "--gamma=0.98 --gae_lambda=0.8 --ent_coef=0 --steps=150000 "
                             "--reward_scale=10",
        .curve = {{50000, 318}, {100000, 482}, {150000, 490}},
        .run = "docs/results: Gymnasium by PPO",
    },
    {
        .name = "pendulum",
        .methods = "ppo",
        .games = "gym:Pendulum-v1",
        .is_default = true,
        .summary = "8 games, ten passes over long segments, a near horizon (RL Zoo's)",
        .options = SMALL_PPO "--n_step=512 --batch_size=4096 --queue_size=8192 --epochs=10 "
                             "--gamma=0.9 --ent_coef=0 --steps=200000 --reward=running "
                             "--normalize_observations",
        .curve = {{50000, -963}, {100000, -276}, {150000, -195}, {200000, -179}},
        .run = "docs/results: Gymnasium by PPO",
    },
    {
        .name = "frozenlake",
        .methods = "ppo",
        .games = "gym:FrozenLake*-v1",
        .is_default = true,
        .summary = "8 games, segments as long as a game, a far horizon",
        .options = SMALL_PPO "--batch_size=1024 --queue_size=2048 --epochs=10 --gamma=0.995 "
                             "--steps=300000",
        .curve = {{100000, 0.58}, {200000, 0.72}, {300000, 0.7}},
        .run = "docs/results: Gymnasium by PPO",
        .measured = "gym:FrozenLake-v1",
    },
    {
        .name = "lunarlander",
        .methods = "ppo",
        .games = "gym:LunarLander-v3",
        .is_default = true,
        .summary = "16 games, a far horizon, normalised observations and returns",
        .options = "--processes=2 --envs_per_process=8 --n_step=512 --batch_size=8192 "
                   "--minibatch_size=128 --queue_size=16384 --lr=0.0005 --steps=1000000 "
                   "--gamma=0.999 --gae_lambda=0.98 --clip=0.2 --clip_value=0 --init=orthogonal "
                   "--reward=raw --normalize_observations --normalize_returns",
        .curve = {{200000, 31}, {400000, 137}, {500000, 265}, {1000000, 276}},
        .run = "docs/results: Gymnasium by PPO",
    },
    {
        .name = "bipedalwalker",
        .methods = "ppo",
        .games = "gym:BipedalWalker-v3",
        .is_default = true,
        .summary = "16 games in lockstep, a trunk each for policy and value",
        .options = "--processes=2 --envs_per_process=8 --n_step=128 --batch_size=2048 "
                   "--minibatch_size=64 --queue_size=16384 --epochs=10 --lr=0.0003 "
                   "--steps=1000000 --gamma=0.99 --clip=0.2 --clip_value=0 "
                   "--ent_coef=0 --init=orthogonal --network=twin --lockstep --reward=running "
                   "--normalize_observations",
        .curve = {{200000, 89}, {300000, 232}, {500000, 273}, {1000000, 288}},
        .run = "docs/results: Gymnasium by PPO",
    },
    {
        .name = "atari",
        .methods = "pqn",
        .games = "*NoFrameskip-v4",
        .is_default = true,
        .summary = "8 games, the Nature network, two passes over minibatches of 128 steps",
        .options = "--frame_skip=4 --observation=deepmind --network=nature --init=orthogonal "
                   "--epochs=2 --minibatch_size=128 --noop_max=30 --fire_on_reset --life_loss_ends",
        .curve = {{500000, 5},
                  {1000000, 28},
                  {2000000, 64},
                  {3000000, 113},
                  {5000000, 137},
                  {6000000, 254},
                  {7000000, 301},
                  {8000000, 320}},
        .run = "docs/results: Breakout by PQN",
        .measured = "BreakoutNoFrameskip-v4",
    },
    {
        .name = "cleanrl",
        .methods = "ppo|pqn",
        .games = "*NoFrameskip-v4",
        .is_default = true,
        .summary = "CleanRL's Atari: 8 games, the Nature network, an end with each life",
        .options = "--frame_skip=4 --observation=deepmind --network=nature --init=orthogonal "
                   "--noop_max=30 --fire_on_reset --life_loss_ends",
    },
    {
        .name = "cleanrl",
        .methods = "ppo|pqn",
        .games = "*",
        .is_default = true,
        .summary = "the constants of CleanRL's ppo_atari and pqn_atari_envpool",
        .options = "",
    },
    {.name = NULL},
};
