#include "train/learner.h"
#include "store/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double MIN_LEARNING_RATE = 1e-8;

/* Actors count their random streams up from 0 and down from the largest number: half way between.
 */
static const uint64_t INITIALIZATION_STREAM = UINT64_MAX / 2;

/* ---- Learning -------------------------------------------------------------------------------- */

static double learning_rate(const struct learner *learner) {
    const struct train_config *config = learner->run->config;
    const double rate =
        schedule_linear(config->lr, 0, (double)learner->frames, (double)config->lr_frames);
    return fmax(rate, MIN_LEARNING_RATE);
}

/* Sums of an update, of those metrics that the method has. */
static void report_sums(struct learner *learner, const struct update_sums *sums) {
    struct metric_sum *metrics = learner->metrics->sums;
    const double count = learner->batch.count;
    if (learner->run->method->has_policy) {
        metric_add(&metrics[METRIC_POLICY_LOSS], sums->policy_loss, count);
        metric_add(&metrics[METRIC_VALUE_LOSS], sums->value_loss, count);
        metric_add(&metrics[METRIC_ENTROPY], sums->entropy, count);
        metric_add(&metrics[METRIC_VALUE], sums->value, count);
    } else {
        metric_add(&metrics[METRIC_Q_LOSS], sums->value_loss, count);
        metric_add(&metrics[METRIC_Q_VALUE], sums->value, count);
    }
}

static void report_batch(struct learner *learner, const struct update_sums *sums) {
    struct control *control = learner->run->control;
    struct learner_metrics *metrics = learner->metrics;
    report_sums(learner, sums);
    atomic_store_explicit(&metrics->learning_rate, learning_rate(learner), memory_order_relaxed);
    atomic_store_explicit(&metrics->frames, learner->frames, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->transitions, learner->batch.count, memory_order_relaxed);
    int waiting = 0;
    for (int i = 0; i < learner->run->metrics->actor_count; i++)
        waiting += ring_count(learner->run->rings[i]);
    atomic_store_explicit(&learner->run->metrics->queue_count, waiting, memory_order_relaxed);
    const double now = clock_seconds();
    if (atomic_load_explicit(&control->first_batch, memory_order_relaxed) == 0)
        atomic_store(&control->first_batch, now);
    atomic_store_explicit(&control->last_batch, now, memory_order_relaxed);
}

static void publish(struct learner *learner) {
    board_publish(learner->run->board, learner->trainer.params, (uint64_t)learner->frames + 1);
}

/* Whether a multiple of period was reached after before frames. */
static bool passed(int64_t before, int64_t frames, int64_t period) {
    return before / period != frames / period;
}

/* ---- Weight files ---------------------------------------------------------------------------- */

/* All names with commas between, or none where a comma in one, or their length, forbids that. */
static void list_actions(const struct emulator_info *info, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < info->action_count; i++) {
        const char *name = info->action_names[i];
        const int length = snprintf(out + used, size - used, "%s%s", i > 0 ? "," : "", name);
        used += (size_t)length;
        if (strchr(name, ',') || used >= size) {
            out[0] = '\0';
            return;
        }
    }
}

static void describe(const struct learner *learner, struct weights_about *about) {
    const struct run *run = learner->run;
    *about = (struct weights_about){.frames = learner->frames,
                                    .frame_skip = run->game.choices.frame_skip};
    snprintf(about->method, sizeof about->method, "%s", run->config->method);
    snprintf(about->game, sizeof about->game, "%s", run->game.id);
    snprintf(about->observation, sizeof about->observation, "%s",
             observation_name(run->environment.observation));
    snprintf(about->network, sizeof about->network, "%s", trunk_name(run->network.trunk));
    snprintf(about->actions, sizeof about->actions, "%s", run->game.choices.actions);
    list_actions(&run->emulators[0]->info, about->action_names, sizeof about->action_names);
}

static enum status save(struct learner *learner, struct error *error) {
    learner_begin_file(learner);
    struct run *run = learner->run;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int count = network_tensors(&run->network, learner->trainer.params, views);
    struct weights_about about;
    describe(learner, &about);
    char path[PATH_SIZE];
    enum status status =
        run_model_path(path, run->control->run_dir, &run->game, learner->frames, error);
    if (status == STATUS_OK)
        status = weights_save(path, views, count, &about, error);
    if (status != STATUS_OK)
        return status;
    learner->saved_frames = learner->frames;
    memcpy(run->control->model, path, sizeof path);
    atomic_store(&run->control->saved_frames, learner->frames);
    futex_ring(&run->control->saves);
    return STATUS_OK;
}

/* Saves while training goes on; a failure costs this file, not the run. */
static void save_on_the_way(struct learner *learner) {
    struct error error;
    if (save(learner, &error) != STATUS_OK)
        log_line("learn", "%s; training goes on and tries again after %lld frames", error.message,
                 (long long)learner->run->config->save_freq);
}

/* Shapes alone cannot tell deepmind's four screens from v4's: the file's own word can. */
static enum status check_about(const struct run *run, const struct weights_about *about,
                               struct error *error) {
    const char *observation = observation_name(run->environment.observation);
    if (!about->observation[0] || strcmp(about->observation, observation) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "'%s' was trained with --observation=%s, and this run has %s",
                     run->control->start_from, about->observation, observation);
}

static enum status load_or_initialize(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    const char *path = run->control->start_from;
    if (!path[0]) {
        struct rng rng;
        rng_seed(&rng, (uint64_t)run->config->seed, INITIALIZATION_STREAM);
        network_initialize(&run->network, learner->trainer.params, &rng);
        return STATUS_OK;
    }
    struct weights_layout layout;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int count = network_tensors(&run->network, learner->trainer.params, views);
    const enum channels_order channels = weights_channels(run->config->channels);
    enum status status = weights_inspect(path, channels, &layout, error);
    if (status == STATUS_OK)
        status = check_about(run, &layout.about, error);
    if (status == STATUS_OK)
        status = weights_load(path, channels, views, count, error);
    learner->frames = run->control->start_frames;
    if (status == STATUS_OK && learner->frames == 0 && layout.about.frames > 0)
        log_line("learn", "starts from weights of %lld frames; the counter of this run begins at 0",
                 (long long)layout.about.frames);
    learner->saved_frames = learner->frames;
    return status;
}

/* ---- The process ----------------------------------------------------------------------------- */

static enum status begin_run(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    enum status status = load_or_initialize(learner, error);
    if (status == STATUS_OK)
        status = run_directory_open(run, &learner->lock, error);
    if (status == STATUS_OK && run->control->continues)
        status = report_take_up(run->metrics, run->control->run_dir,
                                &(struct reporter_cut){.frames = learner->frames}, error);
    return status == STATUS_OK ? run_directory_describe(run, error) : status;
}

static enum status take_up_run(struct learner *learner, struct error *error) {
    enum status status = run_directory_open(learner->run, &learner->lock, error);
    if (status == STATUS_OK)
        status = learner_restore(learner, error);
    if (status != STATUS_OK || learner_is_finished(learner))
        return status;
    return run_directory_describe(learner->run, error);
}

static enum status open_learner(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    learner->intake.run = run;
    enum status status = trainer_open(&learner->trainer, run, error);
    if (status == STATUS_OK)
        status = batch_create(&learner->batch, run->method, &run->shape,
                              (int)run->config->batch_size, error);
    if (status == STATUS_OK)
        status = run->config->resume[0] ? take_up_run(learner, error) : begin_run(learner, error);
    return status;
}

static void close_learner(struct learner *learner) {
    trainer_close(&learner->trainer);
    batch_destroy(&learner->batch);
    intake_close(&learner->intake);
    if (learner->lock >= 0)
        close(learner->lock);
}

/* Learns from the full batch, and does what is due after that many frames. */
static void train_batch(struct learner *learner) {
    const struct train_config *config = learner->run->config;
    const int64_t before = learner->frames;
    const double rate = learning_rate(learner);
    learner_beat(learner);
    stage_timer_turn(&learner->timer);
    const struct update_sums sums =
        trainer_update(&learner->trainer, &learner->batch, board_newest(learner->run->board), rate,
                       &learner->timer);
    learner->frames += learner->batch.count;
    report_batch(learner, &sums);
    learner->batch.count = 0;
    if (!config->deterministic && passed(before, learner->frames, config->swap_freq))
        publish(learner);
    if (!learner->finished && learner_is_finished(learner)) {
        struct error ignored; /* tried again, and told, when all is over */
        save(learner, &ignored);
        learner->finished = true;
    } else if (!learner->finished && passed(before, learner->frames, config->save_freq)) {
        save_on_the_way(learner);
        learner->checkpoint_due = true;
    }
}

/*
 * Segments that a full batch still lacks at the least; never more than the rings hold. The order of
 * a deterministic run may want the very next one, with all others' rings full.
 */
static uint32_t pushes_lacking(const struct learner *learner) {
    const struct run *run = learner->run;
    const int steps = learner->batch.capacity - learner->batch.count;
    const int segments = (steps + run->shape.max_steps - 1) / run->shape.max_steps;
    if (run->config->deterministic || segments < 1)
        return 1;
    return (uint32_t)(segments < run->metrics->queue_capacity ? segments
                                                              : run->metrics->queue_capacity);
}

static void sleep_until(struct learner *learner, struct doorbell_moment since, uint32_t pushes) {
    const double start = clock_seconds();
    learner_beat(learner);
    doorbell_wait(learner->run->doorbell, since, pushes, 0.5);
    _Atomic double *idle = &learner->metrics->idle_seconds;
    atomic_store_explicit(
        idle, atomic_load_explicit(idle, memory_order_relaxed) + clock_seconds() - start,
        memory_order_relaxed);
}

/* Opens the round after next, with new weights when it is time for them. */
static void open_round(struct learner *learner) {
    struct run *run = learner->run;
    const int64_t published = (int64_t)board_version(run->board) - 1;
    if (passed(published, learner->frames, run->config->swap_freq))
        publish(learner);
    run_open_rounds(run, learner->intake.taken / run_round_steps(run) + ROUNDS_AHEAD);
}

/* A deterministic run stands at the end of a round that it has not acted upon yet. */
static bool ends_round(const struct learner *learner) {
    const struct run *run = learner->run;
    const int64_t steps = run_round_steps(run);
    return learner->intake.taken % steps == 0 &&
           atomic_load(&run->control->rounds_open) < learner->intake.taken / steps + ROUNDS_AHEAD;
}

static bool all_begun(const struct run *run, int64_t round) {
    for (int i = 0; i < run->metrics->actor_count; i++)
        if (atomic_load(&run->snapshots[i]->begun) < round)
            return false;
    return true;
}

/*
 * Lets every actor take the weights of its next round before there can be newer ones. Most have by
 * the time the learner has read the round before; not one whose last episode ended with the round,
 * or one that a checkpoint restores.
 */
static void await_next_round(struct learner *learner) {
    struct run *run = learner->run;
    const int64_t next = learner->intake.taken / run_round_steps(run);
    atomic_store(&run->control->awaits_begun, 1);
    for (;;) {
        const struct doorbell_moment moment = doorbell_look(run->doorbell);
        if (all_begun(run, next) || run_stops(run))
            break;
        sleep_until(learner, moment, 1);
    }
    atomic_store(&run->control->awaits_begun, 0);
}

/*
 * Has every actor park at the end of a round, meanwhile takes in what they push, and writes down
 * what all of them hold. A deterministic run stands at the end of a round: its actors are in the
 * next, and park after it.
 */
static enum status take_checkpoint(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    const bool deterministic = run->config->deterministic;
    run_ask_to_park(run, deterministic ? learner->intake.taken / run_round_steps(run) : 0);
    if (deterministic)
        open_round(learner);
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !run_stops(run)) {
        const struct doorbell_moment moment = doorbell_look(run->doorbell);
        const bool parked = run_all_parked(run);
        status = intake_drain(&learner->intake, error);
        if (status == STATUS_OK && parked) {
            learner_begin_file(learner);
            status = learner_save(learner, error);
            break;
        }
        sleep_until(learner, moment, 1);
    }
    run_unpark(run);
    learner->checkpoint_due = false;
    return status;
}

/* What is due between two batches, or in a deterministic run at the end of a round. */
static void between_rounds(struct learner *learner) {
    const struct train_config *config = learner->run->config;
    struct error error;
    if (learner->checkpoint_due && take_checkpoint(learner, &error) != STATUS_OK)
        log_line("learn", "%s; training goes on and tries again after %lld frames", error.message,
                 (long long)config->save_freq);
    if (config->deterministic && ends_round(learner))
        open_round(learner);
}

/* Until the run stops, or stands where its last checkpoint is to be taken. */
static void train_until_end(struct learner *learner) {
    struct run *run = learner->run;
    while (!run_stops(run)) {
        if (batch_is_full(&learner->batch))
            train_batch(learner);
        if (!run->config->deterministic || ends_round(learner)) {
            if (run->config->deterministic)
                await_next_round(learner);
            if (learner->finished || run_winds_down(run))
                return;
            between_rounds(learner);
        }
        const struct doorbell_moment moment = doorbell_look(run->doorbell);
        if (intake_take(&learner->intake, &learner->batch) == 0)
            sleep_until(learner, moment, pushes_lacking(learner));
    }
}

/* A deterministic run that is finished goes on to its round's end; its weights are those before. */
static bool weights_are_saved(const struct learner *learner) {
    const int64_t wanted = learner->finished ? learner->run->config->max_frames : learner->frames;
    return learner->saved_frames >= wanted;
}

/* Trains from the first weights published to the last file written. */
static enum status learn(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    enum status status = open_learner(learner, error);
    if (status != STATUS_OK)
        return status;
    if (learner_is_finished(learner)) {
        run->control->finished_at = learner->frames;
        run_stop(run);
        return STATUS_OK;
    }
    atomic_store(&learner->metrics->learning_rate, learning_rate(learner));
    if (board_version(run->board) == 0) {
        atomic_store(&learner->metrics->frames, learner->frames);
        publish(learner);
    }
    atomic_store(&run->control->learner_ready, 1);
    futex_wake(&run->control->learner_ready);
    stage_timer_start(&learner->timer);
    train_until_end(learner);
    stage_timer_stop(&learner->timer, &learner->metrics->times);
    if (!run_stops(run))
        status = take_checkpoint(learner, error);
    run_stop(run);
    if (status == STATUS_OK && !weights_are_saved(learner))
        status = save(learner, error);
    return status;
}

int learner_main(struct run *run) {
    struct learner learner = {
        .run = run, .metrics = &run->metrics->learner, .saved_frames = -1, .lock = -1};
    struct error error;
    const enum status status = learn(&learner, &error);
    if (status != STATUS_OK)
        run_fail(run, &error);
    close_learner(&learner);
    return status == STATUS_OK ? 0 : 1;
}
