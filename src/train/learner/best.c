#include "train/learner/best.h"
#include "train/learner/weights.h"

#include <math.h>
#include <stdlib.h>

/* While a run learns, its mean rises with nearly every game. */
static const double OFFER_REST_SECONDS = 5;

static bool can_offer(const struct learner *learner) {
    const struct control *control = learner->run->control;
    return run_is_first(learner->run) && learner->guard.streak == 0 &&
           atomic_load(&control->evals_wanted) == atomic_load(&control->evals_done);
}

/* Writes the weights for the evaluator; standing: how the newest games went. */
static void offer_weights(struct learner *learner, const struct standing *standing) {
    struct offers *offers = &learner->offers;
    struct control *control = learner->run->control;
    struct error error;
    char path[PATH_SIZE];
    enum status status = path_join(path, control->run_dir, EVALUATION_FILE, &error);
    if (status == STATUS_OK)
        status =
            learner_write_weights(learner, path, learner->trainer.params, learner->steps, &error);
    offers->last_try = clock_seconds();
    if (status == STATUS_OK) {
        control->eval_training = *standing;
        control->eval_training_before = offers->best;
        if (standing_is_better(standing, &offers->best))
            offers->best = *standing;
        atomic_store(&control->eval_steps, learner->steps);
        futex_ring(&control->evals_wanted);
    } else if (!offers->failed) {
        log_line("learn", "%s; training goes on", error.message);
    }
    offers->failed = status != STATUS_OK;
}

/* Whether --eval_freq says that weights are due; if it does not say when, they are when the newest
 * games went better than those before. */
static bool is_offer_due(const struct learner *learner, const struct standing *standing,
                         int64_t before) {
    const int64_t every = learner->run->config->eval_freq;
    if (every > 0)
        return before / every != learner->steps / every;
    return standing_is_better(standing, &learner->offers.best) &&
           clock_seconds() - learner->offers.last_try >= OFFER_REST_SECONDS;
}

/* Whether the run has reached its goal; logs that. */
static bool has_reached_aim(const struct train_config *config, const struct standing *standing) {
    if (config->stop_score[0] && standing->score >= strtod(config->stop_score, NULL)) {
        log_line("learn",
                 "the newest %d games scored %g on average, which is the goal of --stop_score=%s",
                 SCORE_WINDOW, standing->score, config->stop_score);
        return true;
    }
    if (config->stop_flag_rate > 0 && standing->flag_rate >= config->stop_flag_rate) {
        log_line("learn",
                 "a share of %g of the newest %d games reached the flag, which is the goal of "
                 "--stop_flag_rate=%g",
                 standing->flag_rate, SCORE_WINDOW, config->stop_flag_rate);
        return true;
    }
    return false;
}

/* The time is up: asks the run to save and stop. */
static bool is_late(const struct run *run) {
    const double limit = run->config->stop_time;
    if (limit <= 0 || clock_seconds() - run->metrics->start < limit)
        return false;
    log_line("learn", "%g s have passed, which is the limit of --stop_time=%g", limit, limit);
    return true;
}

void learner_watch_scores(struct learner *learner, int64_t before) {
    struct run *run = learner->run;
    if (!run_winds_down(run) && is_late(run))
        run_wind_down(run);
    const struct standing standing = standing_of_newest(&run->metrics->scores);
    const bool ends = !run_winds_down(run) && has_reached_aim(run->config, &standing);
    if ((ends || is_offer_due(learner, &standing, before)) && can_offer(learner))
        offer_weights(learner, &standing);
    if (ends)
        run_wind_down(run);
}
