/* Numbers of the tools' options. */
#ifndef ASYNCRL_TESTS_NUMBERS_H
#define ASYNCRL_TESTS_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* False if the text is not a number of at most nine digits. */
static inline bool number_read(const char *text, uint32_t *number) {
    const size_t length = strspn(text, "0123456789");
    if (length == 0 || length > 9 || text[length] != '\0')
        return false;
    *number = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

#endif
