/*
 * The layer kind of maximum pooling: the largest of each window of a plane. Padding is Keras'
 * "same": every stride-th place gives one output, and windows skip places outside the plane; if an
 * odd number of rows is missing, the larger half is at the end.
 */
#include "network/layer.h"

#include <stddef.h>

/* Outputs along one side, and where the first window begins: at 0 or before. */
static int outputs_along(int size, const struct pool *pool) {
    return (size + pool->stride - 1) / pool->stride;
}

static int first_place(int size, const struct pool *pool) {
    const int missing = (outputs_along(size, pool) - 1) * pool->stride + pool->kernel - size;
    return missing > 0 ? -(missing / 2) : 0;
}

static bool pool_plan(struct layer *layer) {
    const struct pool *pool = &layer->pool;
    layer->out = (struct shape){layer->in.channels, outputs_along(layer->in.height, pool),
                                outputs_along(layer->in.width, pool)};
    return true;
}

/* The places from `first` on that lie within a side. */
struct span {
    int begin;
    int end;
};

static struct span span_at(int first, int kernel, int size) {
    return (struct span){first > 0 ? first : 0, first + kernel < size ? first + kernel : size};
}

/* The place of the first of the largest values of a window. */
static ptrdiff_t find_largest(const float *plane, int width, struct span rows,
                              struct span columns) {
    ptrdiff_t largest = (ptrdiff_t)rows.begin * width + columns.begin;
    for (int y = rows.begin; y < rows.end; y++)
        for (int x = columns.begin; x < columns.end; x++) {
            const ptrdiff_t place = (ptrdiff_t)y * width + x;
            if (plane[place] > plane[largest])
                largest = place;
        }
    return largest;
}

/* Visits the windows of all planes: writes the largest to out, or adds d_out to its gradient. */
static void visit(const struct layer *layer, const struct layer_pass *pass, bool is_backward) {
    const struct pool *pool = &layer->pool;
    const int height = layer->in.height;
    const int width = layer->in.width;
    const int top = first_place(height, pool);
    const int left = first_place(width, pool);
    const ptrdiff_t planes = (ptrdiff_t)pass->batch * layer->in.channels;
    ptrdiff_t output = 0;
    for (ptrdiff_t p = 0; p < planes; p++) {
        const ptrdiff_t offset = p * height * width;
        for (int y = 0; y < layer->out.height; y++) {
            const struct span rows = span_at(top + y * pool->stride, pool->kernel, height);
            for (int x = 0; x < layer->out.width; x++, output++) {
                const struct span columns = span_at(left + x * pool->stride, pool->kernel, width);
                const ptrdiff_t place =
                    offset + find_largest(pass->in.f32 + offset, width, rows, columns);
                if (is_backward)
                    pass->d_in[place] += pass->d_out[output];
                else
                    pass->out[output] = pass->in.f32[place];
            }
        }
    }
}

static void pool_forward(const struct layer *layer, const struct layer_pass *pass) {
    visit(layer, pass, false);
}

static void pool_backward(const struct layer *layer, const struct layer_pass *pass) {
    visit(layer, pass, true);
}

const struct layer_kind layer_pool = {
    .name = "pool", .plan = pool_plan, .forward = pool_forward, .backward = pool_backward};
