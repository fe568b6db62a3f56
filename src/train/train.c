#include "train/train.h"
#include "train/actor/snapshot.h"
#include "train/supervisor/supervisor.h"

#include <math.h>
#include <string.h>

/* The weights with which a finished run ended; "" if they were removed. */
static void find_last_model(const struct run *run, char out[PATH_SIZE]) {
    struct error ignored;
    if (run_model_path(out, run->control->run_dir, &run->game, run->control->finished_at,
                       &ignored) != STATUS_OK ||
        !path_is_file(out))
        out[0] = '\0';
}

/* Says that there was nothing to train. */
static void tell_of_finished(const struct run *run, bool is_whole) {
    const struct control *control = run->control;
    if (is_whole)
        log_line("super",
                 "the run in '%s' is finished: it has trained %lld steps; go on with a "
                 "larger --total_steps",
                 control->run_dir, (long long)control->finished_at);
    else
        log_line("super",
                 "the run in '%s' has trained %lld steps already, so --stop_steps=%lld trains "
                 "none: make that larger",
                 control->run_dir, (long long)control->finished_at,
                 (long long)run->config->stop_steps);
}

static void summarize(const struct run *run, struct train_summary *summary) {
    const struct control *control = run->control;
    const int64_t reached =
        control->finished_at > 0 ? control->finished_at : atomic_load(&run->metrics->learner.steps);
    *summary = (struct train_summary){
        .steps = atomic_load(&run->metrics->learner.transitions),
        .seconds = atomic_load(&control->last_batch) - atomic_load(&control->first_batch),
        .learner = run->metrics->learner.times,
        .score = atomic_load(&run->metrics->scores.games) > 0
                     ? atomic_load(&run->metrics->scores.mean)
                     : NAN,
        .games = run->metrics->memory.episodes,
        .is_whole = run->config->total_steps > 0 && reached >= run->config->total_steps,
    };
    summary->is_finished = summary->is_whole || !control->interrupted;
    for (int i = 0; i < run->metrics->actor_count; i++) {
        const struct actor_metrics *actor = &run->metrics->actors[i];
        summary->emulator_frames += atomic_load(&actor->emulator_frames);
        stage_times_add(&summary->actors, &actor->times);
    }
    if (control->finished_at > 0)
        tell_of_finished(run, summary->is_whole);
    memcpy(summary->run_dir, control->run_dir, sizeof summary->run_dir);
    if (atomic_load(&control->saves) > 0)
        memcpy(summary->model, control->model, sizeof summary->model);
    else if (control->finished_at > 0)
        find_last_model(run, summary->model);
}

/* Each ring holds a whole segment, so a queue that is too small for that is enlarged. */
static void warn_of_small_queue(const struct run *run) {
    const struct train_config *config = run->config;
    const int64_t held = run_ranks(run) * config->processes * config->n_step;
    if (config->queue_size < held)
        log_line("super", "--queue_size=%lld is less than one segment per actor; it becomes %lld",
                 (long long)config->queue_size, (long long)held);
}

/* Checkpoints of such a game lack the state of the game itself. */
static void warn_of_unsaved_games(const struct run *run) {
    if (emulator_can_save(run->emulators[0]))
        return;
    if (run->config->resume[0])
        log_line("super", "%s cannot be saved, so new games begin: this resume is inexact",
                 run->game.id);
    else
        log_line("super",
                 "%s cannot be saved: resuming this run will start new games, and is inexact",
                 run->game.id);
}

enum status train_run(const struct train_config *config, const struct option *table,
                      struct train_summary *summary, struct error *error) {
    struct run run;
    struct train_config planned = *config;
    planned.method.run_steps = config->total_steps;
    enum status status = run_open(&run, &planned, table, error);
    if (status == STATUS_OK)
        status = run_share(&run, actor_snapshot_bound(&run), error);
    if (status == STATUS_OK && run_is_first(&run))
        status = page_open(&run, error);
    if (status == STATUS_OK) {
        screen_open(&run.metrics->screen, planned.plain || !run_is_first(&run));
        warn_of_small_queue(&run);
        warn_of_unsaved_games(&run);
        status = supervise(&run, error);
        screen_close(&run.metrics->screen);
        summarize(&run, summary);
    }
    page_close(&run);
    run_close(&run);
    return status;
}
