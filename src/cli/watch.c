#include "watch/watch.h"
#include "cli/command.h"
#include "store/store.h"
#include "train/train.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct watch_options {
    int64_t http;
    char bind[OPTION_TEXT_SIZE];
    char token[OPTION_TEXT_SIZE];
    bool trust;
    char data_dir[OPTION_TEXT_SIZE];
};

enum { MAX_FOLDERS = 64 };

static const struct option table[] = {
    INT_OPTION("http", struct watch_options, http, "8080", 0, 65535, "PORT",
               "port of the page; 0: any free one"),
    TEXT_OPTION("bind", struct watch_options, bind, "127.0.0.1", "ADDRESS",
                "address of the page; 0.0.0.0 lets other machines in, too, with the token"),
    TEXT_OPTION("token", struct watch_options, token, "", "TOKEN",
                "token that the page requires as ?token=; random: a random one; default: random if "
                "other machines can reach the page, otherwise none"),
    FLAG_OPTION("trust", struct watch_options, trust, "false",
                "open the files that the runs' config.json and weights name: games that run code "
                "of their own, data folders, cores, ROMs"),
    TEXT_OPTION(
        "data_dir", struct watch_options, data_dir, "", "DIR",
        "folder with libale_c.so and roms; default: $ASYNCRL_DATA, then beside the program"),
    {0},
};

static const struct option_part parts[] = {
    {.options = table},
    {0},
};

/* signals: blocked. */
static bool is_interrupted(void *signals) {
    const struct timespec at_once = {0};
    return sigtimedwait(signals, NULL, &at_once) > 0;
}

static enum status check_folders(const char *const *folders, int count, struct error *error) {
    for (int i = 0; i < count; i++) {
        if (path_is_hidden(folders[i], error))
            return STATUS_BAD_INPUT;
        if (!path_is_folder(folders[i]))
            return error_set(error, STATUS_BAD_INPUT,
                             path_is_file(folders[i])
                                 ? "'%.400s' is a file; watch takes run directories, or a folder "
                                   "of them"
                                 : "there is no folder '%.400s' to watch; name run directories, or "
                                   "a folder of them",
                             folders[i]);
    }
    return STATUS_OK;
}

static enum status serve(const struct watch_options *options, const char *const *folders, int count,
                         struct error *error) {
    const struct watch_address address = {.name = options->bind, .port = (int)options->http};
    sigset_t signals;
    struct option shown[OPTION_MAX_COUNT + 1];
    char url[WATCH_URL_SIZE];
    char token[WATCH_TOKEN_SIZE];
    int listener;
    const struct watch_request request = {
        .folders = folders,
        .folder_count = count,
        .data_dir = options->data_dir,
        .options = shown,
        .token = token,
        .trusts_runs = options->trust,
        .is_over = is_interrupted,
        .context = &signals,
    };
    enum status status = train_all_options(shown, error);
    if (status == STATUS_OK)
        status = watch_listen(&address, &listener, error);
    if (status != STATUS_OK)
        return status;
    status = watch_choose_token(listener, options->token, token, error);
    if (status != STATUS_OK) {
        close(listener);
        return status;
    }
    if (watch_is_open(listener))
        fprintf(stderr, "%s\n", watch_open_warning);
    watch_url(listener, token, url);
    signals_that_end(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    printf("watch at %s; Ctrl-C ends it\n", url);
    status = command_flush(error); /* nobody could find a page without its address */
    if (status == STATUS_OK)
        status = watch_serve(&request, listener, error);
    close(listener);
    return status;
}

static enum status run_watch(const struct command *command, int argc, char **argv,
                             struct error *error) {
    struct watch_options options;
    const char *folders[MAX_FOLDERS] = {"runs"};
    int count;
    enum status status =
        command_parse_arguments(command, argc, argv, &options, folders, MAX_FOLDERS, &count, error);
    if (status == STATUS_OK && count == 0)
        count = 1; /* train's default folder */
    if (status == STATUS_OK)
        status = check_folders(folders, count, error);
    return status == STATUS_OK ? serve(&options, folders, count, error) : status;
}

const struct command command_watch = {
    .name = "watch",
    .usage = "watch [RUN_DIR...] [options]",
    .summary = "serve a page that shows runs as they learn",
    .details = "Shows curves, the newest network at play and options, of one run or of many\n"
               "side by side. Folders that hold no run are searched for runs; the default is\n"
               "'runs'. The server writes nothing, and only this machine can reach it unless\n"
               "--bind changes that. Runs are not trusted: only games of the catalogue are\n"
               "played, with this machine's data folder, cores and ROMs; --trust plays others.\n",
    .options = parts,
    .arguments = "DIR",
    .run = run_watch,
};
