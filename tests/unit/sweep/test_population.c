/* A population's rules, the choice of members, and the changes of options. */
#include "sweep/population.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define BASE "'method': 'a3c', 'game': 'catch', 'total_steps': 1000, 'seeds': 4"

/* Reads text, with ' for ", as a sweep's file. The caller frees *plan on success. */
static enum status read_rules(const char *text, struct plan *plan, struct population_rules *rules,
                              struct error *error) {
    char path[] = "/tmp/asyncrl-population-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    for (const char *c = text; *c; c++)
        assert_int_equal(write(file, *c == '\'' ? "\"" : c, 1), 1);
    close(file);
    enum status status = plan_read(path, plan, error);
    assert_int_equal(status, STATUS_OK);
    status = population_read_rules(plan, path, rules, error);
    unlink(path);
    return status;
}

static void test_rules(void **state) {
    (void)state;
    struct plan plan;
    struct population_rules rules;
    struct error error;
    assert_int_equal(read_rules("{" BASE
                                ", 'lr': [0.1, 0.2], 'pbt': {'every': 1e2, 'quantile': 0.25, "
                                "'perturb': [0.5, 1, 2], 'options': ['lr', 'swap_freq']}}",
                                &plan, &rules, &error),
                     STATUS_OK);
    assert_true(rules.every == 100 && rules.total_steps == 1000 && rules.quantile == 0.25);
    assert_int_equal(rules.factor_count, 3);
    assert_true(rules.factors[0] == 0.5 && rules.factors[1] == 1 && rules.factors[2] == 2);
    assert_int_equal(rules.option_count, 2);
    assert_string_equal(rules.options[1].name, "swap_freq");
    plan_free(&plan);
    assert_int_equal(
        read_rules("{" BASE ", 'pbt': {'every': 100, 'options': ['lr']}}", &plan, &rules, &error),
        STATUS_OK);
    assert_true(rules.quantile == 0.2 && rules.factor_count == 2 && rules.factors[0] == 0.8);
    plan_free(&plan);
    assert_int_equal(read_rules("{" BASE ", 'config': 'nowhere.json', "
                                "'pbt': {'every': 100, 'options': ['lr', 'adam_eps']}}",
                                &plan, &rules, &error),
                     STATUS_OK);
    plan_free(&plan);
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        {"{" BASE ", 'pbt': 5}", "must be an object"},
        {"{" BASE ", 'pbt': {'options': ['lr']}}", "needs \"every\""},
        {"{" BASE ", 'pbt': {'every': 0.5, 'options': ['lr']}}", "needs \"every\""},
        {"{" BASE ", 'pbt': {'every': 10}}", "needs \"options\""},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['lrr']}}", "'lrr': it is not an option"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['n_step']}}",
         "that a resumed run may change"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['total_steps']}}", "may change"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['lr', 'beta', 'lr']}}", "names 'lr' twice"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': [7]}}", "it is not an option"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['lr'], 'quantile': 0.6}}", "0.5 at most"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['lr'], 'perturb': [0]}}", "above 0"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['lr'], 'perturb': 2}}", "such as [0.8, 1.2]"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['lr'], 'often': 2}}", "has only"},
        {"{" BASE ", 'n_step': [5, 9], 'pbt': {'every': 10, 'options': ['lr']}}",
         "must have 'n_step' among its \"options\""},
        {"{'method': 'a3c', 'total_steps': 100, 'pbt': {'every': 10, 'options': ['lr']}}",
         "two members at least"},
        {"{" BASE ", 'pbt': {'every': 10, 'options': ['lr', 'adam_eps']}}",
         "--adam_eps is for --optimizer=adam|radam"},
        {"{'method': 'a3c', 'stop_time': 9, 'seeds': 2, 'pbt': {'every': 10, 'options': ['lr']}}",
         "needs \"total_steps\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plan plan;
        struct population_rules rules;
        struct error error = {0};
        assert_int_equal(read_rules(cases[i].text, &plan, &rules, &error), STATUS_BAD_INPUT);
        plan_free(&plan);
        if (!strstr(error.message, cases[i].part))
            fail_msg("%s: %s", cases[i].text, error.message);
    }
}

/* The worst fifth takes over members of the best fifth; all others continue. */
static void test_choice(void **state) {
    (void)state;
    const double scores[10] = {5, 9, 1, 4, 8, 7, NAN, 6, 3, 2}; /* worst: 6 and 2; best: 1 and 4 */
    const bool failed[10] = {false};
    struct rng rng;
    bool seen[10] = {false};
    rng_seed(&rng, 1, 0);
    for (int round = 0; round < 50; round++) {
        int from[10];
        assert_true(population_choose(0.2, 10, scores, failed, &rng, from));
        for (int i = 0; i < 10; i++)
            if (i != 2 && i != 6)
                assert_int_equal(from[i], i);
        assert_true(from[2] == 1 || from[2] == 4);
        assert_true(from[6] == 1 || from[6] == 4);
        seen[from[2]] = true;
    }
    assert_true(seen[1] && seen[4]);
}

/* Among few members one is worst; failed ones always take over another one, and are never taken
 * over.
 */
static void test_choice_of_few(void **state) {
    (void)state;
    const double scores[4] = {9, 2, 3, 1};
    struct rng rng;
    int from[4];
    rng_seed(&rng, 1, 0);
    assert_true(population_choose(0.2, 4, scores, (const bool[4]){false}, &rng, from));
    assert_true(from[0] == 0 && from[1] == 1 && from[2] == 2 && from[3] == 0);
    assert_true(
        population_choose(0.2, 4, scores, (const bool[4]){true, true, false, false}, &rng, from));
    assert_true(from[0] == 2 && from[1] == 2 && from[2] == 2 && from[3] == 3);
    assert_true(
        population_choose(0.5, 4, scores, (const bool[4]){true, true, true, false}, &rng, from));
    assert_true(from[0] == 3 && from[1] == 3 && from[2] == 3 && from[3] == 3);
    assert_false(
        population_choose(0.2, 4, scores, (const bool[4]){true, true, true, true}, &rng, from));
    const double equal[2] = {1, 1};
    assert_true(population_choose(0.5, 2, equal, (const bool[2]){false}, &rng, from));
    assert_true(from[0] == 0 && from[1] == 0);
}

static void test_change(void **state) {
    (void)state;
    const struct population_rules rules = {.factor_count = 2, .factors = {0.8, 1.2}};
    const struct option real = {.type = OPTION_REAL, .minimum = 0, .maximum = 1};
    const struct option whole = {.type = OPTION_INT, .minimum = 1, .maximum = 10};
    struct rng rng;
    bool less = false;
    bool more = false;
    rng_seed(&rng, 1, 0);
    for (int i = 0; i < 50; i++) {
        const double value = population_perturb(&rules, &real, 0.5, &rng);
        assert_true(fabs(value - 0.4) < 1e-12 || fabs(value - 0.6) < 1e-12);
        less = less || value < 0.5;
        more = more || value > 0.5;
        assert_true(population_perturb(&rules, &real, 1, &rng) <= 1);
        const double two = population_perturb(&rules, &whole, 2, &rng);
        assert_true(two == 1 || two == 3); /* 1.6 and 2.4 would round to no change */
        assert_true(population_perturb(&rules, &whole, 1, &rng) >= 1);
    }
    assert_true(less && more);
}

static void test_words(void **state) {
    (void)state;
    struct member members[2] = {{.from = 0}, {.from = 0, .values = {"", "0.5"}}};
    struct population population = {
        .rules = {.every = 400,
                  .total_steps = 1000,
                  .option_count = 2,
                  .options = {{.name = "lr"}, {.name = "beta"}}},
        .number = 1,
        .count = 2,
        .members = members,
    };
    char **words = population_words(&population, 0);
    assert_string_equal(words[0], "--stop_steps=800");
    assert_null(words[1]);
    free((void *)words);
    assert_false(population_is_last(&population));
    population.number = 2;
    words = population_words(&population, 1);
    assert_string_equal(words[0], "--beta=0.5");
    assert_string_equal(words[1], "--stop_steps=1000");
    assert_null(words[2]);
    free((void *)words);
    assert_true(population_is_last(&population));
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void assert_file(const char *folder, const char *name, const char *expected) {
    char path[PATH_SIZE + 64];
    char text[1024] = "";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "r");
    if (!expected) {
        assert_null(stream);
        return;
    }
    assert_non_null(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    assert_string_equal(text, expected);
}

/* Makes four members that have trained, and the state of a sweep that was killed after the choice:
 * member 2 takes over member 1. The caller removes the folder. */
static void make_members(char *folder, struct plan *plan, struct population *population,
                         struct job jobs[4]) {
    struct error error = {0};
    assert_non_null(mkdtemp(folder));
    *population = (struct population){.lock = -1};
    assert_int_equal(read_rules("{" BASE ", 'pbt': {'every': 400, 'options': ['lr']}}", plan,
                                &population->rules, &error),
                     STATUS_OK);
    for (int i = 0; i < 4; i++) {
        char name[PLAN_NAME_SIZE];
        char text[64];
        plan_name(plan, i, name);
        assert_int_equal(job_open(&jobs[i], folder, name, &error), STATUS_OK);
        assert_int_equal(path_make_folder(jobs[i].dir, &error), STATUS_OK);
        snprintf(text, sizeof text, "{\"lr\": 0.%d}", i + 1);
        write_file(jobs[i].dir, "config.json", text);
        write_file(jobs[i].dir, "checkpoint.h5", name);
        write_file(jobs[i].dir, "checkpoint-previous.h5", "before");
        write_file(jobs[i].dir, "result.json", "{\"finished\": true}\n");
        job_look(&jobs[i]);
        assert_int_equal(jobs[i].state, SWEEP_FINISHED);
    }
    write_file(folder, "population.json",
               "{\"generation\": 2, \"copied\": false, \"members\": ["
               "{\"from\": 1, \"options\": {}}, {\"from\": 1, \"options\": {\"lr\": \"0.12\"}},"
               "{\"from\": 3, \"options\": {}}, {\"from\": 4, \"options\": {}}]}");
}

static void remove_folder(const char *folder) {
    char command[64];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* Killed after the choice, and before all was copied: the copying is repeated. */
static void test_killed_before_copies(void **state) {
    (void)state;
    char folder[] = "/tmp/asyncrl-population-XXXXXX";
    struct plan plan;
    struct population population;
    struct job jobs[4];
    struct error error = {0};
    make_members(folder, &plan, &population, jobs);
    write_file(folder, "population.csv",
               "generation,run,from,score_before,lr\n1,001,001,5,0.1\n2,001,0");
    if (population_open(&population, &plan, folder, jobs, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(population_target(&population), 800);
    assert_true(population.is_copied);
    assert_file(jobs[1].dir, "checkpoint.h5", "001");
    assert_file(jobs[1].dir, "config.json", "{\"lr\": 0.1}");
    assert_file(jobs[1].dir, "checkpoint-previous.h5", NULL);
    assert_file(jobs[2].dir, "checkpoint.h5", "003");
    assert_file(jobs[2].dir, "checkpoint-previous.h5", "before");
    for (int i = 0; i < 4; i++)
        assert_int_equal(jobs[i].state, SWEEP_STOPPED);
    assert_int_equal(jobs[0].ended, SWEEP_READY); /* generation 2 of 3 */
    assert_file(folder, "population.csv",
                "generation,run,from,score_before,lr\n1,001,001,5,0.1\n2,001,001,,0.1\n"
                "2,002,001,,0.12\n2,003,003,,0.3\n2,004,004,,0.4\n");
    population_close(&population);
    /* It is not repeated again: members may have trained since then. */
    write_file(jobs[1].dir, "checkpoint.h5", "later");
    assert_int_equal(population_open(&population, &plan, folder, jobs, &error), STATUS_OK);
    assert_file(jobs[1].dir, "checkpoint.h5", "later");
    struct population second = {.rules = population.rules, .lock = -1};
    assert_int_equal(population_open(&second, &plan, folder, jobs, &error), STATUS_FAILED);
    population_close(&second);
    population_close(&population);
    plan_free(&plan);
    remove_folder(folder);
}

/* A disk that is full after two bytes: the message says so, and no half file stays. */
static void test_full_disk(void **state) {
    (void)state;
    char folder[] = "/tmp/asyncrl-population-XXXXXX";
    struct plan plan;
    struct population population;
    struct job jobs[4];
    struct error error = {0};
    struct rlimit limit;
    make_members(folder, &plan, &population, jobs);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit small = {.rlim_cur = 2, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    errno = 0;
    const enum status status = population_open(&population, &plan, folder, jobs, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, STATUS_FAILED);
    if (!strstr(error.message, strerror(EFBIG)))
        fail_msg("%s", error.message);
    char beside[64];
    snprintf(beside, sizeof beside, "checkpoint.h5.%d.tmp", (int)getpid());
    assert_file(jobs[1].dir, beside, NULL);
    assert_file(jobs[1].dir, "checkpoint.h5", "002");
    population_close(&population);
    plan_free(&plan);
    remove_folder(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_choice_of_few),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_killed_before_copies),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
