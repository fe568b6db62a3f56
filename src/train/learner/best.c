/* The best weights of a run, and the score that ends it. */
#include "train/learner/learner.h"

#include <stdlib.h>

/* While a run learns, its mean rises with nearly every game. */
static const double BEST_REST_SECONDS = 5;

static void save_best(struct learner *learner, double score) {
    struct best *best = &learner->best;
    struct error error;
    char path[PATH_SIZE];
    enum status status = path_join(path, learner->run->control->run_dir, "model-best.h5", &error);
    if (status == STATUS_OK)
        status =
            learner_write_weights(learner, path, learner->trainer.params, learner->steps, &error);
    best->last_try = clock_seconds();
    if (status == STATUS_OK)
        best->score = score;
    else if (!best->failed)
        log_line("learn", "%s; training goes on", error.message);
    best->failed = status != STATUS_OK;
}

void learner_watch_scores(struct learner *learner) {
    struct run *run = learner->run;
    const struct recent_scores *scores = &run->metrics->scores;
    if (atomic_load_explicit(&scores->games, memory_order_relaxed) < SCORE_WINDOW)
        return;
    const double mean = atomic_load_explicit(&scores->mean, memory_order_relaxed);
    if (mean > learner->best.score && learner->guard.streak == 0 &&
        clock_seconds() - learner->best.last_try >= BEST_REST_SECONDS)
        save_best(learner, mean);
    if (run->config->stop_score[0] && mean >= strtod(run->config->stop_score, NULL) &&
        !run_winds_down(run)) {
        log_line("learn",
                 "the newest %d games scored %g on average, which --stop_score=%s waits for",
                 SCORE_WINDOW, mean, run->config->stop_score);
        save_best(learner, mean);
        run_wind_down(run);
    }
}
