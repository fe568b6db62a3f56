#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum status error_set(struct error *error, enum status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->status = status;
    return status;
}

enum status error_context(struct error *error, const char *format, ...) {
    char context[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);

    struct error inner = *error;
    return error_set(error, inner.status, "%s: %.*s", context,
                     (int)(sizeof error->message - sizeof context - 3), inner.message);
}

int status_exit_code(enum status status) {
    switch (status) {
#define STATUS_EXIT(name, exit_code)                                                               \
    case name:                                                                                     \
        return exit_code;
        STATUS_LIST(STATUS_EXIT)
#undef STATUS_EXIT
    }
    return 1;
}
