/*
 * oneDNN, of version 2 or 3, which chooses its kernels by the CPU at run time.
 *
 * Dense layers are matrix products (dnnl_sgemm). So are convolutions, of the kernel with the
 * columns of a sample; but on AVX-512 their forward is oneDNN's own convolution, with reorders to
 * and from its layouts. Columns, then oneDNN's convolution with reorders, on one core of an AMD
 * EPYC (Zen 5), in microseconds for each sample in batches of 20 (of 1):
 *
 *     a3c    conv1  15.7 (16.3)  11.5 (13.1)
 *            conv2   8.6  (9.2)   6.7  (9.3)
 *     nature conv1  32.1 (33.4)  28.0 (31.9)
 *            conv2  41.4 (43.3)  25.4 (32.9)
 *            conv3  28.0 (28.2)  17.8 (26.7)
 *
 * With AVX2 alone it is no faster, and slower in a3c's conv1 (28 against 23). The backward is no
 * faster on either.
 */
#include "network/columns.h"

#include <dlfcn.h>
#include <dnnl.h>
#include <stdlib.h>
#include <string.h>

/* One factor of a product: (rows, columns) as stored, read transposed if transposed is set. */
struct matrix {
    const float *data;
    int stride;
    bool transposed;
};

/* The product: (rows, columns), stride floats from row to row. */
struct product {
    float *data;
    int rows;
    int columns;
    int stride;
};

static void multiply_plainly(struct product out, int depth, float scale, struct matrix a,
                             struct matrix b, bool add) {
    for (int r = 0; r < out.rows; r++)
        for (int c = 0; c < out.columns; c++) {
            float sum = 0.0f;
            for (int k = 0; k < depth; k++)
                sum += a.data[a.transposed ? k * a.stride + r : r * a.stride + k] *
                       b.data[b.transposed ? c * b.stride + k : k * b.stride + c];
            float *element = &out.data[(size_t)r * (size_t)out.stride + (size_t)c];
            *element = scale * sum + (add ? *element : 0.0f);
        }
}

static bool multiply_fast(struct product out, int depth, float scale, struct matrix a,
                          struct matrix b, bool add) {
    return dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', out.rows, out.columns,
                      depth, scale, a.data, a.stride, b.data, b.stride, add ? 1.0f : 0.0f, out.data,
                      out.stride) == dnnl_success;
}

/* oneDNN fails if it gets no memory, before it writes. We try twice: plain loops round differently,
 * and one failed allocation must not change the results of a deterministic run. */
enum { ATTEMPTS = 2 };

/* out = scale * a (rows, depth) b (depth, columns); adds to out if add is set. */
static void multiply(struct product out, int depth, float scale, struct matrix a, struct matrix b,
                     bool add) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++)
        if (multiply_fast(out, depth, scale, a, b, add))
            return;
    multiply_plainly(out, depth, scale, a, b, add);
}

/* In Debian's build oneDNN uses OpenMP's threads; other builds lack this function and keep their
 * own number. */
static bool use_threads(int threads) {
    void (*set_threads)(int);
    void *symbol = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (!symbol)
        return false;
    memcpy(&set_threads, &symbol, sizeof symbol);
    set_threads(threads);
    return true;
}

static size_t kernel_size(const struct convolution *layer) {
    return (size_t)layer->out_channels * (size_t)window_size(layer);
}

/* Padded planes. */
static float *padded_part(const struct convolution *layer, float *scratch) {
    return scratch + columns_size(layer) + convolution_out_size(layer);
}

/* Columns, their product and padded planes, or a scaled kernel. */
static size_t convolution_scratch(const struct convolution *layer) {
    const size_t columns = columns_size(layer) + convolution_out_size(layer) + padded_size(layer);
    return columns > kernel_size(layer) ? columns : kernel_size(layer);
}

/*
 * out (channels, pixels) = product (pixels, channels) transposed, plus bias. Some pixels at a time,
 * so that their product is still in the first-level cache when the next channel reads it.
 */
static void transpose_add_bias(float *restrict out, const float *restrict product,
                               const float *restrict bias, int channels, int pixels) {
    enum { PIXELS_AT_ONCE = 64 };
    for (int start = 0; start < pixels; start += PIXELS_AT_ONCE) {
        int end = start + PIXELS_AT_ONCE < pixels ? start + PIXELS_AT_ONCE : pixels;
        for (int c = 0; c < channels; c++)
            for (int p = start; p < end; p++)
                out[c * pixels + p] = product[p * channels + c] + bias[c];
    }
}

static void forward_by_columns(float *out, struct pixels in, const float *kernel, const float *bias,
                               const struct convolution *layer, int batch, float *scratch) {
    int window = window_size(layer);
    int pixels = pixel_count(layer);
    int channels = layer->out_channels;
    float *product = scratch + columns_size(layer);
    for (int n = 0; n < batch; n++) {
        float scale = fill_columns(scratch, in, n, layer, padded_part(layer, scratch));
        multiply((struct product){product, pixels, channels, channels}, window, scale,
                 (struct matrix){scratch, window, false}, (struct matrix){kernel, window, true},
                 false);
        transpose_add_bias(out, product, bias, channels, pixels);
        out += convolution_out_size(layer);
    }
}

/* ---- oneDNN's own convolution ---------------------------------------------------------------- */

/* The tensors of a convolution as oneDNN's calls order them. */
enum { IN, KERNEL, BIAS, OUT, TENSOR_COUNT };

struct tensor_shape {
    int rank;
    dnnl_dims_t dims;
};

/* The differences between versions 2 and 3: version 3 hides the contents of a layout, and plans a
 * convolution in one call. */
#if DNNL_VERSION_MAJOR >= 3

typedef const_dnnl_memory_desc_t layout_reference;

static layout_reference refer_to(const dnnl_memory_desc_t *layout) {
    return *layout;
}

static dnnl_status_t create_layout(dnnl_memory_desc_t *layout, const struct tensor_shape *shape,
                                   dnnl_data_type_t type, dnnl_format_tag_t format) {
    return dnnl_memory_desc_create_with_tag(layout, shape->rank, shape->dims, type, format);
}

static void destroy_layout(dnnl_memory_desc_t *layout) {
    dnnl_memory_desc_destroy(*layout);
}

static dnnl_status_t choose_convolution(dnnl_primitive_desc_t *chosen, dnnl_engine_t engine,
                                        const dnnl_memory_desc_t layouts[TENSOR_COUNT],
                                        const dnnl_dims_t strides, const dnnl_dims_t padding) {
    return dnnl_convolution_forward_primitive_desc_create(
        chosen, engine, dnnl_forward_training, dnnl_convolution_direct, layouts[IN],
        layouts[KERNEL], layouts[BIAS], layouts[OUT], strides, NULL, padding, padding, NULL);
}

#else

typedef const dnnl_memory_desc_t *layout_reference;

static layout_reference refer_to(const dnnl_memory_desc_t *layout) {
    return layout;
}

static dnnl_status_t create_layout(dnnl_memory_desc_t *layout, const struct tensor_shape *shape,
                                   dnnl_data_type_t type, dnnl_format_tag_t format) {
    return dnnl_memory_desc_init_by_tag(layout, shape->rank, shape->dims, type, format);
}

static void destroy_layout(dnnl_memory_desc_t *layout) {
    (void)layout; /* it owns nothing */
}

static dnnl_status_t choose_convolution(dnnl_primitive_desc_t *chosen, dnnl_engine_t engine,
                                        const dnnl_memory_desc_t layouts[TENSOR_COUNT],
                                        const dnnl_dims_t strides, const dnnl_dims_t padding) {
    dnnl_convolution_desc_t wanted;
    const dnnl_status_t status = dnnl_convolution_forward_desc_init(
        &wanted, dnnl_forward_training, dnnl_convolution_direct, &layouts[IN], &layouts[KERNEL],
        &layouts[BIAS], &layouts[OUT], strides, padding, padding);
    return status == dnnl_success ? dnnl_primitive_desc_create(chosen, &wanted, NULL, engine, NULL)
                                  : status;
}

#endif

/* Memories of a plan. The first five are the callers' arrays, set again by each call; the others
 * are oneDNN's own, in the layouts that it chose. */
enum {
    IN_BYTES,
    IN_FLOATS,
    PLAIN_KERNEL,
    PLAIN_BIAS,
    PLAIN_OUT,
    CHOSEN_IN,
    CHOSEN_KERNEL,
    CHOSEN_OUT,
    MEMORY_COUNT
};

enum { REORDER_BYTES, REORDER_FLOATS, REORDER_KERNEL, CONVOLVE, REORDER_OUT, PRIMITIVE_COUNT };

/*
 * A convolution of one sample. Batches are computed sample by sample, so that one plan serves all
 * batches and the data of a sample stays in the second-level cache.
 */
struct convolution_plan {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_memory_t memories[MEMORY_COUNT];
    dnnl_primitive_t primitives[PRIMITIVE_COUNT];
};

static void describe_tensors(struct tensor_shape shapes[TENSOR_COUNT],
                             const struct convolution *layer) {
    shapes[IN] =
        (struct tensor_shape){4, {1, layer->in_channels, layer->in_height, layer->in_width}};
    shapes[KERNEL] = (struct tensor_shape){
        4, {layer->out_channels, layer->in_channels, layer->kernel, layer->kernel}};
    shapes[BIAS] = (struct tensor_shape){1, {layer->out_channels}};
    shapes[OUT] =
        (struct tensor_shape){4, {1, layer->out_channels, layer->out_height, layer->out_width}};
}

/* A memory for one of the callers' arrays. */
static bool add_plain_memory(struct convolution_plan *plan, int memory,
                             const struct tensor_shape *shape, dnnl_data_type_t type) {
    dnnl_memory_desc_t layout;
    if (create_layout(&layout, shape, type, shape->rank == 4 ? dnnl_abcd : dnnl_a) != dnnl_success)
        return false;
    const bool added = dnnl_memory_create(&plan->memories[memory], refer_to(&layout), plan->engine,
                                          DNNL_MEMORY_NONE) == dnnl_success;
    destroy_layout(&layout);
    return added;
}

static bool add_chosen_memory(struct convolution_plan *plan, int memory,
                              const_dnnl_primitive_desc_t chosen, dnnl_query_t tensor) {
    return dnnl_memory_create(&plan->memories[memory],
                              dnnl_primitive_desc_query_md(chosen, tensor, 0), plan->engine,
                              DNNL_MEMORY_ALLOCATE) == dnnl_success;
}

/* Whether the implementation that oneDNN chose is worth its reorders: see above. Others are for
 * AVX2, plain loops ("ref"), or columns of its own ("gemm"), two to three times as slow as ours. */
static bool is_fast(const_dnnl_primitive_desc_t chosen) {
    static const char fast[] = "jit:avx512";
    const char *name;
    return dnnl_primitive_desc_query(chosen, dnnl_query_impl_info_str, 0, (void *)&name) ==
               dnnl_success &&
           strncmp(name, fast, sizeof fast - 1) == 0;
}

/* "Training", because with "inference" oneDNN 2 chooses layouts that take five times as long to
 * reorder: in all longer than columns. */
static bool add_convolution(struct convolution_plan *plan, const struct convolution *layer,
                            const struct tensor_shape shapes[TENSOR_COUNT]) {
    const dnnl_dims_t strides = {layer->stride, layer->stride};
    const dnnl_dims_t padding = {layer->padding, layer->padding};
    dnnl_memory_desc_t layouts[TENSOR_COUNT];
    dnnl_primitive_desc_t chosen = NULL;
    int count = 0;
    while (count < TENSOR_COUNT &&
           create_layout(&layouts[count], &shapes[count], dnnl_f32,
                         count == BIAS ? dnnl_a : dnnl_format_tag_any) == dnnl_success)
        count++;
    bool added =
        count == TENSOR_COUNT &&
        choose_convolution(&chosen, plan->engine, layouts, strides, padding) == dnnl_success &&
        is_fast(chosen) &&
        dnnl_primitive_create(&plan->primitives[CONVOLVE], chosen) == dnnl_success &&
        add_chosen_memory(plan, CHOSEN_IN, chosen, dnnl_query_src_md) &&
        add_chosen_memory(plan, CHOSEN_KERNEL, chosen, dnnl_query_weights_md) &&
        add_chosen_memory(plan, CHOSEN_OUT, chosen, dnnl_query_dst_md);
    dnnl_primitive_desc_destroy(chosen);
    while (count > 0)
        destroy_layout(&layouts[--count]);
    return added;
}

static bool add_reorder(struct convolution_plan *plan, int primitive, int from, int to) {
    layout_reference from_layout;
    layout_reference to_layout;
    dnnl_primitive_desc_t chosen = NULL;
    const bool added =
        dnnl_memory_get_memory_desc(plan->memories[from], &from_layout) == dnnl_success &&
        dnnl_memory_get_memory_desc(plan->memories[to], &to_layout) == dnnl_success &&
        dnnl_reorder_primitive_desc_create(&chosen, from_layout, plan->engine, to_layout,
                                           plan->engine, NULL) == dnnl_success &&
        dnnl_primitive_create(&plan->primitives[primitive], chosen) == dnnl_success;
    dnnl_primitive_desc_destroy(chosen);
    return added;
}

static bool fill_plan(struct convolution_plan *plan, const struct convolution *layer) {
    struct tensor_shape shapes[TENSOR_COUNT];
    describe_tensors(shapes, layer);
    return dnnl_engine_create(&plan->engine, dnnl_cpu, 0) == dnnl_success &&
           dnnl_stream_create(&plan->stream, plan->engine, dnnl_stream_default_flags) ==
               dnnl_success &&
           add_plain_memory(plan, IN_BYTES, &shapes[IN], dnnl_u8) &&
           add_plain_memory(plan, IN_FLOATS, &shapes[IN], dnnl_f32) &&
           add_plain_memory(plan, PLAIN_KERNEL, &shapes[KERNEL], dnnl_f32) &&
           add_plain_memory(plan, PLAIN_BIAS, &shapes[BIAS], dnnl_f32) &&
           add_plain_memory(plan, PLAIN_OUT, &shapes[OUT], dnnl_f32) &&
           add_convolution(plan, layer, shapes) &&
           add_reorder(plan, REORDER_BYTES, IN_BYTES, CHOSEN_IN) &&
           add_reorder(plan, REORDER_FLOATS, IN_FLOATS, CHOSEN_IN) &&
           add_reorder(plan, REORDER_KERNEL, PLAIN_KERNEL, CHOSEN_KERNEL) &&
           add_reorder(plan, REORDER_OUT, CHOSEN_OUT, PLAIN_OUT);
}

static void convolution_release(struct convolution *layer) {
    struct convolution_plan *plan = layer->plan;
    if (!plan)
        return;
    for (int i = 0; i < PRIMITIVE_COUNT; i++)
        dnnl_primitive_destroy(plan->primitives[i]);
    for (int i = 0; i < MEMORY_COUNT; i++)
        dnnl_memory_destroy(plan->memories[i]);
    dnnl_stream_destroy(plan->stream);
    dnnl_engine_destroy(plan->engine);
    free(plan);
    layer->plan = NULL;
}

/* Tries twice: one failed allocation must not decide which kernel a run uses. */
static void convolution_prepare(struct convolution *layer) {
    for (int tries = 0; tries < 2 && !layer->plan; tries++) {
        layer->plan = calloc(1, sizeof *layer->plan);
        if (layer->plan && !fill_plan(layer->plan, layer))
            convolution_release(layer);
    }
}

static bool place(const struct convolution_plan *plan, int memory, const void *data) {
    return dnnl_memory_set_data_handle(plan->memories[memory], (void *)data) == dnnl_success;
}

static bool reorder(const struct convolution_plan *plan, int primitive, int from, int to) {
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, plan->memories[from]},
                                         {DNNL_ARG_TO, plan->memories[to]}};
    return dnnl_primitive_execute(plan->primitives[primitive], plan->stream, 2, arguments) ==
           dnnl_success;
}

static bool convolve(const struct convolution_plan *plan) {
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, plan->memories[CHOSEN_IN]},
                                         {DNNL_ARG_WEIGHTS, plan->memories[CHOSEN_KERNEL]},
                                         {DNNL_ARG_BIAS, plan->memories[PLAIN_BIAS]},
                                         {DNNL_ARG_DST, plan->memories[CHOSEN_OUT]}};
    return dnnl_primitive_execute(plan->primitives[CONVOLVE], plan->stream, 4, arguments) ==
           dnnl_success;
}

/* False: a step failed for lack of memory. For bytes, the kernel takes the factor 1 / 255, because
 * it is reordered anyway. */
static bool forward_by_plan(float *out, struct pixels in, const float *kernel, const float *bias,
                            const struct convolution *layer, int batch, float *scratch) {
    const struct convolution_plan *plan = layer->plan;
    if (in.u8) {
        for (size_t i = 0; i < kernel_size(layer); i++)
            scratch[i] = kernel[i] * (1.0f / 255.0f);
        kernel = scratch;
    }
    bool done = place(plan, PLAIN_BIAS, bias) && place(plan, PLAIN_KERNEL, kernel) &&
                reorder(plan, REORDER_KERNEL, PLAIN_KERNEL, CHOSEN_KERNEL);
    for (size_t n = 0; n < (size_t)batch && done; n++) {
        const size_t offset = n * convolution_in_size(layer);
        done = (in.u8 ? place(plan, IN_BYTES, in.u8 + offset) &&
                            reorder(plan, REORDER_BYTES, IN_BYTES, CHOSEN_IN)
                      : place(plan, IN_FLOATS, in.f32 + offset) &&
                            reorder(plan, REORDER_FLOATS, IN_FLOATS, CHOSEN_IN)) &&
               convolve(plan) && place(plan, PLAIN_OUT, out + n * convolution_out_size(layer)) &&
               reorder(plan, REORDER_OUT, CHOSEN_OUT, PLAIN_OUT);
    }
    return dnnl_stream_wait(plan->stream) == dnnl_success && done;
}

static void convolution_forward(float *out, struct pixels in, const float *kernel,
                                const float *bias, const struct convolution *layer, int batch,
                                float *scratch) {
    for (int attempt = 0; layer->plan && attempt < ATTEMPTS; attempt++)
        if (forward_by_plan(out, in, kernel, bias, layer, batch, scratch))
            return;
    forward_by_columns(out, in, kernel, bias, layer, batch, scratch);
}

/* d_bias[c] += sum over pixels of d_out (channels, pixels); in lanes, to be vectorised. */
static void add_pixel_sums(float *restrict d_bias, const float *restrict d_out, int channels,
                           int pixels) {
    enum { LANES = 16 };
    for (int c = 0; c < channels; c++, d_out += pixels) {
        float lanes[LANES] = {0.0f};
        int p = 0;
        for (; p + LANES <= pixels; p += LANES)
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] += d_out[p + lane];
        for (; p < pixels; p++)
            lanes[0] += d_out[p];
        for (int lane = 0; lane < LANES; lane++)
            d_bias[c] += lanes[lane];
    }
}

static void convolution_backward(float *d_in, float *d_kernel, float *d_bias, const float *d_out,
                                 struct pixels in, const float *kernel,
                                 const struct convolution *layer, int batch, float *scratch) {
    int window = window_size(layer);
    int pixels = pixel_count(layer);
    int channels = layer->out_channels;
    memset(d_bias, 0, (size_t)channels * sizeof *d_bias);
    for (int n = 0; n < batch; n++) {
        add_pixel_sums(d_bias, d_out, channels, pixels);
        float scale = fill_columns(scratch, in, n, layer, padded_part(layer, scratch));
        multiply((struct product){d_kernel, channels, window, window}, pixels, scale,
                 (struct matrix){d_out, pixels, false}, (struct matrix){scratch, window, false},
                 n > 0);
        if (d_in) {
            multiply((struct product){scratch, pixels, window, window}, channels, 1.0f,
                     (struct matrix){d_out, pixels, true}, (struct matrix){kernel, window, false},
                     false);
            add_columns(d_in, scratch, layer, padded_part(layer, scratch));
            d_in += convolution_in_size(layer);
        }
        d_out += convolution_out_size(layer);
    }
}

/* The rows of a dense kernel that a sample uses next: out += sum of values[i] * rows[i]. */
enum { ROWS_AT_ONCE = 4 };

VECTORIZED static void add_rows(float *restrict out, const float *const rows[ROWS_AT_ONCE],
                                const float values[ROWS_AT_ONCE], int outs) {
    const float *restrict row0 = rows[0];
    const float *restrict row1 = rows[1];
    const float *restrict row2 = rows[2];
    const float *restrict row3 = rows[3];
    for (int o = 0; o < outs; o++)
        out[o] += (values[0] * row0[o] + values[1] * row1[o]) +
                  (values[2] * row2[o] + values[3] * row3[o]);
}

/* Up to this number, samples one by one are faster than one product: measured with both trunks. */
enum { FEW_SAMPLES = 3 };

/* Reading the kernel bounds the speed of one sample, and after a ReLU about half its rows are not
 * needed. */
static void dense_forward_one(float *out, const float *in, const float *kernel, const float *bias,
                              const struct dense *layer) {
    const float *rows[ROWS_AT_ONCE];
    float values[ROWS_AT_ONCE];
    int waiting = 0;
    memcpy(out, bias, (size_t)layer->out * sizeof *out);
    for (int i = 0; i < layer->in; i++) {
        if (in[i] == 0.0f)
            continue;
        rows[waiting] = kernel + (size_t)i * (size_t)dense_out_stride(layer);
        values[waiting++] = in[i];
        if (waiting == ROWS_AT_ONCE) {
            add_rows(out, rows, values, layer->out);
            waiting = 0;
        }
    }
    if (waiting == 0)
        return;
    for (; waiting < ROWS_AT_ONCE; waiting++) {
        rows[waiting] = kernel;
        values[waiting] = 0.0f;
    }
    add_rows(out, rows, values, layer->out);
}

static void dense_forward(float *out, const float *in, const float *kernel, const float *bias,
                          const struct dense *layer, int batch) {
    const int in_stride = dense_in_stride(layer);
    const int out_stride = dense_out_stride(layer);
    if (batch <= FEW_SAMPLES) {
        for (int n = 0; n < batch; n++)
            dense_forward_one(out + (ptrdiff_t)n * out_stride, in + (ptrdiff_t)n * in_stride,
                              kernel, bias, layer);
        return;
    }
    for (int n = 0; n < batch; n++)
        memcpy(out + (ptrdiff_t)n * out_stride, bias, (size_t)layer->out * sizeof *out);
    multiply((struct product){out, batch, layer->out, out_stride}, layer->in, 1.0f,
             (struct matrix){in, in_stride, false}, (struct matrix){kernel, out_stride, false},
             true);
}

static void dense_backward(float *d_in, float *d_kernel, float *d_bias, const float *d_out,
                           const float *in, const float *kernel, const struct dense *layer,
                           int batch) {
    const int in_stride = dense_in_stride(layer);
    const int out_stride = dense_out_stride(layer);
    if (d_bias)
        memset(d_bias, 0, (size_t)layer->out * sizeof *d_bias);
    for (int n = 0; d_bias && n < batch; n++)
        for (int o = 0; o < layer->out; o++)
            d_bias[o] += d_out[(ptrdiff_t)n * out_stride + o];
    multiply((struct product){d_kernel, layer->in, layer->out, out_stride}, batch, 1.0f,
             (struct matrix){in, in_stride, true}, (struct matrix){d_out, out_stride, false},
             false);
    if (d_in)
        multiply((struct product){d_in, batch, layer->in, in_stride}, layer->out, 1.0f,
                 (struct matrix){d_out, out_stride, false},
                 (struct matrix){kernel, out_stride, true}, true);
}

void onednn_ops(struct network_ops *ops) {
    ops->is_reference = false;
    ops->use_threads = use_threads;
    ops->convolution_prepare = convolution_prepare;
    ops->convolution_release = convolution_release;
    ops->convolution_scratch = convolution_scratch;
    ops->convolution_forward = convolution_forward;
    ops->convolution_backward = convolution_backward;
    ops->dense_forward = dense_forward;
    ops->dense_backward = dense_backward;
}
