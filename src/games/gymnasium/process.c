#include "games/gymnasium/process.h"
#include "games/gymnasium_server.h"
#include "games/patience.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* server.py has these, too. */
enum answer { DONE = '+', FAILED = '-', ALIVE = '.' };
enum { SOCKET_NUMBER = 3, MEMORY_NUMBER = 4 };

enum { CANNOT_RUN = 127 }; /* the exit code of a process that could not become Python */

/* How long a Python process may take to close its environment at the end. */
static const double CLOSE_SECONDS = 1;

/* ---- The memory ------------------------------------------------------------------------------ */

size_t gymnasium_part_size(const struct space *space) {
    const size_t values = (size_t)space->height * (size_t)space->width;
    return space->kind == SPACE_VECTOR ? values * sizeof(float) : 3 * values;
}

size_t gymnasium_picture_size(const struct space *space) {
    return 3 * (size_t)space->screen_height * (size_t)space->screen_width;
}

static size_t parts_size(const struct space *space) {
    return (space->is_bounded ? PART_HIGHEST + 1 : PART_OBSERVATION + 1) *
           gymnasium_part_size(space);
}

void *gymnasium_part(const struct gymnasium_process *process, enum space_part part) {
    return (char *)process->memory + OBSERVATION_OFFSET +
           part * gymnasium_part_size(&process->space);
}

const uint8_t *gymnasium_picture(const struct gymnasium_process *process) {
    return (const uint8_t *)process->memory + OBSERVATION_OFFSET + parts_size(&process->space);
}

void gymnasium_text(const struct gymnasium_process *process, char *out, size_t size) {
    snprintf(out, size, "%.*s", (int)sizeof process->memory->text - 1, process->memory->text);
    printable(out);
}

/* Makes the shared memory, of process->size bytes, and the two ends of a socket. */
static bool make_shared(struct gymnasium_process *process, int *memory, int *other_end,
                        struct error *error) {
    int ends[2] = {-1, -1};
    *memory = memfd_create("asyncrl-gymnasium", MFD_CLOEXEC);
    void *mapped = MAP_FAILED;
    if (*memory >= 0 && ftruncate(*memory, (off_t)process->size) == 0)
        mapped = mmap(NULL, process->size, PROT_READ | PROT_WRITE, MAP_SHARED, *memory, 0);
    if (mapped == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        error_set(error, STATUS_FAILED, "cannot share memory with Python: %s", strerror(errno));
        if (mapped != MAP_FAILED)
            munmap(mapped, process->size);
        if (*memory >= 0)
            close(*memory);
        return false;
    }
    process->memory = mapped;
    process->socket = ends[0];
    *other_end = ends[1];
    return true;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static const char *python(void) {
    const char *named = getenv("ASYNCRL_PYTHON");
    return named && *named ? named : "python3";
}

/* Closes its socket and waits for its process. */
static void forget(struct gymnasium_process *process) {
    process->drew = process->memory->draws != 0;
    munmap(process->memory, process->size);
    process->memory = NULL;
    process->pid = 0;
}

void gymnasium_stop(struct gymnasium_process *process) {
    if (process->pid == 0)
        return;
    close(process->socket); /* the end of its work */
    if (process->owner == getpid()) {
        const double end = clock_seconds() + CLOSE_SECONDS;
        pid_t ended;
        while ((ended = waitpid(process->pid, NULL, WNOHANG)) == 0 && clock_seconds() < end)
            clock_sleep(0.002);
        if (ended == 0) {
            kill(process->pid, SIGKILL);
            waitpid(process->pid, NULL, 0);
        }
    }
    forget(process);
}

/* Fills error with the way in which a Python process ended on its own. */
static void tell_end(struct gymnasium_process *process, struct error *error) {
    int how = 0;
    kill(process->pid, SIGKILL); /* does nothing if the process has ended, like its socket */
    const bool ended = waitpid(process->pid, &how, 0) == process->pid;
    close(process->socket);
    forget(process);
    if (ended && WIFEXITED(how) && WEXITSTATUS(how) == CANNOT_RUN)
        error_set(error, STATUS_BAD_INPUT,
                  "cannot run '%.200s': install Python 3 with gymnasium, or name one that has it "
                  "with $ASYNCRL_PYTHON",
                  python());
    else if (ended && WIFEXITED(how))
        error_set(error, STATUS_FAILED, "its Python process ended by itself with code %d",
                  WEXITSTATUS(how));
    else
        error_set(error, STATUS_FAILED, "its Python process died (signal %d, %s)", WTERMSIG(how),
                  strsignal(WTERMSIG(how)));
}

static void tell_failure(struct gymnasium_process *process, struct error *error) {
    char text[sizeof process->memory->text];
    gymnasium_text(process, text, sizeof text);
    gymnasium_stop(process);
    error_set(error, STATUS_BAD_INPUT, "%s", text[0] ? text : "it failed and does not say why");
}

/* The work that Python is doing, which decides for how long it may be silent. */
enum wait { WAIT_START, WAIT_STEP };

static double patience_for(const struct gymnasium_process *process, enum wait wait) {
    return wait == WAIT_START ? process->start_patience : process->patience;
}

static void tell_silence(struct gymnasium_process *process, enum wait wait, struct error *error) {
    kill(process->pid, SIGKILL);
    gymnasium_stop(process);
    error_set(error, STATUS_FAILED,
              "it has not answered for %g s; --%s_timeout=SECONDS waits longer",
              patience_for(process, wait), wait == WAIT_START ? "start" : "env");
}

/* ---- Answers --------------------------------------------------------------------------------- */

/* Waits until the socket can be read, or signs of life are missing for too long. */
static bool await_byte(struct gymnasium_process *process, enum wait wait) {
    struct patience patience = patience_with(process->pid, patience_for(process, wait));
    enum patience_end end;
    while ((end = patience_wait(&patience, process->socket)) == PATIENCE_LASTS)
        emulator_alive(process->emulator);
    return end == PATIENCE_ANSWERED;
}

/* Waits for the answer. False, with the reason, if it is missing or a failure; then the process is
 * gone. */
static bool await_answer(struct gymnasium_process *process, enum wait wait, struct error *error) {
    char answer = ALIVE;
    while (answer == ALIVE) {
        if (!await_byte(process, wait)) {
            tell_silence(process, wait, error);
            return false;
        }
        if (read(process->socket, &answer, 1) != 1) {
            tell_end(process, error);
            return false;
        }
    }
    if (answer != DONE)
        tell_failure(process, error);
    return answer == DONE;
}

bool gymnasium_ask(struct gymnasium_process *process, enum gymnasium_question question,
                   struct error *error) {
    const char byte = (char)question;
    const bool is_reset = question == ASK_SEED || question == ASK_RESET;
    if (send(process->socket, &byte, 1, MSG_NOSIGNAL) == 1)
        return await_answer(process, is_reset ? WAIT_START : WAIT_STEP, error);
    tell_end(process, error);
    return false;
}

/* ---- Starting -------------------------------------------------------------------------------- */

/* Moves the two descriptors to their numbers, whichever numbers they have now. */
static bool place_descriptors(int socket, int memory) {
    const int far_socket = fcntl(socket, F_DUPFD_CLOEXEC, MEMORY_NUMBER + 1);
    const int far_memory = fcntl(memory, F_DUPFD_CLOEXEC, MEMORY_NUMBER + 1);
    return far_socket >= 0 && far_memory >= 0 && dup2(far_socket, SOCKET_NUMBER) >= 0 &&
           dup2(far_memory, MEMORY_NUMBER) >= 0;
}

/* Becomes Python. An environment's output must not mix with the program's own. */
static void become_python(const struct gymnasium_process *process, const char *work, int socket,
                          int memory) {
    if (!place_descriptors(socket, memory) || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(1);
    /* One processor for each environment; pictures are processed elsewhere. */
    setenv("OMP_NUM_THREADS", "1", 0);
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1", 0);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    setenv("PYTHONWARNINGS", "ignore", 0); /* otherwise each of many processes prints them */
    const char *const arguments[] = {python(),
                                     "-c",
                                     gymnasium_server,
                                     work,
                                     process->module,
                                     process->id,
                                     process->kwargs,
                                     process->wrappers,
                                     NULL};
    execvp(arguments[0], (char *const *)arguments);
    _exit(CANNOT_RUN);
}

static bool start_child(struct gymnasium_process *process, const char *work, struct error *error) {
    int memory = -1;
    int other_end = -1;
    const size_t picture =
        process->space.kind == SPACE_VECTOR ? gymnasium_picture_size(&process->space) : 0;
    process->size = OBSERVATION_OFFSET + parts_size(&process->space) + picture;
    if (!make_shared(process, &memory, &other_end, error))
        return false;
    process->memory->space = process->space;
    process->owner = getpid();
    process->pid = process_fork("asyncrl-python");
    if (process->pid == 0)
        become_python(process, work, other_end, memory);
    close(other_end);
    close(memory);
    if (process->pid > 0)
        return true;
    error_set(error, STATUS_FAILED, "cannot start a process: %s", strerror(errno));
    close(process->socket);
    forget(process);
    return false;
}

bool gymnasium_start(struct gymnasium_process *process, const char *work, struct error *error) {
    return start_child(process, work, error) && await_answer(process, WAIT_START, error);
}

bool gymnasium_has_module(const char *name) {
    static const char question[] = "import importlib.util as util, sys; "
                                   "sys.exit(util.find_spec(sys.argv[1]) is None)";
    /* -I: files in the current folder are not modules. */
    const char *const arguments[] = {python(), "-I", "-c", question, name, NULL};
    int how = 0;
    const pid_t pid = process_fork("asyncrl-python");
    if (pid == 0) {
        execvp(arguments[0], (char *const *)arguments);
        _exit(CANNOT_RUN);
    }
    return pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}
