#include "preset/preset.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct event_parameter parameter_of(const struct option *option, const void *config) {
    const void *field = (const char *)config + option->offset;
    const bool is_text = option->type == OPTION_TEXT;
    return (struct event_parameter){
        .name = option->name,
        .type = option->type,
        .number = is_text ? 0 : option_number(option, config),
        .text = is_text ? field : NULL,
    };
}

/* Lists the method and the options; parameters: (OPTION_MAX_COUNT). Returns their number. */
static int list_parameters(const struct run *run, struct event_parameter *parameters) {
    int count = 0;
    parameters[count++] = (struct event_parameter){
        .name = "method", .type = OPTION_TEXT, .text = run->config->method.name};
    for (const struct option *option = run->table; option->name; option++)
        if (count < OPTION_MAX_COUNT && !(option->flags & (OPTION_OF_CALL | OPTION_NO_HPARAM)))
            parameters[count++] = parameter_of(option, run->config);
    return count;
}

/* The score that the run's preset has measured after these steps; context: the run's config. */
static double expected_score(const void *context, int64_t steps) {
    const struct train_config *config = context;
    const struct preset *preset;
    struct error unknown; /* ignored: the run may be an older program's */
    return preset_find(config->preset, config->method.name, config->game, &preset, &unknown) ==
                   STATUS_OK
               ? preset_expected(preset, config->game, steps)
               : (double)NAN;
}

int reporter_main(struct run *run, bool append) {
    char label[GAME_ID_SIZE + 32];
    snprintf(label, sizeof label, "%s %s", run->config->method.name, run->game.id);
    struct event_parameter parameters[OPTION_MAX_COUNT];
    const struct reporter_request request = {
        .metrics = run->metrics,
        .run_dir = run->control->run_dir,
        .label = label,
        .total_steps = run->config->total_steps,
        .lag_scale = 2 * (double)run->config->swap_freq,
        .append = append,
        .tensorboard = run->config->tensorboard,
        .root = getppid(),
        .parameters = parameters,
        .parameter_count = list_parameters(run, parameters),
        .expected = expected_score,
        .context = run->config,
    };
    struct reporter *reporter;
    struct error error;
    if (reporter_open(&request, &reporter, &error) != STATUS_OK) {
        run_fail(run, &error);
        return 1;
    }
    struct error told = {0};
    while (!atomic_load(&run->control->report_stop)) {
        /* A full disk costs rows, not the run: logs it once for each file, and tries again. */
        const bool failed = reporter_tick(reporter, &error) != STATUS_OK;
        if (failed && strcmp(error.message, told.message) != 0)
            log_line("report", "%s; training goes on", error.message);
        told = failed ? error : (struct error){0};
        futex_wait(&run->control->report_stop, 0, 0.1);
    }
    while (!atomic_load(&run->control->helpers_ended)) {
        reporter_rest(reporter);
        futex_wait(&run->control->helpers_ended, 0, 0.1);
    }
    if (reporter_close(reporter, &error) != STATUS_OK) {
        run_fail(run, &error);
        return 1;
    }
    return 0;
}
