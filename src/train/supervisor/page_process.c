#include "train/supervisor/helper_game.h"
#include "watch/watch.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long the page stays after the run's end, so that its last rows reach readers. */
static const double FAREWELL_SECONDS = 0.5;

enum status page_open(struct run *run, struct error *error) {
    const struct train_config *config = run->config;
    const struct watch_address address = {
        .name = config->bind[0] ? config->bind : "127.0.0.1",
        .port = (int)config->http,
    };
    if (config->http < 0)
        return config->bind[0] || config->token[0]
                   ? error_set(error, STATUS_BAD_INPUT,
                               "--%s says how the page is served: it needs --http=PORT",
                               config->bind[0] ? "bind" : "token")
                   : STATUS_OK;
    enum status status = watch_listen(&address, &run->listener, error);
    if (status == STATUS_OK)
        status = watch_choose_token(run->listener, config->token, run->token, error);
    if (status != STATUS_OK)
        return status;
    if (watch_is_open(run->listener))
        log_line("super", "%s", watch_open_warning);
    char url[WATCH_URL_SIZE];
    watch_url(run->listener, run->token, url);
    log_line("super", "watch at %s", url);
    return STATUS_OK;
}

void page_close(struct run *run) {
    if (run->listener < 0)
        return;
    shutdown(run->listener, SHUT_RDWR); /* this also ends the children's copies */
    close(run->listener);
    run->listener = -1;
}

struct page {
    struct run *run;
    double end_seen; /* clock_seconds at which the page first saw the run's end; 0: not yet */
};

static bool is_over(void *context) {
    struct page *page = context;
    return helper_sees_end(page->run, &page->end_seen) &&
           clock_seconds() - page->end_seen > FAREWELL_SECONDS;
}

/* The page's own reader of weights comes after those of the actors; it releases them at once. */
static bool copy_weights(void *context, float *params, int64_t *steps) {
    struct run *run = context;
    const int reader = run->transport->actors;
    uint64_t version;
    if (transport_version(run->transport) == 0)
        return false;
    const float *newest = transport_acquire(run->transport, reader, &version);
    memcpy(params, newest, network_param_count(&run->network) * sizeof *params);
    transport_give_up(run->transport, reader);
    *steps = (int64_t)version - 1;
    return true;
}

int page_main(struct run *run) {
    const struct agent_info info = {
        .game = run->game,
        .environment = run->config->environment,
        .observation = run->environment.observation,
        .network = run->network,
    };
    const struct watch_weights weights = {.info = &info, .copy = copy_weights, .context = run};
    const char *const folders[] = {run->control->run_dir};
    struct page page = {.run = run};
    const struct watch_request request = {
        .folders = folders,
        .folder_count = 1,
        .data_dir = run->config->data_dir,
        .options = run->table,
        .token = run->token,
        .weights = &weights,
        .is_over = is_over,
        .context = &page,
    };
    struct error error;
    if (watch_serve(&request, run->listener, &error) == STATUS_OK)
        return 0;
    log_line("page", "%s", error.message);
    return 1;
}
