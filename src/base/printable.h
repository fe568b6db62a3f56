/* Text from files, made fit for a terminal and for one line. Any thread. */
#ifndef ASYNCRL_BASE_PRINTABLE_H
#define ASYNCRL_BASE_PRINTABLE_H

#include <stdbool.h>

/* Replaces all but printable ASCII by '?', in place. */
static inline void printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* Replaces characters that a terminal obeys or that end a line by '?', in place: control characters
 * of ASCII and, in UTF-8, those of ISO 6429 (U+0080 to U+009F). Names in other scripts stay. */
static inline void without_controls(char *text) {
    for (; *text; text++) {
        const unsigned char c = (unsigned char)text[0];
        const unsigned char next = (unsigned char)text[1];
        if (c < ' ' || c == 0x7f)
            *text = '?';
        else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
            text[0] = text[1] = '?';
    }
}

/* Whether a text is only printable ASCII. */
static inline bool is_printable(const char *text) {
    while (*text >= ' ' && *text <= '~')
        text++;
    return *text == '\0';
}

#endif
