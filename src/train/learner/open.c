#include "train/learner/open.h"
#include "train/learner/checkpoint.h"
#include "train/learner/threads.h"
#include "train/learner/together.h"
#include "train/learner/weights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status begin_first(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    int64_t trained;
    enum status status = learner_begin_weights(learner, &trained, error);
    if (status == STATUS_OK)
        status = run_directory_open(run, &learner->lock, error);
    if (status == STATUS_OK && trained > 0 && learner->steps == 0)
        log_line("learn", "starts from weights of %lld steps; the counter of this run begins at 0",
                 (long long)trained);
    if (status == STATUS_OK && run->control->continues)
        status = report_resume(run->metrics, run->control->run_dir,
                               &(struct reporter_cut){.steps = learner->steps}, error);
    return status == STATUS_OK ? run_directory_describe(run, error) : status;
}

static enum status resume_first(struct learner *learner, struct error *error) {
    enum status status = run_directory_open(learner->run, &learner->lock, error);
    if (status == STATUS_OK)
        status = learner_restore(learner, error);
    if (status != STATUS_OK || learner_is_finished(learner))
        return status;
    return run_directory_describe(learner->run, error);
}

/* Rank 0 begins or resumes the run; the others get its weights. */
static enum status begin_run(struct learner *learner, struct error *error) {
    const struct run *run = learner->run;
    enum status status = STATUS_OK;
    if (run_is_first(run))
        status =
            run->config->resume[0] ? resume_first(learner, error) : begin_first(learner, error);
    return status == STATUS_OK ? together_begin(learner, error) : status;
}

static void beat(void *learner) {
    learner_beat(learner);
}

static enum status open_trainer(struct learner *learner, struct error *error) {
    const struct run *run = learner->run;
    const int batch_size = (int)run->config->batch_size;
    const struct method *method = run->method;
    const int rows = method->minibatch ? method->minibatch(&run->config->method) : batch_size;
    struct trainer_ranks ranks;
    const enum status status = together_ranks(learner, &ranks, error);
    if (status != STATUS_OK)
        return status;
    const int threads = learner_threads(run, rows / ranks.count);
    if (run->config->pin && !process_pin(0, threads))
        log_line("learn", "cannot be bound to processors: %s", strerror(errno));
    const struct trainer_request request = {
        .method = method,
        .config = &run->config->method,
        .optimizer = &run->config->optimizer,
        .network = &run->network,
        .layout = &run->layout,
        .batch_size = batch_size,
        .threads = threads,
        .by_rows = run->config->deterministic,
        .ranks = ranks,
        .seed = (uint64_t)run->config->seed,
        .timer = &learner->timer,
        .beat = beat,
        .beat_context = learner,
    };
    return trainer_open(&learner->trainer, &request, error);
}

static enum status allocate_params(const struct learner *learner, float **params,
                                   struct error *error) {
    *params = calloc(learner->trainer.param_count, sizeof **params);
    return *params ? STATUS_OK : error_set(error, STATUS_FAILED, "out of memory");
}

enum status learner_open(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    experience_open(&learner->reader, run);
    if (run_is_first(run) && run_ranks(run) > 1) {
        learner->shares = calloc((size_t)run_ranks(run), sizeof *learner->shares);
        if (!learner->shares)
            return error_set(error, STATUS_FAILED, "out of memory");
    }
    enum status status = together_join(learner, error);
    if (status == STATUS_OK)
        status = elsewhere_open(learner, &learner->elsewhere, error);
    if (status == STATUS_OK)
        status = open_trainer(learner, error);
    if (status == STATUS_OK)
        status = batch_create(&learner->batch, &run->layout,
                              (int)run->config->batch_size / run_learners(run), error);
    if (status == STATUS_OK && run_in_rounds(run))
        status = allocate_params(learner, &learner->last_params, error);
    if (status == STATUS_OK && run->config->method.target_freq > 0)
        status = allocate_params(learner, &learner->frozen, error);
    return status == STATUS_OK ? begin_run(learner, error) : status;
}

void learner_close(struct learner *learner) {
    trainer_close(&learner->trainer);
    batch_destroy(&learner->batch);
    experience_close(&learner->reader);
    elsewhere_close(learner->elsewhere);
    free(learner->last_params);
    free(learner->frozen);
    learner_free_shares(learner);
    free(learner->shares);
    if (learner->lock >= 0)
        close(learner->lock);
}
