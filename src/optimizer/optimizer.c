#include "optimizer/family.h"

#include <math.h>
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

/* ---- Steps ----------------------------------------------------------------------------------- */

/* The sum of squares is the sum over this fixed number of pieces of the parameters. Its bits then
 * do not depend on the number of threads, and ranks with different numbers of threads scale alike.
 */
enum { NORM_PIECES = 64 };

/* Work that members of a team share. */
struct shared_work {
    const struct optimizer *optimizer;
    float *params;
    const float *gradients;
    float *scaled; /* gradients, to be changed */
    float factor;
    double lr;
    bool measures_step;          /* squares are those of the step, not of the gradients */
    double squares[NORM_PIECES]; /* sums */
};

static size_t member_start(const struct optimizer *optimizer, int member) {
    return team_part_of_floats(optimizer->count, optimizer->members, member);
}

/* A part of an optimizer, from one parameter to before another, is an optimizer. */
static struct optimizer part_of(const struct optimizer *optimizer, size_t start, size_t end) {
    struct optimizer part = *optimizer;
    part.count = end - start;
    for (int i = 0; i < part.kind->slot_count; i++)
        part.slots[i] += start;
    return part;
}

static void step_part(void *context, int member) {
    const struct shared_work *work = context;
    const size_t start = member_start(work->optimizer, member);
    struct optimizer part =
        part_of(work->optimizer, start, member_start(work->optimizer, member + 1));
    part.kind->step(&part, work->params + start, work->gradients + start, (float)work->lr);
}

static double measure_piece(const struct shared_work *work, int piece) {
    const size_t start = team_part_of_floats(work->optimizer->count, NORM_PIECES, piece);
    const size_t end = team_part_of_floats(work->optimizer->count, NORM_PIECES, piece + 1);
    if (work->measures_step) {
        struct optimizer part = part_of(work->optimizer, start, end);
        return part.kind->measure(&part, work->gradients + start);
    }
    const double norm = gradient_norm(work->gradients + start, end - start);
    return norm * norm;
}

static void measure_pieces(struct shared_work *work, int first, int end) {
    for (int i = first; i < end; i++)
        work->squares[i] = measure_piece(work, i);
}

static void measure_part(void *context, int member) {
    struct shared_work *work = context;
    const int members = work->optimizer->members;
    measure_pieces(work, team_part(NORM_PIECES, members, member),
                   team_part(NORM_PIECES, members, member + 1));
}

/* The root of the sum of all squares. */
static double measure(struct shared_work *work) {
    double sum = 0;
    if (work->optimizer->team)
        team_run(work->optimizer->team, measure_part, work);
    else
        measure_pieces(work, 0, NORM_PIECES);
    for (int i = 0; i < NORM_PIECES; i++)
        sum += work->squares[i];
    return sqrt(sum);
}

void optimizer_step(struct optimizer *optimizer, float *params, const float *gradients, double lr) {
    struct shared_work work = {
        .optimizer = optimizer, .params = params, .gradients = gradients, .lr = lr};
    const double limit = optimizer->kind->limit ? optimizer->kind->limit(optimizer) : 0;
    optimizer->steps++;
    if (limit > 0) {
        work.measures_step = true;
        const double length = measure(&work) / sqrt((double)optimizer->count);
        work.lr *= length > limit ? limit / length : 1;
    }
    if (optimizer->team)
        team_run(optimizer->team, step_part, &work);
    else
        optimizer->kind->step(optimizer, params, gradients, (float)work.lr);
}

static void scale(struct shared_work *work, size_t first, size_t end) {
    for (size_t i = first; i < end; i++)
        work->scaled[i] *= work->factor;
}

static void scale_part(void *context, int member) {
    struct shared_work *work = context;
    scale(work, member_start(work->optimizer, member), member_start(work->optimizer, member + 1));
}

double optimizer_clip(const struct optimizer *optimizer, float *gradients, double max_norm) {
    struct shared_work work = {.optimizer = optimizer, .gradients = gradients};
    const double norm = measure(&work);
    if (!(max_norm > 0 && norm > max_norm))
        return norm;
    work.scaled = gradients;
    work.factor = (float)(max_norm / norm);
    if (optimizer->team)
        team_run(optimizer->team, scale_part, &work);
    else
        scale(&work, 0, optimizer->count);
    return norm;
}

int optimizer_slots(const struct optimizer *optimizer,
                    struct optimizer_slot slots[OPTIMIZER_MAX_SLOTS]) {
    for (int i = 0; i < optimizer->kind->slot_count; i++)
        slots[i] = (struct optimizer_slot){optimizer->kind->slot_names[i], optimizer->slots[i]};
    return optimizer->kind->slot_count;
}
