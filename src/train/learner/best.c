#include "train/learner/best.h"
#include "train/learner/weights.h"

#include <math.h>
#include <stdlib.h>

/* While a run learns, its mean rises with nearly every game. */
static const double BEST_REST_SECONDS = 5;

/* Of the newest games. */
struct standing {
    double score;
    double flag_rate; /* -1: they have no goal */
};

static bool is_better(const struct standing *standing, const struct best *best) {
    if (standing->flag_rate != best->flag_rate)
        return standing->flag_rate > best->flag_rate;
    return standing->score > best->score;
}

static void save_best(struct learner *learner, const struct standing *standing) {
    struct best *best = &learner->best;
    struct error error;
    char path[PATH_SIZE];
    enum status status = path_join(path, learner->run->control->run_dir, "model-best.h5", &error);
    if (status == STATUS_OK)
        status =
            learner_write_weights(learner, path, learner->trainer.params, learner->steps, &error);
    best->last_try = clock_seconds();
    if (status == STATUS_OK) {
        best->score = standing->score;
        best->flag_rate = standing->flag_rate;
    } else if (!best->failed) {
        log_line("learn", "%s; training goes on", error.message);
    }
    best->failed = status != STATUS_OK;
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

void learner_watch_scores(struct learner *learner) {
    struct run *run = learner->run;
    if (!run_winds_down(run) && is_late(run))
        run_wind_down(run);
    const struct recent_scores *scores = &run->metrics->scores;
    if (atomic_load_explicit(&scores->games, memory_order_relaxed) < SCORE_WINDOW)
        return;
    const double flag_rate = atomic_load_explicit(&scores->flag_rate, memory_order_relaxed);
    const struct standing standing = {
        .score = atomic_load_explicit(&scores->mean, memory_order_relaxed),
        .flag_rate = isnan(flag_rate) ? -1 : flag_rate,
    };
    const bool by_games = run->config->eval_freq == 0; /* otherwise the evaluator keeps the best */
    if (by_games && is_better(&standing, &learner->best) && learner->guard.streak == 0 &&
        clock_seconds() - learner->best.last_try >= BEST_REST_SECONDS)
        save_best(learner, &standing);
    if (!run_winds_down(run) && has_reached_aim(run->config, &standing)) {
        if (by_games)
            save_best(learner, &standing);
        run_wind_down(run);
    }
}
