/*
 * Many environments of a game at once, stepped by threads, in programs of your own: actions in,
 * observations, rewards and ends out, written to your own arrays. Gymnasium calls this a vector
 * environment; the Python package asyncrl uses it.
 *
 *     #include <asyncrl/vector.h>
 *
 *     struct asyncrl_vector_options options = {.abi_version = ASYNCRL_VECTOR_ABI,
 *                                              .game = "ALE/Breakout-v5",
 *                                              .environment_count = 64,
 *                                              .sticky = -1,
 *                                              .step_limit = -1};
 *     struct asyncrl_vector *vector;
 *     asyncrl_vector_open(&options, &vector, &error);
 *     asyncrl_vector_reset(vector, NULL, NULL, &arrays, &error);
 *     for (;;)
 *         asyncrl_vector_step(vector, actions, &arrays, &error);
 *     asyncrl_vector_close(vector);
 *
 * The play of an environment depends only on its seed and its actions, not on the number of
 * threads. A vector is used by one thread at a time, and only in the process that opened it.
 * Versions are as in asyncrl/agent.h.
 */
#ifndef ASYNCRL_LIBRARY_VECTOR_H
#define ASYNCRL_LIBRARY_VECTOR_H

#include <asyncrl/agent.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASYNCRL_VECTOR_ABI 1

enum { ASYNCRL_VECTOR_MAX = 4096 }; /* environments */

/* What happens after the end of an episode; the names are Gymnasium's. */
enum asyncrl_autoreset {
    ASYNCRL_AUTORESET_NEXT_STEP, /* the next step resets and ignores its action: reward 0, no end */
    ASYNCRL_AUTORESET_SAME_STEP, /* the same step resets: the last observation is in final */
    ASYNCRL_AUTORESET_DISABLED   /* the caller resets, by asyncrl_vector_reset */
};

struct asyncrl_vector_options {
    uint32_t abi_version;      /* ASYNCRL_VECTOR_ABI */
    const char *game;          /* "ALE/Breakout-v5", "catch": games of our own cores */
    const char *data_dir;      /* folder with roms/; NULL: as the program looks for it */
    const char *observation;   /* "deepmind", "v4" or "classic"; NULL: deepmind */
    int32_t environment_count; /* 1 .. ASYNCRL_VECTOR_MAX */
    int32_t thread_count;      /* 0: as many as there are processors */
    enum asyncrl_autoreset autoreset;
    int32_t frame_skip;  /* emulator frames per step; 0: as the id says */
    double sticky;       /* chance that a frame repeats the action before; -1: as the id says */
    int64_t step_limit;  /* steps after which a game is truncated; 0: none, -1: as the id says */
    int32_t noop_max;    /* a game begins with 1 .. noop_max frames of no action; 0: none */
    bool fire_on_reset;  /* an episode begins with a step of fire, if the game has it */
    bool life_loss_ends; /* a lost life terminates the episode; the game goes on */
    bool clips_rewards;  /* to -1 .. 1 */
    uint64_t seed;       /* environment i begins with seed + i; a reset may give others */
};

/* A description of the environments. The vector owns all of it. */
struct asyncrl_vector_about {
    const char *game;
    int environment_count;
    int thread_count;
    int action_count;                /* actions are 0 .. action_count-1 */
    const char *const *action_names; /* (action_count) */
    int channels;                    /* an observation is (channels, height, width) bytes */
    int height;
    int width;
    size_t observation_bytes;
    int screen_height; /* of asyncrl_vector_screen */
    int screen_width;
    int frame_skip_min;
    int frame_skip_max;
    double frames_per_second; /* of the real machine */
};

/* The caller's arrays, with a row for each environment. All but observations may be NULL. */
struct asyncrl_vector_arrays {
    uint8_t *observations; /* (environments, channels, height, width), oldest screen first */
    uint8_t *final;        /* as observations; SAME_STEP writes the rows whose episode ended */
    float *rewards;        /* (environments), as are the rest */
    uint8_t *terminated;   /* 1: the episode ended by the game's rules, or with a life */
    uint8_t *truncated;    /* 1: it was cut by a limit */
    /* These describe the game in which the step was played, even if SAME_STEP has begun another: */
    uint8_t *game_over; /* 1: with this step; 0 if only a life was lost */
    double *scores;     /* raw rewards so far */
    int64_t *frames;    /* emulator frames of its steps so far */
    int32_t *lives;
};

struct asyncrl_vector;

/*
 * Opens the environments and starts the threads; reset comes next. On success the caller closes
 * *vector. BAD_INPUT: a game that is unknown, has no ROM here or does not run on our own cores, an
 * option out of its bounds.
 */
ASYNCRL_AGENT_EXPORT enum asyncrl_status
asyncrl_vector_open(const struct asyncrl_vector_options *options, struct asyncrl_vector **vector,
                    struct asyncrl_error *error);

/* Returns the description, valid until the vector is closed. */
ASYNCRL_AGENT_EXPORT const struct asyncrl_vector_about *
asyncrl_vector_about(const struct asyncrl_vector *vector);

/*
 * Begins a game in the environments that mask, (environments), marks; NULL: in all. seeds,
 * (environments): seeds them first; NULL: chance goes on. Writes observations, scores, frames and
 * lives of these environments only.
 */
ASYNCRL_AGENT_EXPORT enum asyncrl_status
asyncrl_vector_reset(struct asyncrl_vector *vector, const uint64_t *seeds, const uint8_t *mask,
                     const struct asyncrl_vector_arrays *arrays, struct asyncrl_error *error);

/* Plays a step of all; actions: (environments). BAD_INPUT (an action that the game lacks, an
 * environment that was never reset, or an ended episode with DISABLED): no environment has played.
 */
ASYNCRL_AGENT_EXPORT enum asyncrl_status
asyncrl_vector_step(struct asyncrl_vector *vector, const int64_t *actions,
                    const struct asyncrl_vector_arrays *arrays, struct asyncrl_error *error);

/* Writes the picture that a person would see of an environment; rgb: (screen_height, screen_width,
 * 3). */
ASYNCRL_AGENT_EXPORT void asyncrl_vector_screen(const struct asyncrl_vector *vector,
                                                int environment, uint8_t *rgb);

/* NULL is ignored. */
ASYNCRL_AGENT_EXPORT void asyncrl_vector_close(struct asyncrl_vector *vector);

#ifdef __cplusplus
}
#endif

#endif
