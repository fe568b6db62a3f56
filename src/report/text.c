#include "report/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_BYTES = 1600, CURVE_LEVELS = 8, ASCII_LEVELS = 4 };

/* Bytes that stay free for the longest colour and the reset after it. */
enum { RESERVED_BYTES = 24 };

/* Colours of the 256 that stand out from both white and black, at a contrast of about 4. */
static const char *ink_code(const struct style *style, enum ink ink) {
    static const char *const of_256[] = {"",        "1",        "38;5;244", "38;5;32",
                                         "38;5;29", "38;5;130", "38;5;160"};
    static const char *const of_16[] = {"", "1", "2", "34", "32", "35", "31"};
    return style->colours >= 256 ? of_256[ink] : style->colours >= 16 ? of_16[ink] : "";
}

/* ---- Characters ------------------------------------------------------------------------------ */

/* Reads one character; returns its bytes, and 0xFFFD in *character if they are not UTF-8. */
static int decode(const char *text, uint32_t *character) {
    const unsigned char first = (unsigned char)text[0];
    const int bytes = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value = first & masks[bytes];
    for (int i = 1; i < bytes; i++) {
        const unsigned char next = (unsigned char)text[i];
        if ((next & 0xC0) != 0x80) {
            *character = 0xFFFD;
            return 1;
        }
        value = value << 6 | (next & 0x3F);
    }
    const bool whole = value >= lowest[bytes] && value <= 0x10FFFF && first < 0xF8;
    *character = whole && !(first >= 0x80 && first < 0xC0) ? value : 0xFFFD;
    return *character == 0xFFFD ? 1 : bytes;
}

/* Columns of a character; 0: it must not be shown (controls, marks, changes of direction). */
static int character_columns(uint32_t c) {
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x300 && c < 0x370) || c == 0xFFFD)
        return 0;
    if ((c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
        (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF)
        return 0;
    const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
                      (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                      (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                      (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
    return wide ? 2 : 1;
}

/* A character as shown: its bytes of text, its columns, and whether '?' stands for it. */
static int measure_character(const struct style *style, const char *text, int *columns,
                             bool *shown) {
    uint32_t character;
    const int bytes = decode(text, &character);
    *columns = character_columns(character);
    *shown = *columns > 0 && (character < 0x80 || style->utf8);
    if (!*shown)
        *columns = 1;
    return bytes;
}

int text_columns(const struct style *style, const char *text) {
    int sum = 0;
    while (*text) {
        int columns;
        bool shown;
        text += measure_character(style, text, &columns, &shown);
        sum += columns;
    }
    return sum;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

void line_start(struct line *line, const struct style *style, int limit) {
    line->style = *style;
    line->limit = limit < MAX_COLUMNS ? limit : MAX_COLUMNS;
    line->columns = 0;
    line->length = 0;
    line->text[0] = '\0';
}

static bool has_room(const struct line *line, int bytes, int columns) {
    return line->columns + columns <= line->limit &&
           line->length + bytes + RESERVED_BYTES < LINE_BYTES;
}

static void put(struct line *line, const char *bytes, int count) {
    memcpy(line->text + line->length, bytes, (size_t)count);
    line->length += count;
    line->text[line->length] = '\0';
}

static bool begin_ink(struct line *line, enum ink ink) {
    const char *code = ink_code(&line->style, ink);
    if (!code[0] || !has_room(line, 0, 1))
        return false;
    char escape[RESERVED_BYTES];
    put(line, escape, snprintf(escape, sizeof escape, "\033[%sm", code));
    return true;
}

static void end_ink(struct line *line, bool began) {
    if (began)
        put(line, "\033[0m", 4);
}

void line_add_text(struct line *line, enum ink ink, const char *text) {
    if (!*text)
        return;
    const bool began = begin_ink(line, ink);
    while (*text) {
        int columns;
        bool shown;
        const int bytes = measure_character(&line->style, text, &columns, &shown);
        if (!has_room(line, bytes, columns))
            break;
        put(line, shown ? text : "?", shown ? bytes : 1);
        line->columns += columns;
        text += bytes;
    }
    end_ink(line, began);
}

void line_add(struct line *line, enum ink ink, const char *format, ...) {
    char text[PIECE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    line_add_text(line, ink, text);
}

void line_fill(struct line *line, int column) {
    while (line->columns < column && has_room(line, 1, 1)) {
        put(line, " ", 1);
        line->columns++;
    }
}

void line_add_right(struct line *line, enum ink ink, int column, const char *text) {
    const int start = column - text_columns(&line->style, text);
    if (start < line->columns)
        return;
    line_fill(line, start);
    line_add_text(line, ink, text);
}

void line_add_line(struct line *line, const struct line *other) {
    if (!has_room(line, other->length, other->columns))
        return;
    put(line, other->text, other->length);
    line->columns += other->columns;
}

/* ---- Bars and curves ------------------------------------------------------------------------- */

void line_add_repeated(struct line *line, enum ink ink, const char *cell, int count) {
    if (count <= 0)
        return;
    const bool began = begin_ink(line, ink);
    for (int i = 0; i < count && has_room(line, (int)strlen(cell), 1); i++) {
        put(line, cell, (int)strlen(cell));
        line->columns++;
    }
    end_ink(line, began);
}

void line_add_bar(struct line *line, enum ink ink, double share, int columns) {
    const double bounded = share > 0 ? fmin(share, 1) : 0; /* also 0 for NaN */
    const bool utf8 = line->style.utf8;
    const int halves = (int)lround(bounded * 2 * columns);
    const int full = utf8 ? halves / 2 : (int)lround(bounded * columns);
    const int half = utf8 ? halves % 2 : 0;
    line_add_repeated(line, ink, utf8 ? "━" : "#", full);
    line_add_repeated(line, ink, "╸", half);
    line_add_repeated(line, INK_FAINT, utf8 ? "─" : ".", columns - full - half);
}

void line_add_curve(struct line *line, enum ink ink, const double *values, int columns, double low,
                    double high, int row, int rows) {
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {" ", ".", "-", "=", "#"};
    const int levels = line->style.utf8 ? CURVE_LEVELS : ASCII_LEVELS;
    const char *const *cells = line->style.utf8 ? blocks : ascii;
    const double range = high - low;
    const bool began = begin_ink(line, ink);
    for (int i = 0; i < columns; i++) {
        int level = 0; /* of the whole curve's levels * rows, counted from the bottom */
        if (!isnan(values[i]))
            level = 1 + (range > 0 ? (int)lround((values[i] - low) / range * (levels * rows - 1))
                                   : (levels * rows - 1) / 2);
        const int above = level - levels * (rows - 1 - row);
        const char *cell = cells[above < 0 ? 0 : above > levels ? levels : above];
        if (!has_room(line, (int)strlen(cell), 1))
            break;
        put(line, cell, (int)strlen(cell));
        line->columns++;
    }
    end_ink(line, began);
}

/* ---- Numbers --------------------------------------------------------------------------------- */

void text_count(char *out, size_t size, double count) {
    if (isnan(count))
        snprintf(out, size, "-");
    else if (count < 1e4)
        snprintf(out, size, "%.0f", count);
    else if (count < 1e6)
        snprintf(out, size, "%.*fk", count < 1e5 ? 1 : 0, count / 1e3);
    else if (count < 1e9)
        snprintf(out, size, "%.2fM", count / 1e6);
    else
        snprintf(out, size, "%.2fG", count / 1e9);
}

void text_time(char *out, size_t size, double seconds) {
    const int minutes = (int)fmin(seconds / 60, 60e6);
    if (minutes < 60)
        snprintf(out, size, "%dm%02ds", minutes, (int)(seconds - 60.0 * minutes));
    else
        snprintf(out, size, "%dh%02dm", minutes / 60, minutes % 60);
}

void text_mean(char *out, size_t size, double mean) {
    if (isnan(mean))
        snprintf(out, size, "-");
    else if (fabs(mean) >= 1e6)
        snprintf(out, size, "%.3g", mean);
    else
        snprintf(out, size, "%.*f", fabs(mean) < 100 ? 2 : fabs(mean) < 1000 ? 1 : 0, mean);
}

void text_score(char *out, size_t size, double score) {
    if (isnan(score))
        snprintf(out, size, "-");
    else
        snprintf(out, size, "%.*g", fabs(score) < 1e6 ? 6 : 3, score);
}
