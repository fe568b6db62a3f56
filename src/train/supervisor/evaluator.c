/*
 * The evaluator: a process that plays the same games, by a seed of its own, with weights that the
 * learner offers every --eval_freq steps, and keeps those that score best as model-best.h5. While
 * it plays, the learner offers no others.
 */
#include "train/supervisor/helper_game.h"

#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NICENESS = 5 };

/* Added to the run's seed, so that no actor has played these games. */
static const uint64_t SEED_DISTANCE = 1000003;

/* How long an evaluation may go on after the run's end. */
static const double FAREWELL_SECONDS = 3;

struct evaluator {
    struct run *run;
    double best;     /* mean score of model-best.h5; -DBL_MAX: no such file */
    double end_seen; /* clock_seconds at which the evaluator first saw the run's end; 0: not yet */
    bool fails;      /* a failure was logged */
};

static bool run_is_over(struct evaluator *evaluator) {
    return helper_sees_end(evaluator->run, &evaluator->end_seen);
}

static bool is_late(struct evaluator *evaluator) {
    return run_is_over(evaluator) && clock_seconds() - evaluator->end_seen > FAREWELL_SECONDS;
}

static enum status play_games(struct evaluator *evaluator, struct episode *episode, double *mean,
                              struct error *error) {
    const struct train_config *config = evaluator->run->config;
    double sum = 0;
    for (int64_t game = 0; game < config->eval_episodes; game++) {
        episode_start(episode, (uint64_t)config->seed + SEED_DISTANCE, (uint64_t)game);
        enum status status = episode_failure(episode, error);
        while (status == STATUS_OK && !episode->over) {
            if (episode_step(episode).failed)
                status = episode_failure(episode, error);
            else if (is_late(evaluator))
                status = error_set(error, STATUS_FAILED, "the run is over");
        }
        if (status != STATUS_OK)
            return status;
        sum += episode->score;
    }
    *mean = sum / (double)config->eval_episodes;
    return STATUS_OK;
}

/* Mean score of the weights in a file of the run directory. */
static enum status evaluate(struct evaluator *evaluator, const char *file, double *mean,
                            struct error *error) {
    const struct run *run = evaluator->run;
    char model[PATH_SIZE];
    struct episode episode = {0};
    enum status status = path_join(model, run->control->run_dir, file, error);
    if (status != STATUS_OK)
        return status;
    status = helper_open_game(run, model, &episode, error);
    if (status == STATUS_OK)
        status = play_games(evaluator, &episode, mean, error);
    episode_close(&episode);
    return status;
}

/* Gives the file a second name; the learner replaces the first one and never writes into it. */
static enum status keep_best(const struct evaluator *evaluator, struct error *error) {
    const char *folder = evaluator->run->control->run_dir;
    char from[PATH_SIZE];
    char beside[PATH_SIZE];
    char to[PATH_SIZE];
    enum status status = path_join(from, folder, EVALUATION_FILE, error);
    if (status == STATUS_OK)
        status = path_join(to, folder, "model-best.h5", error);
    if (status == STATUS_OK)
        status = path_join(beside, folder, "model-best.h5.tmp", error);
    if (status != STATUS_OK)
        return status;
    unlink(beside);
    const bool linked = link(from, beside) == 0;
    if (rename(linked ? beside : from, to) != 0)
        status = error_set(error, STATUS_FAILED, "cannot write '%s': %s", to, strerror(errno));
    return status;
}

static void evaluate_offer(struct evaluator *evaluator) {
    struct run *run = evaluator->run;
    double mean;
    struct error error;
    enum status status = evaluate(evaluator, EVALUATION_FILE, &mean, &error);
    if (status == STATUS_OK) {
        metric_add(&run->metrics->learner.sums[METRIC_EVAL_MEAN], mean, 1);
        log_line("eval", "at %lld steps %lld games score %.4g on average%s",
                 (long long)atomic_load(&run->control->eval_steps),
                 (long long)run->config->eval_episodes, mean,
                 mean > evaluator->best ? ", the best so far" : "");
        if (mean > evaluator->best)
            status = keep_best(evaluator, &error);
        if (mean > evaluator->best && status == STATUS_OK)
            evaluator->best = mean;
    }
    if (status != STATUS_OK && !evaluator->fails && !run_is_over(evaluator))
        log_line("eval", "no evaluation: %s", error.message);
    evaluator->fails = status != STATUS_OK;
}

int evaluator_main(struct run *run) {
    struct evaluator evaluator = {.run = run, .best = -DBL_MAX};
    struct control *control = run->control;
    struct error ignored;
    process_give_way(NICENESS);
    /* A resumed run, or one whose evaluator died, already has best weights. */
    if (evaluate(&evaluator, "model-best.h5", &evaluator.best, &ignored) != STATUS_OK)
        evaluator.best = -DBL_MAX;
    while (!run_is_over(&evaluator) ||
           atomic_load(&control->evals_wanted) != atomic_load(&control->evals_done)) {
        const uint32_t wanted = atomic_load(&control->evals_wanted);
        if (wanted == atomic_load(&control->evals_done)) {
            futex_wait(&control->evals_wanted, wanted, 1);
            continue;
        }
        if (is_late(&evaluator))
            break;
        evaluate_offer(&evaluator);
        atomic_store(&control->evals_done, wanted);
    }
    return 0;
}
