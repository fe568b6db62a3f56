#include "train/train.h"
#include "cli/command.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum status run_train(const struct command *command, int argc, char **argv,
                             struct error *error);

/* `asyncrl train METHOD` */
#define METHOD_COMMAND(id, summary_)                                                               \
    {.name = #id,                                                                                  \
     .usage = "train " #id " [options]",                                                           \
     .summary = (summary_),                                                                        \
     .options = train_##id##_options,                                                              \
     .defaults = method_##id##_defaults,                                                           \
     .run = run_train},
static const struct command method_commands[] = {METHODS(METHOD_COMMAND){0}};

static const struct command *command_of(const char *method) {
    for (const struct command *command = method_commands; command->name; command++)
        if (strcmp(command->name, method) == 0)
            return command;
    return NULL;
}

/* ---- Resuming -------------------------------------------------------------------------------- */

/* Reports the options that differ from the run's, and refuses those that cannot change. */
static enum status compare_options(const struct option *table, const struct train_config *saved,
                                   const struct train_config *config, struct error *error) {
    for (const struct option *option = table; option->name; option++) {
        if (option->flags & OPTION_OF_CALL)
            continue;
        char before[OPTION_TEXT_SIZE];
        char now[OPTION_TEXT_SIZE];
        options_format(option, saved, before, sizeof before);
        options_format(option, config, now, sizeof now);
        if (strcmp(before, now) == 0)
            continue;
        if (option->flags & OPTION_FIXED)
            return error_set(error, STATUS_BAD_INPUT,
                             "--%s cannot change from %.60s to %.60s in a resumed run; start a new "
                             "one from its weights with --checkpoint=FILE",
                             option->name, before, now);
        log_line("super", "--%s=%s replaces %s", option->name, now, before);
    }
    return STATUS_OK;
}

/* Takes the options of the run that --resume names; options given here override them. */
static enum status parse_resumed(const struct option *table, int argc, char **argv,
                                 struct train_config *config, bool *given, struct error *error) {
    struct train_config saved = *config;
    const char *positional;
    int count;
    enum status status = train_load_config(config->resume, table, &saved, error);
    if (status != STATUS_OK)
        return status;
    memcpy(saved.run_dir, config->resume, sizeof saved.run_dir);
    memcpy(saved.resume, config->resume, sizeof saved.resume);
    *config = saved;
    status = options_parse(table, argc, argv, config, given, &positional, 1, &count, error);
    if (status == STATUS_OK && config->config[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "--resume takes the options of the run's own config.json; leave out "
                         "--config");
    if (status == STATUS_OK && strcmp(config->run_dir, saved.run_dir) != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--resume names the run directory; leave out --run_dir");
    if (status == STATUS_OK && config->checkpoint[0])
        return error_set(
            error, STATUS_BAD_INPUT,
            "--resume continues from the run's own checkpoint.h5; leave out --checkpoint");
    if (status == STATUS_OK)
        status = options_refuse_idle(table, config, given, error);
    return status == STATUS_OK ? compare_options(table, &saved, config, error) : status;
}

/* ---- The command ----------------------------------------------------------------------------- */

static enum status unknown_method(const char *name, struct error *error) {
    char names[64] = "";
    for (const struct command *command = method_commands; command->name; command++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                 command > method_commands ? ", " : "", command->name);
    return error_set(error, STATUS_BAD_INPUT, "there is no method '%.40s'; there are: %s", name,
                     names);
}

/* Two words beside the options: one may be meant as the game. */
static enum status refuse_words(const char *const words[2], bool is_game_given,
                                struct error *error) {
    if (!command_of(words[0]) && !command_of(words[1]))
        return unknown_method(words[0], error);
    if (command_of(words[0]) && command_of(words[1]))
        return error_set(error, STATUS_BAD_INPUT, "one method at a time: '%s' or '%s'", words[0],
                         words[1]);
    struct game game;
    struct error ignored;
    char id[GAME_ID_SIZE];
    char quoted[2 * GAME_ID_SIZE];
    const char *word = command_of(words[0]) ? words[1] : words[0];
    const bool is_game = game_find(word, NULL, &game, &ignored) == STATUS_OK;
    if (is_game_given || (!is_game && !game_suggest(word, id)))
        return error_set(error, STATUS_BAD_INPUT, "unexpected argument '%.60s'", word);
    process_quote(quoted, sizeof quoted, is_game ? word : id);
    return error_set(error, STATUS_BAD_INPUT,
                     "unexpected argument '%.60s'; did you mean --game=%s?", word, quoted);
}

/* The method of the arguments, or of the run to resume. */
static enum status choose_method(struct train_config *config, const char *named,
                                 struct error *error) {
    if (named && !command_of(named))
        return unknown_method(named, error);
    if (named)
        snprintf(config->method.name, sizeof config->method.name, "%s", named);
    if (!named && config->config[0] && !config->resume[0]) {
        const enum status read = train_read_method(config->config, config->method.name,
                                                   sizeof config->method.name, error);
        if (read != STATUS_OK)
            return read;
        named = config->method.name[0] ? config->method.name : NULL;
        if (named && !command_of(named))
            return unknown_method(named, error);
    }
    if (!config->resume[0])
        return named ? STATUS_OK
                     : error_set(error, STATUS_BAD_INPUT,
                                 "train needs a method, for example: asyncrl train a3c");
    char saved[sizeof config->method.name];
    const enum status status = train_load_method(config->resume, saved, sizeof saved, error);
    if (status != STATUS_OK)
        return status;
    if (!command_of(saved))
        return unknown_method(saved, error);
    if (named && strcmp(named, saved) != 0)
        return error_set(error, STATUS_BAD_INPUT, "the run in '%s' was trained with %s, not %s",
                         config->resume, saved, named);
    memcpy(config->method.name, saved, sizeof saved);
    return STATUS_OK;
}

/* Options that exist, but not with this method. */
static enum status check_given(const struct train_config *config, const struct option *all,
                               const bool *given, const struct option *table, struct error *error) {
    for (const struct option *option = all; option->name; option++) {
        if (given[option - all] && !options_find(table, option->name))
            return error_set(
                error, STATUS_BAD_INPUT,
                "--%s is not an option of %s; `asyncrl train %s --help=all` lists those",
                option->name, config->method.name, config->method.name);
    }
    return STATUS_OK;
}

/* Finds the method among the arguments, and checks that the options are its own. */
static enum status parse_method(int argc, char **argv, struct train_config *config,
                                struct option table[OPTION_MAX_COUNT + 1], struct error *error) {
    struct option all[OPTION_MAX_COUNT + 1];
    const char *words[2] = {NULL};
    bool given[OPTION_MAX_COUNT] = {0};
    int count;
    enum status status = train_all_options(all, error);
    if (status == STATUS_OK)
        status = options_parse(all, argc, argv, config, given, words, 2, &count, error);
    if (status == STATUS_OK && count == 2)
        status = refuse_words(words, given[options_find(all, "game") - all], error);
    if (status == STATUS_OK)
        status = choose_method(config, words[0], error);
    if (status != STATUS_OK)
        return status;
    command_options(command_of(config->method.name), table);
    return check_given(config, all, given, table, error);
}

/* given: one bool per option, false before; as in struct train_config. */
static enum status parse_train(int argc, char **argv, struct train_config *config,
                               struct option table[OPTION_MAX_COUNT + 1], bool *given,
                               struct error *error) {
    enum status status = parse_method(argc, argv, config, table, error);
    if (status != STATUS_OK)
        return status;
    if (config->resume[0])
        return parse_resumed(table, argc, argv, config, given, error);
    status = train_parse_new(table, argc, argv, config, given, error);
    return status == STATUS_OK ? options_refuse_idle(table, config, given, error) : status;
}

/* Adds a word as a shell reads it. */
static size_t add_word(char *out, size_t size, size_t used, const char *word) {
    if (used + 1 < size)
        out[used++] = ' ';
    process_quote(out + used, size - used, word);
    return used + strlen(out + used);
}

/* The command line for config.json, but for options that are secret. */
static void describe_command(const struct option *table, int argc, char **argv, char *out,
                             size_t size) {
    size_t used = (size_t)snprintf(out, size, "asyncrl train");
    for (int i = 0; i < argc; i++) {
        char name[OPTION_NAME_SIZE] = "";
        const char *word = argv[i];
        if (strncmp(word, "--", 2) == 0)
            snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
        const struct option *option = name[0] ? options_find(table, name) : NULL;
        const bool is_secret = option && option->flags & OPTION_SECRET;
        if (!is_secret)
            used = add_word(out, size, used, word);
        else if (!strchr(word, '='))
            i++; /* its value */
    }
    printable(out);
}

static void print_summary_json(const struct train_summary *summary) {
    struct json *json = json_new_object();
    json_set_text(json, "run_dir", summary->run_dir);
    json_set_text(json, "model", summary->model);
    json_set_int(json, "steps", summary->steps);
    json_set_int(json, "frames", summary->steps); /* its older name */
    json_set_int(json, "emulator_frames", summary->emulator_frames);
    json_set_real(json, "seconds", summary->seconds);
    json_set_real(json, "score", summary->score);
    json_set_int(json, "games", summary->games);
    json_set_bool(json, "finished", summary->is_finished);
    command_print_json(json);
}

/* The options that play needs beside the weights, which may not name code or files to open. */
static void describe_game(const struct train_config *config, char *out, size_t size) {
    struct game game;
    struct error ignored;
    const struct {
        const char *option;
        const char *value;
    } files[] = {
        {"rom", config->overrides.rom},
        {"core", config->overrides.core},
        {"data_dir", config->data_dir},
    };
    char word[2 * OPTION_TEXT_SIZE];
    size_t used = 0;
    out[0] = '\0';
    if (game_find(config->game, NULL, &game, &ignored) == STATUS_OK && game_names_code(&game)) {
        snprintf(word, sizeof word, "--game=%s", config->game);
        used = add_word(out, size, used, word);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(word, sizeof word, "--%s=%s", files[i].option, files[i].value);
        if (files[i].value[0])
            used = add_word(out, size, used, word);
    }
}

/* The options that take a run beyond its own end. */
static void describe_farther(const struct train_config *config, const struct train_summary *summary,
                             char *out, size_t size) {
    const bool has_stopped = summary->is_finished && !summary->is_whole;
    const bool has_goal = has_stopped && config->stop_steps == 0;
    snprintf(out, size, "%s%s%s%s", summary->is_whole ? " --total_steps=N" : "",
             has_goal && config->stop_score[0] ? " --stop_score=X" : "",
             has_goal && config->stop_flag_rate > 0 ? " --stop_flag_rate=X" : "",
             has_goal && config->stop_time > 0 ? " --stop_time=SECONDS" : "");
}

/* Prints commands for a run that has ended. */
static void print_next_commands(const struct train_config *config,
                                const struct train_summary *summary) {
    char program[PATH_SIZE];
    char run[PATH_SIZE];
    char game[PATH_SIZE];
    char farther[96];
    describe_game(config, game, sizeof game);
    describe_farther(config, summary, farther, sizeof farther);
    process_program(program, sizeof program);
    process_quote(run, sizeof run, summary->run_dir);
    log_line("super", "watch it play:  %s play --model=%s%s", program, run, game);
    log_line("super", "go on:          %s train --resume=%s%s", program, run, farther);
    log_line("super", "its curves:     %s watch %s, or %s plot %s -o scores.svg", program, run,
             program, run);
}

static void print_summary(const struct train_config *config, const struct train_summary *summary) {
    if (summary->seconds > 0)
        log_line("super", "%lld steps in %.1f s: %.0f steps/s", (long long)summary->steps,
                 summary->seconds, (double)summary->steps / summary->seconds);
    if (summary->games > 0 && !isnan(summary->score))
        log_line("super", "the last %d of %lld games scored %.4g on average",
                 (int)fmin(SCORE_WINDOW, (double)summary->games), (long long)summary->games,
                 summary->score);
    if (summary->model[0]) {
        print_next_commands(config, summary);
        printf("%s\n", summary->model);
    }
}

/* If several ranks learn together, only rank 0 prints messages; the others print only errors.
 * Returns the argument for speak_again. */
static int fall_silent(const struct rank_place *place) {
    const int nowhere = place->rank > 0 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (nowhere < 0)
        return -1;
    const int spoken = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return spoken;
}

static void speak_again(int spoken) {
    if (spoken < 0)
        return;
    dup2(spoken, STDERR_FILENO);
    close(spoken);
}

static enum status train(const struct train_config *config, const struct option *table,
                         struct error *error) {
    const struct rank_place place = train_rank_place();
    struct train_summary summary = {0};
    const int spoken = fall_silent(&place);
    const enum status status = train_run(config, table, &summary, error);
    if (!config->json)
        print_summary(config, &summary);
    else if (status == STATUS_OK && place.rank == 0)
        print_summary_json(&summary);
    speak_again(spoken);
    return status != STATUS_OK && place.count > 1 ? error_context(error, "rank %d", place.rank)
                                                  : status;
}

static enum status run_train(const struct command *command, int argc, char **argv,
                             struct error *error) {
    (void)command;
    struct train_config config = {0};
    struct option table[OPTION_MAX_COUNT + 1];
    bool given[OPTION_MAX_COUNT] = {0};
    enum status status = parse_train(argc, argv, &config, table, given, error);
    if (status != STATUS_OK)
        return status;
    if (config.th_comp_fix)
        log_line("super", "--th_comp_fix has no effect: Theano's kernels are flipped when a weight "
                          "file has them");
    char line[4096];
    describe_command(table, argc, argv, line, sizeof line);
    config.command = line;
    config.given = given;
    return train(&config, table, error);
}

const struct command command_train = {
    .name = "train",
    .usage = "train METHOD [options]",
    .summary = "train an agent; Ctrl-C saves and stops",
    .options = train_a3c_options,
    .variants = method_commands,
    .variants_title = "Methods",
    .run = run_train,
};
