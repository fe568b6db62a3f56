/* Finds games by their ids, among all kinds of games. */
#include "games/buttons.h"
#include "games/kind.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIND_OF_MACHINE(name, kind) &kind##_kind,
static const struct game_kind *const kinds[] = {MACHINES(KIND_OF_MACHINE)};
#undef KIND_OF_MACHINE

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static enum status unknown_id(const char *id, struct error *error) {
    char nearest[GAME_ID_SIZE];
    if (strstr(id, "-ram"))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%.60s' is played from memory, not from pixels, and is not supported: "
                         "leave '-ram' out",
                         id);
    if (game_suggest(id, nearest))
        return error_set(error, STATUS_BAD_INPUT, "there is no game '%.60s'; did you mean '%s'?",
                         id, nearest);
    return error_set(error, STATUS_BAD_INPUT,
                     "there is no game '%.60s'; 'asyncrl games' lists them all", id);
}

/* Checks the arguments of an environment: weight files hold only printable ASCII. */
static enum status check_arguments(const struct game_overrides *overrides, struct error *error) {
    const char *kwargs = overrides->env_kwargs;
    if (!is_printable(kwargs) || !is_printable(overrides->env_wrappers))
        return error_set(error, STATUS_BAD_INPUT,
                         "--env_%s is not plain ASCII: write other characters as \\u00e9",
                         is_printable(kwargs) ? "wrappers" : "kwargs");
    struct json *json = kwargs[0] ? json_parse(kwargs, strlen(kwargs)) : NULL;
    if (!json && kwargs[0])
        return error_set(
            error, STATUS_BAD_INPUT,
            "--env_kwargs=%.100s is not a JSON object such as {\"is_slippery\": false}", kwargs);
    json_free(json);
    return STATUS_OK;
}

/* Checks that the kind has every override that was chosen. */
static enum status check_overrides(const char *id, const struct game_kind *kind,
                                   const struct game_overrides *overrides, struct error *error) {
    const struct {
        const char *option;
        bool is_chosen;
        enum game_override needs;
    } choices[] = {
        {"actions", overrides->actions[0], OVERRIDE_ACTIONS},
        {"rom", overrides->rom[0], OVERRIDE_ROM},
        {"core", overrides->core[0], OVERRIDE_CORE},
        {"state", overrides->state[0], OVERRIDE_STATE},
        {"env_timeout", overrides->env_timeout > 0, OVERRIDE_TIMEOUT},
        {"start_timeout", overrides->start_timeout > 0, OVERRIDE_TIMEOUT},
        {"envs_per_python", overrides->envs_per_python > 0, OVERRIDE_ARGUMENTS},
        {"env_kwargs", overrides->env_kwargs[0], OVERRIDE_ARGUMENTS},
        {"env_wrappers", overrides->env_wrappers[0], OVERRIDE_ARGUMENTS},
        {"full_action_space", overrides->full_action_space, OVERRIDE_ATARI},
        {"mode", overrides->mode[0], OVERRIDE_ATARI},
        {"difficulty", overrides->difficulty[0], OVERRIDE_ATARI},
    };
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if (choices[i].is_chosen && !(kind->overrides & choices[i].needs))
            return error_set(error, STATUS_BAD_INPUT, "'%.100s' does not take --%s: leave it out",
                             id, choices[i].option);
    return check_arguments(overrides, error);
}

static enum status take_overrides(struct game *game, const struct game_overrides *overrides,
                                  struct error *error) {
    game->overrides = *overrides;
    const enum status status = buttons_settle(overrides->actions, game->overrides.actions, error);
    if (status != STATUS_OK || overrides->frame_skip.low == 0)
        return status;
    game->frame_skip_min = (int)overrides->frame_skip.low;
    game->frame_skip_max = (int)overrides->frame_skip.high;
    return STATUS_OK;
}

enum status game_find(const char *id, const struct game_overrides *overrides, struct game *game,
                      struct error *error) {
    for (int i = 0; i < KIND_COUNT; i++) {
        if (!kinds[i]->find(id, game))
            continue;
        if (!overrides)
            return STATUS_OK;
        const enum status status = check_overrides(id, kinds[i], overrides, error);
        if (status == STATUS_OK)
            return take_overrides(game, overrides, error);
        return status;
    }
    return unknown_id(id, error);
}

/* A visitor that passes the ids with a pattern on to another visitor. */
struct id_filter {
    const char *pattern; /* NULL: all */
    void (*visit)(const char *id, void *context);
    void *context;
};

static bool matches(const char *id, const char *pattern) {
    return strpbrk(pattern, "*?[") ? fnmatch(pattern, id, FNM_CASEFOLD) == 0
                                   : strcasestr(id, pattern) != NULL;
}

static void visit_if_wanted(const char *id, void *context) {
    const struct id_filter *filter = context;
    if (!filter->pattern || matches(id, filter->pattern))
        filter->visit(id, filter->context);
}

bool game_names_code(const struct game *game) {
    const struct game_kind *kind = kinds[game->emulator];
    return kind->names_code && kind->names_code(game);
}

/* Outside of quotes there are only numbers, words of JSON and names of wrappers. */
bool game_arguments_are_plain(const char *arguments) {
    bool is_quoted = false;
    for (const char *c = arguments; *c; c++)
        if (*c == '"')
            is_quoted = !is_quoted;
        else if (is_quoted && !isalnum((unsigned char)*c) && !strchr("_- ", *c))
            return false;
    return true;
}

void game_list(const char *pattern, void (*visit)(const char *id, void *context), void *context) {
    struct id_filter filter = {pattern, visit, context};
    for (int i = 0; i < KIND_COUNT; i++)
        if (kinds[i]->visit)
            kinds[i]->visit(visit_if_wanted, &filter);
}

/* A visitor that passes on the ids of one kind that are installed. */
struct installed_filter {
    const struct game_kind *kind;
    const char *data_dir;
    bool has_shared_parts; /* they have been asked for */
    unsigned shared_parts;
    void (*visit)(const char *id, void *context);
    void *context;
};

static bool is_installed(struct installed_filter *filter, const char *id) {
    const struct game_kind *kind = filter->kind;
    struct game game;
    if (!kind->is_installed)
        return true;
    if (!filter->has_shared_parts && kind->find_shared_parts)
        filter->shared_parts = kind->find_shared_parts();
    filter->has_shared_parts = true;
    return kind->find(id, &game) &&
           kind->is_installed(&game, filter->data_dir, filter->shared_parts);
}

static void visit_if_installed(const char *id, void *context) {
    struct installed_filter *filter = context;
    if (is_installed(filter, id))
        filter->visit(id, filter->context);
}

void game_list_installed(const char *pattern, const char *data_dir,
                         void (*visit)(const char *id, void *context), void *context) {
    for (int i = 0; i < KIND_COUNT; i++) {
        struct installed_filter installed = {
            .kind = kinds[i], .data_dir = data_dir, .visit = visit, .context = context};
        struct id_filter filter = {pattern, visit_if_installed, &installed};
        if (kinds[i]->visit)
            kinds[i]->visit(visit_if_wanted, &filter);
    }
}

void game_file_name(const struct game *game, char out[GAME_ID_SIZE]) {
    const char *slash = strrchr(game->id, '/');
    if (game->emulator != GAME_PLUGIN) {
        snprintf(out, GAME_ID_SIZE, "%s", game->id);
    } else {
        snprintf(out, GAME_ID_SIZE, "%s", slash ? slash + 1 : game->id);
        out[strlen(out) - strlen(".so")] = '\0';
    }
    path_sanitize(out);
}

/* ---- Opening --------------------------------------------------------------------------------- */

static const double PROBE_SECONDS = 20;

struct opening {
    const struct game *game;
    const char *data_dir;
};

static enum status open_kind(void *context, struct emulator **emulator, struct error *error) {
    const struct opening *opening = context;
    const struct game *game = opening->game;
    return kinds[game->emulator]->open(game, opening->data_dir, emulator, error);
}

enum status game_open_emulator(const struct game *game, const char *data_dir,
                               struct emulator **emulator, struct error *error) {
    struct opening opening = {game, data_dir};
    const struct game_kind *kind = kinds[game->emulator];
    if (kind->is_foreign && kind->is_foreign(game)) {
        const struct game_overrides *overrides = &game->overrides;
        const double chosen =
            overrides->start_timeout > 0 ? overrides->start_timeout : overrides->env_timeout;
        const enum status status = emulator_probe(game->id, open_kind, &opening,
                                                  chosen > 0 ? chosen : PROBE_SECONDS, error);
        if (status != STATUS_OK)
            return status;
    }
    return open_kind(&opening, emulator, error);
}

/* ---- Data ------------------------------------------------------------------------------------ */

static bool is_inside(const char *parent, const char *name, char out[PATH_SIZE]) {
    struct error error;
    return path_join(out, parent, name, &error) == STATUS_OK && path_is_folder(out);
}

/* The folder where an installed program's user keeps data, after the XDG Base Directory
 * Specification. */
static bool is_users_data(char out[PATH_SIZE]) {
    const char *xdg = getenv("XDG_DATA_HOME");
    if (xdg && *xdg)
        return is_inside(xdg, "asyncrl", out);
    const char *home = getenv("HOME");
    return home && *home && is_inside(home, ".local/share/asyncrl", out);
}

enum status game_find_data(const char *data_dir, char out[PATH_SIZE], struct error *error) {
    const char *named = data_dir && *data_dir ? data_dir : getenv("ASYNCRL_DATA");
    if (named && *named) {
        if (path_is_hidden(named, error))
            return STATUS_BAD_INPUT;
        if (!path_is_folder(named))
            return error_set(error, STATUS_BAD_INPUT,
                             "there is no data folder '%s': tools/install-deps makes deps/data",
                             named);
        snprintf(out, PATH_SIZE, "%s", named);
        return STATUS_OK;
    }
    char program[PATH_SIZE];
    const bool is_known = path_program_folder(program);
    if ((is_known && is_inside(program, "../deps/data", out)) ||
        (is_known && is_inside(program, "data", out)) || is_users_data(out) ||
        (is_known && is_inside(program, "../share/asyncrl", out)) ||
        is_inside("/usr/local/share", "asyncrl", out) || is_inside("/usr/share", "asyncrl", out))
        return STATUS_OK;
    char installer[PATH_SIZE]; /* of an installed program */
    if (is_known &&
        path_join(installer, program, "../libexec/asyncrl/install-data", error) == STATUS_OK &&
        realpath(installer, out))
        return error_set(error, STATUS_BAD_INPUT,
                         "found no folder with the games: run %.300s, or name one with --data_dir "
                         "or $ASYNCRL_DATA",
                         out);
    return error_set(error, STATUS_BAD_INPUT,
                     "found no folder with the games: run tools/install-deps (Python package: pip "
                     "install ale-py), or name one with --data_dir or $ASYNCRL_DATA");
}
