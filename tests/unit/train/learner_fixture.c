#include "learner_fixture.h"

#include <string.h>

/* The method has no field for the test's data. */
static struct fixture *learning;

/* ---- A method that learns to count ----------------------------------------------------------- */

static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", .kind = FIELD_STEP},
    [STEP_ACTION] = {"actions", FIELD_STEP, .bytes = sizeof(int32_t)},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, .bytes = sizeof(float)},
    {0},
};

static const struct step_field *list_fields(const struct method_config *config) {
    (void)config;
    return fields;
}

/* Traces the actions, which are the marks of their segments. */
static void learn(struct trainer *trainer, struct batch *batch, struct update *update) {
    char marks[128] = "";
    for (int i = 0; i < batch->count; i++)
        snprintf(marks + strlen(marks), sizeof marks - strlen(marks), " %d",
                 batch_ints(batch, STEP_ACTION)[i]);
    const int number = ++learning->updates;
    update->is_sound = !(learning->unsound_first > 0 && number >= learning->unsound_first &&
                         number <= learning->unsound_last);
    if (update->is_sound)
        trainer->params[trainer->param_count - 1]++; /* a bias, 0 at first */
    fake_trace(&learning->fake, "learn%s", marks);
}

/* ---- Fixture --------------------------------------------------------------------------------- */

static void play_sleep(void *context, int sleep) {
    struct fixture *fixture = context;
    if (sleep > fixture->most_sleeps)
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    fixture->play(fixture, sleep);
}

void open_run(struct fixture *fixture) {
    static const struct option no_options[] = {{0}};
    struct small_run *small = &fixture->small;
    struct run *run = &small->run;
    small_run_set(small);
    fixture->method = (struct method){
        .name = "count", .heads = HEADS_POLICY_VALUE, .fields = list_fields, .update = learn};
    small->config = (struct train_config){.method.name = "count",
                                          .optimizer.optimizer = "rmsprop",
                                          .processes = FAKE_ACTORS,
                                          .envs_per_process = 1,
                                          .n_step = 2,
                                          .batch_size = 3,
                                          .swap_freq = 6,
                                          .save_freq = 1000,
                                          .lr = 0.1};
    run->table = no_options;
    run->method = &fixture->method;
    run->metrics = metrics_init(calloc(1, metrics_bytes(FAKE_ACTORS)), FAKE_ACTORS);
    run->metrics->queue_capacity = FAKE_ACTORS * FAKE_SEGMENTS;
    run->transport = &fixture->fake.base;
    step_layout_make(&run->layout, fields, (int)small->config.n_step,
                     &(struct step_sizes){.observation = 1, .news = 1});
    fake_open(&fixture->fake, &run->layout, network_param_count(&run->network));
    fixture->fake.meanwhile = play_sleep;
    fixture->fake.context = fixture;
    fixture->fake.words[WORD_ROUNDS_OPEN] = INT64_MAX;
    fixture->fake.words[WORD_PARK_FROM] = INT64_MAX;
    learning = fixture;
    fake_now = run->metrics->start = 1000;
}

void make_rounds(struct fixture *fixture) {
    fixture->method.in_rounds = true;
    fixture->small.config.batch_size = 4;
    fixture->fake.words[WORD_ROUNDS_OPEN] = run_rounds_ahead(&fixture->small.run);
}

void close_run(struct fixture *fixture) {
    fake_close(&fixture->fake);
    free(fixture->small.run.metrics);
}

int open_fixture(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    small_run_open(&fixture->small);
    open_run(fixture);
    *state = fixture;
    return 0;
}

bool has_file(const struct fixture *fixture, const char *name) {
    char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/run/%s", fixture->small.top, name);
    return path_is_file(path);
}

int close_fixture(void **state) {
    struct fixture *fixture = *state;
    close_run(fixture);
    small_run_close(&fixture->small);
    free(fixture);
    return 0;
}

void run_learner(struct fixture *fixture, void (*play)(struct fixture *fixture, int sleep),
                 int most_sleeps, int code) {
    fixture->play = play;
    fixture->most_sleeps = most_sleeps;
    const int ended = learner_main(&fixture->small.run);
    if (ended != code)
        fail_msg("exit code %d; %s", ended, fixture->small.control.failure.message);
    assert_int_equal(fixture->fake.words[WORD_STOP], 1);
}

void expect_trace(const struct fixture *fixture, const char *trace) {
    assert_string_equal(fixture->fake.trace, trace);
}

void beat(struct fixture *fixture) {
    for (int i = 0; i < FAKE_ACTORS; i++)
        atomic_store(&fixture->small.run.metrics->actors[i].heartbeat, fake_now);
}

void push_all(struct fixture *fixture, int32_t mark) {
    for (int i = 0; i < FAKE_ACTORS; i++)
        fake_push(&fixture->fake, i, 2, mark + 10 * i);
}

void begin_all(struct fixture *fixture, int64_t round) {
    for (int i = 0; i < FAKE_ACTORS; i++)
        fixture->fake.words[word_of_actor(i, ACTOR_BEGUN)] = round;
}

void park_all(struct fixture *fixture) {
    for (int i = 0; i < FAKE_ACTORS; i++)
        fake_park(&fixture->fake, i);
}
