#include "network/network.h"

#include <stdlib.h>
#include <string.h>

/* One thread's network, with its arrays for outputs and gradients. */
struct shard {
    struct network *network;
    float *gradients; /* (parameters); shard 0 has none: it writes to the caller's */
    struct error error;
    enum status status; /* of making it */
};

struct network_shards {
    struct network_spec spec;
    enum backend backend;
    struct team *team; /* NULL: one thread, the caller's */
    int count;
    int max_rows; /* of one shard */
    int steps;    /* of the last forward's sequences, which no shard splits */
    size_t row_bytes;
    size_t state_size;
    size_t params;
    struct shard *shards;
    struct network_watcher watcher;
    float *action; /* (max_batch, network_action_outputs): those of all shards; unused with one
                      thread */
    float *value;  /* (max_batch) */
};

/* ---- Making ---------------------------------------------------------------------------------- */

/* Each member makes its own network, because use_threads applies to the calling thread. */
static void make_shard(void *context, int member) {
    struct network_shards *shards = context;
    struct shard *shard = &shards->shards[member];
    shard->status = network_create(&shards->spec, shards->backend, shards->max_rows, 1,
                                   &shard->network, &shard->error);
    if (shard->status != STATUS_OK || member == 0)
        return;
    shard->gradients = calloc(shards->params, sizeof(float));
    if (!shard->gradients)
        shard->status = error_set(&shard->error, STATUS_FAILED, "no memory for gradients");
}

static enum status make_team(struct network_shards *shards, int max_batch, struct error *error) {
    const size_t actions = (size_t)network_action_outputs(&shards->spec);
    shards->action = malloc((size_t)max_batch * actions * sizeof(float));
    shards->value = malloc((size_t)max_batch * sizeof(float));
    if (!shards->action || !shards->value)
        return error_set(error, STATUS_FAILED, "no memory for a network's answers");
    return team_open(shards->count, &shards->team, error);
}

static enum status make_shards(struct network_shards *shards, struct error *error) {
    if (shards->team)
        team_run(shards->team, make_shard, shards);
    else
        make_shard(shards, 0);
    for (int i = 0; i < shards->count; i++)
        if (shards->shards[i].status != STATUS_OK) {
            *error = shards->shards[i].error;
            return shards->shards[i].status;
        }
    return STATUS_OK;
}

enum status network_shards_create(const struct network_spec *spec, enum backend backend,
                                  int max_batch, int threads, struct network_shards **shards,
                                  struct error *error) {
    const size_t channel = (size_t)spec->height * (size_t)spec->width;
    struct network_shards *created = calloc(1, sizeof *created);
    struct shard *list = calloc((size_t)threads, sizeof *list);
    if (!created || !list) {
        free(created);
        free(list);
        return error_set(error, STATUS_FAILED, "no memory for a network");
    }
    *created = (struct network_shards){
        .spec = *spec,
        .backend = backend,
        .count = threads,
        .max_rows = spec->lstm > 0 ? max_batch : team_part(max_batch, threads, 1),
        .row_bytes =
            (size_t)spec->channels * (trunk_takes_vectors(spec->trunk) ? sizeof(float) : channel),
        .state_size = network_state_size(spec),
        .params = network_param_count(spec),
        .shards = list,
    };
    enum status status = threads > 1 ? make_team(created, max_batch, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = make_shards(created, error);
    if (status == STATUS_OK)
        *shards = created;
    else
        network_shards_destroy(created);
    return status;
}

void network_shards_destroy(struct network_shards *shards) {
    if (!shards)
        return;
    team_close(shards->team);
    for (int i = 0; i < shards->count; i++) {
        network_destroy(shards->shards[i].network);
        free(shards->shards[i].gradients);
    }
    free(shards->shards);
    free(shards->action);
    free(shards->value);
    free(shards);
}

/* ---- Computing ------------------------------------------------------------------------------- */

/* One forward or backward pass that the team's members share. */
struct shards_pass {
    struct network_shards *shards;
    const float *params;
    const uint8_t *observations;
    int batch;
    const struct network_sequences *sequences;
    const float *d_action;
    const float *d_value;
    float *gradients;
};

static int first_row(const struct shards_pass *pass, int member) {
    const int steps = pass->shards->steps;
    return team_part(pass->batch / steps, pass->shards->count, member) * steps;
}

static void forward_shard(void *context, int member) {
    const struct shards_pass *pass = context;
    struct network_shards *shards = pass->shards;
    const int first = first_row(pass, member);
    const int rows = first_row(pass, member + 1) - first;
    if (rows == 0)
        return;
    const size_t actions = (size_t)network_action_outputs(&shards->spec);
    struct network_sequences part = *pass->sequences;
    part.states = part.states ? part.states + (size_t)first * shards->state_size : NULL;
    part.starts = part.starts ? part.starts + first : NULL;
    const struct network_outputs out = network_forward_sequences(
        shards->shards[member].network, pass->params,
        pass->observations + (size_t)first * shards->row_bytes, rows, &part);
    memcpy(shards->action + (size_t)first * actions, out.action,
           (size_t)rows * actions * sizeof(float));
    if (out.value)
        memcpy(shards->value + first, out.value, (size_t)rows * sizeof(float));
}

static void backward_shard(void *context, int member) {
    const struct shards_pass *pass = context;
    const struct shard *shard = &pass->shards->shards[member];
    const int first = first_row(pass, member);
    const int rows = first_row(pass, member + 1) - first;
    if (rows > 0)
        network_backward(shard->network, pass->params, rows,
                         pass->d_action +
                             (ptrdiff_t)first * network_action_outputs(&pass->shards->spec),
                         pass->d_value ? pass->d_value + first : NULL,
                         member == 0 ? pass->gradients : shard->gradients);
}

/* Each member sums a part of the gradients over the shards, in the order of the shards. */
static void add_gradients(void *context, int member) {
    const struct shards_pass *pass = context;
    const struct network_shards *shards = pass->shards;
    const int first = team_part((int)shards->params, shards->count, member);
    const int end = team_part((int)shards->params, shards->count, member + 1);
    for (int i = 1; i < shards->count && first_row(pass, i) < pass->batch; i++) {
        const float *restrict gradients = shards->shards[i].gradients;
        float *restrict sum = pass->gradients;
        for (int j = first; j < end; j++)
            sum[j] += gradients[j];
    }
}

struct network_outputs network_shards_forward(struct network_shards *shards, const float *params,
                                              const void *observations, int batch) {
    static const struct network_sequences single_steps = {.steps = 1};
    return network_shards_forward_sequences(shards, params, observations, batch, &single_steps);
}

struct network_outputs network_shards_forward_sequences(struct network_shards *shards,
                                                        const float *params,
                                                        const void *observations, int batch,
                                                        const struct network_sequences *sequences) {
    shards->steps = sequences->steps;
    if (shards->count == 1)
        return network_forward_sequences(shards->shards[0].network, params, observations, batch,
                                         sequences);
    struct shards_pass pass = {.shards = shards,
                               .params = params,
                               .observations = observations,
                               .batch = batch,
                               .sequences = sequences};
    team_run(shards->team, forward_shard, &pass);
    return (struct network_outputs){.action = shards->action,
                                    .value = shards->spec.heads == HEADS_Q ? NULL : shards->value};
}

void network_shards_backward(struct network_shards *shards, const float *params, int batch,
                             const float *d_action, const float *d_value, float *gradients) {
    struct shards_pass pass = {.shards = shards,
                               .params = params,
                               .batch = batch,
                               .d_action = d_action,
                               .d_value = d_value};
    pass.gradients = gradients;
    if (shards->count == 1) {
        backward_shard(&pass, 0);
        return;
    }
    team_run(shards->team, backward_shard, &pass);
    team_run(shards->team, add_gradients, &pass);
    if (shards->watcher.done)
        shards->watcher.done(shards->watcher.context, 0);
}

void network_shards_watch(struct network_shards *shards, const struct network_watcher *watcher) {
    if (shards->count == 1)
        network_watch(shards->shards[0].network, watcher);
    else
        shards->watcher = *watcher;
}
