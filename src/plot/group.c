#include "plot/group.h"
#include "plot/expected.h"
#include "store/store.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void make_legible(char *text) {
    unsigned char *c = (unsigned char *)text;
    while (*c) {
        const int follow = *c < 0x80             ? 0
                           : (*c & 0xe0) == 0xc0 ? 1
                           : (*c & 0xf0) == 0xe0 ? 2
                           : (*c & 0xf8) == 0xf0 ? 3
                                                 : -1;
        int found = 0;
        while (found < follow && (c[found + 1] & 0xc0) == 0x80)
            found++;
        const bool overlong =
            *c == 0xc0 || *c == 0xc1 || (*c == 0xe0 && c[1] < 0xa0) || (*c == 0xf0 && c[1] < 0x90);
        const bool surrogate = *c == 0xed && c[1] >= 0xa0;
        const bool no_character = *c == 0xef && c[1] == 0xbf && c[2] >= 0xbe;
        if (follow < 0 || found < follow || overlong || surrogate || no_character || *c > 0xf4 ||
            (*c == 0xf4 && c[1] >= 0x90) || iscntrl(*c))
            *c++ = '?';
        else
            c += follow + 1;
    }
}

/* A label; if it is too long, cut between two characters, with an ellipsis. */
static void set_label(char *label, const char *text) {
    const size_t length = strlen(text);
    size_t end = length < PLOT_LABEL_SIZE ? length : PLOT_LABEL_SIZE - 4;
    while (end < length && end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
        end--;
    snprintf(label, PLOT_LABEL_SIZE, "%.*s%s", (int)end, text, end < length ? "…" : "");
    make_legible(label);
}

/* ---- Arguments ------------------------------------------------------------------------------- */

/* The curve with that label, or a new one. */
static enum status find_curve(struct plot *plot, const char *label, int *curve,
                              struct error *error) {
    for (int i = 0; label[0] && i < plot->curve_count; i++) {
        *curve = i;
        if (strcmp(plot->curves[i].label, label) == 0)
            return STATUS_OK;
    }
    if (plot->curve_count == PLOT_MAX_CURVES)
        return error_set(error, STATUS_BAD_INPUT,
                         "more than %d curves cannot be told apart; name fewer runs, or join some "
                         "with LABEL=RUN_DIR,RUN_DIR",
                         PLOT_MAX_CURVES);
    *curve = plot->curve_count++;
    memcpy(plot->curves[*curve].label, label, strlen(label) + 1);
    return STATUS_OK;
}

/* The curve of a run without a label: that of another such run that differs only by its seed. */
static enum status find_curve_of_run(struct plot *plot, const struct plot_source *source,
                                     int *curve, struct error *error) {
    for (int i = 0; i < plot->source_count; i++) {
        *curve = plot->curve_of[i];
        if (!plot->curves[*curve].label[0] && source_alike(plot->sources[i], source))
            return STATUS_OK;
    }
    return find_curve(plot, "", curve, error);
}

static bool is_named(const struct plot *plot, const char *path) {
    for (int i = 0; i < plot->source_count; i++)
        if (strcmp(plot->sources[i]->path, path) == 0)
            return true;
    return false;
}

/* Takes over the source. */
static enum status place_source(struct plot *plot, struct plot_source *source, const char *label,
                                struct error *error) {
    int curve = 0;
    const enum status status = label[0] ? find_curve(plot, label, &curve, error)
                                        : find_curve_of_run(plot, source, &curve, error);
    if (status != STATUS_OK) {
        source_free(source);
        return status;
    }
    plot->curve_of[plot->source_count] = curve;
    plot->sources[plot->source_count++] = source;
    return STATUS_OK;
}

static enum status too_many_runs(struct error *error) {
    return error_set(error, STATUS_BAD_INPUT, "more than %d runs", PLOT_MAX_RUNS);
}

static bool has_file(const char *folder, const char *name) {
    char path[PATH_SIZE];
    struct error ignored = {0};
    return path_join(path, folder, name, &ignored) == STATUS_OK && path_is_file(path);
}

/* The same test as that of the page that watches runs. */
static bool is_run(const char *folder) {
    return has_file(folder, "config.json") || has_file(folder, "progress.csv");
}

static enum status pass_over(struct plot *plot, struct error *why, struct error *error) {
    if (plot->passed_over_count == PLOT_MAX_RUNS)
        return too_many_runs(error);
    printable(why->message);
    char *line = strdup(why->message);
    if (!line)
        return error_set(error, STATUS_FAILED, "out of memory");
    plot->passed_over[plot->passed_over_count++] = line;
    return STATUS_OK;
}

/* Whether path may be a run that the user may not look at; then why says so. */
static bool is_hidden_run(const char *path, struct error *why) {
    char file[PATH_SIZE];
    return path_is_folder(path) && path_join(file, path, "config.json", why) == STATUS_OK &&
           path_is_hidden(file, why);
}

/* Adds a run that was found in a folder, unless it has nothing to draw. */
static enum status add_found(struct plot *plot, const struct plot_request *request,
                             const char *path, const char *label, struct error *error) {
    struct plot_source *source = NULL;
    struct error why = {0};
    if (is_named(plot, path))
        return STATUS_OK;
    if (plot->source_count == PLOT_MAX_RUNS)
        return too_many_runs(error);
    const enum status status = source_read(path, request->x, request->y, &source, &why);
    if (status == STATUS_OK)
        return place_source(plot, source, label, error);
    if (status != STATUS_BAD_INPUT) {
        *error = why;
        return status;
    }
    return pass_over(plot, &why, error);
}

/* Adds what lies in a folder at path, if it is a run. */
static enum status add_entry(struct plot *plot, const struct plot_request *request,
                             const char *path, const char *label, struct error *error) {
    struct error why = {0};
    if (is_run(path))
        return add_found(plot, request, path, label, error);
    return is_hidden_run(path, &why) ? pass_over(plot, &why, error) : STATUS_OK;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* Adds the runs directly inside a folder that is not a run itself. */
static enum status add_folder(struct plot *plot, const struct plot_request *request,
                              const char *folder, const char *label, struct error *error) {
    struct dirent **entries = NULL;
    const int sources_before = plot->source_count;
    const int passed_before = plot->passed_over_count;
    const int count = scandir(folder, &entries, is_visible, alphasort);
    enum status status = STATUS_OK;
    if (count < 0)
        return error_set(error, STATUS_BAD_INPUT, "cannot open the folder '%s': %s", folder,
                         strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        struct error ignored = {0};
        if (status == STATUS_OK &&
            path_join(path, folder, entries[i]->d_name, &ignored) == STATUS_OK)
            status = add_entry(plot, request, path, label, error);
        free(entries[i]);
    }
    free((void *)entries);
    if (status != STATUS_OK || plot->source_count > sources_before)
        return status;
    if (plot->passed_over_count == passed_before)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' has no config.json: there is no run in it, nor in its folders",
                         folder);
    return error_set(error, STATUS_BAD_INPUT, "no run in '%.200s' can be drawn: %.700s", folder,
                     plot->passed_over[passed_before]);
}

static enum status add_source(struct plot *plot, const struct plot_request *request,
                              const char *path, const char *label, struct error *error) {
    struct plot_source *source = NULL;
    if (is_hidden_run(path, error))
        return STATUS_BAD_INPUT;
    if (path_is_folder(path) && !is_run(path))
        return add_folder(plot, request, path, label, error);
    if (plot->source_count == PLOT_MAX_RUNS)
        return too_many_runs(error);
    if (is_named(plot, path))
        return error_set(error, STATUS_BAD_INPUT, "'%s' is named twice", path);
    const enum status status = source_read(path, request->x, request->y, &source, error);
    return status == STATUS_OK ? place_source(plot, source, label, error) : status;
}

static bool is_there(const char *path) {
    return path_is_folder(path) || path_is_file(path);
}

/* The '=' of LABEL=PATH,PATH. Labels and paths may contain '=', too, so this is the first one after
 * which a path exists; if no path exists, the last one. NULL: there is none. */
static const char *find_equals(const char *argument) {
    for (const char *equals = strchr(argument, '='); equals; equals = strchr(equals + 1, '=')) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%.*s", (int)strcspn(equals + 1, ","), equals + 1);
        if (is_there(path) || is_there(equals + 1))
            return equals;
    }
    return strrchr(argument, '=');
}

/* Adds one argument: an existing path, or LABEL=PATH,PATH. */
static enum status add_argument(struct plot *plot, const struct plot_request *request,
                                const char *argument, struct error *error) {
    const char *equals = find_equals(argument);
    if (!equals || is_there(argument))
        return add_source(plot, request, argument, "", error);
    char *copy = strdup(argument);
    if (!copy)
        return error_set(error, STATUS_FAILED, "out of memory");
    char label[PLOT_LABEL_SIZE];
    copy[equals - argument] = '\0';
    set_label(label, copy);
    enum status status = STATUS_OK;
    if (!label[0])
        status =
            error_set(error, STATUS_BAD_INPUT, "there is no label before '=' in '%s'", argument);
    char *rest = copy + (equals - argument) + 1;
    while (rest && status == STATUS_OK) {
        const char *path = is_there(rest) ? rest : strsep(&rest, ",");
        status = add_source(plot, request, path, label, error);
        rest = path == rest ? NULL : rest;
    }
    free(copy);
    return status;
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Whether a run's curve has no label yet. */
static bool is_nameless(const struct plot *plot, int source) {
    return !plot->curves[plot->curve_of[source]].label[0];
}

/* The value of this option that all runs, or all without a label, share; false if they differ or
 * none has it. */
static bool share(const struct plot *plot, bool nameless, const char *option, char *out,
                  size_t size) {
    bool found = false;
    for (int i = 0; i < plot->source_count; i++) {
        char value[OPTION_TEXT_SIZE];
        if (nameless && !is_nameless(plot, i))
            continue;
        if (!source_option(plot->sources[i], option, value, sizeof value))
            continue;
        if (found && strcmp(out, value) != 0)
            return false;
        snprintf(out, size, "%s", value);
        found = true;
    }
    return found;
}

/* The options that differ between the runs without a label. The weight file that a run began with
 * has a long name, so it is left out if another option differs. */
struct differences {
    const char *names[3];
    int count;
};

static void find_differences(const struct plot *plot, struct differences *differences) {
    char value[OPTION_TEXT_SIZE];
    for (int i = 0; i < plot->source_count; i++) {
        const struct plot_source *source = plot->sources[i];
        if (!is_nameless(plot, i))
            continue;
        for (const char *name = source_next_option(source, NULL); name;
             name = source_next_option(source, name)) {
            bool known = share(plot, true, name, value, sizeof value);
            known = known || strcmp(name, "checkpoint") == 0;
            for (int k = 0; k < differences->count; k++)
                known = known || strcmp(differences->names[k], name) == 0;
            if (!known && differences->count < 3)
                differences->names[differences->count++] = name;
        }
    }
    if (differences->count == 0 && !share(plot, true, "checkpoint", value, sizeof value))
        differences->names[differences->count++] = "checkpoint";
}

/* "a3c", "Pong-v0", "lr 0.001": the values in which a run differs; for a file, its path. */
static void name_source(const struct plot_source *source, const struct differences *differences,
                        char label[PLOT_LABEL_SIZE]) {
    char text[4 * OPTION_TEXT_SIZE] = "";
    size_t length = 0;
    for (int i = 0; i < differences->count; i++) {
        char value[OPTION_TEXT_SIZE];
        const char *name = differences->names[i];
        if (!source_option(source, name, value, sizeof value))
            continue;
        const bool speaks = strcmp(name, "method") == 0 || strcmp(name, "game") == 0;
        if (!speaks && !value[0])
            snprintf(value, sizeof value, "none");
        const char *slash = strrchr(value, '/');
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s%s%s",
                                   length ? ", " : "", speaks ? "" : name, speaks ? "" : " ",
                                   slash && !speaks ? slash + 1 : value);
    }
    if (!length && !source_option(source, "method", text, sizeof text))
        set_label(label, source->path);
    else
        set_label(label, text);
}

/* Makes labels distinct: runs may differ only in an option that one of them lacks, and files may
 * share a name. Goes backwards, so that a label is counted before it gets its own number. */
static void number_twins(struct plot *plot) {
    for (int i = plot->curve_count - 1; i > 0; i--) {
        int twins = 0;
        for (int k = 0; k < i; k++)
            twins += strcmp(plot->curves[k].label, plot->curves[i].label) == 0;
        if (twins > 0) {
            char text[PLOT_LABEL_SIZE + 16];
            snprintf(text, sizeof text, "%.80s (%d)", plot->curves[i].label, twins + 1);
            set_label(plot->curves[i].label, text);
        }
    }
}

static void name_curves(struct plot *plot) {
    struct differences differences = {.count = 0};
    find_differences(plot, &differences);
    for (int i = 0; i < plot->source_count; i++) {
        char *label = plot->curves[plot->curve_of[i]].label;
        if (!label[0])
            name_source(plot->sources[i], &differences, label);
    }
    number_twins(plot);
}

/* Scores of different games cannot be averaged. */
static enum status check_games(const struct plot *plot, struct error *error) {
    for (int i = 0; i < plot->source_count; i++)
        for (int k = 0; k < i; k++) {
            char one[OPTION_TEXT_SIZE];
            char other[OPTION_TEXT_SIZE];
            if (plot->curve_of[i] == plot->curve_of[k] &&
                source_option(plot->sources[k], "game", one, sizeof one) &&
                source_option(plot->sources[i], "game", other, sizeof other) &&
                strcmp(one, other) != 0)
                return error_set(error, STATUS_BAD_INPUT,
                                 "'%s' has runs of %s and of %s, whose scores cannot be averaged; "
                                 "give them different labels",
                                 plot->curves[plot->curve_of[i]].label, one, other);
        }
    return STATUS_OK;
}

enum status group_sources(struct plot *plot, const struct plot_request *request,
                          struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 0; i < request->argument_count && status == STATUS_OK; i++)
        status = add_argument(plot, request, request->arguments[i], error);
    if (status == STATUS_OK)
        status = check_games(plot, error);
    if (status == STATUS_OK)
        name_curves(plot);
    if (status == STATUS_OK && request->expected)
        status = expected_add(plot, error);
    return status;
}

void group_title(const struct plot *plot, char *out, size_t size) {
    char game[OPTION_TEXT_SIZE];
    char method[OPTION_TEXT_SIZE];
    const bool one_game = share(plot, false, "game", game, sizeof game);
    const bool one_method = share(plot, false, "method", method, sizeof method);
    snprintf(out, size, "%.90s%s%.30s", one_game ? game : "", one_game && one_method ? ", " : "",
             one_method ? method : "");
}
