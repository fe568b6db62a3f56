#include "train/learner/best.h"
#include "train/learner/checkpoint.h"
#include "train/learner/figures.h"
#include "train/learner/open.h"
#include "train/learner/schedule.h"
#include "train/learner/together.h"
#include "train/learner/weights.h"

#include <string.h>

/* The number of tries of the last save, with a rest between them. */
enum { LAST_SAVE_TRIES = 3 };
static const double LAST_SAVE_REST_SECONDS = 0.5;

/* A stopping run waits no longer than this for an actor without a sign of life. An environment
 * may take 40 s to answer; after 60 s the supervisor puts another actor in its place. */
static const double LAST_PATIENCE_SECONDS = 45;

/* ---- Learning -------------------------------------------------------------------------------- */

static void publish(struct learner *learner) {
    transport_publish(learner->run->transport, learner->trainer.params,
                      (uint64_t)learner->steps + 1);
}

/* Whether the steps after before, up to steps, contain a multiple of period. */
static bool passed(int64_t before, int64_t steps, int64_t period) {
    return before / period != steps / period;
}

/* Counts an update; fails when too many in a row were skipped. */
static enum status judge(struct learner *learner, const struct update *update,
                         struct error *error) {
    const struct control *control = learner->run->control;
    const long long steps = (long long)learner->steps;
    switch (guard_judge(&learner->guard, update->is_sound)) {
    case GUARD_SOUND:
    case GUARD_SKIPPED:
        break;
    case GUARD_SKIPPED_TELL:
        log_line(
            "learn",
            "an update at %lld steps was skipped, because its loss, its gradient or its effect "
            "is not finite or far too large (loss %g, gradient %g); skipped so far: %lld",
            steps, update_loss(update), update->gradient_norm, (long long)learner->guard.skipped);
        break;
    case GUARD_HOPELESS:
        return error_set(error, STATUS_FAILED,
                         "training has diverged, so the run ended: at %lld steps each of the last "
                         "%d updates had to be skipped. Begin again with a smaller "
                         "--lr%s%.400s",
                         steps, GUARD_PATIENCE,
                         control->model[0] ? ", or go on from the last good weights, " : "",
                         control->model);
    }
    return STATUS_OK;
}

/* Saves after a batch. Nothing is saved while updates are being skipped. */
static void save_what_is_due(struct learner *learner, int64_t steps_before) {
    const struct train_config *config = learner->run->config;
    if (learner->finished)
        return;
    if (learner_is_finished(learner)) {
        learner_finish(learner);
        return;
    }
    if (passed(steps_before, learner->steps, config->save_freq))
        learner->weights_due = learner->checkpoint_due = true;
    if (learner_first_weights_are_due(learner, clock_seconds() - learner->run->metrics->start))
        learner->weights_due = true;
    if (learner->weights_due && learner->guard.streak == 0)
        learner_save_weights(learner);
}

static void freeze(struct learner *learner) {
    memcpy(learner->frozen, learner->trainer.params,
           learner->trainer.param_count * sizeof *learner->frozen);
}

static const float *frozen_params(const struct learner *learner) {
    return learner->frozen ? learner->frozen : transport_published(learner->run->transport);
}

/* Learns from the full batch; then publishes, saves and offers weights when the step count says
 * so. */
static enum status train_batch(struct learner *learner, struct error *error) {
    const struct train_config *config = learner->run->config;
    const int64_t before = learner->steps;
    const double rate = learner_rate(learner);
    learner_beat(learner);
    stage_timer_turn(&learner->timer);
    learner->trainer.steps = before;
    learner->trainer.flag = run_winds_down(learner->run);
    const struct update update =
        trainer_update(&learner->trainer, &learner->batch, frozen_params(learner), rate);
    learner->steps += learner_batch_steps(learner);
    if (learner->frozen && passed(before, learner->steps, config->method.target_freq))
        freeze(learner);
    const enum status together = together_check(learner, &update, error);
    if (together != STATUS_OK || update.is_lost)
        return together;
    learner_report_batch(learner, &update);
    learner_tell_end_of_schedule(learner, before);
    learner_watch_health(learner, &update);
    batch_clear(&learner->batch);
    const enum status status = judge(learner, &update, error);
    if (status != STATUS_OK)
        return status;
    if (!run_in_rounds(learner->run) && passed(before, learner->steps, config->swap_freq))
        publish(learner);
    save_what_is_due(learner, before);
    learner_watch_scores(learner, before);
    return STATUS_OK;
}

/*
 * The least number of segments that the batch still lacks, at most as many as the rings hold. 1 in
 * a run in rounds: its order may need one actor's next segment while all other rings are full.
 */
static uint32_t pushes_lacking(const struct learner *learner) {
    const struct run *run = learner->run;
    const int steps = learner->batch.capacity - learner->batch.count;
    const int segments = (steps + run->layout.max_steps - 1) / run->layout.max_steps;
    if (run_in_rounds(run) || segments < 1)
        return 1;
    return (uint32_t)(segments < run->metrics->queue_capacity ? segments
                                                              : run->metrics->queue_capacity);
}

static void sleep_until(struct learner *learner, struct doorbell_moment since, uint32_t pushes) {
    const double start = clock_seconds();
    learner_beat(learner);
    transport_sleep(learner->run->transport, since, pushes,
                    elsewhere_rest(learner->elsewhere, 0.5));
    _Atomic double *idle = &learner->metrics->idle_seconds;
    atomic_store_explicit(
        idle, atomic_load_explicit(idle, memory_order_relaxed) + clock_seconds() - start,
        memory_order_relaxed);
}

/* Opens the round after next, with new weights when it is time for them. */
static void open_round(struct learner *learner) {
    struct run *run = learner->run;
    elsewhere_catch_up(learner->elsewhere); /* elsewhere_move fails if this does */
    const int64_t published = (int64_t)transport_version(run->transport) - 1;
    if (passed(published, learner->steps, run->config->swap_freq))
        publish(learner);
    run_open_rounds(run, learner->reader.taken / run_round_steps(run) + run_rounds_ahead(run));
}

/* Whether a run in rounds is at the end of a round that it has not handled yet. */
static bool ends_round(const struct learner *learner) {
    const struct run *run = learner->run;
    const int64_t steps = run_round_steps(run);
    return learner->reader.taken % steps == 0 &&
           transport_get(run->transport, WORD_ROUNDS_OPEN) <
               learner->reader.taken / steps + run_rounds_ahead(run);
}

/* When asked to stop, saves weights first: the checkpoint has to wait for actors and may fail. */
static void obey_stop(struct learner *learner) {
    if (learner->stopping || !run_winds_down(learner->run))
        return;
    learner->stopping = true;
    learner_save_weights_at_once(learner);
}

/* Fails when a stopping run has waited too long for a sign of life of an actor. */
static enum status check_patience(const struct run *run, struct error *error) {
    const double now = clock_seconds();
    for (int i = 0; run_winds_down(run) && i < run->metrics->actor_count; i++) {
        const double silent = now - atomic_load(&run->metrics->actors[i].heartbeat);
        if (silent > LAST_PATIENCE_SECONDS)
            return error_set(error, STATUS_FAILED,
                             "no last checkpoint could be taken: actor %d has been silent for "
                             "%.0f s",
                             i, silent);
    }
    return STATUS_OK;
}

/*
 * Lets every actor take the weights of its next round before there can be newer ones. Most have
 * done so by the time the learner has read the round before; an actor whose last episode ended with
 * the round, or that a checkpoint restores, has not.
 */
static enum status await_next_round(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    const int64_t next = learner->reader.taken / run_round_steps(run);
    enum status status = STATUS_OK;
    if (run->config->lockstep) /* no actor is in the next round yet */
        return STATUS_OK;
    transport_set(run->transport, WORD_AWAITS_BEGUN, 1);
    while (status == STATUS_OK) {
        const struct doorbell_moment moment = transport_look(run->transport);
        obey_stop(learner);
        if (run_all_begun(run, next) || run_stops(run))
            break;
        status = check_patience(run, error);
        if (status == STATUS_OK)
            sleep_until(learner, moment, 1);
    }
    transport_set(run->transport, WORD_AWAITS_BEGUN, 0);
    return status;
}

typedef enum status saver(struct learner *learner, struct error *error);

/* Saves, in at most that many tries. Logs each failure but the last, which it returns. */
static enum status try_to_save(struct learner *learner, saver *save, int tries,
                               struct error *error) {
    for (;;) {
        const enum status status = save(learner, error);
        if (status == STATUS_OK || --tries <= 0)
            return status;
        log_line("learn", "%s; tried again", error->message);
        clock_sleep(LAST_SAVE_REST_SECONDS);
    }
}

static enum status save_checkpoint(struct learner *learner, struct error *error) {
    learner_begin_file(learner);
    return learner_save(learner, error);
}

/* All actors of this rank are parked. Rank 0 saves for all. */
static enum status save_parked(struct learner *learner, int tries, struct error *error) {
    enum status status = together_collect(learner, STATUS_OK, error);
    if (status == STATUS_OK && run_is_first(learner->run) && !run_stops(learner->run))
        status = try_to_save(learner, save_checkpoint, tries, error);
    learner_free_shares(learner);
    return status;
}

/*
 * Asks every actor to park at the end of a round, takes in the segments that they push meanwhile,
 * and saves the state of all. A run in rounds stands at the end of one: its actors are in the next,
 * and park after it. All ranks do it after the same update.
 */
static enum status take_checkpoint(struct learner *learner, int tries, struct error *error) {
    struct run *run = learner->run;
    const bool in_rounds = run_in_rounds(run);
    parking_ask(run, in_rounds ? learner->reader.taken / run_round_steps(run) : 0);
    if (in_rounds)
        open_round(learner);
    enum status status = STATUS_OK;
    bool is_collected = false;
    while (status == STATUS_OK && !run_stops(run)) {
        const struct doorbell_moment moment = transport_look(run->transport);
        obey_stop(learner);
        const bool parked = parking_is_full(run);
        status = experience_fill_backlog(&learner->reader, error);
        if (status == STATUS_OK && parked && parking_begin_copy(run)) {
            status = save_parked(learner, tries, error);
            parking_end_copy(run);
            is_collected = true;
            break;
        }
        if (status == STATUS_OK)
            status = check_patience(run, error);
        if (status == STATUS_OK)
            sleep_until(learner, moment, 1);
    }
    parking_end(run);
    learner->checkpoint_due = false;
    return is_collected || run_stops(run) ? status : together_collect(learner, status, error);
}

/* Runs between two batches; in a run in rounds, at the end of a round. */
static void between_rounds(struct learner *learner) {
    const struct train_config *config = learner->run->config;
    struct error error;
    if (learner->checkpoint_due && learner->guard.streak == 0 &&
        take_checkpoint(learner, 1, &error) != STATUS_OK)
        log_line("learn", "%s; training goes on and tries again after %lld steps", error.message,
                 (long long)config->save_freq);
    if (run_in_rounds(learner->run) && ends_round(learner))
        open_round(learner);
}

/* Whether the run must end at the next possible place; all ranks agree on it after an update. */
static bool is_to_end(const struct learner *learner) {
    return learner->finished ||
           (run_learners(learner->run) > 1 ? learner->end_is_agreed : run_winds_down(learner->run));
}

/* Trains until the run stops or reaches the place of its last checkpoint; fails if it cannot reach
 * one. */
static enum status train_until_end(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !run_stops(run)) {
        obey_stop(learner);
        if (batch_is_full(&learner->batch))
            status = train_batch(learner, error);
        if (status == STATUS_OK && (!run_in_rounds(run) || ends_round(learner))) {
            if (run_in_rounds(run))
                status = await_next_round(learner, error);
            if (status != STATUS_OK || is_to_end(learner))
                break;
            between_rounds(learner);
        }
        const struct doorbell_moment moment = transport_look(run->transport);
        int moved = 0;
        if (status == STATUS_OK && !elsewhere_move(learner->elsewhere))
            status = together_complain(learner, error);
        if (status == STATUS_OK)
            status = experience_read(&learner->reader, &learner->batch, &moved, error);
        if (status == STATUS_OK && moved == 0) {
            status = check_patience(run, error);
            sleep_until(learner, moment, pushes_lacking(learner));
        }
    }
    return status;
}

/*
 * Saves weights first: they are smaller and need no actor. trained: STATUS_OK if a checkpoint can
 * be saved; otherwise error says why not. Logs each failure; returns that of the weights before
 * that of the checkpoint.
 */
static enum status save_all(struct learner *learner, enum status trained, struct error *error) {
    struct error weights_error;
    const enum status weights =
        try_to_save(learner, learner_save_last_weights, LAST_SAVE_TRIES, &weights_error);
    enum status checkpoint = trained;
    if (trained == STATUS_OK && !run_stops(learner->run))
        checkpoint = take_checkpoint(learner, LAST_SAVE_TRIES, error);
    if (checkpoint == STATUS_OK && weights == STATUS_OK)
        return STATUS_OK;
    if (weights == STATUS_OK) {
        log_line("learn", "the last weights are saved: %s", learner->run->control->model);
        return checkpoint;
    }
    if (checkpoint != STATUS_OK)
        log_line("learn", "%s", error->message);
    *error = weights_error;
    return weights;
}

/* Logs the measured number of threads, once everything that may fail is open. */
static void tell_threads(const struct learner *learner) {
    const int threads = learner->trainer.request.threads;
    if (threads > 1 && learner->run->config->learner_threads == 0)
        log_line("learn", "computes on %d threads, which is faster here", threads);
}

/* PPO and PQN learn from whole batches, so the last one may end beyond --total_steps. */
static void tell_end(const struct learner *learner) {
    const struct train_config *config = learner->run->config;
    const int64_t left = config->total_steps - learner->steps;
    const int64_t batch = (int64_t)learner->batch.capacity * run_learners(learner->run);
    if (!learner->run->method->in_rounds || left <= 0 || left % batch == 0)
        return;
    const int64_t end = config->total_steps - left % batch + batch;
    log_line("learn", "a batch has %lld steps: the run ends at %lld steps, not at %lld",
             (long long)batch, (long long)end, (long long)config->total_steps);
}

/* Trains from the first weights published to the last file written. */
static enum status learn(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    enum status status = learner_open(learner, error);
    if (status != STATUS_OK)
        return status;
    if (learner_is_finished(learner)) {
        run->control->finished_at = learner->steps;
        status = together_leave(learner, true, error);
        run_stop(run);
        return status;
    }
    tell_threads(learner);
    tell_end(learner);
    learner_report_rate(learner);
    if (transport_version(run->transport) == 0) {
        learner_tell_steps(learner);
        transport_set(run->transport, WORD_ROUND_STEPS, learner->steps);
        if (learner->frozen)
            freeze(learner);
        publish(learner);
    }
    transport_set(run->transport, WORD_READY, 1);
    stage_timer_start(&learner->timer, clock_processor_seconds);
    status = train_until_end(learner, error);
    stage_timer_stop(&learner->timer, &learner->metrics->times);
    if (learner->guard.streak < GUARD_PATIENCE) /* otherwise the weights are not worth saving */
        status = save_all(learner, status, error);
    const bool is_at_end = status == STATUS_OK && !run_stops(run) && is_to_end(learner);
    struct error differs;
    if (together_leave(learner, is_at_end, &differs) != STATUS_OK) {
        *error = differs;
        status = differs.status;
    }
    run_stop(run);
    return status;
}

int learner_main(struct run *run) {
    struct learner learner = {.run = run,
                              .metrics = &run->metrics->learner,
                              .saved_steps = -1,
                              .offers.best = STANDING_OF_NO_GAMES,
                              .lock = -1};
    struct error error;
    const enum status status = learn(&learner, &error);
    if (status != STATUS_OK)
        run_fail(run, &error);
    learner_close(&learner);
    return status == STATUS_OK ? 0 : 1;
}
