#include "games/emulator.h"
#include "games/patience.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Plays a frame, saves and loads: a game whose sizes are wrong shows it here. */
static enum status play_a_little(struct emulator *emulator, uint8_t *screen, uint8_t *state,
                                 size_t state_bound, struct error *error) {
    const struct emulator_frame start = emulator_reset(emulator);
    if (!start.failed && !start.game_over && !start.truncated)
        emulator_act(emulator, 0);
    if (emulator->info.screen_width > 0)
        emulator_screen_rgb(emulator, screen);
    if (emulator_failure(emulator))
        return error_set(error, STATUS_BAD_INPUT, "the game broke down at its start: %.400s",
                         emulator_failure(emulator));
    if (!emulator_can_save(emulator))
        return STATUS_OK;
    size_t used;
    const enum status status = emulator_save_state(emulator, state, state_bound, &used, error);
    return status == STATUS_OK ? emulator_load_state(emulator, state, used, error) : status;
}

static enum status try_out(struct emulator *emulator, struct error *error) {
    const struct emulator_info *info = &emulator->info;
    const size_t pixels = (size_t)info->screen_width * (size_t)info->screen_height;
    const size_t bound = emulator_can_save(emulator) ? emulator_state_bound(emulator, 1) : 0;
    uint8_t *screen = malloc(3 * pixels + 1);
    uint8_t *state = malloc(bound + 1);
    const enum status status =
        screen && state ? play_a_little(emulator, screen, state, bound, error)
                        : error_set(error, STATUS_FAILED, "out of memory trying a game out");
    free(screen);
    free(state);
    return status;
}

/* In the child: answers with STATUS_OK or the error. A pipe takes it whole or not at all. */
static void open_and_tell(emulator_opener *open, void *context, int answers) {
    static const int deadly[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    const struct rlimit no_core = {0};
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i],
               SIG_DFL); /* even if the program catches them: here they end the process */
    struct error error = {.status = STATUS_OK};
    struct emulator *emulator;
    process_tell_parent_of_lack_of_memory();
    setrlimit(RLIMIT_CORE, &no_core);
    if (open(context, &emulator, &error) == STATUS_OK && try_out(emulator, &error) == STATUS_OK)
        emulator_close(emulator);
    const ssize_t written = write(answers, &error, sizeof error);
    _exit(written == (ssize_t)sizeof error ? 0 : 1);
}

/* Whether the child answers or ends before it has been silent for too long. */
static bool await_answer(pid_t child, int answers, double seconds) {
    struct patience patience = patience_with(child, seconds);
    enum patience_end end;
    while ((end = patience_wait(&patience, answers)) == PATIENCE_LASTS)
        ;
    return end == PATIENCE_ANSWERED;
}

/* A child without an answer has died. */
static enum status explain_death(const char *what, int wait_status, struct error *error) {
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == PROCESS_OUT_OF_MEMORY)
        return error_set(error, STATUS_FAILED, "memory ran out as '%.200s' was opened", what);
    if (WIFSIGNALED(wait_status))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%.200s' crashed as it was opened (signal %d, %s)", what,
                         WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
    return error_set(error, STATUS_BAD_INPUT,
                     "'%.200s' crashed as it was opened (it ended the process with exit code %d)",
                     what, WEXITSTATUS(wait_status));
}

/* Ends the child in any case; killing one that has already ended does nothing. */
static enum status hear(const char *what, pid_t child, int answers, double seconds,
                        struct error *error) {
    struct error answer;
    int wait_status = 0;
    const bool in_time = await_answer(child, answers, seconds);
    const bool answered =
        in_time && read(answers, &answer, sizeof answer) == (ssize_t)sizeof answer;
    kill(child, SIGKILL);
    while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
        ;
    if (!in_time)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%.200s' took longer than %.0f s to open and was ended; "
                         "--start_timeout=SECONDS waits longer",
                         what, seconds);
    if (!answered)
        return explain_death(what, wait_status, error);
    if (answer.status != STATUS_OK)
        *error = answer;
    return answer.status;
}

enum status emulator_probe(const char *what, emulator_opener *open, void *context, double seconds,
                           struct error *error) {
    int answers[2];
    if (pipe2(answers, O_CLOEXEC) != 0)
        return error_set(error, STATUS_FAILED, "cannot try out '%.200s': %s", what,
                         strerror(errno));
    const pid_t child = process_fork("asyncrl-probe");
    if (child == 0)
        open_and_tell(open, context, answers[1]);
    close(answers[1]);
    const enum status status =
        child < 0
            ? error_set(error, STATUS_FAILED, "cannot try out '%.200s': %s", what, strerror(errno))
            : hear(what, child, answers[0], seconds, error);
    close(answers[0]);
    return status;
}
