/* Observations: the last screens pooled, resized and stacked. Belongs to one environment. */
#ifndef ASYNCRL_ENV_OBSERVATION_H
#define ASYNCRL_ENV_OBSERVATION_H

#include "env/env.h"

struct observer;

/* NULL on failure. blank_top: as in struct environment_config. info must outlive the observer. */
struct observer *observer_create(enum observation_preset preset, int blank_top,
                                 const struct emulator_info *info, struct error *error);

void observer_destroy(struct observer *observer);

/*
 * Whether the observation of a step depends on its last two frames; otherwise take only the last.
 */
bool observer_pairs_frames(const struct observer *observer);

/* Takes the emulator's present screen as the newest frame. */
void observer_take_frame(struct observer *observer, const struct emulator *emulator);

/* The same, and also takes the frame before it, from an emulator that keeps that. */
void observer_take_last_two(struct observer *observer, const struct emulator *emulator);

/* Forgets all frames but the newest, and fills the stack with its picture. */
void observer_restart(struct observer *observer);

/* Ends a step of that many frames (at least one): pools them and puts the result on the stack. */
void observer_end_step(struct observer *observer, int frames);

/* out: of observation_shape, oldest screen first. */
void observer_observe(const struct observer *observer, void *out);

/* Bytes that observer_save writes. */
size_t observer_state_size(enum observation_preset preset, const struct emulator_info *info);

/* Writes the memory of the frames before the newest one. */
void observer_save(const struct observer *observer, uint8_t *state);

/* Restores the saved memory; the newest frame is the emulator's present one. */
void observer_load(struct observer *observer, const struct emulator *emulator,
                   const uint8_t *state);

/* Writes the screen from which the newest picture of the stack was made; rgb: (height, width, 3).
 * Not for vectors. */
void observer_screen_rgb(const struct observer *observer, uint8_t *rgb);

#endif
