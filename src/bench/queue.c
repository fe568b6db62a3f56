#include "bench/bench.h"
#include "bench/parallel.h"
#include "method/method.h"

#include <stdlib.h>
#include <string.h>

enum { WAKES = 1000 };

/* Long enough for the other process to have gone to sleep. */
static const double ASLEEP_SECONDS = 0.0003;

/* The limit for waiting for a process that may have died. */
static const double LOST_SECONDS = 10;

/* The shared state besides the rings, in the arena. */
struct hall {
    struct doorbell doorbell;
    _Atomic uint32_t stop; /* producers of a stream finish */
    double deeds[WAKES];   /* clock_seconds of each push or release */
};

struct queue_fixture;

/* The work of child index; the one that wakes fills wakes (WAKES). False: the other one is lost. */
typedef bool (*wake_exchange)(struct queue_fixture *fixture, int index,
                              const struct segment *segment, double *wakes);

struct queue_fixture {
    struct arena arena;
    struct hall *hall;
    struct step_layout layout;
    int rings;
    int slots; /* of each ring */
    struct ring *ring[BENCH_MAX_RINGS];
    double seconds; /* of a stream */
    wake_exchange wake;
};

/* Segments like those of a3c. */
static struct step_layout layout_of(int n_step, struct observation_shape shape) {
    static const struct method_config config;
    struct step_layout layout;
    step_layout_make(&layout, method_a3c.fields(&config), n_step,
                     &(struct step_sizes){.observation = shape.bytes, .news = shape.step_bytes});
    return layout;
}

static enum status open_fixture(struct queue_fixture *fixture, struct error *error) {
    const size_t ring_size = ring_bytes(&fixture->layout, fixture->slots);
    const size_t size = sizeof(struct hall) + (size_t)fixture->rings * ring_size +
                        (size_t)(fixture->rings + 2) * ARENA_ALIGNMENT;
    const enum status status = arena_create(&fixture->arena, size, error);
    if (status != STATUS_OK)
        return status;
    fixture->hall = arena_take(&fixture->arena, sizeof *fixture->hall);
    for (int i = 0; i < fixture->rings; i++)
        fixture->ring[i] = ring_init(arena_take(&fixture->arena, ring_size), &fixture->layout,
                                     fixture->slots, &fixture->hall->doorbell);
    return STATUS_OK;
}

/* A segment as long as it can be; the caller frees it. NULL: no memory. */
static struct segment *new_segment(const struct step_layout *layout, struct error *error) {
    struct segment *segment = calloc(1, layout->segment_bytes);
    if (segment)
        segment->length = layout->max_steps;
    else
        error_set(error, STATUS_FAILED, "out of memory");
    return segment;
}

/* ---- Streams: child 0 consumes, the others produce ------------------------------------------- */

/* Copies the next segment out, as the learner does into its batch; false when all rings
 * are empty. */
static bool take_next(struct queue_fixture *fixture, int *turn, struct segment *copy) {
    for (int i = 0; i < fixture->rings; i++) {
        struct ring *ring = fixture->ring[*turn];
        *turn = (*turn + 1) % fixture->rings;
        const struct segment *segment = ring_peek(ring);
        if (!segment)
            continue;
        segment_copy(copy, segment, &fixture->layout);
        ring_release(ring);
        return true;
    }
    return false;
}

/* Segments per second. The first ones, which touch every slot for the first time, do not count. */
static double consume(struct queue_fixture *fixture, struct segment *copy) {
    struct hall *hall = fixture->hall;
    int64_t segments = -(int64_t)fixture->rings * fixture->slots;
    int turn = 0;
    double start = clock_seconds();
    double end = start + LOST_SECONDS;
    while (clock_seconds() < end) {
        const struct doorbell_moment moment = doorbell_look(&hall->doorbell);
        if (!take_next(fixture, &turn, copy)) {
            doorbell_wait(&hall->doorbell, moment, 1, 0.1);
        } else if (++segments == 0) {
            start = clock_seconds();
            end = start + fixture->seconds;
        }
    }
    atomic_store(&hall->stop, 1);
    return (double)segments / (clock_seconds() - start);
}

static void produce(struct queue_fixture *fixture, struct ring *ring,
                    const struct segment *segment) {
    while (!atomic_load(&fixture->hall->stop))
        ring_push(ring, segment, 0.1);
}

static enum status stream(void *context, int index, double *numbers, struct error *error) {
    struct queue_fixture *fixture = context;
    struct segment *segment = new_segment(&fixture->layout, error);
    if (!segment)
        return error->status;
    if (index == 0)
        numbers[0] = consume(fixture, segment);
    else
        produce(fixture, fixture->ring[index - 1], segment);
    free(segment);
    return STATUS_OK;
}

static enum status measure_stream(const struct bench_queue_request *request, int rings,
                                  double *segments_per_second, struct error *error) {
    const int slots = request->queue_size / (rings * request->n_step);
    struct queue_fixture fixture = {
        .layout = layout_of(request->n_step, observation_shape(request->observation, NULL)),
        .rings = rings,
        .slots = slots > 1 ? slots : 1,
        .seconds = request->seconds,
    };
    double sums[PARALLEL_MAX_NUMBERS];
    enum status status = open_fixture(&fixture, error);
    if (status != STATUS_OK)
        return status;
    status = parallel_sum(1 + rings, stream, &fixture, sums, error);
    *segments_per_second = sums[0]; /* the consumer's */
    arena_destroy(&fixture.arena);
    return status;
}

/* ---- Wakes: child 0 consumes, child 1 produces, one ring of one slot ------------------------- */

/* Consumer: sleeps until a segment comes; false: it never came. */
static bool await_push(struct queue_fixture *fixture) {
    const double end = clock_seconds() + LOST_SECONDS;
    while (clock_seconds() < end) {
        const struct doorbell_moment moment = doorbell_look(&fixture->hall->doorbell);
        if (ring_peek(fixture->ring[0]))
            return true;
        doorbell_wait(&fixture->hall->doorbell, moment, 1, 0.1);
    }
    return false;
}

static bool push(struct queue_fixture *fixture, const struct segment *segment) {
    return ring_push(fixture->ring[0], segment, LOST_SECONDS);
}

/* The consumer sleeps on the doorbell until a push wakes it. */
static bool wake_consumer(struct queue_fixture *fixture, int index, const struct segment *segment,
                          double *wakes) {
    struct hall *hall = fixture->hall;
    for (int i = 0; i < WAKES; i++) {
        if (index == 0) {
            if (!await_push(fixture))
                return false;
            wakes[i] = clock_seconds() - hall->deeds[i];
            ring_release(fixture->ring[0]);
        } else {
            clock_sleep(ASLEEP_SECONDS);
            hall->deeds[i] = clock_seconds();
            if (!push(fixture, segment))
                return false;
        }
    }
    return true;
}

/* The producer sleeps on its full ring until a release wakes it. */
static bool wake_producer(struct queue_fixture *fixture, int index, const struct segment *segment,
                          double *wakes) {
    struct hall *hall = fixture->hall;
    if (index == 1 && !push(fixture, segment))
        return false;
    for (int i = 0; i < WAKES; i++) {
        if (index == 0) {
            if (!await_push(fixture))
                return false;
            clock_sleep(ASLEEP_SECONDS);
            hall->deeds[i] = clock_seconds();
            ring_release(fixture->ring[0]);
        } else {
            if (!push(fixture, segment))
                return false;
            wakes[i] = clock_seconds() - hall->deeds[i];
        }
    }
    return true;
}

static int compare_seconds(const void *left, const void *right) {
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* numbers: the median and the 99th percentile from the child that wakes; 0 from the other. */
static enum status exchange(void *context, int index, double *numbers, struct error *error) {
    struct queue_fixture *fixture = context;
    double wakes[WAKES] = {0};
    struct segment *segment = new_segment(&fixture->layout, error);
    if (!segment)
        return error->status;
    const bool done = fixture->wake(fixture, index, segment, wakes);
    free(segment);
    if (!done)
        return error_set(error, STATUS_FAILED, "the other end of a ring was lost");
    qsort(wakes, WAKES, sizeof *wakes, compare_seconds);
    numbers[0] = wakes[WAKES / 2];
    numbers[1] = wakes[WAKES * 99 / 100];
    return STATUS_OK;
}

/* The segment is small, to measure the waking and not the copy. */
static enum status measure_wakes(wake_exchange wake, struct bench_wake *result,
                                 struct error *error) {
    struct queue_fixture fixture = {
        .layout = layout_of(1, (struct observation_shape){.bytes = 64, .step_bytes = 64}),
        .rings = 1,
        .slots = 1,
        .wake = wake};
    double sums[PARALLEL_MAX_NUMBERS];
    enum status status = open_fixture(&fixture, error);
    if (status != STATUS_OK)
        return status;
    status = parallel_sum(2, exchange, &fixture, sums, error);
    *result = (struct bench_wake){sums[0], sums[1]};
    arena_destroy(&fixture.arena);
    return status;
}

enum status bench_queue(const struct bench_queue_request *request,
                        struct bench_queue_result *result, struct error *error) {
    const struct step_layout layout =
        layout_of(request->n_step, observation_shape(request->observation, NULL));
    *result = (struct bench_queue_result){
        .segment_bytes = layout.segment_bytes,
        .rings = request->rings,
    };
    enum status status = measure_stream(request, 1, &result->one_ring, error);
    if (status == STATUS_OK)
        status = measure_stream(request, request->rings, &result->all_rings, error);
    if (status == STATUS_OK)
        status = measure_wakes(wake_consumer, &result->push, error);
    if (status == STATUS_OK)
        status = measure_wakes(wake_producer, &result->release, error);
    return status;
}
