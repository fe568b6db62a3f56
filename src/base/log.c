#include "base/log.h"

#include "base/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void log_line(const char *role, const char *format, ...) {
    char text[1400];
    char stamp[16];
    const time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%H:%M:%S", &local);
    int length = snprintf(text, sizeof text, "%s %-7s ", stamp, role);

    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(text + length, sizeof text - (size_t)length - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof text - 2)
        length = (int)sizeof text - 2;
    without_controls(text);
    text[length++] = '\n';
    /* One write per line; a failure of the log cannot be reported anywhere. */
    const ssize_t written = write(STDERR_FILENO, text, (size_t)length);
    (void)written;
}

bool log_has_terminal(void) {
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && terminal && terminal[0] && strcmp(terminal, "dumb") != 0;
}
