#include "env/env.h"
#include "play/details.h"
#include "play/play.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE_BYTES = 1 << 26 };

struct action_list {
    int *actions;
    size_t count;
};

/* Parses the word at text as an action; line is for the message. */
static enum status parse_action(const char *path, const char *text, size_t length, int line,
                                int action_count, int *action, struct error *error) {
    int value = 0;
    size_t digits = 0;
    while (digits < length && isdigit((unsigned char)text[digits]) && value < action_count)
        value = value * 10 + (text[digits++] - '0');
    if (digits == length && value < action_count) {
        *action = value;
        return STATUS_OK;
    }
    char shown[24];
    size_t printable = 0;
    while (printable < length && printable + 1 < sizeof shown &&
           isprint((unsigned char)text[printable])) {
        shown[printable] = text[printable];
        printable++;
    }
    shown[printable] = '\0';
    return error_set(error, STATUS_BAD_INPUT,
                     "'%s' line %d: '%s' is not an action of this game; they are 0 to %d", path,
                     line, shown, action_count - 1);
}

static enum status parse_actions(const char *path, const char *text, size_t size, int action_count,
                                 struct action_list *list, struct error *error) {
    int line = 1;
    for (size_t i = 0; i < size;) {
        if (isspace((unsigned char)text[i])) {
            line += text[i++] == '\n';
            continue;
        }
        size_t end = i;
        while (end < size && !isspace((unsigned char)text[end]))
            end++;
        const enum status status = parse_action(path, text + i, end - i, line, action_count,
                                                &list->actions[list->count++], error);
        if (status != STATUS_OK)
            return status;
        i = end;
    }
    if (list->count == 0)
        return error_set(error, STATUS_BAD_INPUT, "'%s' holds no action", path);
    return STATUS_OK;
}

static enum status list_actions(const char *path, const char *text, size_t size, int action_count,
                                struct action_list *list, struct error *error) {
    if (size > 0 && !file_is_text(text, size))
        return error_set(error, STATUS_BAD_INPUT, "'%s' is %s, not a list of actions", path,
                         file_kind(text, size));
    list->actions = calloc(size / 2 + 1, sizeof *list->actions);
    if (!list->actions)
        return error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
    return parse_actions(path, text, size, action_count, list, error);
}

/* The caller frees list->actions, also when this fails. */
static enum status read_actions(const char *path, int action_count, struct action_list *list,
                                struct error *error) {
    char *text;
    size_t size;
    enum status status = path_read_text(path, MAX_FILE_BYTES, &text, &size, error);
    if (status != STATUS_OK)
        return status;
    status = list_actions(path, text, size, action_count, list, error);
    free(text);
    return status;
}

static enum status play_actions(struct environment *environment, const struct action_list *list,
                                uint64_t seed, FILE *out, struct error *error) {
    enum status status = STATUS_OK;
    environment_seed(environment, seed, 0);
    environment_reset(environment);
    fputs("step,action,reward,raw_reward,terminated,truncated,lives", out);
    details_print_names(out, environment);
    putc('\n', out);
    for (size_t i = 0; i < list->count && status == STATUS_OK; i++) {
        const int action = list->actions[i];
        const struct environment_step step = environment_act(environment, action);
        if (step.failed)
            break;
        fprintf(out, "%zu,%d,%g,%.10g,%d,%d,%d", i + 1, action, (double)step.reward,
                step.raw_reward, step.terminated, step.truncated, step.lives);
        status = details_print(out, environment, error);
        putc('\n', out);
        if (step.terminated || step.truncated)
            environment_reset(environment);
    }
    if (status != STATUS_OK)
        return status;
    if (environment_failure(environment))
        return error_set(error, STATUS_FAILED, "the game broke down: %.400s",
                         environment_failure(environment));
    if (fflush(out) != 0 || ferror(out))
        return error_set(error, STATUS_FAILED, "cannot write the trace: %s", strerror(errno));
    return STATUS_OK;
}

enum status trace_run(const struct trace_request *request, FILE *out, struct error *error) {
    struct game game;
    enum status status = game_find(request->game, request->overrides, &game, error);
    if (status != STATUS_OK)
        return status;
    struct emulator *emulator;
    status = game_open_emulator(&game, request->data_dir, &emulator, error);
    if (status != STATUS_OK)
        return status;
    const struct environment_config config = game_environment_config(&game, OBSERVATION_CLASSIC);
    struct environment *environment;
    status = environment_create(emulator, &config, &environment, error);
    if (status != STATUS_OK)
        return status;

    struct action_list list = {0};
    const struct emulator_info *info = environment_emulator_info(environment);
    status = emulator_check_numbered(info, "trace", "it reads numbers of actions", error);
    if (status == STATUS_OK)
        status = read_actions(request->actions, info->action_count, &list, error);
    if (status == STATUS_OK)
        status = play_actions(environment, &list, request->seed, out, error);
    free(list.actions);
    environment_destroy(environment);
    return status;
}
