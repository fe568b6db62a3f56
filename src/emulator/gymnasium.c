/*
 * Environments of Gymnasium (gymnasium.farama.org), each in a Python process of its own.
 *
 * What the environment is like is asked once, of a process that ends with its answer. The one that
 * plays is started by the first reset in the process that plays, so that emulators which are opened
 * and then inherited by forks share none. Observations, rewards and actions lie in memory that both
 * sides have; a byte over a socket says that it is the other's turn. The Python process dies with
 * the one that plays: the kernel sees to that (PR_SET_PDEATHSIG), and its socket ends.
 */
#include "emulator/emulator.h"
#include "emulator/gymnasium_server.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the words of gymnasium_server.py. */
enum question { SEED = 's', RESET = 'r', STEP = 'a', RENDER = 'v' };
enum answer { DONE = '+', FAILED = '-' };
enum kind { KIND_VECTOR = 1, KIND_PICTURE = 2 };
enum { CANNOT_RUN = 127 }; /* the exit code of a process that could not become Python */
enum { SOCKET_NUMBER = 3, MEMORY_NUMBER = 4, OBSERVATION_OFFSET = 1024 };

/* The head of the shared memory; the observation follows at OBSERVATION_OFFSET. */
struct exchange {
    int64_t request; /* the seed or the action */
    double reward;
    int64_t terminated;
    int64_t truncated;
    struct space {
        int64_t kind;
        int64_t height; /* 1 of a vector */
        int64_t width;
        int64_t actions;
        int64_t screen_height; /* 0: there are no pictures of it */
        int64_t screen_width;
        double frames_per_second;
    } space;
    char unused[40];
    char text[768]; /* why it failed */
};

_Static_assert(offsetof(struct exchange, space) == 32 && offsetof(struct exchange, text) == 128 &&
                   sizeof(struct exchange) <= OBSERVATION_OFFSET,
               "as gymnasium_server.py has it");

/* Where a game without pictures would have one. */
enum { BLANK_SIZE = 84 };

/* Far above every use; the network's bounds and the screen's are checked by those. */
enum { MAX_VALUES = 1 << 16, MAX_ACTIONS = 4096, NAME_SIZE = 12, DESCRIPTION_SIZE = 256 };

static const double ANSWER_SECONDS = 40;

/* What a Python process that is told to end gets to close its environment. */
static const double CLOSE_SECONDS = 1;

struct server {
    pid_t pid;   /* of the Python process; 0: none */
    pid_t owner; /* who started it: a fork of that has to start its own */
    int socket;
    struct exchange *memory;
    size_t size;
};

struct gymnasium {
    struct emulator head;
    struct server server;
    struct space space;
    double answer_seconds;
    bool is_seeded; /* the next reset takes the seed */
    uint64_t seed;
    char module[DESCRIPTION_SIZE];
    char id[DESCRIPTION_SIZE];
    char (*names)[NAME_SIZE]; /* (actions) */
    const char **action_names;
    struct error failure;
};

static struct gymnasium *gymnasium_of(struct emulator *emulator) {
    return (struct gymnasium *)emulator;
}

static const struct gymnasium *const_gymnasium_of(const struct emulator *emulator) {
    return (const struct gymnasium *)emulator;
}

static void *observation_of(const struct server *server) {
    return (char *)server->memory + OBSERVATION_OFFSET;
}

static size_t observation_size(const struct space *space) {
    const size_t values = (size_t)space->height * (size_t)space->width;
    return space->kind == KIND_VECTOR ? values * sizeof(float) : 3 * values;
}

static size_t picture_size(const struct space *space) {
    return 3 * (size_t)space->screen_height * (size_t)space->screen_width;
}

/* ---- The Python process ---------------------------------------------------------------------- */

static const char *python(void) {
    const char *named = getenv("ASYNCRL_PYTHON");
    return named && *named ? named : "python3";
}

/* Moves the two descriptors to their numbers, whichever numbers they have now. */
static bool place_descriptors(int socket, int memory) {
    const int far_socket = fcntl(socket, F_DUPFD_CLOEXEC, MEMORY_NUMBER + 1);
    const int far_memory = fcntl(memory, F_DUPFD_CLOEXEC, MEMORY_NUMBER + 1);
    return far_socket >= 0 && far_memory >= 0 && dup2(far_socket, SOCKET_NUMBER) >= 0 &&
           dup2(far_memory, MEMORY_NUMBER) >= 0;
}

/* Becomes Python. What an environment prints is not to get among the program's own output. */
static void become_python(const struct gymnasium *gymnasium, const char *work, int socket,
                          int memory) {
    if (!place_descriptors(socket, memory) || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(1);
    /* One environment, one processor; pictures are looked at elsewhere. */
    setenv("OMP_NUM_THREADS", "1", 0);
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1", 0);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    setenv("PYTHONWARNINGS", "ignore", 0); /* of each of many processes */
    const char *const arguments[] = {python(),      "-c", gymnasium_server, work, gymnasium->module,
                                     gymnasium->id, NULL};
    execvp(arguments[0], (char *const *)arguments);
    _exit(CANNOT_RUN);
}

/* Makes what both sides share: memory of that size, and the ends of a socket. */
static bool make_shared(struct server *server, int *memory, int *other_end, struct error *error) {
    int ends[2] = {-1, -1};
    *memory = memfd_create("asyncrl-gymnasium", MFD_CLOEXEC);
    void *mapped = MAP_FAILED;
    if (*memory >= 0 && ftruncate(*memory, (off_t)server->size) == 0)
        mapped = mmap(NULL, server->size, PROT_READ | PROT_WRITE, MAP_SHARED, *memory, 0);
    if (mapped == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        error_set(error, STATUS_FAILED, "cannot share memory with Python: %s", strerror(errno));
        if (mapped != MAP_FAILED)
            munmap(mapped, server->size);
        if (*memory >= 0)
            close(*memory);
        return false;
    }
    server->memory = mapped;
    server->socket = ends[0];
    *other_end = ends[1];
    return true;
}

/* Ends the Python process, where it is this process's, and lets go of what was shared. */
static void stop_server(struct server *server) {
    if (server->pid == 0)
        return;
    close(server->socket);
    if (server->owner == getpid()) {
        const double end = clock_seconds() + CLOSE_SECONDS;
        pid_t ended;
        while ((ended = waitpid(server->pid, NULL, WNOHANG)) == 0 && clock_seconds() < end)
            clock_sleep(0.002);
        if (ended == 0) {
            kill(server->pid, SIGKILL);
            waitpid(server->pid, NULL, 0);
        }
    }
    munmap(server->memory, server->size);
    *server = (struct server){0};
}

static bool start_server(struct gymnasium *gymnasium, const char *work, struct error *error) {
    struct server *server = &gymnasium->server;
    int memory = -1;
    int other_end = -1;
    const size_t screen =
        gymnasium->space.kind == KIND_VECTOR ? picture_size(&gymnasium->space) : 0;
    *server =
        (struct server){.size = OBSERVATION_OFFSET + observation_size(&gymnasium->space) + screen};
    if (!make_shared(server, &memory, &other_end, error))
        return false;
    server->memory->space = gymnasium->space;
    server->owner = getpid();
    server->pid = process_fork("asyncrl-python");
    if (server->pid == 0)
        become_python(gymnasium, work, other_end, memory);
    close(other_end);
    close(memory);
    if (server->pid > 0)
        return true;
    error_set(error, STATUS_FAILED, "cannot start a process: %s", strerror(errno));
    close(server->socket);
    munmap(server->memory, server->size);
    *server = (struct server){0};
    return false;
}

/* Fills error with how a Python process ended that was not asked to; forgets it. */
static void tell_end(struct server *server, struct error *error) {
    int how = 0;
    kill(server->pid, SIGKILL); /* changes nothing where it has ended, as its socket has */
    const bool ended = waitpid(server->pid, &how, 0) == server->pid;
    close(server->socket);
    munmap(server->memory, server->size);
    *server = (struct server){0};
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

/* What Python left as the reason of its failure: it may be anything. */
static void tell_failure(struct server *server, struct error *error) {
    char text[sizeof server->memory->text];
    memcpy(text, server->memory->text, sizeof text);
    text[sizeof text - 1] = '\0';
    printable(text);
    stop_server(server);
    error_set(error, STATUS_BAD_INPUT, "%s", text[0] ? text : "it failed and does not say why");
}

static void tell_silence(struct gymnasium *gymnasium, struct error *error) {
    kill(gymnasium->server.pid, SIGKILL);
    stop_server(&gymnasium->server);
    error_set(error, STATUS_FAILED, "it has not answered for %g s", gymnasium->answer_seconds);
}

/* Whether the Python process has said something, or ended, before its time is up. Until then this
 * process is not stuck, and says so. */
static bool has_answered(const struct gymnasium *gymnasium) {
    const double end = clock_seconds() + gymnasium->answer_seconds;
    struct pollfd readable = {.fd = gymnasium->server.socket, .events = POLLIN};
    for (;;) {
        const double left = end - clock_seconds();
        if (left <= 0)
            return false;
        const int ready = poll(&readable, 1, left < 1 ? 1 + (int)(left * 1000) : 1000);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
        emulator_alive(&gymnasium->head);
    }
}

/* Waits for the answer of the Python process, for at most so long; false, and why, when it is none
 * or a failure, and the process is gone. */
static bool await_answer(struct gymnasium *gymnasium, struct error *error) {
    struct server *server = &gymnasium->server;
    char answer;
    if (!has_answered(gymnasium))
        tell_silence(gymnasium, error);
    else if (read(server->socket, &answer, 1) != 1)
        tell_end(server, error);
    else if (answer != DONE)
        tell_failure(server, error);
    else
        return true;
    return false;
}

static bool ask(struct gymnasium *gymnasium, enum question question, struct error *error) {
    const char byte = (char)question;
    if (send(gymnasium->server.socket, &byte, 1, MSG_NOSIGNAL) == 1)
        return await_answer(gymnasium, error);
    tell_end(&gymnasium->server, error);
    return false;
}

/* A process that plays starts its own server; one that was inherited is another's. */
static bool ensure_server(struct gymnasium *gymnasium, struct error *error) {
    struct server *server = &gymnasium->server;
    if (server->pid != 0 && server->owner == getpid())
        return true;
    stop_server(server);
    return start_server(gymnasium, "play", error) && await_answer(gymnasium, error);
}

/* ---- Playing --------------------------------------------------------------------------------- */

static void fail(struct gymnasium *gymnasium, struct emulator_frame *frame) {
    error_context(&gymnasium->failure, "gym:%s%s%s", gymnasium->module,
                  gymnasium->module[0] ? ":" : "", gymnasium->id);
    *frame = (struct emulator_frame){.failed = true, .game_over = true};
}

/* Refuses an observation or a reward that nothing can be learned from. */
static enum status check_answer(const struct gymnasium *gymnasium, double reward,
                                struct error *error) {
    if (!isfinite(reward))
        return error_set(error, STATUS_FAILED, "its reward is no finite number");
    if (gymnasium->space.kind != KIND_VECTOR)
        return STATUS_OK;
    const float *vector = observation_of(&gymnasium->server);
    for (int64_t i = 0; i < gymnasium->space.width; i++) {
        if (!isfinite(vector[i]))
            return error_set(error, STATUS_FAILED, "its observation is no finite number");
        if (fabsf(vector[i]) > EMULATOR_VECTOR_LIMIT)
            return error_set(error, STATUS_FAILED,
                             "its observation has %g at index %lld, beyond -%g to %g, which no "
                             "network learns from: scale it in the environment",
                             (double)vector[i], (long long)i, (double)EMULATOR_VECTOR_LIMIT,
                             (double)EMULATOR_VECTOR_LIMIT);
    }
    return STATUS_OK;
}

/* Asks, and fills frame with what came of it. */
static void play(struct gymnasium *gymnasium, enum question question, int64_t request,
                 struct emulator_frame *frame) {
    struct error *failure = &gymnasium->failure;
    gymnasium->server.memory->request = request;
    if (!ask(gymnasium, question, failure)) {
        fail(gymnasium, frame);
        return;
    }
    const struct exchange *exchange = gymnasium->server.memory;
    const bool is_step = question == STEP;
    *frame = (struct emulator_frame){
        .reward = is_step ? exchange->reward : 0,
        .game_over = is_step && exchange->terminated,
        .truncated = is_step && !exchange->terminated && exchange->truncated,
    };
    if (check_answer(gymnasium, frame->reward, failure) != STATUS_OK) {
        stop_server(&gymnasium->server);
        fail(gymnasium, frame);
    }
}

static void gymnasium_seed(struct emulator *emulator, uint64_t seed) {
    struct gymnasium *gymnasium = gymnasium_of(emulator);
    gymnasium->is_seeded = true;
    gymnasium->seed = seed & INT32_MAX; /* some environments want no more */
}

static void gymnasium_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct gymnasium *gymnasium = gymnasium_of(emulator);
    gymnasium->failure = (struct error){0};
    if (!ensure_server(gymnasium, &gymnasium->failure)) {
        fail(gymnasium, frame);
        return;
    }
    play(gymnasium, gymnasium->is_seeded ? SEED : RESET, (int64_t)gymnasium->seed, frame);
    gymnasium->is_seeded = false;
}

static void gymnasium_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct gymnasium *gymnasium = gymnasium_of(emulator);
    if (gymnasium->server.pid == 0) { /* it has failed already */
        *frame = (struct emulator_frame){.failed = true, .game_over = true};
        return;
    }
    play(gymnasium, STEP, action, frame);
}

static void gymnasium_vector(const struct emulator *emulator, float *vector) {
    const struct gymnasium *gymnasium = const_gymnasium_of(emulator);
    const size_t size = observation_size(&gymnasium->space);
    if (gymnasium->server.pid != 0)
        memcpy(vector, observation_of(&gymnasium->server), size);
    else
        memset(vector, 0, size);
}

/* A picture of a game that is none is made only when somebody wants to see it. */
static const uint8_t *render(struct gymnasium *gymnasium) {
    struct error error;
    if (picture_size(&gymnasium->space) == 0 || !ask(gymnasium, RENDER, &error))
        return NULL;
    return (const uint8_t *)observation_of(&gymnasium->server) +
           observation_size(&gymnasium->space);
}

static void gymnasium_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct gymnasium *gymnasium = const_gymnasium_of(emulator);
    const size_t size =
        3 * (size_t)emulator->info.screen_height * (size_t)emulator->info.screen_width;
    const uint8_t *picture = NULL;
    if (gymnasium->server.pid != 0)
        picture = gymnasium->space.kind == KIND_PICTURE
                      ? observation_of(&gymnasium->server)
                      : render(gymnasium_of((struct emulator *)emulator));
    if (picture)
        memcpy(rgb, picture, size);
    else
        memset(rgb, 0, size);
}

static const char *gymnasium_failure(const struct emulator *emulator) {
    const char *message = const_gymnasium_of(emulator)->failure.message;
    return message[0] ? message : NULL;
}

static void gymnasium_close(struct emulator *emulator) {
    struct gymnasium *gymnasium = gymnasium_of(emulator);
    stop_server(&gymnasium->server);
    free(gymnasium->names);
    free(gymnasium->action_names);
    free(gymnasium);
}

static const struct emulator_class gymnasium_class = {
    .name = "gymnasium",
    .seed = gymnasium_seed,
    .reset = gymnasium_reset,
    .act = gymnasium_act,
    .screen_rgb = gymnasium_screen_rgb,
    .vector = gymnasium_vector,
    .failure = gymnasium_failure,
    .close = gymnasium_close,
};

/* ---- Opening --------------------------------------------------------------------------------- */

static bool is_from(int64_t value, int64_t minimum, int64_t maximum) {
    return value >= minimum && value <= maximum;
}

static bool check_picture(const struct space *space, int64_t least, struct error *error) {
    enum { MAX_SIDE = 1024 };
    if (is_from(space->screen_height, least, MAX_SIDE) &&
        is_from(space->screen_width, least, MAX_SIDE))
        return true;
    error_set(error, STATUS_BAD_INPUT, "its pictures are %lld x %lld; %d x %d is most",
              (long long)space->screen_width, (long long)space->screen_height, MAX_SIDE, MAX_SIDE);
    return false;
}

/* What a process of Python's says of itself is not to be trusted. */
static bool check_space(const struct space *space, struct error *error) {
    if (!is_from(space->actions, 1, MAX_ACTIONS)) {
        error_set(error, STATUS_BAD_INPUT, "it has %lld actions; 1 to %d can be played",
                  (long long)space->actions, MAX_ACTIONS);
        return false;
    }
    if (space->kind == KIND_PICTURE && space->height == space->screen_height &&
        space->width == space->screen_width)
        return check_picture(space, 1, error);
    if (space->kind == KIND_VECTOR && space->height == 1 && is_from(space->width, 1, MAX_VALUES))
        return check_picture(space, 0, error);
    error_set(error, STATUS_BAD_INPUT, "its observations are %lld numbers; 1 to %d can be seen",
              (long long)space->width, MAX_VALUES);
    return false;
}

/* Asks a Python process for the space; it ends with its answer. */
static bool learn_space(struct gymnasium *gymnasium, struct error *error) {
    if (!start_server(gymnasium, "tell", error) || !await_answer(gymnasium, error))
        return false;
    gymnasium->space = gymnasium->server.memory->space;
    stop_server(&gymnasium->server);
    return check_space(&gymnasium->space, error);
}

/* Actions of Gymnasium have no names but their numbers. */
static bool name_actions(struct gymnasium *gymnasium, struct error *error) {
    const size_t count = (size_t)gymnasium->space.actions;
    gymnasium->names = calloc(count, NAME_SIZE);
    gymnasium->action_names = calloc(count, sizeof *gymnasium->action_names);
    if (!gymnasium->names || !gymnasium->action_names) {
        error_set(error, STATUS_FAILED, "out of memory");
        return false;
    }
    for (int i = 0; i < (int)count; i++) {
        snprintf(gymnasium->names[i], NAME_SIZE, "%d", i);
        gymnasium->action_names[i] = gymnasium->names[i];
    }
    return true;
}

static void fill_info(struct gymnasium *gymnasium) {
    const struct space *space = &gymnasium->space;
    const bool has_picture = picture_size(space) > 0;
    const double rate = space->frames_per_second;
    gymnasium->head.info = (struct emulator_info){
        .screen_width = has_picture ? (int)space->screen_width : BLANK_SIZE,
        .screen_height = has_picture ? (int)space->screen_height : BLANK_SIZE,
        .action_count = (int)space->actions,
        .action_names = gymnasium->action_names,
        .fire_action = -1,
        .frames_per_second = rate >= 0.1 && rate <= 1000 ? rate : 30,
        .vector_size = space->kind == KIND_VECTOR ? (int)space->width : 0,
    };
}

enum status emulator_open_gymnasium(const struct gymnasium_description *description,
                                    struct emulator **emulator, struct error *error) {
    struct gymnasium *gymnasium = calloc(1, sizeof *gymnasium);
    if (!gymnasium)
        return error_set(error, STATUS_FAILED, "out of memory");
    gymnasium->head.class = &gymnasium_class;
    gymnasium->answer_seconds =
        description->answer_seconds > 0 ? description->answer_seconds : ANSWER_SECONDS;
    snprintf(gymnasium->module, sizeof gymnasium->module, "%s", description->module);
    snprintf(gymnasium->id, sizeof gymnasium->id, "%s", description->id);
    if (!learn_space(gymnasium, error) || !name_actions(gymnasium, error)) {
        gymnasium_close(&gymnasium->head);
        return error_context(error, "cannot open the Gymnasium environment '%s'", description->id);
    }
    fill_info(gymnasium);
    *emulator = &gymnasium->head;
    return STATUS_OK;
}
