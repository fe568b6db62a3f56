/*
 * A pass on several threads. Most layers are computed by rows: each thread takes its rows of the
 * batch through them and writes gradients of its own, which are added up. But the large dense layer
 * between a trunk's convolutions and its heads has nearly all parameters. There each thread takes
 * all rows, and its part of the outputs forward, of the inputs backward: so it reads that part of
 * the kernel only, and no gradients of the kernel have to be added.
 *
 *     forward    rows    convolutions  | outputs  dense layer  | heads
 *     backward   heads  | inputs  dense layer  | rows    convolutions  | sums
 *
 * A | is a place where threads wait for each other. Heads are small: the caller alone computes
 * them.
 */
#include "network/walk.h"

#include <stdlib.h>

/* One thread's network, with its gradients. */
struct shard {
    struct network *network;
    float *gradients; /* (parameters), of layers computed by rows; shard 0 has none: it writes to
                         the caller's */
    struct error error;
    enum status status; /* of making it */
};

struct network_shards {
    struct network_spec spec;
    enum backend backend;
    struct team *team; /* NULL: one thread, the caller's */
    int count;
    bool by_rows;
    int split;         /* the layer that is computed by parts; the number of layers: none */
    bool splits_heads; /* whether layers after it are computed by rows, not by the caller alone */
    int layers;
    size_t params;
    struct shard *shards;
    struct network_watcher watcher;
    struct network_sequences sequences; /* of the last forward; no thread splits one */
};

/* ---- Making ---------------------------------------------------------------------------------- */

/* The fewest parameters of a layer that is computed by parts, and the fewest multiply-adds of a
 * sample in the layers after it for which waking threads pays. */
enum { LEAST_SPLIT = 1 << 16, LEAST_HEADS = 1 << 16 };

/* Chooses the layer with the most parameters, if it is dense. */
static void choose_split(struct network_shards *shards) {
    const struct network_plan *plan = network_plan_of(shards->shards[0].network);
    size_t most = LEAST_SPLIT;
    double products = 0;
    shards->layers = shards->split = plan->count;
    for (int i = 0; i < plan->count - plan->head_count && !shards->by_rows; i++) {
        const struct layer *layer = &plan->layers[i];
        if (layer->kind == &layer_dense && layer->skip < 0 && layer->param_count >= most) {
            most = layer->param_count;
            shards->split = i;
        }
    }
    for (int i = shards->split + 1; i < plan->count; i++)
        products +=
            plan->layers[i].kind->products ? plan->layers[i].kind->products(&plan->layers[i]) : 0;
    shards->splits_heads = products >= LEAST_HEADS;
}

/* Each member makes its own network, because use_threads applies to the calling thread. */
static void make_shard(void *context, int member) {
    struct network_shards *shards = context;
    struct shard *shard = &shards->shards[member];
    if (member == 0)
        return;
    shard->status = network_create_beside(shards->shards[0].network, &shards->spec, shards->backend,
                                          &shard->network, &shard->error);
    if (shard->status != STATUS_OK)
        return;
    shard->gradients = calloc(shards->params, sizeof(float));
    if (!shard->gradients)
        shard->status = error_set(&shard->error, STATUS_FAILED, "no memory for gradients");
}

static enum status make_shards(struct network_shards *shards, int max_batch, struct error *error) {
    enum status status = network_create(&shards->spec, shards->backend, max_batch, 1,
                                        &shards->shards[0].network, error);
    if (status != STATUS_OK || shards->count == 1)
        return status;
    choose_split(shards);
    status = team_open(shards->count, &shards->team, error);
    if (status != STATUS_OK)
        return status;
    team_run(shards->team, make_shard, shards);
    for (int i = 1; i < shards->count; i++)
        if (shards->shards[i].status != STATUS_OK) {
            *error = shards->shards[i].error;
            return shards->shards[i].status;
        }
    return STATUS_OK;
}

enum status network_shards_create(const struct network_spec *spec, enum backend backend,
                                  int max_batch, int threads, bool by_rows,
                                  struct network_shards **shards, struct error *error) {
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
        .by_rows = by_rows,
        .params = network_param_count(spec),
        .shards = list,
    };
    const enum status status = make_shards(created, max_batch, error);
    if (status == STATUS_OK)
        *shards = created;
    else
        network_shards_destroy(created);
    return status;
}

/* Networks that compute on the first one's arrays go before it. */
void network_shards_destroy(struct network_shards *shards) {
    if (!shards)
        return;
    team_close(shards->team);
    for (int i = shards->count - 1; i >= 0; i--) {
        network_destroy(shards->shards[i].network);
        free(shards->shards[i].gradients);
    }
    free(shards->shards);
    free(shards);
}

struct team *network_shards_team(struct network_shards *shards) {
    return shards->by_rows ? NULL : shards->team;
}

/* ---- Computing ------------------------------------------------------------------------------- */

/* A forward or backward pass that the team's members share. */
struct shards_pass {
    struct network_shards *shards;
    const float *params;
    int batch;
    int first_layer, end_layer; /* that are computed now */
    bool by_parts;
    const float *d_action;
    const float *d_value;
    float *gradients;
};

static int first_row(const struct shards_pass *pass, int member) {
    const int steps = pass->shards->sequences.steps;
    return team_part(pass->batch / steps, pass->shards->count, member) * steps;
}

/* What a member computes of the layers; rows may be 0. */
static struct network_walk walk_of(const struct shards_pass *pass, int member) {
    struct network_walk walk = {.params = pass->params,
                                .first_layer = pass->first_layer,
                                .end_layer = pass->end_layer,
                                .rows = pass->batch,
                                .parts = 1};
    if (pass->by_parts) {
        walk.part = member;
        walk.parts = pass->shards->count;
    } else {
        walk.first_row = first_row(pass, member);
        walk.rows = first_row(pass, member + 1) - walk.first_row;
    }
    return walk;
}

static void forward_member(void *context, int member) {
    const struct shards_pass *pass = context;
    const struct network_walk walk = walk_of(pass, member);
    if (walk.rows > 0)
        network_walk_forward(pass->shards->shards[member].network, &walk);
}

static void backward_member(void *context, int member) {
    const struct shards_pass *pass = context;
    const struct shard *shard = &pass->shards->shards[member];
    const struct network_walk walk = walk_of(pass, member);
    if (walk.rows > 0)
        network_walk_backward(shard->network, &walk, pass->d_action, pass->d_value,
                              member == 0 || pass->by_parts ? pass->gradients : shard->gradients);
}

typedef void member_work(void *context, int member);

static void compute_by_rows(struct shards_pass *pass, member_work *work, int first, int end) {
    pass->first_layer = first;
    pass->end_layer = end;
    pass->by_parts = false;
    team_run(pass->shards->team, work, pass);
}

static void compute_by_parts(struct shards_pass *pass, member_work *work) {
    pass->first_layer = pass->shards->split;
    pass->end_layer = pass->shards->split + 1;
    pass->by_parts = true;
    team_run(pass->shards->team, work, pass);
}

/* The walk of the caller alone through the layers after the split one. */
static struct network_walk walk_of_heads(const struct shards_pass *pass) {
    const struct network_shards *shards = pass->shards;
    return (struct network_walk){.params = pass->params,
                                 .first_layer = shards->split + 1,
                                 .end_layer = shards->layers,
                                 .rows = pass->batch,
                                 .parts = 1};
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
    struct network *caller = shards->shards[0].network;
    struct shards_pass pass = {.shards = shards, .params = params, .batch = batch};
    if (shards->count == 1)
        return network_forward_sequences(caller, params, observations, batch, sequences);
    shards->sequences = *sequences;
    for (int i = 0; i < shards->count; i++)
        network_begin(shards->shards[i].network, observations, sequences);
    compute_by_rows(&pass, forward_member, 0, shards->split);
    if (shards->split < shards->layers) {
        const struct network_walk heads = walk_of_heads(&pass);
        compute_by_parts(&pass, forward_member);
        if (shards->splits_heads)
            compute_by_rows(&pass, forward_member, shards->split + 1, shards->layers);
        else
            network_walk_forward(caller, &heads);
    }
    return network_outputs_of(caller);
}

/* Adds the members' gradients from first on, up to end, each member a part of them, in the order of
 * the shards. */
static void add_range(const struct shards_pass *pass, int member, size_t first, size_t end) {
    const struct network_shards *shards = pass->shards;
    const int count = (int)(end - first);
    const size_t from = first + (size_t)team_part(count, shards->count, member);
    const size_t to = first + (size_t)team_part(count, shards->count, member + 1);
    for (int i = 1; i < shards->count && first_row(pass, i) < pass->batch; i++) {
        const float *restrict gradients = shards->shards[i].gradients;
        float *restrict sum = pass->gradients;
        for (size_t j = from; j < to; j++)
            sum[j] += gradients[j];
    }
}

static void add_gradients(void *context, int member) {
    const struct shards_pass *pass = context;
    const struct network_shards *shards = pass->shards;
    const struct network_plan *plan = network_plan_of(shards->shards[0].network);
    const struct layer *split = &plan->layers[shards->split];
    if (shards->split == shards->layers) {
        add_range(pass, member, 0, shards->params);
        return;
    }
    add_range(pass, member, 0, split->params);
    if (shards->splits_heads)
        add_range(pass, member, split->params + split->param_count, shards->params);
}

void network_shards_backward(struct network_shards *shards, const float *params, int batch,
                             const float *d_action, const float *d_value, float *gradients) {
    struct network *caller = shards->shards[0].network;
    struct shards_pass pass = {.shards = shards,
                               .params = params,
                               .batch = batch,
                               .d_action = d_action,
                               .d_value = d_value,
                               .gradients = gradients};
    if (shards->count == 1) {
        network_backward(caller, params, batch, d_action, d_value, gradients);
        return;
    }
    if (shards->split < shards->layers) {
        const struct network_walk heads = walk_of_heads(&pass);
        if (shards->splits_heads)
            compute_by_rows(&pass, backward_member, shards->split + 1, shards->layers);
        else
            network_walk_backward(caller, &heads, d_action, d_value, gradients);
        network_pass_relu(caller, shards->split, batch);
        compute_by_parts(&pass, backward_member);
    }
    compute_by_rows(&pass, backward_member, 0, shards->split);
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
