/* The plain loops. Slow, and the meaning of every op: other backends are tested against them. */
#include "network/ops.h"

static size_t at3(int a, int b, int size_b, int c, int size_c) {
    return ((size_t)a * (size_t)size_b + (size_t)b) * (size_t)size_c + (size_t)c;
}

static double pixel(struct pixels in, size_t index) {
    return in.u8 ? in.u8[index] / 255.0 : (double)in.f32[index];
}

static bool use_threads(int threads) {
    return threads == 1; /* plain loops stay on one */
}

/* Plain loops need no plan. */
static void leave_unplanned(struct convolution *layer) {
    layer->plan = NULL;
}

static size_t convolution_scratch(const struct convolution *layer) {
    (void)layer;
    return 0;
}

/* Finds the input that output (y, x) meets under the kernel's element (ky, kx); false: a zero of
 * the padding. */
static bool find_input(const struct convolution *layer, int sample, int channel, int y, int x,
                       int ky, int kx, size_t *index) {
    const int row = y * layer->stride + ky - layer->padding;
    const int column = x * layer->stride + kx - layer->padding;
    if (row < 0 || column < 0 || row >= layer->in_height || column >= layer->in_width)
        return false;
    *index = (size_t)sample * convolution_in_size(layer) +
             at3(channel, row, layer->in_height, column, layer->in_width);
    return true;
}

static size_t kernel_index(const struct convolution *layer, int out_channel, int in_channel, int ky,
                           int kx) {
    return at3(out_channel, in_channel, layer->in_channels, ky, layer->kernel) *
               (size_t)layer->kernel +
           (size_t)kx;
}

static double convolve_at(const struct convolution *layer, struct pixels in, const float *kernel,
                          int sample, int channel, int y, int x) {
    double sum = 0.0;
    size_t met;
    for (int c = 0; c < layer->in_channels; c++)
        for (int ky = 0; ky < layer->kernel; ky++)
            for (int kx = 0; kx < layer->kernel; kx++)
                if (find_input(layer, sample, c, y, x, ky, kx, &met))
                    sum += pixel(in, met) * (double)kernel[kernel_index(layer, channel, c, ky, kx)];
    return sum;
}

static void convolution_forward(float *out, struct pixels in, const float *kernel,
                                const float *bias, const struct convolution *layer, int batch,
                                float *scratch) { // NOLINT(readability-non-const-parameter)
    (void)scratch;
    for (int n = 0; n < batch; n++)
        for (int o = 0; o < layer->out_channels; o++)
            for (int y = 0; y < layer->out_height; y++)
                for (int x = 0; x < layer->out_width; x++)
                    *out++ = (float)(convolve_at(layer, in, kernel, n, o, y, x) + (double)bias[o]);
}

static double out_gradient(const struct convolution *layer, const float *d_out, int sample,
                           int channel, int y, int x) {
    return (double)d_out[(size_t)sample * convolution_out_size(layer) +
                         at3(channel, y, layer->out_height, x, layer->out_width)];
}

static double kernel_gradient_at(const struct convolution *layer, const float *d_out,
                                 struct pixels in, int batch, int o, int c, int ky, int kx) {
    double sum = 0.0;
    size_t met;
    for (int n = 0; n < batch; n++)
        for (int y = 0; y < layer->out_height; y++)
            for (int x = 0; x < layer->out_width; x++)
                if (find_input(layer, n, c, y, x, ky, kx, &met))
                    sum += out_gradient(layer, d_out, n, o, y, x) * pixel(in, met);
    return sum;
}

static void convolution_backward_params(float *d_kernel, float *d_bias, const float *d_out,
                                        struct pixels in, const struct convolution *layer,
                                        int batch) {
    for (int o = 0; o < layer->out_channels; o++) {
        double bias_sum = 0.0;
        for (int n = 0; n < batch; n++)
            for (int y = 0; y < layer->out_height; y++)
                for (int x = 0; x < layer->out_width; x++)
                    bias_sum += out_gradient(layer, d_out, n, o, y, x);
        d_bias[o] = (float)bias_sum;
        for (int c = 0; c < layer->in_channels; c++)
            for (int ky = 0; ky < layer->kernel; ky++)
                for (int kx = 0; kx < layer->kernel; kx++)
                    *d_kernel++ = (float)kernel_gradient_at(layer, d_out, in, batch, o, c, ky, kx);
    }
}

/* The gradient of input (y, x): from every output whose window covers it. */
static double in_gradient_at(const struct convolution *layer, const float *d_out,
                             const float *kernel, int sample, int channel, int y, int x) {
    double sum = 0.0;
    for (int o = 0; o < layer->out_channels; o++)
        for (int ky = 0; ky < layer->kernel; ky++)
            for (int kx = 0; kx < layer->kernel; kx++) {
                int top = y + layer->padding - ky;
                int left = x + layer->padding - kx;
                if (top < 0 || left < 0 || top % layer->stride || left % layer->stride ||
                    top / layer->stride >= layer->out_height ||
                    left / layer->stride >= layer->out_width)
                    continue;
                sum += out_gradient(layer, d_out, sample, o, top / layer->stride,
                                    left / layer->stride) *
                       (double)kernel[kernel_index(layer, o, channel, ky, kx)];
            }
    return sum;
}

static void convolution_backward(float *d_in, float *d_kernel, float *d_bias, const float *d_out,
                                 struct pixels in, const float *kernel,
                                 const struct convolution *layer, int batch,
                                 float *scratch) { // NOLINT(readability-non-const-parameter)
    (void)scratch;
    convolution_backward_params(d_kernel, d_bias, d_out, in, layer, batch);
    if (!d_in)
        return;
    for (int n = 0; n < batch; n++)
        for (int c = 0; c < layer->in_channels; c++)
            for (int y = 0; y < layer->in_height; y++)
                for (int x = 0; x < layer->in_width; x++)
                    *d_in++ += (float)in_gradient_at(layer, d_out, kernel, n, c, y, x);
}

static void dense_forward(float *out, const float *in, const float *kernel, const float *bias,
                          const struct dense *layer, int batch) {
    size_t ins = (size_t)layer->in;
    size_t outs = (size_t)layer->out;
    size_t in_stride = (size_t)dense_in_stride(layer);
    size_t out_stride = (size_t)dense_out_stride(layer);
    for (size_t n = 0; n < (size_t)batch; n++)
        for (size_t o = 0; o < outs; o++) {
            double sum = (double)bias[o];
            for (size_t i = 0; i < ins; i++)
                sum += (double)in[n * in_stride + i] * (double)kernel[i * out_stride + o];
            out[n * out_stride + o] = (float)sum;
        }
}

static void dense_backward(float *d_in, float *d_kernel, float *d_bias, const float *d_out,
                           const float *in, const float *kernel, const struct dense *layer,
                           int batch) {
    size_t ins = (size_t)layer->in;
    size_t outs = (size_t)layer->out;
    size_t in_stride = (size_t)dense_in_stride(layer);
    size_t out_stride = (size_t)dense_out_stride(layer);
    size_t samples = (size_t)batch;
    for (size_t o = 0; d_bias && o < outs; o++) {
        double sum = 0.0;
        for (size_t n = 0; n < samples; n++)
            sum += (double)d_out[n * out_stride + o];
        d_bias[o] = (float)sum;
    }
    for (size_t i = 0; i < ins; i++)
        for (size_t o = 0; o < outs; o++) {
            double sum = 0.0;
            for (size_t n = 0; n < samples; n++)
                sum += (double)in[n * in_stride + i] * (double)d_out[n * out_stride + o];
            d_kernel[i * out_stride + o] = (float)sum;
        }
    for (size_t n = 0; d_in && n < samples; n++)
        for (size_t i = 0; i < ins; i++) {
            double sum = 0.0;
            for (size_t o = 0; o < outs; o++)
                sum += (double)d_out[n * out_stride + o] * (double)kernel[i * out_stride + o];
            d_in[n * in_stride + i] += (float)sum;
        }
}

static void relu_forward(float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] < 0.0f ? 0.0f : values[i];
}

static void relu_backward(float *d_values, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        d_values[i] = values[i] <= 0.0f ? 0.0f : d_values[i];
}

void reference_ops(struct network_ops *ops) {
    *ops = (struct network_ops){.is_reference = true,
                                .use_threads = use_threads,
                                .convolution_prepare = leave_unplanned,
                                .convolution_release = leave_unplanned,
                                .convolution_scratch = convolution_scratch,
                                .convolution_forward = convolution_forward,
                                .convolution_backward = convolution_backward,
                                .dense_forward = dense_forward,
                                .dense_backward = dense_backward,
                                .relu_forward = relu_forward,
                                .relu_backward = relu_backward};
}
