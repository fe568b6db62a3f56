#include "store/store.h"
#include "train/run.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status run_model_path(char *out, const char *folder, const struct game *game, int64_t steps,
                           struct error *error) {
    char game_name[GAME_ID_SIZE];
    char name[GAME_ID_SIZE + 40];
    game_file_name(game, game_name);
    snprintf(name, sizeof name, "model-%s-%lld.h5", game_name, (long long)steps);
    return path_join(out, folder, name, error);
}

/* The steps in the name of a weight file, which begins with before ("model-<game>-") and goes on
 * with "<steps>.h5"; -1: it has another name. */
static int64_t steps_in_name(const char *name, const char *before) {
    const size_t length = strlen(before);
    char *end;
    if (strncmp(name, before, length) != 0 || !isdigit((unsigned char)name[length]))
        return -1;
    const long long steps = strtoll(name + length, &end, 10);
    return strcmp(end, ".h5") == 0 ? steps : -1;
}

static int compare_newest_first(const void *a, const void *b) {
    const int64_t first = *(const int64_t *)a;
    const int64_t second = *(const int64_t *)b;
    return (first < second) - (first > second);
}

enum { MAX_OLD_MODELS = 4096 };

/* Fills found with the steps of the folder's weight files, MAX_OLD_MODELS at most. */
static int find_models(const char *folder, const char *before, int64_t newest,
                       int64_t found[MAX_OLD_MODELS]) {
    int count = 0;
    DIR *open_folder = opendir(folder);
    if (!open_folder)
        return 0;
    for (struct dirent *entry; count < MAX_OLD_MODELS && (entry = readdir(open_folder));) {
        const int64_t steps = steps_in_name(entry->d_name, before);
        if (steps >= 0 && steps <= newest)
            found[count++] = steps;
    }
    closedir(open_folder);
    return count;
}

void run_remove_old_models(const struct run *run, int64_t steps) {
    char game_name[GAME_ID_SIZE];
    char before[GAME_ID_SIZE + 16];
    int64_t found[MAX_OLD_MODELS];
    game_file_name(&run->game, game_name);
    snprintf(before, sizeof before, "model-%s-", game_name);
    const int count = find_models(run->control->run_dir, before, steps, found);
    qsort(found, (size_t)count, sizeof found[0], compare_newest_first);
    for (int64_t i = run->config->keep; i < count; i++) {
        char path[PATH_SIZE];
        struct error error;
        if (run_model_path(path, run->control->run_dir, &run->game, found[i], &error) == STATUS_OK)
            unlink(path);
    }
}

static bool is_step_count(const char *text) {
    for (const char *c = text; *c; c++)
        if (!isdigit((unsigned char)*c))
            return false;
    return text[0] != '\0';
}

/* A new run that would be over before it begins is a mistake, and must leave no folder behind. */
static enum status check_steps_left(const struct run *run, struct error *error) {
    const struct train_config *config = run->config;
    const int64_t start = run->control->start_steps;
    const bool is_whole = config->total_steps > 0 && start >= config->total_steps;
    const int64_t end = is_whole ? config->total_steps : config->stop_steps;
    char file[PATH_SIZE];
    if (end == 0 || start < end)
        return STATUS_OK;
    process_quote(file, sizeof file, run->control->start_from);
    return error_set(error, STATUS_BAD_INPUT,
                     "--checkpoint=%lld sets the step counter to that, and --%s_steps=%lld ends "
                     "the run there: raise it, or begin at 0 with --checkpoint=%.200s",
                     (long long)start, is_whole ? "total" : "stop", (long long)end, file);
}

bool run_joins_parts(const struct run *run, const struct emulator_info *info) {
    const struct train_config *config = run->config;
    const char *checkpoint = config->checkpoint;
    const char *folders[] = {config->run_dir, "."};
    char path[PATH_SIZE] = "";
    struct weights_layout layout;
    struct error ignored;
    if (!parts_are_several(&info->parts))
        return false;
    if (config->joins_parts || !checkpoint[0])
        return config->joins_parts;
    if (!is_step_count(checkpoint))
        snprintf(path, sizeof path, "%s", checkpoint);
    for (int i = 0; i < 2 && is_step_count(checkpoint) && !path_is_file(path); i++)
        if (run_model_path(path, folders[i], &run->game, strtoll(checkpoint, NULL, 10), &ignored) !=
            STATUS_OK)
            path[0] = '\0';
    return path_is_file(path) &&
           weights_inspect(path, weights_channels(config->channels), &layout, &ignored) ==
               STATUS_OK &&
           layout.actions == info->action_count && !strstr(layout.metadata.network, "+parts=");
}

enum status run_find_checkpoint(struct run *run, struct error *error) {
    struct control *control = run->control;
    const char *checkpoint = run->config->checkpoint;
    control->continues = run->config->resume[0] != '\0';
    if (!checkpoint[0] || !run_is_first(run)) /* the others get their weights from rank 0 */
        return STATUS_OK;
    if (!is_step_count(checkpoint)) {
        if (path_is_folder(checkpoint))
            return error_set(error, STATUS_BAD_INPUT,
                             "'%s' is a folder; --checkpoint takes a step count or a weight file, "
                             "such as a run's model-best.h5",
                             checkpoint);
        if (path_is_hidden(checkpoint, error))
            return STATUS_BAD_INPUT;
        if (!path_is_file(checkpoint))
            return error_set(error, STATUS_BAD_INPUT,
                             "there is no weight file '%s'; --checkpoint takes a step count or a "
                             "path",
                             checkpoint);
        memcpy(control->start_from, checkpoint, strlen(checkpoint) + 1);
        control->start_steps = 0;
        return STATUS_OK;
    }
    control->start_steps = strtoll(checkpoint, NULL, 10);
    const char *folders[] = {control->run_dir, "."};
    for (int i = 0; i < 2; i++) {
        const enum status status = run_model_path(control->start_from, folders[i], &run->game,
                                                  control->start_steps, error);
        if (status != STATUS_OK)
            return status;
        if (path_is_file(control->start_from)) {
            control->continues = i == 0;
            return control->continues ? STATUS_OK : check_steps_left(run, error);
        }
    }
    return error_set(error, STATUS_BAD_INPUT,
                     "no '%s' in '%s' or the current folder; name the run with --run_dir or the "
                     "file with --checkpoint=FILE",
                     strrchr(control->start_from, '/') + 1, control->run_dir);
}

/* The member of config.json that is not an option. */
static const char ABOUT[] = "about";

static struct json *config_to_json(const struct run *run) {
    struct json *json = json_new_object();
    json_set_text(json, "method", run->config->method.name);
    for (const struct option *option = run->table; option->name; option++)
        if (!(option->flags & OPTION_SECRET))
            option_to_json(option, run->config, json);
    json_set(json, ABOUT, run_about(run));
    return json;
}

static enum status unknown_key(const char *path, const struct option *table, const char *key,
                               struct error *error) {
    char shown[64];
    snprintf(shown, sizeof shown, "%s", key);
    printable(shown);
    const char *nearest = options_suggest(table, shown);
    return error_set(error, STATUS_BAD_INPUT, "'%s': there is no option '%s'%s%s%s", path, shown,
                     nearest ? "; did you mean '" : " of the run's method", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

/* Takes the options from json, the file at path. Options that are missing, as in an older run's
 * file, stay unchanged. */
static enum status take_options(const struct json *json, const char *path,
                                const struct option *table, void *config, struct error *error) {
    for (const char *key = json_first_key(json); key; key = json_next_key(json, key)) {
        const struct option *option = options_find(table, key);
        if (strcmp(key, "method") == 0 || strcmp(key, ABOUT) == 0 ||
            (option && option->flags & OPTION_OF_CALL))
            continue;
        if (!option)
            return unknown_key(path, table, key, error);
        const char *wanted = option_from_json(option, json, key, config);
        if (wanted)
            return error_set(error, STATUS_BAD_INPUT, "'%s': '%s' must be %s", path, key, wanted);
    }
    return STATUS_OK;
}

/* path: PATH_SIZE bytes, written: the path of config.json. */
static enum status load_config_file(const char *run_dir, char *path, struct json **json,
                                    struct error *error) {
    const enum status status = path_join(path, run_dir, "config.json", error);
    if (status != STATUS_OK)
        return status;
    if (path_is_file(run_dir))
        return error_set(error, STATUS_BAD_INPUT,
                         "there is no run in '%s' to go on with: it is a file; name the run's "
                         "folder",
                         run_dir);
    if (path_is_hidden(path, error))
        return STATUS_BAD_INPUT;
    if (!path_is_file(path))
        return error_set(error, STATUS_BAD_INPUT,
                         "there is no run in '%s' to go on with: it has no config.json", run_dir);
    return json_load(path, json, error);
}

enum status train_load_method(const char *run_dir, char *method, size_t size, struct error *error) {
    struct json *json = NULL;
    char path[PATH_SIZE];
    const enum status status = load_config_file(run_dir, path, &json, error);
    if (status != STATUS_OK)
        return status;
    const bool found = json_get_text(json, "method", method, size);
    json_free(json);
    return found ? STATUS_OK
                 : error_set(error, STATUS_BAD_INPUT, "'%s/config.json' names no method", run_dir);
}

/* Takes the options of a config file, and checks them together. */
static enum status finish_config(const struct json *json, const char *path,
                                 const struct option *table, struct train_config *config,
                                 struct error *error) {
    enum status status = take_options(json, path, table, config, error);
    if (status != STATUS_OK)
        return status;
    status = options_check(table, config, error);
    return status == STATUS_OK ? status : error_context(error, "'%.200s'", path);
}

/* Whether the run's network chooses in each part of an action. */
static bool names_parts(const struct json *json) {
    char network[NETWORK_NAME_SIZE];
    const struct json *about = json_get_object(json, ABOUT);
    return about && json_get_text(about, "network", network, sizeof network) &&
           strstr(network, "+parts=");
}

enum status train_load_config(const char *run_dir, const struct option *table,
                              struct train_config *config, struct error *error) {
    struct json *json = NULL;
    char path[PATH_SIZE];
    enum status status = load_config_file(run_dir, path, &json, error);
    if (status != STATUS_OK)
        return status;
    options_defaults(table, config);
    if (!json_has(json, "atari_core")) /* a run from before this option */
        snprintf(config->overrides.atari_core, sizeof config->overrides.atari_core, "ale");
    config->joins_parts = !names_parts(json);
    status = finish_config(json, path, table, config, error);
    json_free(json);
    return status;
}

/* ---- Files of options ------------------------------------------------------------------------ */

static enum status read_config(const char *file, char path[PATH_SIZE], struct json **json,
                               struct error *error) {
    enum status status = STATUS_OK;
    if (path_is_folder(file))
        status = path_join(path, file, "config.json", error);
    else
        snprintf(path, PATH_SIZE, "%s", file);
    if (status == STATUS_OK && path_is_hidden(path, error))
        return STATUS_BAD_INPUT;
    if (status == STATUS_OK && !path_is_file(path))
        status = error_set(error, STATUS_BAD_INPUT,
                           "--config names neither a file nor a run directory: '%s'", file);
    return status == STATUS_OK ? json_load(path, json, error) : status;
}

enum status train_read_method(const char *file, char *method, size_t size, struct error *error) {
    struct json *json = NULL;
    char path[PATH_SIZE];
    const enum status status = read_config(file, path, &json, error);
    if (status != STATUS_OK)
        return status;
    if (!json_get_text(json, "method", method, size))
        method[0] = '\0';
    json_free(json);
    return STATUS_OK;
}

/* Whether a run wrote the file, which then names all options. Runs from before `about` name these
 * three, as no user's file does. */
static bool is_of_run(const struct json *json) {
    return json_has(json, ABOUT) ||
           (json_has(json, "run_dir") && json_has(json, "resume") && json_has(json, "json"));
}

/* Sets given for the options that a user's file changes. */
static void find_given(const struct json *json, const struct option *table,
                       const struct train_config *before, const struct train_config *now,
                       bool *given) {
    for (const struct option *option = table; option->name && !is_of_run(json); option++) {
        char old[OPTION_TEXT_SIZE];
        char new[OPTION_TEXT_SIZE];
        options_format(option, before, old, sizeof old);
        options_format(option, now, new, sizeof new);
        given[option - table] = given[option - table] || strcmp(old, new) != 0;
    }
}

/* A user's file cannot have options of one call; take_options passes over those in a run's file. */
static enum status refuse_of_call(const struct json *json, const char *path,
                                  const struct option *table, struct error *error) {
    for (const struct option *option = table; option->name && !is_of_run(json); option++)
        if (option->flags & OPTION_OF_CALL && json_has(json, option->name))
            return error_set(error, STATUS_BAD_INPUT,
                             "'%s': '%s' is an option of one call, not of a file: give --%s on the "
                             "command line",
                             path, option->name, option->name);
    return STATUS_OK;
}

enum status run_read_options(const char *file, const struct option *table,
                             struct train_config *config, bool *given, struct error *error) {
    const struct train_config before = *config;
    struct json *json = NULL;
    char path[PATH_SIZE];
    enum status status = read_config(file, path, &json, error);
    if (status != STATUS_OK)
        return status;
    status = refuse_of_call(json, path, table, error);
    if (status == STATUS_OK)
        status = finish_config(json, path, table, config, error);
    if (status == STATUS_OK)
        find_given(json, table, &before, config, given);
    json_free(json);
    return status;
}

/* ---- Run directories ------------------------------------------------------------------------- */

/* Holds the folder against other runs for as long as *lock is open. */
static enum status lock_folder(const char *folder, int *lock, struct error *error) {
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0)
        return error_set(error, STATUS_BAD_INPUT, "cannot open '%s': %s", folder, strerror(errno));
    if (path_lock(*lock))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "a run is going on in '%s'; stop it first, or choose another --run_dir",
                     folder);
}

/* Makes the folder of a run whose name no user chose. Runs that begin in the same second have the
 * same name, so the second one appends -2, the third -3, and so on. */
static enum status make_named_folder(char *folder, struct error *error) {
    char name[PATH_SIZE];
    char above[PATH_SIZE];
    memcpy(name, folder, sizeof name);
    memcpy(above, folder, sizeof above);
    *strrchr(above, '/') = '\0';
    enum status status = path_make_folder(above, error);
    for (int number = 2; status == STATUS_OK && mkdir(folder, 0777) != 0; number++) {
        if (errno != EEXIST)
            return error_set(error, STATUS_BAD_INPUT, "cannot make the folder '%s': %s", folder,
                             strerror(errno));
        char suffix[16];
        snprintf(suffix, sizeof suffix, "-%d", number);
        status = path_append(folder, name, suffix, error);
    }
    return status;
}

static enum status make_folder(const struct run *run, struct error *error) {
    const bool is_named = run->config->run_dir[0] || run->control->continues;
    return is_named ? path_make_folder(run->control->run_dir, error)
                    : make_named_folder(run->control->run_dir, error);
}

/* The lock comes first: its holder writes config.json. */
enum status run_directory_open(const struct run *run, int *lock, struct error *error) {
    const char *folder = run->control->run_dir;
    char path[PATH_SIZE];
    enum status status = make_folder(run, error);
    if (status == STATUS_OK)
        status = lock_folder(folder, lock, error);
    if (status == STATUS_OK)
        status = path_join(path, folder, "config.json", error);
    if (status != STATUS_OK)
        return status;
    if (path_is_file(path) && !run->control->continues)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' holds a run already; go on with it by --resume, or choose another "
                         "--run_dir",
                         folder);
    store_sweep(folder, 0);
    return STATUS_OK;
}

enum status run_directory_describe(const struct run *run, struct error *error) {
    char path[PATH_SIZE];
    const enum status joined = path_join(path, run->control->run_dir, "config.json", error);
    if (joined != STATUS_OK)
        return joined;
    struct json *json = config_to_json(run);
    const enum status status = json_save(json, path, error);
    json_free(json);
    return status;
}
