#include "store/store.h"
#include "train/learner/checkpoint.h"
#include "train/learner/checkpoint_layout.h"
#include "train/learner/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A checkpoint being read, and the first error in it. */
struct reading {
    const struct checkpoint *checkpoint;
    enum status status;
    struct error *error;
};

static void read_part(struct reading *reading, const char *group, const char *name,
                      enum checkpoint_type type, void *data, size_t count) {
    char full_name[48];
    snprintf(full_name, sizeof full_name, "%s/%s", group, name);
    if (reading->status == STATUS_OK)
        reading->status =
            checkpoint_read(reading->checkpoint, full_name, type, data, count, reading->error);
}

static void refuse(struct reading *reading, const char *what) {
    if (reading->status == STATUS_OK)
        reading->status =
            error_set(reading->error, STATUS_BAD_INPUT, "the checkpoint makes no sense: %s", what);
}

static void check_identity(struct reading *reading, const struct run *run) {
    char wanted[CHECKPOINT_IDENTITY_SIZE];
    char found[CHECKPOINT_IDENTITY_SIZE];
    read_part(reading, "run", "identity", CHECKPOINT_BYTES, found, sizeof found);
    checkpoint_describe_run(run, OBSERVATION_CLASSIC_BEFORE, wanted);
    const bool is_older = run->environment.observation == OBSERVATION_CLASSIC &&
                          memcmp(found, wanted, sizeof wanted) == 0;
    checkpoint_describe_run(run, observation_name(run->environment.observation), wanted);
    if (reading->status != STATUS_OK || is_older || memcmp(found, wanted, sizeof wanted) == 0)
        return;
    found[sizeof found - 1] = '\0';
    reading->status =
        error_set(reading->error, STATUS_BAD_INPUT,
                  "the checkpoint is of %.200s; config.json says %.200s", found, wanted);
}

static void take_counters(struct reading *reading, struct learner *learner,
                          int64_t counters[COUNTER_COUNT]) {
    read_part(reading, "learner", "counters", CHECKPOINT_INTS, counters, COUNTER_COUNT);
    if (reading->status != STATUS_OK)
        return;
    const struct run *run = learner->run;
    if (counters[COUNTER_STEPS] < 0 || counters[COUNTER_TAKEN] < 0 ||
        counters[COUNTER_NEXT_STEP] < 0 || counters[COUNTER_NEXT_STEP] >= run->layout.max_steps ||
        counters[COUNTER_RING] < 0 || counters[COUNTER_RING] >= run->metrics->actor_count ||
        counters[COUNTER_BATCH] < 0 || counters[COUNTER_BATCH] >= learner->batch.capacity ||
        counters[COUNTER_WEIGHTS_VERSION] < 1) {
        refuse(reading, "its counters are out of bounds");
        return;
    }
    learner->steps = counters[COUNTER_STEPS];
    learner->saved_steps = counters[COUNTER_SAVED_STEPS];
    learner->reader.taken = counters[COUNTER_TAKEN];
    learner->reader.next_step = (int32_t)counters[COUNTER_NEXT_STEP];
    learner->reader.ring = (int)counters[COUNTER_RING];
    learner->batch.count = (int)counters[COUNTER_BATCH];
    transport_set(run->transport, WORD_ROUNDS_OPEN, counters[COUNTER_ROUNDS_OPEN]);
    transport_set(run->transport, WORD_ROUND_STEPS, counters[COUNTER_ROUND_STEPS]);
}

/* Not 0 if an actor was replaced: the learner has then begun to read the next round of actor 0.
 * Older checkpoints do not have it. */
static void take_turn(struct reading *reading, struct learner *learner) {
    int64_t *turn = &learner->reader.turn;
    size_t numbers;
    if (checkpoint_count(reading->checkpoint, "learner/turn", CHECKPOINT_INTS, &numbers))
        read_part(reading, "learner", "turn", CHECKPOINT_INTS, turn, 1);
    if (*turn < 0 || *turn >= run_turn_steps(learner->run))
        refuse(reading, "its counters are out of bounds");
}

/* Reads a whole part of bytes; the caller frees them. NULL: the part is empty or missing, or
 * reading holds the error. */
static uint8_t *read_bytes(struct reading *reading, const char *group, const char *name,
                           size_t *size) {
    char full_name[48];
    snprintf(full_name, sizeof full_name, "%s/%s", group, name);
    if (reading->status != STATUS_OK ||
        !checkpoint_count(reading->checkpoint, full_name, CHECKPOINT_BYTES, size) || *size == 0)
        return NULL;
    uint8_t *bytes = malloc(*size);
    if (bytes)
        read_part(reading, group, name, CHECKPOINT_BYTES, bytes, *size);
    else
        reading->status = error_set(reading->error, STATUS_FAILED, "out of memory");
    if (reading->status == STATUS_OK)
        return bytes;
    free(bytes);
    return NULL;
}

/* Whether a share is of a rank with the options of rank 0, whose description identity is. */
static bool share_fits(const struct share *share, const char identity[CHECKPOINT_IDENTITY_SIZE]) {
    struct checkpoint *checkpoint;
    struct error ignored;
    char found[CHECKPOINT_IDENTITY_SIZE];
    if (checkpoint_unpack(share->bytes, share->size, "of a rank", &checkpoint, &ignored) !=
        STATUS_OK)
        return false;
    const bool fits = checkpoint_read(checkpoint, "run/identity", CHECKPOINT_BYTES, found,
                                      sizeof found, &ignored) == STATUS_OK &&
                      memcmp(found, identity, sizeof found) == 0;
    checkpoint_close(checkpoint);
    return fits;
}

/* Reads the shares of the other ranks. Earlier builds wrote none. */
static bool read_shares(struct reading *reading, struct learner *learner) {
    char identity[CHECKPOINT_IDENTITY_SIZE];
    read_part(reading, "run", "identity", CHECKPOINT_BYTES, identity, sizeof identity);
    for (int i = 1; i < run_ranks(learner->run); i++) {
        struct share *share = &learner->shares[i];
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        share->bytes = read_bytes(reading, "ranks", name, &share->size);
        if (share->bytes && share_fits(share, identity))
            continue;
        learner_free_shares(learner);
        return false;
    }
    return true;
}

/*
 * Whether the run goes on exactly, for which it needs as many ranks, with the same options; if not,
 * reason says why. Older checkpoints do not name the ranks; they are of one.
 */
static bool is_exact(struct reading *reading, struct learner *learner, char reason[96]) {
    int64_t ranks = 1;
    size_t numbers;
    if (checkpoint_count(reading->checkpoint, "run/ranks", CHECKPOINT_INTS, &numbers))
        read_part(reading, "run", "ranks", CHECKPOINT_INTS, &ranks, 1);
    if (ranks != run_ranks(learner->run)) {
        snprintf(reason, 96, "the number of ranks changed from %lld to %d", (long long)ranks,
                 run_ranks(learner->run));
        return false;
    }
    snprintf(reason, 96,
             "the checkpoint lacks the games of a rank, or its options differ from rank 0's");
    return read_shares(reading, learner);
}

static void take_steps(struct reading *reading, struct learner *learner, const char *reason) {
    int64_t counters[COUNTER_COUNT] = {0};
    read_part(reading, "learner", "counters", CHECKPOINT_INTS, counters, COUNTER_COUNT);
    if (counters[COUNTER_STEPS] < 0)
        refuse(reading, "its counters are out of bounds");
    if (reading->status != STATUS_OK)
        return;
    learner->steps = counters[COUNTER_STEPS];
    learner->saved_steps = counters[COUNTER_SAVED_STEPS];
    log_line("learn",
             "goes on from weights and optimizer of %lld steps, with new games, because %s: this "
             "resume is inexact",
             (long long)learner->steps, reason);
}

static void take_slot(struct reading *reading, const struct learner *learner,
                      const struct optimizer_slot *slot) {
    char name[48];
    size_t numbers;
    snprintf(name, sizeof name, "learner/%s", slot->name);
    if (reading->status != STATUS_OK)
        return;
    if (!checkpoint_count(reading->checkpoint, name, CHECKPOINT_FLOATS, &numbers)) {
        reading->status = error_set(
            reading->error, STATUS_BAD_INPUT,
            "config.json says --optimizer=%s, but the checkpoint was written with another "
            "--optimizer: it has no '%s'",
            learner->run->config->optimizer.optimizer, slot->name);
        return;
    }
    read_part(reading, "learner", slot->name, CHECKPOINT_FLOATS, slot->values,
              learner->trainer.optimizer.count);
}

/* Checkpoints from before the choice of optimizers count no steps; RMSprop needs none. */
static void take_optimizer(struct reading *reading, struct learner *learner) {
    struct optimizer *optimizer = &learner->trainer.optimizer;
    struct optimizer_slot slots[OPTIMIZER_MAX_SLOTS];
    const int count = optimizer_slots(optimizer, slots);
    size_t numbers;
    for (int i = 0; i < count; i++)
        take_slot(reading, learner, &slots[i]);
    if (checkpoint_count(reading->checkpoint, "learner/optimizer_steps", CHECKPOINT_INTS, &numbers))
        read_part(reading, "learner", "optimizer_steps", CHECKPOINT_INTS, &optimizer->steps, 1);
}

/* Older checkpoints, from before methods kept anything, have no such part. */
static void take_trainer(struct reading *reading, struct trainer *trainer) {
    size_t size;
    if (!checkpoint_count(reading->checkpoint, "learner/trainer", CHECKPOINT_BYTES, &size))
        return;
    read_part(reading, "learner", "trainer", CHECKPOINT_BYTES, &trainer->kept,
              sizeof trainer->kept);
    if (!rng_is_sound(&trainer->kept.rng))
        refuse(reading, "its random numbers have no state");
}

/* A factor for the learning rate belongs to a schedule. On another one, that of a larger
 * --total_steps perhaps, it is converted so that the rate goes on from where it was. Older
 * checkpoints do not have the share of the schedule. */
static void convert_factor(struct reading *reading, struct learner *learner) {
    double *factor = &learner->trainer.kept.lr_factor;
    const double present = learner_newest_share(learner);
    double share = present;
    size_t numbers;
    if (checkpoint_count(reading->checkpoint, "learner/lr_share", CHECKPOINT_REALS, &numbers))
        read_part(reading, "learner", "lr_share", CHECKPOINT_REALS, &share, 1);
    if (*factor != 1)
        *factor *= share / present;
    if (!isfinite(*factor) || *factor <= 0)
        refuse(reading, "its factor for the learning rate is out of bounds");
}

/* Older checkpoints have no score of the best games, or no rate of flags. */
static void take_best(struct reading *reading, struct standing *best) {
    size_t numbers;
    if (checkpoint_count(reading->checkpoint, "learner/best_score", CHECKPOINT_REALS, &numbers))
        read_part(reading, "learner", "best_score", CHECKPOINT_REALS, &best->score, 1);
    if (checkpoint_count(reading->checkpoint, "learner/best_flag_rate", CHECKPOINT_REALS, &numbers))
        read_part(reading, "learner", "best_flag_rate", CHECKPOINT_REALS, &best->flag_rate, 1);
}

static void take_batch(struct reading *reading, struct learner *learner) {
    struct batch *batch = &learner->batch;
    for (int i = 0; i < batch->layout->field_count; i++) {
        const struct step_field *field = &batch->layout->fields[i];
        if (batch_keeps(batch, i))
            read_part(reading, "batch", field->name, CHECKPOINT_BYTES, batch->arrays[i],
                      (size_t)batch_elements(batch, i) * field->bytes);
    }
    batch_count_cuts(batch);
}

/* Copies the steps and their observations one by one: in from, observations do not overlap. */
static void copy_old_segment(struct segment *to, const struct step_layout *layout,
                             struct segment *from, const struct step_layout *from_layout) {
    *to = *from;
    for (int i = 0; i < layout->field_count; i++)
        for (int k = 0; layout->offsets[i] > 0 && k < from->length + layout->fields[i].has_next;
             k++)
            memcpy(segment_at(to, layout, i, k), segment_at(from, from_layout, i, k),
                   layout->fields[i].bytes);
}

/* Older checkpoints hold the backlog as whole segments of n_step steps, with each observation as a
 * whole. */
static void take_old_segments(struct reading *reading, struct learner *learner) {
    const struct run *run = learner->run;
    struct step_layout old;
    size_t size = 0;
    uint8_t *segments = read_bytes(reading, "learner", "segments", &size);
    struct segment *segment = calloc(1, run->layout.segment_bytes);
    step_layout_make(&old, run->method->fields(&run->config->method), run->layout.max_steps,
                     &(struct step_sizes){.observation = run->layout.observation_bytes,
                                          .news = run->layout.observation_bytes});
    if (size % old.segment_bytes != 0)
        refuse(reading, "its segments are cut");
    if (!segment && reading->status == STATUS_OK)
        reading->status = error_set(reading->error, STATUS_FAILED, "out of memory");
    for (size_t at = 0; segments && reading->status == STATUS_OK && at < size;
         at += old.segment_bytes) {
        struct segment *from = (struct segment *)(void *)(segments + at);
        if (from->length < 1 || from->length > old.max_steps) {
            refuse(reading, "its segments are damaged");
            break;
        }
        copy_old_segment(segment, &run->layout, from, &old);
        reading->status = backlog_push(&learner->reader.backlog, segment, reading->error);
    }
    free(segment);
    free(segments);
}

static void take_backlog(struct reading *reading, struct learner *learner) {
    struct backlog *backlog = &learner->reader.backlog;
    size_t size = 0;
    if (!checkpoint_count(reading->checkpoint, "learner/backlog", CHECKPOINT_BYTES, &size) &&
        !checkpoint_count(reading->checkpoint, "learner/segments", CHECKPOINT_BYTES, &size))
        refuse(reading, "it has no backlog");
    uint8_t *bytes = read_bytes(reading, "learner", "backlog", &size);
    if (bytes)
        reading->status = backlog_restore(backlog, bytes, size, reading->error);
    take_old_segments(reading, learner);
    const struct segment *oldest = backlog_peek(backlog);
    if (learner->reader.next_step > 0 && (!oldest || learner->reader.next_step >= oldest->length))
        refuse(reading, "its counters are out of bounds");
}

static void take_snapshots(struct reading *reading, const struct run *run) {
    for (int i = 0; i < run->metrics->actor_count && reading->status == STATUS_OK; i++) {
        struct snapshot *snapshot = transport_snapshot(run->transport, i);
        char name[32];
        size_t size = 0;
        snprintf(name, sizeof name, "actors/%d", i);
        if (!checkpoint_count(reading->checkpoint, name, CHECKPOINT_BYTES, &size) || size == 0) {
            refuse(reading, "an actor is missing");
            return;
        }
        if (size > snapshot->capacity) {
            reading->status = error_set(
                reading->error, STATUS_BAD_INPUT,
                "the games in the checkpoint were saved by another emulator, that of an earlier "
                "build perhaps: start a new run from its weights with --checkpoint=FILE");
            return;
        }
        reading->status = checkpoint_read(reading->checkpoint, name, CHECKPOINT_BYTES,
                                          snapshot->bytes, size, reading->error);
        snapshot->size = size;
    }
}

/* The counts and the curves of the run go on from where they were. */
static void take_metrics(struct reading *reading, const struct learner *learner) {
    struct metrics *metrics = learner->run->metrics;
    const size_t actors = (size_t)metrics->actor_count;
    int64_t *per_actor = calloc(2 * actors, sizeof *per_actor);
    double seconds = 0;
    if (!per_actor) {
        reading->status = error_set(reading->error, STATUS_FAILED, "out of memory");
        return;
    }
    read_part(reading, "run", "seconds", CHECKPOINT_REALS, &seconds, 1);
    read_part(reading, "run", "emulator_frames_and_rows", CHECKPOINT_INTS, per_actor, 2 * actors);
    if (reading->status == STATUS_OK && !learner_is_finished(learner)) {
        metrics->start = clock_seconds() - seconds;
        for (size_t i = 0; i < actors; i++)
            atomic_store(&metrics->actors[i].emulator_frames, per_actor[i]);
        learner_tell_steps(learner);
        const struct reporter_cut cut = {learner->steps, per_actor + actors, seconds};
        reading->status =
            report_resume(metrics, learner->run->control->run_dir, &cut, reading->error);
    }
    free(per_actor);
}

static size_t full_batch_bytes(const struct batch *batch) {
    size_t bytes = 0;
    for (int i = 0; i < batch->layout->field_count; i++)
        if (batch_keeps(batch, i))
            bytes += (size_t)batch->capacity * batch->layout->fields[i].bytes;
    return bytes;
}

/* An earlier part of the run may have had more ranks than this one. */
enum { MOST_RANKS = 4096 };

/* The most bytes that a checkpoint of the run can have: parameters, and of each rank snapshots, a
 * batch, and a backlog of the rings and of two rounds, in case an actor was replaced. 1 GiB stands
 * for all the rest, whose size also depends on options that a resume may change. */
static size_t largest_checkpoint(const struct learner *learner) {
    const struct run *run = learner->run;
    const size_t actors = (size_t)run->metrics->actor_count;
    const int64_t backlog_steps =
        2 * run_round_steps(run) + (int64_t)run->metrics->queue_capacity * run->layout.max_steps;
    return ((size_t)1 << 30) + 3 * sizeof(float) * learner->trainer.param_count +
           MOST_RANKS * (full_batch_bytes(&learner->batch) +
                         actors * transport_snapshot(run->transport, 0)->capacity +
                         backlog_bound(&run->layout, backlog_steps));
}

/* Restores the state that each rank has of its own. */
static void take_own_state(struct reading *reading, struct learner *learner,
                           int64_t counters[COUNTER_COUNT]) {
    take_counters(reading, learner, counters);
    take_turn(reading, learner);
    take_batch(reading, learner);
    take_backlog(reading, learner);
    take_snapshots(reading, learner->run);
}

/* Restores everything beside the learned parameters on which the run's further course depends.
 * Publishes the weights that actors had last, because actors wait for them. */
static void take_course(struct reading *reading, struct learner *learner) {
    struct trainer *trainer = &learner->trainer;
    int64_t counters[COUNTER_COUNT] = {0};
    if (learner->frozen)
        read_part(reading, "learner", "frozen", CHECKPOINT_FLOATS, learner->frozen,
                  trainer->param_count);
    take_own_state(reading, learner, counters);
    take_metrics(reading, learner);
    float *published = trainer->gradients; /* unused until the first update */
    read_part(reading, "board", "params", CHECKPOINT_FLOATS, published, trainer->param_count);
    if (reading->status == STATUS_OK)
        transport_publish(learner->run->transport, published,
                          (uint64_t)counters[COUNTER_WEIGHTS_VERSION]);
}

enum status learner_restore(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    struct checkpoint *checkpoint = NULL;
    const enum status opened =
        checkpoint_open(run->control->run_dir, largest_checkpoint(learner), &checkpoint, error);
    if (opened != STATUS_OK)
        return opened;
    if (checkpoint_warning(checkpoint)[0])
        log_line("learn", "%s", checkpoint_warning(checkpoint));
    struct reading reading = {checkpoint, STATUS_OK, error};
    struct trainer *trainer = &learner->trainer;
    char reason[96];
    check_identity(&reading, run);
    const bool exact = is_exact(&reading, learner, reason);
    if (!exact)
        take_steps(&reading, learner, reason);
    read_part(&reading, "learner", "params", CHECKPOINT_FLOATS, trainer->params,
              trainer->param_count);
    take_optimizer(&reading, learner);
    take_trainer(&reading, trainer);
    take_best(&reading, &learner->offers.best);
    run->control->eval_training_before = learner->offers.best;
    if (exact)
        take_course(&reading, learner);
    else
        take_metrics(&reading, learner);
    convert_factor(&reading, learner);
    checkpoint_close(checkpoint);
    return reading.status;
}

enum status learner_take_share(struct learner *learner, const struct share *share,
                               struct error *error) {
    struct checkpoint *checkpoint = NULL;
    const enum status opened =
        checkpoint_unpack(share->bytes, share->size, "of rank 0", &checkpoint, error);
    if (opened != STATUS_OK)
        return opened;
    struct reading reading = {checkpoint, STATUS_OK, error};
    int64_t counters[COUNTER_COUNT];
    take_own_state(&reading, learner, counters);
    if (reading.status == STATUS_OK)
        learner_tell_steps(learner);
    checkpoint_close(checkpoint);
    return reading.status;
}
