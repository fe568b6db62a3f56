#include "train/run.h"

#include <stdio.h>

int reporter_main(struct run *run, bool append) {
    char label[GAME_ID_SIZE + 32];
    snprintf(label, sizeof label, "%s %s", run->config->method, run->game.id);
    const struct reporter_request request = {
        .metrics = run->metrics,
        .run_dir = run->control->run_dir,
        .label = label,
        .max_frames = run->config->max_frames,
        .append = append,
    };
    struct reporter *reporter;
    struct error error;
    if (reporter_open(&request, &reporter, &error) != STATUS_OK) {
        run_fail(run, &error);
        return 1;
    }
    bool written = true;
    while (!atomic_load(&run->control->report_stop)) {
        /* A full disk costs rows, not the run: said once, and tried again. */
        const bool was_written = written;
        written = reporter_tick(reporter, &error) == STATUS_OK;
        if (was_written && !written)
            log_line("report", "%s; training goes on", error.message);
        futex_wait(&run->control->report_stop, 0, 0.1);
    }
    if (reporter_close(reporter, &error) != STATUS_OK) {
        run_fail(run, &error);
        return 1;
    }
    return 0;
}
