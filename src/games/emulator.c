#include "games/emulator.h"

void emulator_watch(struct emulator *emulator, void (*alive)(void *context), void *context) {
    emulator->alive = alive;
    emulator->alive_context = context;
}

void emulator_seed(struct emulator *emulator, uint64_t seed) {
    if (emulator->class->seed)
        emulator->class->seed(emulator, seed);
}

bool emulator_can_copy(const struct emulator *emulator) {
    return emulator->class->copy != NULL;
}

enum status emulator_copy(const struct emulator *emulator, struct emulator **copy,
                          struct error *error) {
    return emulator->class->copy(emulator, copy, error);
}

struct emulator_frame emulator_reset(struct emulator *emulator) {
    struct emulator_frame frame;
    emulator->class->reset(emulator, &frame);
    emulator_alive(emulator);
    return frame;
}

void emulator_begin(struct emulator *emulator, int action, const float *numbers) {
    if (emulator->class->begin)
        emulator->class->begin(emulator, action, numbers);
}

struct emulator_frame emulator_act(struct emulator *emulator, int action) {
    struct emulator_frame frame;
    emulator->class->act(emulator, action, &frame);
    emulator_alive(emulator);
    return frame;
}

struct emulator_frame emulator_steer(struct emulator *emulator, const float *action) {
    struct emulator_frame frame;
    emulator->class->steer(emulator, action, &frame);
    emulator_alive(emulator);
    return frame;
}

enum status emulator_check_numbered(const struct emulator_info *info, const char *user,
                                    const char *advice, struct error *error) {
    if (info->action_size == 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "%s needs a game with numbered actions, and this one's are continuous: %s",
                     user, advice);
}

void emulator_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    emulator->class->screen_rgb(emulator, rgb);
}

const char *emulator_no_picture(const struct emulator *emulator) {
    return emulator->class->no_picture ? emulator->class->no_picture(emulator) : NULL;
}

void emulator_screen_indices(const struct emulator *emulator, uint8_t *indices) {
    emulator->class->screen_indices(emulator, indices);
}

bool emulator_keeps_screens(const struct emulator *emulator) {
    return emulator->class->screens != NULL;
}

void emulator_screens(const struct emulator *emulator, const uint8_t *indices[2]) {
    emulator->class->screens(emulator, indices);
}

void emulator_ram_read(const struct emulator *emulator, uint8_t *ram) {
    emulator->class->ram_read(emulator, ram);
}

void emulator_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    emulator->class->ram_write(emulator, address, value);
}

void emulator_vector(const struct emulator *emulator, float *vector) {
    if (emulator->info.vector_size > 0)
        emulator->class->vector(emulator, vector);
}

void emulator_details(const struct emulator *emulator, double *values) {
    if (emulator->info.detail_count > 0)
        emulator->class->details(emulator, values);
}

const char *emulator_failure(const struct emulator *emulator) {
    return emulator->class->failure ? emulator->class->failure(emulator) : NULL;
}

bool emulator_can_save(const struct emulator *emulator) {
    return emulator->class->save_state != NULL;
}

size_t emulator_state_bound(const struct emulator *emulator, int64_t frames) {
    return emulator->class->state_bound(emulator, frames);
}

enum status emulator_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                size_t *used, struct error *error) {
    return emulator->class->save_state(emulator, state, capacity, used, error);
}

enum status emulator_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                struct error *error) {
    return emulator->class->load_state(emulator, state, size, error);
}

void emulator_close(struct emulator *emulator) {
    emulator->class->close(emulator);
}
