/*
 * Matrix products by oneDNN, whose dnnl_sgemm chooses its kernel by the CPU at run time and is the
 * same in versions 2 and 3. A convolution is a product of its kernel with the columns of a sample.
 */
#include "network/columns.h"

#include <dlfcn.h>
#include <dnnl.h>
#include <string.h>

/* One matrix of a product: (rows, columns) as stored, read transposed when asked to. */
struct matrix {
    const float *data;
    int stride;
    bool transposed;
};

static void multiply_plainly(float *out, int rows, int columns, int depth, float scale,
                             struct matrix a, struct matrix b, bool add) {
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            float sum = 0.0f;
            for (int k = 0; k < depth; k++)
                sum += a.data[a.transposed ? k * a.stride + r : r * a.stride + k] *
                       b.data[b.transposed ? c * b.stride + k : k * b.stride + c];
            float *element = &out[(size_t)r * (size_t)columns + (size_t)c];
            *element = scale * sum + (add ? *element : 0.0f);
        }
}

/* out (rows, columns) = scale * a (rows, depth) b (depth, columns), added to what is there if
 * asked. */
static void multiply(float *out, int rows, int columns, int depth, float scale, struct matrix a,
                     struct matrix b, bool add) {
    if (dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', rows, columns, depth, scale,
                   a.data, a.stride, b.data, b.stride, add ? 1.0f : 0.0f, out,
                   columns) != dnnl_success)
        multiply_plainly(out, rows, columns, depth, scale, a, b, add); /* it had no memory */
}

/* oneDNN's threads are OpenMP's in Debian's build; other builds have no such function, and keep
 * their own count. */
static void use_threads(int threads) {
    void (*set_threads)(int);
    void *symbol = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (!symbol)
        return;
    memcpy(&set_threads, &symbol, sizeof symbol);
    set_threads(threads);
}

static size_t convolution_scratch(const struct convolution *layer) {
    return columns_size(layer) + convolution_out_size(layer);
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

static void convolution_forward(float *out, struct pixels in, const float *kernel,
                                const float *bias, const struct convolution *layer, int batch,
                                float *scratch) {
    int window = window_size(layer);
    int pixels = pixel_count(layer);
    int channels = layer->out_channels;
    float *product = scratch + columns_size(layer);
    for (int n = 0; n < batch; n++) {
        float scale = fill_columns(scratch, in, n, layer);
        multiply(product, pixels, channels, window, scale, (struct matrix){scratch, window, false},
                 (struct matrix){kernel, window, true}, false);
        transpose_add_bias(out, product, bias, channels, pixels);
        out += convolution_out_size(layer);
    }
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
        float scale = fill_columns(scratch, in, n, layer);
        multiply(d_kernel, channels, window, pixels, scale, (struct matrix){d_out, pixels, false},
                 (struct matrix){scratch, window, false}, n > 0);
        if (d_in) {
            multiply(scratch, pixels, window, channels, 1.0f, (struct matrix){d_out, pixels, true},
                     (struct matrix){kernel, window, false}, false);
            add_columns(d_in, scratch, layer);
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

/* Up to here, sample by sample is faster than one product: measured with both trunks. */
enum { FEW_SAMPLES = 3 };

/* One sample is bound by reading the kernel; behind a ReLU about half the rows are not wanted at
 * all. */
static void dense_forward_one(float *out, const float *in, const float *kernel, const float *bias,
                              const struct dense *layer) {
    const float *rows[ROWS_AT_ONCE];
    float values[ROWS_AT_ONCE];
    int waiting = 0;
    memcpy(out, bias, (size_t)layer->out * sizeof *out);
    for (int i = 0; i < layer->in; i++) {
        if (in[i] == 0.0f)
            continue;
        rows[waiting] = kernel + (size_t)i * (size_t)layer->out;
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
    if (batch <= FEW_SAMPLES) {
        for (int n = 0; n < batch; n++)
            dense_forward_one(out + (size_t)n * (size_t)layer->out,
                              in + (size_t)n * (size_t)layer->in, kernel, bias, layer);
        return;
    }
    for (int n = 0; n < batch; n++)
        memcpy(out + (size_t)n * (size_t)layer->out, bias, (size_t)layer->out * sizeof *out);
    multiply(out, batch, layer->out, layer->in, 1.0f, (struct matrix){in, layer->in, false},
             (struct matrix){kernel, layer->out, false}, true);
}

static void dense_backward(float *d_in, float *d_kernel, float *d_bias, const float *d_out,
                           const float *in, const float *kernel, const struct dense *layer,
                           int batch) {
    memset(d_bias, 0, (size_t)layer->out * sizeof *d_bias);
    for (int n = 0; n < batch; n++)
        for (int o = 0; o < layer->out; o++)
            d_bias[o] += d_out[(size_t)n * (size_t)layer->out + (size_t)o];
    multiply(d_kernel, layer->in, layer->out, batch, 1.0f, (struct matrix){in, layer->in, true},
             (struct matrix){d_out, layer->out, false}, false);
    if (d_in)
        multiply(d_in, batch, layer->in, layer->out, 1.0f,
                 (struct matrix){d_out, layer->out, false},
                 (struct matrix){kernel, layer->out, true}, true);
}

void onednn_ops(struct network_ops *ops) {
    ops->use_threads = use_threads;
    ops->convolution_scratch = convolution_scratch;
    ops->convolution_forward = convolution_forward;
    ops->convolution_backward = convolution_backward;
    ops->dense_forward = dense_forward;
    ops->dense_backward = dense_backward;
}
