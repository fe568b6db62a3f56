/*
 * The layer kind of long short-term memory (Hochreiter and Schmidhuber 1997; with a forget gate,
 * Gers et al. 2000). For each step of a sequence, with its input x and its last output h:
 *
 *     i, f, g, o = x W + h U + b        (W: "kernel", U: "recurrent_kernel"; Keras' order)
 *     c = sigmoid(f) c + sigmoid(i) tanh(g)
 *     h = sigmoid(o) tanh(c)
 *
 * A sequence's state is h, then c. A batch is sequences of `steps` samples each, one sequence after
 * the other. Gradients stop at the start of a sequence and at the start of a game within it.
 */
#include "network/layer.h"

#include <math.h>
#include <string.h>

enum { INPUT, FORGET, CANDIDATE, OUTPUT, GATES };

static size_t hidden_of(const struct layer *layer) {
    return (size_t)layer->lstm.hidden;
}

static bool lstm_plan(struct layer *layer) {
    layer->lstm.in = (int)shape_size(layer->in);
    layer->out = (struct shape){layer->lstm.hidden, 1, 1};
    return true;
}

static int lstm_tensors(const struct layer *layer, struct tensor_view views[LAYER_MAX_TENSORS]) {
    const int hidden = layer->lstm.hidden;
    views[0] = (struct tensor_view){"kernel", 2, {layer->lstm.in, GATES * hidden}, NULL};
    views[1] = (struct tensor_view){"recurrent_kernel", 2, {hidden, GATES * hidden}, NULL};
    views[2] = (struct tensor_view){"bias", 1, {GATES * hidden}, NULL};
    return 3;
}

/* Pointers to the parameters (or their gradients). */
struct parts {
    float *kernel;
    float *recurrent;
    float *bias;
};

static struct parts split(const struct layer *layer, const float *params) {
    const size_t gates = GATES * hidden_of(layer);
    float *kernel = (float *)params; /* callers that pass const parameters do not write to them */
    return (struct parts){kernel, kernel + (size_t)layer->lstm.in * gates,
                          kernel + ((size_t)layer->lstm.in + hidden_of(layer)) * gates};
}

/* Forget gates begin open, with a bias of 1 (Jozefowicz et al. 2015). */
static bool lstm_initialize(const struct layer *layer, enum network_init init, float *params,
                            struct rng *rng) {
    const int gates = GATES * layer->lstm.hidden;
    const struct parts parts = split(layer, params);
    for (size_t i = 0; i < (size_t)gates; i++)
        parts.bias[i] = i / hidden_of(layer) == FORGET ? 1 : 0;
    return initialize_kernel(ROLE_MEMORY, init,
                             (struct kernel_layout){gates, layer->lstm.in, 1, gates}, parts.kernel,
                             rng) &&
           initialize_kernel(ROLE_MEMORY, init,
                             (struct kernel_layout){gates, layer->lstm.hidden, 1, gates},
                             parts.recurrent, rng);
}

static double lstm_products(const struct layer *layer) {
    return (double)GATES * layer->lstm.hidden * (layer->lstm.in + layer->lstm.hidden);
}

static size_t lstm_state(const struct layer *layer) {
    return 2 * hidden_of(layer);
}

/* Gates and cell of each sample. */
static size_t lstm_kept(const struct layer *layer) {
    return (GATES + 1) * hidden_of(layer);
}

/* Gradients of all gates; for one step of all sequences h before it, its gates, and gradients of h
 * and c; gradients of one step's recurrent kernel and bias. */
static size_t lstm_scratch(const struct layer *layer, const struct network_ops *ops,
                           int max_batch) {
    (void)ops;
    const size_t hidden = hidden_of(layer);
    return (size_t)max_batch * (2 * GATES + 3) * hidden + GATES * hidden * (hidden + 1);
}

/* The arrays of a pass, as the functions below use them. */
struct work {
    size_t hidden, gates, steps, sequences;
    struct dense recurrence;
    const struct layer_pass *pass;
    float *gate_values; /* (batch, gates) */
    float *cells;       /* (batch, hidden) */
    float *before;      /* (sequences, hidden): h of the step before */
    float *step_gates;  /* (sequences, gates) */
    float *d_before;    /* (sequences, hidden) */
    float *d_cells;     /* (sequences, hidden) */
    float *d_gates;     /* (batch, gates) */
    float *d_recurrent; /* of one step */
    float *d_bias;
};

static struct work begin(const struct layer *layer, const struct layer_pass *pass) {
    struct work work = {.hidden = hidden_of(layer),
                        .gates = GATES * hidden_of(layer),
                        .steps = (size_t)pass->steps,
                        .sequences = (size_t)(pass->batch / pass->steps),
                        .recurrence = {.in = layer->lstm.hidden, .out = GATES * layer->lstm.hidden},
                        .pass = pass};
    const size_t batch = (size_t)pass->batch;
    work.gate_values = pass->kept;
    work.cells = work.gate_values + batch * work.gates;
    work.before = pass->scratch;
    work.step_gates = work.before + work.sequences * work.hidden;
    work.d_before = work.step_gates + work.sequences * work.gates;
    work.d_cells = work.d_before + work.sequences * work.hidden;
    work.d_gates = work.d_cells + work.sequences * work.hidden;
    work.d_recurrent = work.d_gates + batch * work.gates;
    work.d_bias = work.d_recurrent + work.hidden * work.gates;
    return work;
}

static bool starts_at(const struct work *work, size_t sequence, size_t step) {
    const uint8_t *starts = work->pass->starts;
    return starts && starts[sequence * work->steps + step];
}

/* A sequence's output (part 0) or cell (part 1) before a step; NULL: zeros. */
static const float *before_step(const struct work *work, size_t sequence, size_t step, int part) {
    const struct layer_pass *pass = work->pass;
    const size_t sample = sequence * work->steps + step;
    const bool starts = starts_at(work, sequence, step);
    if (pass->states && (starts || step == 0))
        return pass->states + sample * pass->state_stride + (size_t)part * work->hidden;
    if (starts)
        return NULL;
    if (step > 0)
        return (part == 0 ? pass->out : work->cells) + (sample - 1) * work->hidden;
    return pass->state ? pass->state + sequence * pass->state_stride + (size_t)part * work->hidden
                       : NULL;
}

static void gather_before(const struct work *work, size_t step) {
    for (size_t s = 0; s < work->sequences; s++) {
        float *row = work->before + s * work->hidden;
        const float *before = before_step(work, s, step, 0);
        if (before)
            memcpy(row, before, work->hidden * sizeof *row);
        else
            memset(row, 0, work->hidden * sizeof *row);
    }
}

static float sigmoid(float x) {
    return 1 / (1 + expf(-x));
}

/* Turns the sums in gates (4 hidden) into gates, and computes cell and out from them. */
static void step_cell(float *gates, const float *recurrent, const float *cell_before, float *cell,
                      float *out, size_t hidden) {
    for (size_t k = 0; k < hidden; k++) {
        float *gate = gates + k;
        for (size_t g = 0; g < GATES; g++) {
            const float sum = gate[g * hidden] + recurrent[g * hidden + k];
            gate[g * hidden] = g == CANDIDATE ? tanhf(sum) : sigmoid(sum);
        }
        cell[k] = gate[INPUT * hidden] * gate[CANDIDATE * hidden] +
                  (cell_before ? gate[FORGET * hidden] * cell_before[k] : 0);
        out[k] = gate[OUTPUT * hidden] * tanhf(cell[k]);
    }
}

static void keep_state(const struct work *work) {
    const struct layer_pass *pass = work->pass;
    for (size_t s = 0; pass->state_out && s < work->sequences; s++) {
        const size_t last = ((s + 1) * work->steps - 1) * work->hidden;
        float *state = pass->state_out + s * pass->state_stride;
        memcpy(state, pass->out + last, work->hidden * sizeof *state);
        memcpy(state + work->hidden, work->cells + last, work->hidden * sizeof *state);
    }
}

static void lstm_forward(const struct layer *layer, const struct layer_pass *pass) {
    const struct work work = begin(layer, pass);
    const struct parts parts = split(layer, pass->params);
    const struct dense input = {.in = layer->lstm.in, .out = GATES * layer->lstm.hidden};
    memset(work.d_bias, 0, work.gates * sizeof *work.d_bias); /* the recurrence has no bias */
    pass->ops->dense_forward(work.gate_values, pass->in.f32, parts.kernel, parts.bias, &input,
                             pass->batch);
    for (size_t t = 0; t < work.steps; t++) {
        gather_before(&work, t);
        pass->ops->dense_forward(work.step_gates, work.before, parts.recurrent, work.d_bias,
                                 &work.recurrence, (int)work.sequences);
        for (size_t s = 0; s < work.sequences; s++) {
            const size_t sample = s * work.steps + t;
            step_cell(work.gate_values + sample * work.gates, work.step_gates + s * work.gates,
                      before_step(&work, s, t, 1), work.cells + sample * work.hidden,
                      pass->out + sample * work.hidden, work.hidden);
        }
    }
    keep_state(&work);
}

/* For one sample: computes the gradients of its sums and of c before it from those of h and c
 * after it. */
static void step_back(float *d_gates, float *d_cell, const float *d_out, const float *d_hidden,
                      const float *gates, const float *cell, const float *cell_before,
                      size_t hidden) {
    for (size_t k = 0; k < hidden; k++) {
        const float i = gates[INPUT * hidden + k];
        const float f = gates[FORGET * hidden + k];
        const float g = gates[CANDIDATE * hidden + k];
        const float o = gates[OUTPUT * hidden + k];
        const float bent = tanhf(cell[k]);
        const float d_h = d_out[k] + d_hidden[k];
        const float d_c = d_cell[k] + d_h * o * (1 - bent * bent);
        d_gates[INPUT * hidden + k] = d_c * g * i * (1 - i);
        d_gates[FORGET * hidden + k] = cell_before ? d_c * cell_before[k] * f * (1 - f) : 0;
        d_gates[CANDIDATE * hidden + k] = d_c * i * (1 - g * g);
        d_gates[OUTPUT * hidden + k] = d_h * bent * o * (1 - o);
        d_cell[k] = d_c * f;
    }
}

/* For one step of all sequences: computes the gradients of the sums from those of the next step. */
static void back_to_sums(const struct work *work, size_t step) {
    for (size_t s = 0; s < work->sequences; s++) {
        const size_t sample = s * work->steps + step;
        float *d_sums = work->d_gates + sample * work->gates;
        step_back(d_sums, work->d_cells + s * work->hidden,
                  work->pass->d_out + sample * work->hidden, work->d_before + s * work->hidden,
                  work->gate_values + sample * work->gates, work->cells + sample * work->hidden,
                  before_step(work, s, step, 1), work->hidden);
        memcpy(work->step_gates + s * work->gates, d_sums, work->gates * sizeof *d_sums);
    }
}

/* No gradient passes a start. */
static void cut(const struct work *work, size_t step) {
    for (size_t s = 0; s < work->sequences; s++)
        if (starts_at(work, s, step)) {
            memset(work->d_before + s * work->hidden, 0, work->hidden * sizeof(float));
            memset(work->d_cells + s * work->hidden, 0, work->hidden * sizeof(float));
        }
}

static void lstm_backward(const struct layer *layer, const struct layer_pass *pass) {
    const struct work work = begin(layer, pass);
    const struct parts parts = split(layer, pass->params);
    const struct parts gradients = split(layer, pass->gradients);
    const struct dense input = {.in = layer->lstm.in, .out = GATES * layer->lstm.hidden};
    const size_t side = work.sequences * work.hidden;
    memset(work.d_before, 0, side * sizeof(float));
    memset(work.d_cells, 0, side * sizeof(float));
    memset(gradients.recurrent, 0, work.hidden * work.gates * sizeof(float));
    for (size_t t = work.steps; t-- > 0;) {
        back_to_sums(&work, t);
        gather_before(&work, t);
        memset(work.d_before, 0, side * sizeof(float));
        pass->ops->dense_backward(work.d_before, work.d_recurrent, work.d_bias, work.step_gates,
                                  work.before, parts.recurrent, &work.recurrence,
                                  (int)work.sequences);
        for (size_t i = 0; i < work.hidden * work.gates; i++)
            gradients.recurrent[i] += work.d_recurrent[i];
        cut(&work, t);
    }
    pass->ops->dense_backward(pass->d_in, gradients.kernel, gradients.bias, work.d_gates,
                              pass->in.f32, parts.kernel, &input, pass->batch);
}

const struct layer_kind layer_lstm = {.name = "lstm",
                                      .plan = lstm_plan,
                                      .tensors = lstm_tensors,
                                      .initialize = lstm_initialize,
                                      .forward = lstm_forward,
                                      .backward = lstm_backward,
                                      .products = lstm_products,
                                      .state = lstm_state,
                                      .kept = lstm_kept,
                                      .scratch = lstm_scratch};
