/*
 * Event files, which TensorBoard reads: curves, options and moving pictures of a run.
 *
 *     struct event_file *file;
 *     event_file_open(run_dir, 0, &file, error);
 *     event_file_add_scalars(file, 5000, scalars, count, error);
 *     event_file_close(file);
 *
 * A file belongs to one process, and is in a folder of its own or older than the others there:
 * TensorBoard reads the files of a folder in the order of their names, which begin with the time.
 * Each call writes its record whole or not at all, and a reader sees it at once; a full disk is
 * STATUS_FAILED, and the next call tries again.
 */
#ifndef ASYNCRL_REPORT_EVENT_FILE_H
#define ASYNCRL_REPORT_EVENT_FILE_H

#include "base/base.h"

#include <stddef.h>
#include <stdint.h>

/* The clip recorder's folder in a run directory. */
#define EVENT_CLIPS_FOLDER "clips"

struct event_file;

/*
 * Makes a new file in folder, which exists. TensorBoard forgets the points of older files in the
 * folder from first_step on. The caller closes *file; nothing is left after a failure.
 */
enum status event_file_open(const char *folder, int64_t first_step, struct event_file **file,
                            struct error *error);

/* A point of the curve named tag; the part before its slash is a heading. */
struct event_scalar {
    const char *tag;
    double value; /* written as a float */
};

enum { EVENT_MAX_SCALARS = 32 };

/* count: up to EVENT_MAX_SCALARS. */
enum status event_file_add_scalars(struct event_file *file, int64_t step,
                                   const struct event_scalar *scalars, int count,
                                   struct error *error);

struct event_gif {
    const uint8_t *bytes; /* the GIF file's, (size) */
    size_t size;
    int height;
    int width;
};

enum status event_file_add_gif(struct event_file *file, int64_t step, const char *tag,
                               const struct event_gif *gif, struct error *error);

/* A setting of the run. */
struct event_parameter {
    const char *name;
    enum option_type type;
    double number;    /* of an int, a real and a flag */
    const char *text; /* of a text */
};

/* For the HPARAMS tab. count: up to OPTION_MAX_COUNT. */
enum status event_file_add_parameters(struct event_file *file, int64_t step,
                                      const struct event_parameter *parameters, int count,
                                      struct error *error);

/* Tells the HPARAMS tab that the run is over. */
enum status event_file_add_end(struct event_file *file, int64_t step, struct error *error);

/* NULL is ignored. */
void event_file_close(struct event_file *file);

/*
 * Cuts records after last_step off the event files in folder, to which no process writes. Ignores a
 * missing folder, and records after a damaged one.
 */
enum status event_files_cut(const char *folder, int64_t last_step, struct error *error);

#endif
