/*
 * The last two frames of a game as one 84x84 picture: pooled, then resized. Belongs to one
 * observer.
 *
 * Most of a screen does not move, so a picture remembers its last frames and computes only the
 * parts that differ. The result depends on the two frames alone.
 */
#ifndef ASYNCRL_ENV_PICTURE_H
#define ASYNCRL_ENV_PICTURE_H

#include "env/env.h"

struct picture;

/* NULL on failure. blank_top: as in struct environment_config. info must outlive the picture. */
struct picture *picture_create(enum observation_preset preset, int blank_top,
                               const struct emulator_info *info, struct error *error);

void picture_destroy(struct picture *picture);

/* Whether a picture is a blend of the last two frames, not only of those of one step. */
bool picture_averages(enum observation_preset preset, const struct emulator_info *info);

/*
 * The picture of two frames, (84, 84), valid until the next call. newest, previous: (height, width)
 * palette indices, or (height, width, 3) without a palette; they may be one frame.
 */
const uint8_t *picture_update(struct picture *picture, const uint8_t *newest,
                              const uint8_t *previous);

/* The two frames of the last update as one screen: (height, width), palette indices if frames are
 * averaged, otherwise gray. */
const uint8_t *picture_pooled(const struct picture *picture);

#endif
