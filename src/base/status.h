/*
 * Errors: returned, given context on the way up, printed once at the top.
 *
 * A function that can fail returns an enum status and takes a struct error last. On failure it
 * fills the error with one line that says what was wrong and what to do; on success it leaves the
 * error alone. Libraries never print and never exit; only cli/ and the child processes' entry
 * points do.
 *
 *     enum status opened = thing_open(path, &thing, error);
 *     if (opened != STATUS_OK)
 *         return error_context(error, "cannot resume '%s'", path);
 *
 * Any thread may call these on an error of its own.
 */
#ifndef ASYNCRL_BASE_STATUS_H
#define ASYNCRL_BASE_STATUS_H

/* One list gives each status and its exit code on the command line. */
#define STATUS_LIST(X)                                                                             \
    X(STATUS_OK, 0)                                                                                \
    X(STATUS_BAD_INPUT, 2)                                                                         \
    X(STATUS_FAILED, 1)

enum status {
#define STATUS_ENUM(name, exit_code) name,
    STATUS_LIST(STATUS_ENUM)
#undef STATUS_ENUM
};

struct error {
    enum status status;
    char message[1024];
};

/* Fills error and returns status, so that a caller can write `return error_set(...)`. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message that error already holds; returns its status. */
enum status error_context(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The process exit code for status: 0 success, 1 failure at run time, 2 bad input. */
int status_exit_code(enum status status);

#endif
