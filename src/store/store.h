/*
 * Files: Keras weights and checkpoints (HDF5), PNG pictures, JSON, zip archives.
 *
 * Readers trust nothing in a file; every failure is one line that names the file, what was found
 * and what was wanted. Writers write beside the file, sync, then rename, so that a file is whole or
 * absent. Any thread may call them, one at a time per process (the HDF5 library has global state).
 */
#ifndef ASYNCRL_STORE_STORE_H
#define ASYNCRL_STORE_STORE_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * Removes the unfinished files that the killed process left in folder. If killed is 0, removes
 * those of any process: only for a folder that no process writes to.
 */
void store_sweep(const char *folder, pid_t killed);

/* ---- Whole files ----------------------------------------------------------------------------- */

/*
 * Writes size bytes to "path.<process id>.tmp", syncs, and renames it over path. On failure the old
 * file is still there, and the temporary file is gone.
 */
enum status atomic_file_write(const char *path, const void *data, size_t size, struct error *error);

/* The same with what a regular file holds. */
enum status atomic_file_copy(const char *from, const char *path, struct error *error);

/*
 * Checks that atomic_file_write is likely to succeed, without touching path. STATUS_BAD_INPUT, with
 * the reason: it would fail, or path is not a regular file.
 */
enum status atomic_file_try(const char *path, struct error *error);

/*
 * For files that other libraries write: the first gives the name of the temporary file (PATH_SIZE
 * bytes); the second syncs that and renames it over path. On failure the old file is still there,
 * and the temporary file is gone.
 */
enum status atomic_file_beside(char *beside, const char *path, struct error *error);
enum status atomic_file_finish(const char *path, struct error *error);

/* ---- Zip archives ---------------------------------------------------------------------------- */

/* Gets a file of an archive; data is NULL if it is encrypted, damaged or too large. Anything but
 * STATUS_OK ends the visit. */
typedef enum status zip_visitor(const char *name, const unsigned char *data, size_t size,
                                void *context, struct error *error);

/*
 * Calls visit with each file of a zip archive, in order; one at a time is in memory, and none of
 * more than limit bytes. STATUS_BAD_INPUT: it is not a zip archive, or its directory is damaged.
 */
enum status zip_visit(const char *path, size_t limit, zip_visitor *visit, void *context,
                      struct error *error);

/* ---- Keras weights --------------------------------------------------------------------------- */

/* The metadata of a weight file. Empty: not stated. */
struct weights_metadata {
    char method[16];      /* "a3c", "q1", "ppo", ... */
    char game[128];       /* "Breakout-v0" */
    char observation[16]; /* "classic", "deepmind", "v4", "vector" */
    char network[192];    /* "a3c", "nature+layer_norm" */
    char actions[512];    /* set of actions, if one was chosen */
    char state[256];      /* start state of a console's game, if one was chosen */
    char atari[128];      /* choices of an Atari game: "--full_action_space=true --mode=4" */
    char env_kwargs[512]; /* keyword arguments of a Gymnasium environment, if any: a JSON object */
    char env_wrappers[512]; /* and its wrappers */
    char environment[512];  /* rules beyond those of the game's id: "--fire_on_reset=true" */
    struct option_range frame_skip; /* emulator frames per step, if chosen; 0: not stated */
    int64_t steps;                  /* trained; -1: not stated */
    char action_names[4096]; /* "NOOP,FIRE,RIGHT,LEFT": the meaning of the network's outputs */
};

/* The network of a weight file, found from its layers and shapes. */
struct weights_layout {
    struct weights_metadata metadata;
    int convolutions; /* 2, 3, 15 or 0 tell the trunk; 1: metadata.network names it */
    bool q_heads;     /* one Q head; false: value and policy */
    int channels;     /* of the picture, or the numbers of a vector */
    int actions;
    int height; /* of the picture: 84 if the dense layer's size allows it; 1 for a vector */
    int width;
};

/* Whether a foreign model's pictures are (channel, row, column) or (row, column, channel): the
 * user's word, for files that do not state it. */
enum channels_order { CHANNELS_UNSAID, CHANNELS_FIRST, CHANNELS_LAST };

/* "first", "last"; any other name is CHANNELS_UNSAID. */
enum channels_order weights_channels(const char *name);

/*
 * Finds the network of a Keras weight file: Keras 1 (Theano or TensorFlow), the legacy layout of
 * Keras 2 and 3 (model or weights), or Keras 3's own .weights.h5. Here and in weights_load a child
 * process reads the file, because damaged files crash the HDF5 library.
 */
enum status weights_inspect(const char *path, enum channels_order channels,
                            struct weights_layout *layout, struct error *error);

/*
 * Reads a weight file into views (network_tensors's order, names and shapes). Kernels of the Theano
 * layout are flipped in both spatial axes; channels-last kernels are transposed to (out, in,
 * height, width), and the dense layer's rows with them where the model's channels come last. The
 * file (ours, Keras 1's, or the description of model.save) states the order, or channels does; if
 * neither does, or they disagree, STATUS_BAD_INPUT. So is a description of an unsupported
 * computation. A missing layer, a wrong shape or number of actions, or a number that is not finite
 * is STATUS_BAD_INPUT and leaves the views untouched.
 */
enum status weights_load(const char *path, enum channels_order channels,
                         const struct tensor_view *views, int view_count, struct error *error);

/*
 * Writes views as a legacy Keras weight file (layer_names, weight_names; channels first, kernels as
 * cross-correlations (height, width, in, out)), which Keras 2 and 3 read with load_weights. The
 * model's Flatten must keep the order (channel, row, column), as its default data_format,
 * channels_last, does. metadata's words become attributes of the file. Equal arguments give equal
 * bytes. A number that is not finite is STATUS_FAILED, and nothing is written.
 */
enum status weights_save(const char *path, const struct tensor_view *views, int view_count,
                         const struct weights_metadata *metadata, struct error *error);

/* ---- Checkpoints ----------------------------------------------------------------------------- */

/*
 * Named lists of numbers, which are read back exactly or not at all:
 *
 *     const struct checkpoint_part parts[] = {
 *         {"learner/params", CHECKPOINT_FLOATS, params, param_count},
 *         {"learner/frames", CHECKPOINT_INTS, &frames, 1},
 *     };
 *     status = checkpoint_save(run_dir, parts, 2, error);
 *     ...
 *     status = checkpoint_open(run_dir, limit, &checkpoint, error);
 *     if (status == STATUS_OK)
 *         status = checkpoint_read(checkpoint, "learner/params", CHECKPOINT_FLOATS, params,
 *                                  param_count, error);
 *     checkpoint_close(checkpoint);
 *
 * A folder holds the last two: checkpoint.h5 and checkpoint-previous.h5. They are HDF5 files with
 * one dataset per part, behind 512 bytes that hold the SHA-256 of the whole and a number that
 * counts the folder's checkpoints.
 */
enum checkpoint_type {
    CHECKPOINT_BYTES,  /* uint8_t */
    CHECKPOINT_FLOATS, /* float, finite */
    CHECKPOINT_INTS,   /* int64_t */
    CHECKPOINT_REALS   /* double */
};

struct checkpoint_part {
    char name[48]; /* "group/name"; names are distinct, and none is a group of another */
    enum checkpoint_type type;
    const void *data; /* count values; owned by the caller */
    size_t count;     /* may be 0 */
};

/*
 * Writes folder's checkpoint.h5 and keeps the previous one. If the process or machine stops on the
 * way, a whole checkpoint remains. On failure (no space, for example) the old files are still
 * there. Equal parts give equal bytes except for the number. Takes twice the parts' memory while it
 * runs.
 */
enum status checkpoint_save(const char *folder, const struct checkpoint_part *parts, int part_count,
                            struct error *error);

/* Makes a checkpoint in memory, for another process; the caller frees *data, its size bytes. */
enum status checkpoint_pack(const struct checkpoint_part *parts, int part_count, uint8_t **data,
                            size_t *size, struct error *error);

struct checkpoint;

/* Opens a copy of a checkpoint that checkpoint_pack made. name is for messages. The caller closes
 * *checkpoint. */
enum status checkpoint_unpack(uint8_t *data, size_t size, const char *name,
                              struct checkpoint **checkpoint, struct error *error);

/*
 * Opens folder's newest whole checkpoint: checkpoint-previous.h5 if checkpoint.h5 is missing,
 * damaged, older, or larger than limit bytes. STATUS_BAD_INPUT: neither is whole, or the one to use
 * has another format. STATUS_FAILED: it is there but cannot be read. On success the caller closes
 * *checkpoint, which holds all of it in memory.
 */
enum status checkpoint_open(const char *folder, size_t limit, struct checkpoint **checkpoint,
                            struct error *error);

/* One line that says why checkpoint-previous.h5 was opened; "" if checkpoint.h5 was. */
const char *checkpoint_warning(const struct checkpoint *checkpoint);

/* Whether there is a part of that name and type; *count is its number of values, or 0. */
bool checkpoint_count(const struct checkpoint *checkpoint, const char *name,
                      enum checkpoint_type type, size_t *count);

/* Reads a part of exactly count values into data; STATUS_BAD_INPUT if there is no such part. */
enum status checkpoint_read(const struct checkpoint *checkpoint, const char *name,
                            enum checkpoint_type type, void *data, size_t count,
                            struct error *error);

/* NULL is ignored. */
void checkpoint_close(struct checkpoint *checkpoint);

/* ---- PNG ------------------------------------------------------------------------------------- */

/* Reads a PNG of any kind as RGB. The caller frees *rgb: (height, width, 3). At most 4096x4096. */
enum status png_read(const char *path, uint8_t **rgb, int *height, int *width, struct error *error);

/* rgb: (height, width, 3). The caller frees *data, the size bytes of a PNG. */
enum status png_encode(const uint8_t *rgb, int height, int width, uint8_t **data, size_t *size,
                       struct error *error);

/* The same, into a file. */
enum status png_write(const char *path, const uint8_t *rgb, int height, int width,
                      struct error *error);

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Writes an indented file (base/json.h), atomically. */
enum status json_save(const struct json *json, const char *path, struct error *error);

#endif
