/*
 * What is kept in files: Keras weights and checkpoints (HDF5), PNG pictures, JSON.
 *
 * Readers trust nothing that a file says about itself; every failure is one line that names the
 * file, what was found and what was wanted. Writers write beside the file, sync, then rename, so
 * that a file is whole or not there. Any thread may call them, one at a time a process (the HDF5
 * library has global state).
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
 * Removes the unfinished files that writers left in folder in a process that was killed; killed
 * being 0, in any process: for a folder that nobody writes to.
 */
void store_sweep(const char *folder, pid_t killed);

/* ---- Whole files ----------------------------------------------------------------------------- */

/*
 * Writes size bytes to path: beside it first ("path.<process id>.tmp"), synced, then renamed over
 * it. On failure whatever was at path is still there, and the file beside it is gone.
 */
enum status atomic_file_write(const char *path, const void *data, size_t size, struct error *error);

/*
 * Whether atomic_file_write can be expected to go well: tried without touching what is at path.
 * STATUS_BAD_INPUT with the reason where it cannot, or where path is something else than a file.
 */
enum status atomic_file_try(const char *path, struct error *error);

/*
 * For what others write: the name of the file beside path (PATH_SIZE bytes), and once that is
 * whole, synced and renamed over path. On failure whatever was at path is still there, and the file
 * beside it is gone.
 */
enum status atomic_file_beside(char *beside, const char *path, struct error *error);
enum status atomic_file_finish(const char *path, struct error *error);

/* ---- Keras weights --------------------------------------------------------------------------- */

/* What a weight file says about itself, or what we say in one that we write. Empty: not said. */
struct weights_metadata {
    char method[16];       /* "a3c", "q1", "qn" */
    char game[128];        /* "Breakout-v0" */
    char observation[16];  /* "classic", "deepmind", "v4", "vector" */
    char network[64];      /* "a3c", "nature+layer_norm" */
    char actions[512];     /* set of actions, where one was chosen */
    char environment[512]; /* rules beyond those of the game's id: "--fire_on_reset=true" */
    struct option_range frame_skip; /* emulator frames per step, if they were chosen; 0: not said */
    int64_t steps;                  /* trained; -1: not said */
    char action_names[4096]; /* "NOOP,FIRE,RIGHT,LEFT": what the network's outputs stand for */
};

/* What network a weight file is for, found from its layers and shapes. */
struct weights_layout {
    struct weights_metadata metadata;
    int convolutions; /* 2, 3, 15 or none, by which trunks are told apart; 1: see metadata.network
                       */
    bool q_heads;     /* one Q head, else value and policy */
    int channels;     /* of the picture, or the numbers of a vector */
    int actions;
    int height; /* of the picture: 84 wherever the dense layer's size allows it; 1 of a vector */
    int width;
};

/* Whether the pictures of a foreign model are (channel, row, column) or (row, column, channel):
 * what whoever has its file says, for those that do not say so themselves. */
enum channels_order { CHANNELS_UNSAID, CHANNELS_FIRST, CHANNELS_LAST };

/* "first", "last"; CHANNELS_UNSAID for any other name. */
enum channels_order weights_channels(const char *name);

/*
 * Looks into a Keras weight file: Keras 1 (Theano or TensorFlow), the legacy layout of Keras 2 and
 * 3 (model or weights), and Keras 3's own .weights.h5.
 *
 * Here and in weights_load a child process does the reading: damaged files crash the HDF5 library.
 */
enum status weights_inspect(const char *path, enum channels_order channels,
                            struct weights_layout *layout, struct error *error);

/*
 * Reads a weight file into views (network_tensors's order, names and shapes). Kernels of the Theano
 * layout are flipped in both spatial axes; channels-last kernels are transposed to (out, in,
 * height, width), and the dense layer's rows with them where the model's channels come last. That
 * is told by the file (ours, Keras 1's, the model's description of model.save) or by channels;
 * neither or another is STATUS_BAD_INPUT. So is a description of what is not computed here. A
 * missing layer, a wrong shape or number of actions, or a number that is not finite is
 * STATUS_BAD_INPUT and leaves the views untouched.
 */
enum status weights_load(const char *path, enum channels_order channels,
                         const struct tensor_view *views, int view_count, struct error *error);

/*
 * Writes views as a legacy Keras weight file (layer_names, weight_names; channels first, kernels as
 * cross-correlations (height, width, in, out)), which Keras 2 and 3 read with load_weights. The
 * model's Flatten must leave the order (channel, row, column) alone, as its data_format
 * channels_last, the default, does. about's words become attributes of the file. Equal arguments
 * give equal bytes. A number that is not finite is STATUS_FAILED, and nothing is written.
 */
enum status weights_save(const char *path, const struct tensor_view *views, int view_count,
                         const struct weights_metadata *metadata, struct error *error);

/* ---- Checkpoints ----------------------------------------------------------------------------- */

/*
 * Named lists of numbers, which come back to the bit or not at all:
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
 * A folder holds the last two: checkpoint.h5, and the one before it, checkpoint-previous.h5. They
 * are HDF5 files, a dataset a part, behind 512 bytes that hold the SHA-256 of the whole and a
 * number that counts the folder's checkpoints.
 */
enum checkpoint_type {
    CHECKPOINT_BYTES,  /* uint8_t */
    CHECKPOINT_FLOATS, /* float, finite */
    CHECKPOINT_INTS,   /* int64_t */
    CHECKPOINT_REALS   /* double */
};

struct checkpoint_part {
    char name[48]; /* "group/name"; no two parts of one name, none within another */
    enum checkpoint_type type;
    const void *data; /* count values; the caller's */
    size_t count;     /* may be 0 */
};

/*
 * Writes folder's checkpoint.h5, and keeps the one before it. A process or machine that stops on
 * the way leaves a whole checkpoint. On failure (no space, say) what was there is still there.
 * Equal parts give equal bytes but for the number. Takes twice the parts' memory while it runs.
 */
enum status checkpoint_save(const char *folder, const struct checkpoint_part *parts, int part_count,
                            struct error *error);

struct checkpoint;

/*
 * Opens folder's newest whole checkpoint: checkpoint-previous.h5 where checkpoint.h5 is missing,
 * damaged, the older one, or has more than limit bytes. When neither is whole, or when the one to
 * use is of another format, STATUS_BAD_INPUT; when that cannot be read though it is there,
 * STATUS_FAILED with the reason. On success the caller closes *checkpoint, which holds all of it in
 * memory.
 */
enum status checkpoint_open(const char *folder, size_t limit, struct checkpoint **checkpoint,
                            struct error *error);

/* One line that says why it is not checkpoint.h5 that was opened; "" when it is. */
const char *checkpoint_warning(const struct checkpoint *checkpoint);

/* Whether there is a part of that name and type; *count is how many values it has, else 0. */
bool checkpoint_count(const struct checkpoint *checkpoint, const char *name,
                      enum checkpoint_type type, size_t *count);

/* Reads a part of just count values into data; STATUS_BAD_INPUT when there is no such part. */
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
