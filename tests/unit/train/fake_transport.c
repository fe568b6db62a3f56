#include "fake_transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- The clock ------------------------------------------------------------------------------- */

double fake_now;

double clock_seconds(void) {
    return fake_now;
}

double clock_processor_seconds(void) {
    return fake_now;
}

void clock_sleep(double seconds) {
    fake_now += seconds;
}

void clock_stamp(char *out, size_t size) {
    snprintf(out, size, "20260101-000000");
}

/* ---- What the learner does ------------------------------------------------------------------- */

static struct fake_transport *fake_of(struct transport *transport) {
    return (struct fake_transport *)(void *)transport;
}

static const struct fake_transport *const_fake_of(const struct transport *transport) {
    return (const struct fake_transport *)(const void *)transport;
}

void fake_trace(struct fake_transport *fake, const char *format, ...) {
    const size_t used = strlen(fake->trace);
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(fake->trace + used, sizeof fake->trace - used, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && used + (size_t)length + 1 < sizeof fake->trace);
    strcat(fake->trace, "\n");
}

static struct segment *fake_peek(struct transport *transport, int actor) {
    struct fake_transport *fake = fake_of(transport);
    return fake->counts[actor] > 0 ? fake->segments[actor][0] : NULL;
}

static void fake_release(struct transport *transport, int actor) {
    struct fake_transport *fake = fake_of(transport);
    assert_true(fake->counts[actor] > 0);
    free(fake->segments[actor][0]);
    fake->counts[actor]--;
    memmove(&fake->segments[actor][0], &fake->segments[actor][1],
            (size_t)fake->counts[actor] * sizeof(struct segment *));
}

static int fake_unread(const struct transport *transport) {
    int count = 0;
    for (int i = 0; i < FAKE_ACTORS; i++)
        count += const_fake_of(transport)->counts[i];
    return count;
}

static void fake_publish(struct transport *transport, const float *params, uint64_t version) {
    struct fake_transport *fake = fake_of(transport);
    memcpy(fake->published, params, fake->param_count * sizeof *params);
    fake->version = version;
    fake_trace(fake, "publish %llu: %d", (unsigned long long)version,
               (int)params[fake->param_count - 1]);
}

static const float *fake_published(const struct transport *transport) {
    return const_fake_of(transport)->published;
}

static uint64_t fake_version(const struct transport *transport) {
    return const_fake_of(transport)->version;
}

static int64_t fake_get(const struct transport *transport, int word) {
    return const_fake_of(transport)->words[word];
}

static void fake_set(struct transport *transport, int word, int64_t value) {
    static const char *const names[WORD_COUNT] = {
        [WORD_STOP] = "stop",
        [WORD_WIND_DOWN] = "wind down",
        [WORD_READY] = "ready",
        [WORD_ROUNDS_OPEN] = "rounds open",
        [WORD_AWAITS_BEGUN] = "awaits begun",
        [WORD_PARK_FROM] = "park from",
        [WORD_COPYING] = "copying",
    };
    struct fake_transport *fake = fake_of(transport);
    fake->words[word] = value;
    if (word == WORD_PARK_FROM && value == INT64_MAX)
        fake_trace(fake, "park no more");
    else if (word < WORD_COUNT && names[word])
        fake_trace(fake, "%s %lld", names[word], (long long)value);
}

static struct doorbell_moment fake_look(struct transport *transport) {
    const struct fake_transport *fake = fake_of(transport);
    return (struct doorbell_moment){fake->bell, fake->pushes};
}

static void fake_sleep(struct transport *transport, struct doorbell_moment since, uint32_t pushes,
                       double seconds) {
    struct fake_transport *fake = fake_of(transport);
    assert_true(since.bell == fake->bell && since.pushes == fake->pushes); /* one process */
    assert_true(seconds == FAKE_SLEEP_SECONDS);
    fake_trace(fake, "sleep %u", (unsigned)pushes);
    fake->sleeps++;
    fake_now += seconds;
    fake->meanwhile(fake->context, fake->sleeps);
}

static void fake_ring(struct transport *transport) {
    fake_of(transport)->bell++;
}

static struct snapshot *fake_snapshot(const struct transport *transport, int actor) {
    return const_fake_of(transport)->snapshots[actor];
}

/* Functions that only actors and the supervisor need are missing. */
static const struct transport_kind fake_kind = {
    .peek = fake_peek,
    .release = fake_release,
    .unread = fake_unread,
    .publish = fake_publish,
    .published = fake_published,
    .version = fake_version,
    .get = fake_get,
    .set = fake_set,
    .look = fake_look,
    .sleep = fake_sleep,
    .ring = fake_ring,
    .wake = fake_ring,
    .snapshot = fake_snapshot,
};

void fake_open(struct fake_transport *fake, const struct step_layout *layout, size_t param_count) {
    *fake = (struct fake_transport){
        .base = {&fake_kind, FAKE_ACTORS},
        .layout = layout,
        .published = calloc(param_count, sizeof(float)),
        .param_count = param_count,
    };
    assert_non_null(fake->published);
    const size_t bytes = (sizeof(struct snapshot) + FAKE_SNAPSHOT_BYTES + 63) & ~(size_t)63;
    for (int i = 0; i < FAKE_ACTORS; i++) {
        fake->snapshots[i] = aligned_alloc(64, bytes);
        assert_non_null(fake->snapshots[i]);
        memset(fake->snapshots[i], 0, bytes);
        fake->snapshots[i]->capacity = FAKE_SNAPSHOT_BYTES;
    }
}

void fake_close(struct fake_transport *fake) {
    for (int i = 0; i < FAKE_ACTORS; i++) {
        while (fake->counts[i] > 0)
            fake_release(&fake->base, i);
        free(fake->snapshots[i]);
    }
    free(fake->published);
}

/* ---- What others do -------------------------------------------------------------------------- */

void fake_push(struct fake_transport *fake, int actor, int length, int32_t mark) {
    struct segment *segment = calloc(1, fake->layout->segment_bytes);
    assert_non_null(segment);
    assert_true(fake->counts[actor] < FAKE_SEGMENTS);
    segment->actor = actor;
    segment->length = length;
    for (int i = 0; i < length; i++)
        *(int32_t *)segment_at(segment, fake->layout, STEP_ACTION, i) = mark;
    fake->segments[actor][fake->counts[actor]++] = segment;
    fake->pushes++;
}

void fake_park(struct fake_transport *fake, int actor) {
    struct snapshot *snapshot = fake->snapshots[actor];
    assert_int_equal(fake->words[WORD_COPYING], 0);
    snapshot->size =
        (size_t)snprintf((char *)snapshot->bytes, snapshot->capacity, "actor %d", actor);
    fake->words[word_of_actor(actor, ACTOR_PARKED)] = fake->words[WORD_PARK_COUNT];
    fake->bell++;
}
