#include "optimizer/family.h"

#include <stdlib.h>
#include <string.h>

static const struct option common_options[] = {
    TEXT_OPTION("optimizer", struct optimizer_config, optimizer, "rmsprop", "NAME",
                "update rule: " OPTIMIZER_NAMES, .choices = OPTIMIZER_NAMES, .flags = OPTION_FIXED),
    REAL_OPTION("max_grad_norm", struct optimizer_config, max_grad_norm, "0", 0, 1e9, "X",
                "scale gradients down to this norm; 0 disables it"),
    {0},
};

#define KINDS(family) family##_kinds,
static const struct optimizer_kind *const families[] = {OPTIMIZER_FAMILIES(KINDS)};

#define PLACE(family) family##_place,
enum { OPTIMIZER_FAMILIES(PLACE) FAMILY_COUNT };
_Static_assert((int)FAMILY_COUNT <= (int)OPTIMIZER_MAX_FAMILIES, "the config has too few settings");

#define PART(family)                                                                               \
    {.options = family##_options,                                                                  \
     .offset = offsetof(struct optimizer_config, settings) +                                       \
               family##_place * sizeof(struct optimizer_settings)},
const struct option_part optimizer_options[] = {
    {.options = common_options},
    OPTIMIZER_FAMILIES(PART){0},
};

static const struct optimizer_kind *find_kind(const char *name, int *family) {
    for (*family = 0; *family < FAMILY_COUNT; ++*family)
        for (const struct optimizer_kind *kind = families[*family]; kind->name; kind++)
            if (strcmp(kind->name, name) == 0)
                return kind;
    return NULL;
}

enum status optimizer_open(struct optimizer *optimizer, const struct optimizer_config *config,
                           size_t count, struct error *error) {
    int family;
    *optimizer = (struct optimizer){.count = count};
    optimizer->kind = find_kind(config->optimizer, &family);
    if (!optimizer->kind)
        return error_set(error, STATUS_BAD_INPUT, "there is no optimizer '%.40s'",
                         config->optimizer);
    optimizer->settings = config->settings[family];
    for (int i = 0; i < optimizer->kind->slot_count; i++) {
        optimizer->slots[i] = calloc(count, sizeof(float));
        if (!optimizer->slots[i])
            return error_set(error, STATUS_FAILED, "out of memory");
    }
    if (optimizer->kind->start)
        optimizer->kind->start(optimizer);
    return STATUS_OK;
}

void optimizer_close(struct optimizer *optimizer) {
    for (int i = 0; i < OPTIMIZER_MAX_SLOTS; i++)
        free(optimizer->slots[i]);
    *optimizer = (struct optimizer){0};
}

void optimizer_step(struct optimizer *optimizer, float *params, const float *gradients, double lr) {
    optimizer->steps++;
    optimizer->kind->step(optimizer, params, gradients, (float)lr);
}

int optimizer_slots(const struct optimizer *optimizer,
                    struct optimizer_slot slots[OPTIMIZER_MAX_SLOTS]) {
    for (int i = 0; i < optimizer->kind->slot_count; i++)
        slots[i] = (struct optimizer_slot){optimizer->kind->slot_names[i], optimizer->slots[i]};
    return optimizer->kind->slot_count;
}
