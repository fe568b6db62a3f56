#include "games/retro/data.h"

#include <stdlib.h>
#include <string.h>

/* ---- Formats --------------------------------------------------------------------------------- */

enum order {
    ORDER_LITTLE,
    ORDER_BIG,
    ORDER_LITTLE_HALVES_BIG_BYTES,
    ORDER_BIG_HALVES_LITTLE_BYTES
};

static const enum order host_order =
    __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? ORDER_BIG : ORDER_LITTLE;

static bool single_order(char sign, enum order *order) {
    switch (sign) {
    case '<':
    case '|':
        *order = ORDER_LITTLE;
        return true;
    case '>':
        *order = ORDER_BIG;
        return true;
    case '=':
        *order = host_order;
        return true;
    default:
        return false;
    }
}

/* Two signs: the halves' order, then the order of the bytes within. */
static bool mixed_order(const char signs[2], enum order *order) {
    enum order halves;
    enum order bytes;
    if (signs[0] == '|' || signs[1] == '|' || signs[0] == signs[1] || signs[0] == '=' ||
        !single_order(signs[0], &halves) || !single_order(signs[1], &bytes))
        return false;
    if (halves == bytes)
        *order = halves;
    else
        *order =
            halves == ORDER_BIG ? ORDER_BIG_HALVES_LITTLE_BYTES : ORDER_LITTLE_HALVES_BIG_BYTES;
    return true;
}

/* The bytes from the least significant one on; an odd width's second half is the longer one. */
static void fill_places(struct retro_format *format, enum order order) {
    const int width = format->width;
    const int half = width / 2;
    for (int place = 0; place < width; place++) {
        int byte = place;
        switch (order) {
        case ORDER_LITTLE:
            break;
        case ORDER_BIG:
            byte = width - 1 - place;
            break;
        case ORDER_LITTLE_HALVES_BIG_BYTES:
            byte = place < half ? half - 1 - place : width - 1 - (place - half);
            break;
        case ORDER_BIG_HALVES_LITTLE_BYTES:
            byte = place < width - half ? half + place : place - (width - half);
            break;
        }
        format->places[byte] = place;
    }
}

bool retro_format_parse(const char *text, struct retro_format *format) {
    const size_t length = strlen(text);
    enum order order;
    const bool ordered = length == 3   ? single_order(text[0], &order)
                         : length == 4 ? mixed_order(text, &order)
                                       : false;
    if (!ordered)
        return false;
    const char kind = text[length - 2];
    const int width = text[length - 1] - '0';
    if (!strchr("uidn", kind) || width < 1 || width > RETRO_MAX_WIDTH)
        return false;
    *format = (struct retro_format){.kind = kind, .width = width};
    fill_places(format, order);
    return true;
}

static uint64_t power(uint64_t base, int exponent) {
    uint64_t product = 1;
    for (int i = 0; i < exponent; i++)
        product *= base;
    return product;
}

/* The value of one byte, and its base. */
static uint64_t digit_of(char kind, uint8_t byte, uint64_t *base) {
    const unsigned low = byte & 0x0F;
    const unsigned high = byte >> 4;
    switch (kind) {
    case 'd':
        *base = 100;
        return low % 10 + high % 10 * 10;
    case 'n':
        *base = 10;
        return low % 10;
    default:
        *base = 256;
        return byte;
    }
}

int64_t retro_format_decode(const struct retro_format *format, const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < format->width; i++) {
        uint64_t base;
        const uint64_t digit = digit_of(format->kind, bytes[i], &base);
        value += digit * power(base, format->places[i]);
    }
    const int bits = 8 * format->width;
    if (format->kind == 'i' && bits < 64 && value >> (bits - 1) & 1)
        value |= UINT64_MAX << bits;
    return (int64_t)value;
}

/* ---- Variables ------------------------------------------------------------------------------- */

static enum status read_variable(const char *path, const char *name, const struct json *entry,
                                 struct retro_variable *variable, struct error *error) {
    char shown[64];
    char format[8];
    int64_t address;
    int64_t mask = -1;
    snprintf(shown, sizeof shown, "%s", name);
    printable(shown);
    if (!json_get_int(entry, "address", &address) || address < 0)
        return error_set(error, STATUS_BAD_INPUT, "'%s': the variable '%s' has no address", path,
                         shown);
    if (!json_get_text(entry, "type", format, sizeof format) ||
        !retro_format_parse(format, &variable->format))
        return error_set(
            error, STATUS_BAD_INPUT,
            "'%s': the variable '%s' has an unknown type, not one like \"|u1\" or \">d4\"", path,
            shown);
    if (json_has(entry, "mask") && !json_get_int(entry, "mask", &mask))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s': the mask of the variable '%s' is not a whole number", path, shown);
    variable->address = (uint64_t)address;
    variable->mask = (uint64_t)mask;
    variable->name = strdup(name);
    return variable->name ? STATUS_OK
                          : error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
}

static enum status read_variables(const char *path, const struct json *info,
                                  struct retro_variables *variables, struct error *error) {
    if (!info)
        return error_set(error, STATUS_BAD_INPUT, "'%s' has no object \"info\" with variables",
                         path);
    const size_t count = json_count(info);
    if (count > RETRO_MAX_VARIABLES)
        return error_set(error, STATUS_BAD_INPUT, "'%s' has %zu variables; at most %d are possible",
                         path, count, RETRO_MAX_VARIABLES);
    variables->all = calloc(count + 1, sizeof *variables->all);
    if (!variables->all)
        return error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
    for (const char *key = json_first_key(info); key; key = json_next_key(info, key)) {
        const enum status status = read_variable(path, key, json_get_object(info, key),
                                                 &variables->all[variables->count], error);
        if (status != STATUS_OK)
            return status;
        variables->count++;
    }
    return STATUS_OK;
}

enum status retro_variables_load(const char *path, struct retro_variables *variables,
                                 struct error *error) {
    *variables = (struct retro_variables){0};
    struct json *file;
    enum status status = json_load_foreign(path, &file, error);
    if (status != STATUS_OK)
        return status;
    status = read_variables(path, json_get_object(file, "info"), variables, error);
    json_free(file);
    if (status != STATUS_OK)
        retro_variables_free(variables);
    return status;
}

void retro_variables_free(struct retro_variables *variables) {
    for (int i = 0; i < variables->count; i++)
        free(variables->all[i].name);
    free(variables->all);
    *variables = (struct retro_variables){0};
}

int retro_variables_find(const struct retro_variables *variables, const char *name) {
    for (int i = 0; i < variables->count; i++)
        if (strcmp(variables->all[i].name, name) == 0)
            return i;
    return -1;
}

static const struct retro_block *block_of(const struct retro_variable *variable,
                                          const struct retro_memory *memory) {
    for (int i = 0; i < memory->count; i++) {
        const struct retro_block *block = &memory->blocks[i];
        if (variable->address < block->start)
            return NULL;
        const uint64_t offset = variable->address - block->start;
        if (offset >= block->size)
            continue;
        /* The words that hold the variable's first and last byte lie in the block, too. */
        const uint64_t last = (offset + (uint64_t)variable->format.width - 1) | memory->swap;
        return last < block->size ? block : NULL;
    }
    return NULL;
}

void retro_memory_add(struct retro_memory *memory, uint64_t start, size_t size,
                      const uint8_t *bytes) {
    int place = 0;
    while (place < memory->count && memory->blocks[place].start < start)
        place++;
    const bool replaces = place < memory->count && memory->blocks[place].start == start;
    if (!replaces && memory->count == RETRO_MAX_BLOCKS)
        return;
    if (!replaces) {
        memmove(&memory->blocks[place + 1], &memory->blocks[place],
                (size_t)(memory->count - place) * sizeof memory->blocks[0]);
        memory->count++;
    }
    memory->blocks[place] = (struct retro_block){.start = start, .size = size, .bytes = bytes};
}

bool retro_variable_is_there(const struct retro_variable *variable,
                             const struct retro_memory *memory) {
    return block_of(variable, memory) != NULL;
}

int64_t retro_variable_read(const struct retro_variable *variable,
                            const struct retro_memory *memory) {
    const struct retro_block *block = block_of(variable, memory);
    if (!block)
        return 0;
    uint8_t bytes[RETRO_MAX_WIDTH];
    const size_t offset = (size_t)(variable->address - block->start);
    for (int i = 0; i < variable->format.width; i++)
        bytes[i] = block->bytes[(offset + (size_t)i) ^ memory->swap];
    return (int64_t)((uint64_t)retro_format_decode(&variable->format, bytes) & variable->mask);
}
