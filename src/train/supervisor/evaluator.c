/*
 * The evaluator: a process that plays the same games, by a seed of its own, with the weights that
 * the learner offers, and keeps those that do best as model-best.h5. While it plays or rests, the
 * learner offers no others; so when the run is over it tries the last weights, too.
 */
#include "store/store.h"
#include "train/standing.h"
#include "train/supervisor/helper_game.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NICENESS = 10 };

/* Added to the run's seed, so that no actor has played these games. */
static const uint64_t SEED_DISTANCE = 1000003;

/* Without --eval_freq it rests for this many times the processor time that it has played, which
 * costs a run with two processors 2.5 % of their time, also where it plays slowly beside others. */
static const double REST_FACTOR = 19;

struct evaluator {
    struct run *run;
    char offered[PATH_SIZE]; /* EVALUATION_FILE and BEST_FILE in the run directory */
    char kept[PATH_SIZE];
    bool has_begun;       /* best is known */
    struct standing best; /* of model-best.h5, as standing_of_tried has it, or with --eval_freq in
                             its evaluation; STANDING_OF_NO_GAMES: no such file */
    double seconds;       /* that the newest evaluation took */
    double work_seconds;  /* processor time of it */
    double end_seen; /* clock_seconds at which the evaluator first saw the run's end; 0: not yet */
    bool fails;      /* a failure was logged */
};

static bool run_is_over(struct evaluator *evaluator) {
    return helper_sees_end(evaluator->run, &evaluator->end_seen);
}

static bool is_late(struct evaluator *evaluator) {
    return run_is_over(evaluator) &&
           clock_seconds() - evaluator->end_seen > helper_farewell_seconds(evaluator->run);
}

static enum status play_games(struct evaluator *evaluator, struct episode *episode,
                              struct standing *standing, struct error *error) {
    const struct train_config *config = evaluator->run->config;
    double sum = 0;
    double flags = 0;
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
        flags += episode->flag;
    }
    standing->score = sum / (double)config->eval_episodes;
    standing->flag_rate = flags / (double)config->eval_episodes; /* FLAG_UNTOLD of all is -1 */
    return STATUS_OK;
}

/* Plays with the weights in a file. */
static enum status evaluate(struct evaluator *evaluator, const char *model,
                            struct standing *standing, struct error *error) {
    struct episode episode = {0};
    enum status status = helper_open_game(evaluator->run, model, &episode, error);
    if (status == STATUS_OK)
        status = play_games(evaluator, &episode, standing, error);
    episode_close(&episode);
    return status;
}

/* Gives the file a second name; the learner replaces the first one and never writes into it. */
static enum status keep_best(const struct evaluator *evaluator, struct error *error) {
    const char *offered = evaluator->offered;
    char beside[PATH_SIZE];
    const enum status status =
        path_join(beside, evaluator->run->control->run_dir, BEST_FILE ".tmp", error);
    if (status != STATUS_OK)
        return status;
    unlink(beside);
    const bool linked = link(offered, beside) == 0;
    if (rename(linked ? beside : offered, evaluator->kept) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED, "cannot write '%s': %s", evaluator->kept,
                     strerror(errno));
}

/* The standing by which tried weights are compared: with --eval_freq that of their games alone. */
static struct standing judge(const struct evaluator *evaluator, const struct standing *tried,
                             const struct standing *training) {
    return evaluator->run->config->eval_freq > 0 ? *tried : standing_of_tried(tried, training);
}

/* A resumed run, or one whose evaluator died, already has best weights. Only damaged ones may be
 * replaced untried: a game that does not start just now says nothing about them. */
static enum status begin(struct evaluator *evaluator, struct error *error) {
    const char *kept = evaluator->kept;
    struct standing tried;
    evaluator->best = STANDING_OF_NO_GAMES;
    enum status status = STATUS_BAD_INPUT;
    if (path_is_hidden(kept, error))
        status = STATUS_FAILED;
    else if (path_is_file(kept))
        status = evaluate(evaluator, kept, &tried, error);
    if (status == STATUS_OK)
        evaluator->best = judge(evaluator, &tried, &evaluator->run->control->eval_training_before);
    else if (status == STATUS_FAILED || (path_is_file(kept) && access(kept, R_OK) != 0))
        return error_context(error, "the best weights so far");
    evaluator->has_begun = true;
    return STATUS_OK;
}

/* training: how the newest games went when the weights were offered. */
static void evaluate_offer(struct evaluator *evaluator, const struct standing *training) {
    struct run *run = evaluator->run;
    struct standing tried;
    const double start = clock_seconds();
    const double work_start = clock_processor_seconds_with_children();
    struct error error;
    enum status status = evaluator->has_begun ? STATUS_OK : begin(evaluator, &error);
    if (status == STATUS_OK)
        status = evaluate(evaluator, evaluator->offered, &tried, &error);
    if (status == STATUS_OK) {
        const struct standing standing = judge(evaluator, &tried, training);
        const bool is_best = standing_is_better(&standing, &evaluator->best);
        metric_add(&run->metrics->learner.sums[METRIC_EVAL_MEAN], tried.score, 1);
        log_line("eval", "at %lld steps %lld games score %.4g on average%s",
                 (long long)atomic_load(&run->control->eval_steps),
                 (long long)run->config->eval_episodes, tried.score,
                 is_best ? ", the best so far" : "");
        if (is_best)
            status = keep_best(evaluator, &error);
        if (is_best && status == STATUS_OK)
            evaluator->best = standing;
    }
    if (status != STATUS_OK && !evaluator->fails && !run_is_over(evaluator))
        log_line("eval", "no evaluation: %s", error.message);
    evaluator->fails = status != STATUS_OK;
    evaluator->seconds = clock_seconds() - start;
    evaluator->work_seconds = clock_processor_seconds_with_children() - work_start;
}

/* Tries the run's last weights if the newest games went better than those of the best weights: a
 * short run ends while the evaluator rests, and has learned much since. Not if there is no time. */
static void evaluate_last(struct evaluator *evaluator) {
    struct run *run = evaluator->run;
    const int64_t steps = atomic_load(&run->control->saved_steps);
    const struct standing newest = standing_of_newest(&run->metrics->scores);
    if (!path_is_file(evaluator->kept) || evaluator->seconds > helper_farewell_seconds(run) ||
        steps <= atomic_load(&run->control->eval_steps))
        return;
    struct error ignored;
    if ((!evaluator->has_begun && begin(evaluator, &ignored) != STATUS_OK) ||
        !standing_is_better(&newest, &evaluator->best))
        return;
    unlink(evaluator->offered);
    if (link(run->control->model, evaluator->offered) != 0)
        return;
    atomic_store(&run->control->eval_steps, steps);
    evaluate_offer(evaluator, &newest);
}

/* Sleeps while the learner may not offer weights. */
static void rest(struct evaluator *evaluator, double seconds) {
    struct control *control = evaluator->run->control;
    const double end = clock_seconds() + seconds;
    for (double left = seconds; left > 0 && !run_is_over(evaluator); left = end - clock_seconds())
        futex_wait(&control->evals_wanted, atomic_load(&control->evals_wanted), fmin(left, 1));
}

/* Removes the file of offered weights. If they were the only ones, and there was no time to try
 * them or the game could not be opened, it keeps them: untried weights are better than none. */
static void finish(const struct evaluator *evaluator) {
    struct error ignored;
    if (path_is_file(evaluator->offered) && !path_is_file(evaluator->kept) &&
        !path_is_hidden(evaluator->kept, &ignored))
        keep_best(evaluator, &ignored);
    unlink(evaluator->offered);
}

int evaluator_main(struct run *run) {
    struct evaluator evaluator = {.run = run, .best = STANDING_OF_NO_GAMES};
    struct control *control = run->control;
    struct error error;
    process_give_way(NICENESS);
    if (path_join(evaluator.offered, control->run_dir, EVALUATION_FILE, &error) != STATUS_OK ||
        path_join(evaluator.kept, control->run_dir, BEST_FILE, &error) != STATUS_OK) {
        log_line("eval", "no evaluation: %s", error.message);
        return 0;
    }
    while (!run_is_over(&evaluator) ||
           atomic_load(&control->evals_wanted) != atomic_load(&control->evals_done)) {
        const uint32_t wanted = atomic_load(&control->evals_wanted);
        if (wanted == atomic_load(&control->evals_done)) {
            futex_wait(&control->evals_wanted, wanted, 1);
            continue;
        }
        if (is_late(&evaluator))
            break;
        evaluate_offer(&evaluator, &control->eval_training);
        if (run->config->eval_freq == 0)
            rest(&evaluator, REST_FACTOR * evaluator.work_seconds);
        atomic_store(&control->evals_done, wanted);
    }
    evaluate_last(&evaluator);
    finish(&evaluator);
    return 0;
}
