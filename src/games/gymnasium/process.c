#include "games/gymnasium/process.h"
#include "games/gymnasium_server.h"
#include "games/patience.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* server.py has these, too. */
enum answer { DONE = '+', FAILED = '-', ALIVE = '.' };
enum { SOCKET_NUMBER = 3, MEMORY_NUMBER = 4 };

enum { CANNOT_RUN = 127 }; /* the exit code of a process that could not become Python */

/* How long a Python process may take to close each of its environments at the end. */
static const double CLOSE_SECONDS = 1;

/* Slots' memory begins at multiples of this, so that vectors are aligned. */
enum { SLOT_ALIGNMENT = 64 };

enum { MAX_SLOTS = 256, TEXT_SIZE = 256 };

_Static_assert(MAX_SLOTS - 1 <= UINT8_MAX, "a question names its slot in a byte");

/* Questions to a process and its answers. */
struct dialogue {
    char unsent[2 * MAX_SLOTS]; /* questions, each with its slot */
    int unsent_size;
    uint8_t order[MAX_SLOTS]; /* ring of the slots with open questions, in the order of asking */
    int first;                /* place of the oldest of them */
    int open_count;
    char open[MAX_SLOTS]; /* (slots): the open question; 0: none */
    char read[MAX_SLOTS]; /* answers that have been read, but not taken */
    int read_count;
    int taken_count;
};

struct gymnasium_process {
    char module[TEXT_SIZE];
    char id[TEXT_SIZE];
    char kwargs[OPTION_TEXT_SIZE];
    char wrappers[OPTION_TEXT_SIZE];
    struct gymnasium_description description; /* with the texts above */
    struct space space;
    int slots;      /* taken so far */
    int users;      /* slots that have not been left */
    pid_t pid;      /* of the Python process; 0: none */
    pid_t guard;    /* its parent, a child of this process */
    pid_t owner;    /* the guard's parent; a fork of that has to start its own */
    int64_t starts; /* how often it was started */
    int socket;
    char *memory; /* of all slots */
    size_t slot_size;
    size_t size;
    bool drew; /* as it ended */
    struct dialogue dialogue;
};

/* ---- Slots ----------------------------------------------------------------------------------- */

static void copy_description(struct gymnasium_process *process,
                             const struct gymnasium_description *description) {
    snprintf(process->module, sizeof process->module, "%s", description->module);
    snprintf(process->id, sizeof process->id, "%s", description->id);
    snprintf(process->kwargs, sizeof process->kwargs, "%s", description->kwargs);
    snprintf(process->wrappers, sizeof process->wrappers, "%s", description->wrappers);
    process->description = *description;
    process->description.module = process->module;
    process->description.id = process->id;
    process->description.kwargs = process->kwargs;
    process->description.wrappers = process->wrappers;
}

static void enter(struct gymnasium_slot *slot, struct gymnasium_process *process) {
    process->users++;
    slot->process = process;
    slot->index = process->slots++;
    slot->start = 0;
}

bool gymnasium_enter_new(struct gymnasium_slot *slot,
                         const struct gymnasium_description *description, struct error *error) {
    struct gymnasium_process *process = calloc(1, sizeof *process);
    if (!process) {
        error_set(error, STATUS_FAILED, "out of memory");
        return false;
    }
    copy_description(process, description);
    enter(slot, process);
    return true;
}

bool gymnasium_enter_beside(struct gymnasium_slot *slot, const struct gymnasium_slot *other,
                            struct error *error) {
    struct gymnasium_process *process = other->process;
    const int chosen = process->description.per_process;
    const bool is_full = process->slots >= (chosen > 0 && chosen < MAX_SLOTS ? chosen : MAX_SLOTS);
    /* One that runs has memory for the slots that were taken when it started. */
    if (!is_full && process->pid == 0) {
        enter(slot, process);
        return true;
    }
    if (!gymnasium_enter_new(slot, &process->description, error))
        return false;
    slot->process->space = process->space;
    return true;
}

void gymnasium_leave(struct gymnasium_slot *slot) {
    struct gymnasium_process *process = slot->process;
    slot->process = NULL;
    if (!process || --process->users > 0)
        return;
    gymnasium_stop(process);
    free(process);
}

const struct gymnasium_description *gymnasium_description(const struct gymnasium_slot *slot) {
    return &slot->process->description;
}

const struct space *gymnasium_space(const struct gymnasium_slot *slot) {
    return &slot->process->space;
}

bool gymnasium_is_running(const struct gymnasium_slot *slot) {
    const struct gymnasium_process *process = slot->process;
    return process->pid != 0 && process->owner == getpid() && slot->start == process->starts;
}

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

static size_t slot_size(const struct space *space) {
    const size_t picture = space->kind == SPACE_VECTOR ? gymnasium_picture_size(space) : 0;
    const size_t size = OBSERVATION_OFFSET + parts_size(space) + picture;
    return (size + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
}

static struct exchange *exchange_of(const struct gymnasium_process *process, int index) {
    return (struct exchange *)(void *)(process->memory + (size_t)index * process->slot_size);
}

struct exchange *gymnasium_exchange(const struct gymnasium_slot *slot) {
    return exchange_of(slot->process, slot->index);
}

void *gymnasium_part(const struct gymnasium_slot *slot, enum space_part part) {
    return (char *)gymnasium_exchange(slot) + OBSERVATION_OFFSET +
           part * gymnasium_part_size(&slot->process->space);
}

const uint8_t *gymnasium_picture(const struct gymnasium_slot *slot) {
    return (const uint8_t *)gymnasium_exchange(slot) + OBSERVATION_OFFSET +
           parts_size(&slot->process->space);
}

void gymnasium_text(const struct gymnasium_slot *slot, char *out, size_t size) {
    const struct exchange *exchange = gymnasium_exchange(slot);
    snprintf(out, size, "%.*s", (int)sizeof exchange->text - 1, exchange->text);
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

/* Tells a guard to end; none of the signals that end a run, which may reach all processes. */
enum { END_SIGNAL = SIGQUIT };

/* Also one that is stopped. Does nothing if it has ended. */
static void tell_guard_to_end(const struct gymnasium_process *process) {
    kill(process->guard, END_SIGNAL);
    kill(process->guard, SIGCONT);
}

/* Ends Python, and everything that it has started. */
static void end_group(struct gymnasium_process *process, int *how) {
    tell_guard_to_end(process);
    if (waitpid(process->guard, how, 0) != process->guard)
        *how = 0;
    else if (WIFEXITED(*how))
        *how = (int)exchange_of(process, 0)->how;
}

/* Frees the memory of a process that has ended. */
static void forget(struct gymnasium_process *process) {
    process->drew = exchange_of(process, 0)->draws != 0;
    munmap(process->memory, process->size);
    process->memory = NULL;
    process->pid = 0;
    process->guard = 0;
}

void gymnasium_stop(struct gymnasium_process *process) {
    if (process->pid == 0)
        return;
    close(process->socket); /* the end of its work */
    if (process->owner == getpid()) {
        const double end = clock_seconds() + CLOSE_SECONDS * process->slots;
        siginfo_t ended = {0};
        int how;
        while (waitid(P_PID, (id_t)process->guard, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               ended.si_pid == 0 && clock_seconds() < end)
            clock_sleep(0.002);
        end_group(process, &how);
    }
    forget(process);
}

/* Fills error with the way in which a Python process ended on its own. */
static void tell_end(struct gymnasium_process *process, struct error *error) {
    int how;
    end_group(process, &how);
    close(process->socket);
    forget(process);
    if (WIFEXITED(how) && WEXITSTATUS(how) == CANNOT_RUN)
        error_set(error, STATUS_BAD_INPUT,
                  "cannot run '%.200s': install Python 3 with gymnasium, or name one that has it "
                  "with $ASYNCRL_PYTHON",
                  python());
    else if (WIFEXITED(how))
        error_set(error, STATUS_FAILED, "its Python process ended by itself with code %d",
                  WEXITSTATUS(how));
    else
        error_set(error, STATUS_FAILED, "its Python process died (signal %d, %s)", WTERMSIG(how),
                  strsignal(WTERMSIG(how)));
}

static void tell_failure(const struct gymnasium_slot *slot, struct error *error) {
    char text[sizeof gymnasium_exchange(slot)->text];
    gymnasium_text(slot, text, sizeof text);
    gymnasium_stop(slot->process);
    error_set(error, STATUS_BAD_INPUT, "%s", text[0] ? text : "it failed and does not say why");
}

/* The work that Python is doing, which decides for how long it may be silent. */
enum wait { WAIT_START, WAIT_STEP };

static double patience_for(const struct gymnasium_process *process, enum wait wait) {
    const struct gymnasium_description *description = &process->description;
    return wait == WAIT_START ? description->start_seconds : description->answer_seconds;
}

static void tell_silence(struct gymnasium_process *process, enum wait wait, struct error *error) {
    tell_guard_to_end(process);
    gymnasium_stop(process);
    error_set(error, STATUS_FAILED,
              "it has not answered for %g s; --%s_timeout=SECONDS waits longer",
              patience_for(process, wait), wait == WAIT_START ? "start" : "env");
}

/* ---- Answers --------------------------------------------------------------------------------- */

/* Waits until the socket can be read, or signs of life are missing for too long. */
static bool await_byte(const struct gymnasium_slot *slot, enum wait wait) {
    const struct gymnasium_process *process = slot->process;
    struct patience patience = patience_with(process->pid, patience_for(process, wait));
    enum patience_end end;
    while ((end = patience_wait(&patience, process->socket)) == PATIENCE_LASTS)
        emulator_alive(slot->emulator);
    return end == PATIENCE_ANSWERED;
}

/* Takes the next byte that Python has written. False, with the reason, if there is none; then the
 * process is gone. */
static bool take_byte(const struct gymnasium_slot *slot, enum wait wait, char *byte,
                      struct error *error) {
    struct gymnasium_process *process = slot->process;
    struct dialogue *dialogue = &process->dialogue;
    if (dialogue->taken_count == dialogue->read_count) {
        if (!await_byte(slot, wait)) {
            tell_silence(process, wait, error);
            return false;
        }
        const ssize_t size = read(process->socket, dialogue->read, sizeof dialogue->read);
        if (size <= 0) {
            tell_end(process, error);
            return false;
        }
        dialogue->read_count = (int)size;
        dialogue->taken_count = 0;
    }
    *byte = dialogue->read[dialogue->taken_count++];
    return true;
}

/* The same for the next answer, which must not be a failure. */
static bool take_answer(const struct gymnasium_slot *slot, enum wait wait, struct error *error) {
    char answer = ALIVE;
    while (answer == ALIVE)
        if (!take_byte(slot, wait, &answer, error))
            return false;
    if (answer != DONE)
        tell_failure(slot, error);
    return answer == DONE;
}

static bool send_questions(struct gymnasium_process *process, struct error *error) {
    struct dialogue *dialogue = &process->dialogue;
    const ssize_t size = dialogue->unsent_size;
    if (size == 0 || send(process->socket, dialogue->unsent, (size_t)size, MSG_NOSIGNAL) == size) {
        dialogue->unsent_size = 0;
        return true;
    }
    tell_end(process, error);
    return false;
}

void gymnasium_begin(struct gymnasium_slot *slot, enum gymnasium_question question) {
    struct dialogue *dialogue = &slot->process->dialogue;
    dialogue->unsent[dialogue->unsent_size++] = (char)question;
    dialogue->unsent[dialogue->unsent_size++] = (char)slot->index;
    dialogue->order[(dialogue->first + dialogue->open_count++) % MAX_SLOTS] = (uint8_t)slot->index;
    dialogue->open[slot->index] = (char)question;
}

bool gymnasium_finish(struct gymnasium_slot *slot, struct error *error) {
    struct dialogue *dialogue = &slot->process->dialogue;
    if (!send_questions(slot->process, error))
        return false;
    while (dialogue->open[slot->index]) {
        const uint8_t next = dialogue->order[dialogue->first];
        const bool is_step = dialogue->open[next] == ASK_STEP || dialogue->open[next] == ASK_RENDER;
        struct gymnasium_slot answering = *slot;
        answering.index = next;
        if (!take_answer(&answering, is_step ? WAIT_STEP : WAIT_START, error))
            return false;
        dialogue->open[next] = 0;
        dialogue->first = (dialogue->first + 1) % MAX_SLOTS;
        dialogue->open_count--;
    }
    return true;
}

bool gymnasium_ask(struct gymnasium_slot *slot, enum gymnasium_question question,
                   struct error *error) {
    if (!gymnasium_finish(slot, error))
        return false;
    gymnasium_begin(slot, question);
    return gymnasium_finish(slot, error);
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
    setpgid(0, 0);
    signal(SIGTTIN, SIG_IGN); /* the terminal would stop a group in its background */
    signal(SIGTTOU, SIG_IGN);
    const pid_t self = getpid();
    if (write(socket, &self, sizeof self) != sizeof self || !place_descriptors(socket, memory) ||
        dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(1);
    /* One processor for each environment; pictures are processed elsewhere. */
    setenv("OMP_NUM_THREADS", "1", 0);
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1", 0);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    setenv("PYTHONWARNINGS", "ignore", 0); /* otherwise each of many processes prints them */
    char slots[8];
    snprintf(slots, sizeof slots, "%d", process->slots);
    const char *const arguments[] = {python(),
                                     "-c",
                                     gymnasium_server,
                                     work,
                                     slots,
                                     process->module,
                                     process->id,
                                     process->kwargs,
                                     process->wrappers,
                                     NULL};
    execvp(arguments[0], (char *const *)arguments);
    _exit(CANNOT_RUN);
}

/* Kills the children of this process; returns how many there were, 0 if the system tells none. */
static int kill_children(void) {
    char path[64];
    char text[4096];
    int count = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    const int file = open(path, O_RDONLY);
    const ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    text[size > 0 ? size : 0] = '\0';
    close(file);
    char *end;
    for (char *next = text;; next = end) {
        const long child = strtol(next, &end, 10);
        if (end == next || *end != ' ') /* cut off: the next call kills it */
            return count;
        count += kill((pid_t)child, SIGKILL) == 0;
    }
}

/* Waits until Python has ended, or the guard should end it. Frees the numbers of others that end.
 */
static void watch_python(pid_t python, pid_t parent, const sigset_t *news) {
    int signal_number = 0;
    while (signal_number != END_SIGNAL && getppid() == parent) {
        siginfo_t ended = {0};
        while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid > 0) {
            if (ended.si_pid == python)
                return;
            waitpid(ended.si_pid, NULL, 0);
            ended.si_pid = 0;
        }
        signal_number = sigtimedwait(news, NULL, &(struct timespec){.tv_sec = 60});
    }
}

/*
 * The guard starts Python, inherits what Python's children leave behind, also from sessions of
 * their own, and ends all of it with Python, or if its own parent dies. If the guard is killed, the
 * system kills Python alone.
 */
static void guard_python(struct gymnasium_process *process, const char *work, int socket,
                         int memory) {
    sigset_t news;
    sigemptyset(&news);
    sigaddset(&news, END_SIGNAL);
    sigaddset(&news, SIGCHLD);
    sigprocmask(SIG_BLOCK, &news, NULL);
    signal(SIGCHLD, SIG_DFL); /* if inherited as ignored, it hides how children end */
    setpgid(0, 0);            /* the terminal's keys must not stop it */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t python = process_fork("asyncrl-python");
    if (python == 0)
        become_python(process, work, socket, memory);
    if (python < 0)
        _exit(errno);
    close_range(0, ~0U, 0); /* the ends of sockets and pipes must not seem open */
    prctl(PR_SET_PDEATHSIG, END_SIGNAL);
    watch_python(python, process->owner, &news);
    int how;
    kill(python, SIGKILL);
    kill(-python, SIGKILL); /* before the number is free for others */
    if (waitpid(python, &how, 0) == python)
        exchange_of(process, 0)->how = how;
    while (kill_children() > 0 && waitpid(-1, NULL, 0) > 0) /* each leaves its children to us */
        ;
    _exit(0);
}

/* Starts a guard, which starts Python; false with errno. */
static bool start_guard(struct gymnasium_process *process, const char *work, int other_end,
                        int memory) {
    int how;
    process->guard = process_fork("asyncrl-guard");
    if (process->guard == 0)
        guard_python(process, work, other_end, memory);
    const int reason = errno;
    close(other_end);
    close(memory);
    errno = reason;
    if (process->guard < 0)
        return false;
    if (read(process->socket, &process->pid, sizeof process->pid) == sizeof process->pid)
        return true;
    tell_guard_to_end(process);
    waitpid(process->guard, &how, 0);
    errno = WIFEXITED(how) && WEXITSTATUS(how) ? WEXITSTATUS(how) : ECHILD;
    return false;
}

/* Starts Python. work: "play" plays in the known space; "tell" writes the space to the memory;
 * "tell-blind" does so without pictures. */
static bool start_child(struct gymnasium_process *process, const char *work, struct error *error) {
    int memory = -1;
    int other_end = -1;
    process->slot_size = slot_size(&process->space);
    process->size = (size_t)process->slots * process->slot_size;
    if (!make_shared(process, &memory, &other_end, error))
        return false;
    for (int i = 0; i < process->slots; i++)
        exchange_of(process, i)->space = process->space;
    process->dialogue = (struct dialogue){0};
    process->starts++;
    process->owner = getpid();
    if (start_guard(process, work, other_end, memory))
        return true;
    error_set(error, STATUS_FAILED, "cannot start a process: %s", strerror(errno));
    close(process->socket);
    forget(process);
    return false;
}

static bool tell_space(const struct gymnasium_slot *slot, const char *work, struct error *error) {
    return start_child(slot->process, work, error) && take_answer(slot, WAIT_START, error);
}

bool gymnasium_learn_space(struct gymnasium_slot *slot, char *no_picture, size_t size,
                           struct error *error) {
    struct gymnasium_process *process = slot->process;
    if (!tell_space(slot, "tell", error) &&
        !(process->drew && tell_space(slot, "tell-blind", error)))
        return false;
    const struct space space = gymnasium_exchange(slot)->space;
    gymnasium_text(slot, no_picture, size);
    gymnasium_stop(process);
    process->space = space;
    return true;
}

bool gymnasium_make(struct gymnasium_slot *slot, struct error *error) {
    struct gymnasium_process *process = slot->process;
    if (process->pid != 0 && process->owner != getpid())
        gymnasium_stop(process);
    if (process->pid == 0 && !start_child(process, "play", error))
        return false;
    slot->start = process->starts;
    return gymnasium_ask(slot, ASK_MAKE, error);
}

unsigned gymnasium_find_modules(const char *const *names, int count) {
    static const char question[] =
        "import importlib.util as util, sys; "
        "sys.exit(64 + sum(1 << i for i, name in enumerate(sys.argv[1:]) if util.find_spec(name)))";
    /* -I: files in the current folder are not modules. */
    const char *arguments[4 + GYMNASIUM_ASKED_MODULES + 1] = {python(), "-I", "-c", question};
    int how = 0;
    memcpy(arguments + 4, names, (size_t)count * sizeof *names);
    const pid_t pid = process_fork("asyncrl-python");
    if (pid == 0) {
        execvp(arguments[0], (char *const *)arguments);
        _exit(CANNOT_RUN);
    }
    /* 64 and the bits: a Python that fails exits with 1, one that is missing with CANNOT_RUN. */
    const bool ended = pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how);
    const int code = ended ? WEXITSTATUS(how) : CANNOT_RUN;
    return code >= 64 && code != CANNOT_RUN ? (unsigned)code - 64 : 0;
}
