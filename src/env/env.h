/*
 * An environment: Gym's steps on an open emulator, and the observations that the network gets.
 *
 *     struct environment_config config = game_environment_config(&game, OBSERVATION_CLASSIC);
 *     struct environment *environment;
 *     environment_create(emulator, &config, &environment, error);
 *     environment_seed(environment, seed, index);
 *     environment_reset(environment);
 *     environment_observe(environment, observation);
 *     struct environment_step step = environment_act(environment, action);
 *
 * An environment belongs to one thread of one process.
 */
#ifndef ASYNCRL_ENV_ENV_H
#define ASYNCRL_ENV_ENV_H

#include "base/base.h"
#include "games/games.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- Observation ----------------------------------------------------------------------------- */

enum { OBSERVATION_SIZE = 84, OBSERVATION_MAX_CHANNELS = 4 };

/* How screens become observations; docs/environments.md has the table. The observation of a game
 * without a picture is its vector. */
enum observation_preset {
    OBSERVATION_CLASSIC,
    OBSERVATION_DEEPMIND,
    OBSERVATION_V4,
    OBSERVATION_VECTOR
};

/* The name of the classic observation in files of older programs. */
#define OBSERVATION_CLASSIC_BEFORE "seed"

/* "classic", "deepmind", "v4" or "vector"; "seed" is an old name of classic. */
const char *observation_name(enum observation_preset preset);
bool observation_from_name(const char *name, enum observation_preset *preset);

/* Stacked screens of a preset for pictures: 3 for classic, 4 for the others. */
int observation_channels(enum observation_preset preset);

/* The observation of a game under this preset: OBSERVATION_VECTOR if the game has no picture. */
enum observation_preset observation_of(enum observation_preset preset,
                                       const struct emulator_info *info);

/* One observation: (channels, 84, 84) u8, or (channels, 1, 1) float for a vector. */
struct observation_shape {
    int channels;
    int height;
    int width;
    size_t bytes;
    size_t step_bytes; /* the part that is new after a step: the last picture of a stack, or all of
                          a vector */
};

/* info: of the game's emulator; NULL for a game of pictures. */
struct observation_shape observation_shape(enum observation_preset preset,
                                           const struct emulator_info *info);

/* The largest width and height of a screen. */
enum { SCREEN_MAX_SIZE = 1024 };

/*
 * The classic preset for one RGB screen: Pillow's anti-aliased bilinear to 84x84 (triangle filter
 * scaled to the reduction, horizontal pass first, rounded to u8 after each pass as Pillow does),
 * then luma 0.2125 R + 0.7154 G + 0.0721 B. out: (84, 84) in 0..1 before rounding to u8; rgb:
 * (height, width, 3). A screen that is too large is STATUS_BAD_INPUT.
 */
enum status screen_to_classic(float *out, const uint8_t *rgb, int height, int width,
                              struct error *error);

/*
 * Resizes by pixel area as OpenCV's INTER_AREA does. out: (84, 84); gray: (height, width). A screen
 * that is too large is STATUS_BAD_INPUT.
 */
enum status screen_resize_area(uint8_t *out, const uint8_t *gray, int height, int width,
                               struct error *error);

/*
 * Observations of a game that is played elsewhere: screens in, observations out, the same as those
 * of an environment with this preset.
 *
 *     viewer_take(viewer, rgb);         the first screen of an episode
 *     viewer_restart(viewer);
 *     viewer_observe(viewer, observation);
 *     viewer_take(viewer, rgb);         the screens of a step; its last two are enough
 *     viewer_end_step(viewer);
 *     viewer_observe(viewer, observation);
 *
 * It does not blend frames: show it the picture that a person would see. Belongs to one thread.
 */
struct viewer;

/* blank_top: as in struct environment_config. A screen that is too large and the preset vector are
 * STATUS_BAD_INPUT. The caller destroys *viewer. */
enum status viewer_create(enum observation_preset preset, int blank_top, int height, int width,
                          struct viewer **viewer, struct error *error);

/* rgb: (height, width, 3); not kept. */
void viewer_take(struct viewer *viewer, const uint8_t *rgb);

/* Begins an episode; its first screen is the newest one taken. */
void viewer_restart(struct viewer *viewer);

/* Ends a step, which consists of all screens taken since the last one ended; at least one. */
void viewer_end_step(struct viewer *viewer);

/* As environment_observe. */
void viewer_observe(const struct viewer *viewer, uint8_t *observation);

void viewer_destroy(struct viewer *viewer); /* NULL is ignored */

/* ---- Environment ----------------------------------------------------------------------------- */

/* The rewards for learning. A raw reward is the sum over a step's emulator frames. */
enum reward_rule {
    REWARD_CLIP,    /* clip(raw / reward_scale, -1, 1) */
    REWARD_RAW,     /* raw / reward_scale */
    REWARD_SIGN,    /* -1, 0 or 1 */
    REWARD_RUNNING, /* clip(scaled / deviation of discounted returns so far, -10, 10): env/reward.h
                     */
    REWARD_PROGRESS /* (new farthest x_pos - the old one, - 25 at a death) / reward_scale; ignores
                       the raw reward */
};

struct environment_config {
    enum observation_preset observation;
    int blank_top; /* lines at the top of the screen that observations show black */
    int frame_skip_min;
    int frame_skip_max;
    double sticky;
    int noop_max;          /* a reset plays 1..noop_max no-ops; 0: none */
    bool fire_on_reset;    /* press fire once after a reset, if the game has it */
    bool life_loss_ends;   /* losing a life counts as terminated (the game itself goes on) */
    int64_t step_limit;    /* 0: none */
    int max_equal_actions; /* 0: off */
    int max_noops;         /* this many no-ops in a row truncate an episode; 0: off */
    enum reward_rule reward;
    double reward_scale;
    double reward_gamma; /* discount of REWARD_RUNNING's returns */
};

enum { FLAG_UNTOLD = -1 };

/* Whether a game reports that its goal is reached, with its detail flag_get. */
bool game_tells_flag(const struct emulator_info *info);

/* One agent step: what Gym calls a step. */
struct environment_step {
    float reward;      /* by the rule for rewards: for learning */
    double raw_reward; /* sum over the step's emulator frames: for scores */
    bool terminated;   /* the episode ended by the game's rules: nothing to bootstrap */
    bool truncated;    /* it was cut by a limit: bootstrap from the observation after it */
    bool game_ended;   /* the game is over or was cut; false if only a life was lost */
    int lives;
    int flag; /* whether the game ended at its goal, the flag of Super Mario Bros.; FLAG_UNTOLD: it
                 has not ended, or has no flag */
    bool failed; /* the game broke down: environment_failure says why; counts as terminated */
    int emulator_frames; /* played in this step */
};

struct environment;

/* Gym's rules for the game, everything beyond them off, the reward scale 1 and its gamma
 * 0.99. */
struct environment_config game_environment_config(const struct game *game,
                                                  enum observation_preset observation);

/* The user's options of the environments that an agent is trained in. */
struct environment_options {
    double sticky; /* -1: as the game's id says */
    int64_t noop_max;
    bool fire_on_reset;
    bool life_loss_ends;
    int64_t blank_top;
    int64_t step_limit;            /* -1: as the game's id says */
    int64_t max_equal_actions;     /* -1: as the game's id says */
    char reward[OPTION_TEXT_SIZE]; /* name of a rule */
    double reward_scale;
};

/*
 * The options that fill a struct environment_options: the rules that the agent gets used to, which
 * hold when it plays, too; and those for learning alone.
 */
extern const struct option environment_rule_options[];
extern const struct option environment_learning_options[];

/* game_environment_config, changed as options say. */
struct environment_config environment_options_apply(const struct environment_options *options,
                                                    const struct game *game,
                                                    enum observation_preset observation);

/* STATUS_BAD_INPUT if config does not fit such a game. */
enum status environment_check(const struct environment_config *config,
                              const struct emulator_info *info, struct error *error);

/*
 * Makes an environment on an open emulator; reset it before the first step. The environment owns
 * the emulator from then on, also if this fails.
 */
enum status environment_create(struct emulator *emulator, const struct environment_config *config,
                               struct environment **environment, struct error *error);

/* Seeds frame skip, sticky actions, no-op starts and the emulator; equal (seed, index):
 * equal play. */
void environment_seed(struct environment *environment, uint64_t seed, uint64_t index);

/*
 * Starts an episode; the observation stack holds its first screen repeated. Returns the raw reward
 * of the frames that it plays: no-ops, fire, and the frames after a lost life.
 */
double environment_reset(struct environment *environment);

/* Makes the next reset begin a game, even if one goes on after a lost life. */
void environment_end_game(struct environment *environment);

/* Lives left after the last step or reset; 0 if the game has none. */
int environment_lives(const struct environment *environment);

/* Whether no step of the game has been played: after a reset, whether it began a game rather than
 * went on with one after a lost life. */
bool environment_is_new_game(const struct environment *environment);

/*
 * Announces the step that the next environment_act will play, or environment_steer if numbers is
 * not NULL, with the same action. If another process plays the games, the steps of all environments
 * that were announced take one exchange with it.
 */
void environment_begin(struct environment *environment, int action, const float *numbers);

/* Plays one step; action in 0 .. action_count-1. After terminated or truncated: reset first. */
struct environment_step environment_act(struct environment *environment, int action);

/* The same in a game with continuous actions: action holds its info's action_size floats. */
struct environment_step environment_steer(struct environment *environment, const float *action);

/* Writes observation, of observation_shape, oldest screen first. */
void environment_observe(const struct environment *environment, void *observation);

const struct emulator_info *environment_emulator_info(const struct environment *environment);

/* As emulator_details, and as emulator_failure. */
void environment_details(const struct environment *environment, double *values);
const char *environment_failure(const struct environment *environment);

/* As emulator_can_save: whether an environment's state can be saved and loaded. */
bool environment_can_save(const struct environment *environment);

/* rgb: (height, width, 3): the picture a person would see after the last step. */
void environment_screen_rgb(const struct environment *environment, uint8_t *rgb);

/* As emulator_no_picture. */
const char *environment_no_picture(const struct environment *environment);

/*
 * The most bytes that environment_save_state writes for an environment of this emulator and config;
 * fixed, so that memory can be laid out before the environments exist. With ALE it grows with the
 * step limit, one byte per emulator frame, up to 4 MiB.
 */
size_t environment_state_bound(const struct emulator *emulator,
                               const struct environment_config *config);

/*
 * Writes the state on which further play depends, with those of emulator and generator, and its
 * size to *used. The result of the last step is not in it. Only the machine and build that wrote it
 * can read it. STATUS_FAILED: more than capacity bytes, or (ALE) a game of more than 4 Mi frames.
 */
enum status environment_save_state(struct environment *environment, uint8_t *state, size_t capacity,
                                   size_t *used, struct error *error);

/*
 * Goes on from a saved state of the same game and observation preset. If the rest of the config is
 * the same, too, it plays as the environment that saved it would have, to the last bit; other
 * limits or chances hold from here on. ALE plays its games again up to this point: about 0.1 ms per
 * emulator frame since the game began. Damaged data, or a state of another game or preset, is
 * STATUS_BAD_INPUT and changes nothing; after STATUS_FAILED, reset before playing on.
 */
enum status environment_load_state(struct environment *environment, const uint8_t *state,
                                   size_t size, struct error *error);

void environment_destroy(struct environment *environment);

#endif
