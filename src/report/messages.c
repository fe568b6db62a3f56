#include "report/block.h"

#include <stdio.h>
#include <string.h>

enum { STAMP_COLUMNS = 17, MAX_MESSAGE_ROWS = DASHBOARD_MAX_ROWS };

/* A row of a message: its place in the text. */
struct message_row {
    const char *text;
    int length;
    bool begins; /* the message; otherwise it continues the row above */
};

/* The number of bytes of the text that fit into a row of columns: whole words, if one fits. */
static int row_length(const struct style *style, const char *text, int length, int columns) {
    char start[MAX_COLUMNS + 1];
    int fitting = 0;
    int word_end = 0;
    while (fitting < length && fitting < MAX_COLUMNS) {
        snprintf(start, sizeof start, "%.*s", fitting + 1, text);
        if (text_columns(style, start) > columns)
            return word_end > 0 ? word_end : fitting;
        fitting++;
        if (fitting == length || text[fitting] == ' ')
            word_end = fitting;
    }
    return fitting;
}

/* Splits the newest lines into rows; the newest rows are kept, in a ring. Returns their count. */
static int split_messages(const struct block *block, struct message_row *rows) {
    int count_all = 0;
    const char *text = block->dashboard->messages;
    while (text && *text) {
        int left = (int)strcspn(text, "\n");
        const char *next = text + left + (text[left] == '\n');
        bool begins = true;
        while (left > 0) {
            const int columns = block->columns - 2 - (begins ? 0 : STAMP_COLUMNS);
            const int length = row_length(block->style, text, left, columns);
            rows[count_all++ % MAX_MESSAGE_ROWS] = (struct message_row){text, length, begins};
            text += length;
            left -= length;
            for (; left > 0 && *text == ' '; left--)
                text++;
            begins = false;
        }
        text = next;
    }
    return count_all;
}

int block_message_rows(const struct block *block) {
    struct message_row all[MAX_MESSAGE_ROWS];
    const int total = split_messages(block, all);
    return total < MAX_MESSAGE_ROWS ? total : MAX_MESSAGE_ROWS;
}

/* "12:03:44 super   " stands before the program's own messages. */
static bool has_stamp(const struct message_row *row) {
    return row->begins && row->length > STAMP_COLUMNS && row->text[2] == ':' &&
           row->text[5] == ':' && row->text[8] == ' ';
}

void block_draw_messages(struct block *block, int rows) {
    struct message_row all[MAX_MESSAGE_ROWS];
    const int total = split_messages(block, all);
    const int shown = total < rows ? total : rows;
    for (int i = total - shown; i < total; i++) {
        const struct message_row *row = &all[i % MAX_MESSAGE_ROWS];
        struct line *line = block_next_line(block);
        if (!line)
            return;
        const int stamp = has_stamp(row) ? STAMP_COLUMNS : 0;
        line_add(line, INK_FAINT, " %.*s", stamp, row->text);
        if (!row->begins)
            line_fill(line, STAMP_COLUMNS + 1);
        line_add(line, INK_PLAIN, "%.*s", row->length - stamp, row->text + stamp);
    }
}
