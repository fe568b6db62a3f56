/* Text from files, made fit for a terminal and for one line. Any thread. */
#ifndef ASYNCRL_BASE_PRINTABLE_H
#define ASYNCRL_BASE_PRINTABLE_H

/* Replaces what is not printable ASCII by '?', in place. */
static inline void printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

#endif
