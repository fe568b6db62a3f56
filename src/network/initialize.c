/* The initial values of kernels. */
#include "network/layer.h"

#include <math.h>
#include <stdlib.h>

/* ---- He -------------------------------------------------------------------------------------- */

/* A factor for the limit of a uniform distribution whose variance, 2 / inputs, keeps activations as
 * large after a ReLU as before (He et al. 2015, equation 10). Heads start so small that all
 * actions are about equally likely and all values about 0. A memory has no ReLU that halves its
 * activations. */
static double he_gain(enum layer_role role) {
    static const double head_gain = 0.01;
    return role == ROLE_TRUNK ? 1 : role == ROLE_MEMORY ? sqrt(0.5) : head_gain;
}

static void fill_he(enum layer_role role, struct kernel_layout layout, float *kernel,
                    struct rng *rng) {
    const double limit = sqrt(6.0 / layout.ins) * he_gain(role);
    const size_t count = (size_t)layout.outs * (size_t)layout.ins;
    for (size_t i = 0; i < count; i++)
        kernel[i] = (float)((2.0 * rng_uniform(rng) - 1.0) * limit);
}

/* ---- Orthogonal ------------------------------------------------------------------------------ */

static void fill_gaussian(double *values, size_t count, struct rng *rng) {
    for (size_t i = 0; i < count; i += 2) {
        double pair[2];
        rng_gaussians(rng, pair);
        values[i] = pair[0];
        if (i + 1 < count)
            values[i + 1] = pair[1];
    }
}

/* Sums in lanes, so that the compiler can vectorise the loop. */
static double dot(const double *a, const double *b, size_t size) {
    enum { LANES = 8 };
    double lanes[LANES] = {0};
    double sum = 0;
    size_t i = 0;
    for (; i + LANES <= size; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            lanes[lane] += a[i + lane] * b[i + lane];
    for (; i < size; i++)
        sum += a[i] * b[i];
    for (size_t lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sum;
}

/*
 * Makes the rows of a (count, size) matrix orthonormal, count <= size: by Gram and Schmidt. From
 * Gaussian rows it draws all orthogonal matrices with equal probability (the result is the Q of a
 * QR decomposition with a positive diagonal).
 */
static void orthonormalize(double *rows, size_t count, size_t size) {
    for (size_t i = 0; i < count; i++) {
        double *row = rows + i * size;
        const double scale = 1 / sqrt(dot(row, row, size));
        for (size_t k = 0; k < size; k++)
            row[k] *= scale;
        for (size_t j = i + 1; j < count; j++) {
            double *later = rows + j * size;
            const double part = dot(row, later, size);
            for (size_t k = 0; k < size; k++)
                later[k] -= part * row[k];
        }
    }
}

/* Saxe et al., arXiv 1312.6120; the gains are the usual ones of PPO. */
static double orthogonal_gain(enum layer_role role) {
    return role == ROLE_TRUNK ? sqrt(2) : role == ROLE_POLICY ? 0.01 : 1;
}

/* If there are fewer outputs than inputs, the outputs are orthogonal; otherwise the inputs are. */
static bool fill_orthogonal(enum layer_role role, struct kernel_layout layout, float *kernel,
                            struct rng *rng) {
    const bool by_outputs = layout.outs <= layout.ins;
    const size_t count = (size_t)(by_outputs ? layout.outs : layout.ins);
    const size_t size = (size_t)(by_outputs ? layout.ins : layout.outs);
    const size_t row_stride = (size_t)(by_outputs ? layout.out_stride : layout.in_stride);
    const size_t stride = (size_t)(by_outputs ? layout.in_stride : layout.out_stride);
    double *rows = calloc(count * size, sizeof *rows);
    if (!rows)
        return false;
    fill_gaussian(rows, count * size, rng);
    orthonormalize(rows, count, size);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < size; k++)
            kernel[i * row_stride + k * stride] =
                (float)(orthogonal_gain(role) * rows[i * size + k]);
    free(rows);
    return true;
}

bool initialize_kernel(enum layer_role role, enum network_init init, struct kernel_layout layout,
                       float *kernel, struct rng *rng) {
    if (init == INIT_ORTHOGONAL)
        return fill_orthogonal(role, layout, kernel, rng);
    fill_he(role, layout, kernel, rng);
    return true;
}
