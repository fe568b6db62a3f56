/*
 * The variables of a stable-retro game, from its data.json: their places in the console's memory
 * and their formats. Pure functions on bytes. Inside of the emulator room; the format is that of
 * stable-retro 1.0.1, from its documentation and its behaviour.
 */
#ifndef ASYNCRL_GAMES_RETRO_DATA_H
#define ASYNCRL_GAMES_RETRO_DATA_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RETRO_MAX_WIDTH = 8, RETRO_MAX_BLOCKS = 64, RETRO_MAX_VARIABLES = 1024 };

/*
 * How a number is written, such as ">u2": a byte order, a kind and a width in bytes, 1 to 8.
 *
 * Orders: '<' little, '>' big, '=' the host's, '|' none (taken for little), and mixed ones of two:
 * the order of the halves, then of the bytes within a half ("><" is a PDP-11's). Kinds: 'u'
 * unsigned, 'i' signed (two's complement), 'd' two decimal digits per byte, 'n' one in the
 * low half.
 */
struct retro_format {
    char kind;
    int width;
    int places[RETRO_MAX_WIDTH]; /* byte i counts base^places[i]; the base is 256, 100 or 10 */
};

/* False if text is not a format. */
bool retro_format_parse(const char *text, struct retro_format *format);

/* The number in the first width bytes. A half byte above 9 counts modulo 10 in decimal kinds. */
int64_t retro_format_decode(const struct retro_format *format, const uint8_t *bytes);

/* A stretch of the console's memory, as its processor addresses it. */
struct retro_block {
    uint64_t start;
    size_t size;
    const uint8_t *bytes; /* the core's */
};

/*
 * The memory that holds the variables, in ascending order of start. Some cores keep words in the
 * host's order: the console's byte at an offset is then the core's at offset ^ swap.
 */
struct retro_memory {
    struct retro_block blocks[RETRO_MAX_BLOCKS];
    int count;
    size_t swap; /* 0, or the word's width less one */
};

/* Inserts a block by its start, or replaces the block there. A full memory ignores it. */
void retro_memory_add(struct retro_memory *memory, uint64_t start, size_t size,
                      const uint8_t *bytes);

struct retro_variable {
    char *name;
    uint64_t address;
    uint64_t mask; /* of the decoded value */
    struct retro_format format;
};

struct retro_variables {
    struct retro_variable *all;
    int count;
};

/* Reads data.json. On success the caller frees *variables with retro_variables_free. */
enum status retro_variables_load(const char *path, struct retro_variables *variables,
                                 struct error *error);
void retro_variables_free(struct retro_variables *variables);

/* The index of the variable of that name, or -1. */
int retro_variables_find(const struct retro_variables *variables, const char *name);

/* Whether all of the variable lies in one block. */
bool retro_variable_is_there(const struct retro_variable *variable,
                             const struct retro_memory *memory);

/* Its present value; 0 if it is not there. */
int64_t retro_variable_read(const struct retro_variable *variable,
                            const struct retro_memory *memory);

#endif
