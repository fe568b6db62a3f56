#include "watch/page.h"
#include "watch/page_html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The place of the query in page.html. */
static const char mark[] = "{query}";

char *page_make(const char *token, size_t *size) {
    char *text = NULL;
    const char *next = page_html;
    FILE *out = open_memstream(&text, size);
    if (!out)
        return NULL;
    for (const char *found; (found = strstr(next, mark)); next = found + strlen(mark)) {
        fwrite(next, 1, (size_t)(found - next), out);
        if (token[0])
            fprintf(out, "?token=%s", token);
    }
    fputs(next, out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
