#include "games/retro/script.h"

#include <ctype.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MEMORY_LIMIT = 1 << 20,     /* bytes */
    INSTRUCTION_LIMIT = 100000, /* of a call */
    FILE_MAX_SIZE = 1 << 18,    /* bytes */
    STATE_SIZE = 1 << 12,       /* bytes */
    LIST_LIMIT = 1 << 16,       /* elements; MEMORY_LIMIT has room for fewer */
    FRAMES_A_TIMESTEP = 4       /* stable-retro's */
};

struct file {
    char name[128]; /* "@Boxing-Atari2600-v0/script.lua", as Lua wants it for its messages */
    char *text;
    size_t size;
};

struct retro_script {
    lua_State *lua;
    size_t used; /* bytes of memory */
    struct file files[RETRO_MAX_SCRIPTS];
    int file_count;
    const struct retro_scenario *scenario;
    const struct retro_variables *variables;
    const int64_t *values; /* NULL: before the first frame */
    int64_t frame;
    bool can_save;
};

/* ---- Limits ---------------------------------------------------------------------------------- */

static void *allocate(void *context, void *block, size_t old_size, size_t size) {
    struct retro_script *script = context;
    const size_t old = block ? old_size : 0;
    if (size == 0) {
        free(block);
        script->used -= old;
        return NULL;
    }
    if (size > old && script->used - old + size > MEMORY_LIMIT)
        return NULL;
    void *moved = realloc(block, size);
    if (moved)
        script->used = script->used - old + size;
    return moved;
}

/* From now on every instruction fails, so that a pcall of the script's cannot go on. */
static void stop(lua_State *lua, lua_Debug *place) {
    lua_sethook(lua, stop, LUA_MASKCOUNT, 1);
    lua_getinfo(lua, "Sl", place);
    luaL_error(lua, "%s:%d: it runs for more than %d instructions", place->short_src,
               place->currentline, INSTRUCTION_LIMIT);
}

/* ---- What a script sees ---------------------------------------------------------------------- */

static const char *const base_names[] = {"assert", "error",    "ipairs",   "next",   "pairs",
                                         "pcall",  "rawequal", "rawget",   "rawlen", "rawset",
                                         "select", "tonumber", "tostring", "type",   NULL};
static const char *const math_names[] = {
    "abs",        "acos", "asin", "atan", "ceil", "cos",        "deg",       "exp", "floor",
    "fmod",       "huge", "log",  "max",  "min",  "maxinteger", "modf",      "pi",  "rad",
    "mininteger", "sin",  "sqrt", "tan",  "type", "ult",        "tointeger", NULL};
static const char *const string_names[] = {"byte", "char",    "format", "len",   "lower",
                                           "rep",  "reverse", "sub",    "upper", NULL};
static const char *const table_names[] = {"concat", "insert", "remove", "sort", "unpack", NULL};

/* Calls the function that a guard stands for, with all of the guard's arguments. */
static int call_guarded(lua_State *lua) {
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

/* string.rep counts to its second argument, also if it repeats nothing. */
static int guard_rep(lua_State *lua) {
    size_t length;
    size_t gap;
    luaL_checklstring(lua, 1, &length);
    luaL_optlstring(lua, 3, "", &gap);
    if (length > 0 || gap > 0)
        return call_guarded(lua);
    lua_settop(lua, 1);
    return 1;
}

/* table.insert and table.remove move all elements up to the list's length, which Lua may overrate
 * by any factor if there are gaps. */
static int guard_list(lua_State *lua) {
    if (lua_type(lua, 1) == LUA_TTABLE && lua_rawlen(lua, 1) > LIST_LIMIT)
        return luaL_error(lua, "a list is longer than %d elements", LIST_LIMIT);
    return call_guarded(lua);
}

/* Guards a function of the library on the stack's top: no instructions count its loop. */
static void guard(lua_State *lua, const char *name, lua_CFunction by) {
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, by, 1);
    lua_setfield(lua, -2, name);
}

/* Opens a library of Lua's, and copies these of its members to the table on the stack's top. */
static void copy_members(lua_State *lua, const char *library, lua_CFunction open,
                         const char *const names[]) {
    luaL_requiref(lua, library, open, 0);
    for (int i = 0; names[i]; i++) {
        lua_getfield(lua, -1, names[i]);
        lua_setfield(lua, -3, names[i]);
    }
    lua_pop(lua, 1);
}

static struct retro_script *script_of(lua_State *lua) {
    return lua_touserdata(lua, lua_upvalueindex(1));
}

/* data[key]: a variable. Lua asks only for keys that the script has not stored in data itself. */
static int read_data(lua_State *lua) {
    const struct retro_script *script = script_of(lua);
    const char *name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : NULL;
    if (!name)
        return luaL_error(lua, "data has the variables' names as keys, and no %s",
                          luaL_typename(lua, 2));
    const int variable = retro_variables_find(script->variables, name);
    if (variable < 0)
        return luaL_error(lua, "data.json has no variable '%s'", name);
    lua_pushnumber(lua, script->values ? (lua_Number)script->values[variable] : 0);
    return 1;
}

static int write_data(lua_State *lua) {
    const char *name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : NULL;
    if (!name)
        return luaL_error(lua, "data takes names as keys, and no %s", luaL_typename(lua, 2));
    if (retro_variables_find(script_of(lua)->variables, name) >= 0)
        return luaL_error(lua, "'%s' is the game's, and a script cannot change it", name);
    lua_rawset(lua, 1);
    return 0;
}

static int read_scenario(lua_State *lua) {
    const struct retro_script *script = script_of(lua);
    const int64_t timestep = script->frame / FRAMES_A_TIMESTEP;
    const char *name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "";
    if (strcmp(name, "frame") == 0)
        lua_pushnumber(lua, (lua_Number)script->frame);
    else if (strcmp(name, "timestep") == 0)
        lua_pushnumber(lua, (lua_Number)timestep);
    else
        return luaL_error(lua, "scenario has frame and timestep, and no '%s'", name);
    return 1;
}

/* Adds a table with these functions to the globals on the stack's top. */
static void add_object(lua_State *lua, const char *name, struct retro_script *script,
                       lua_CFunction read, lua_CFunction write) {
    lua_newtable(lua);
    lua_newtable(lua);
    lua_pushlightuserdata(lua, script);
    lua_pushcclosure(lua, read, 1);
    lua_setfield(lua, -2, "__index");
    if (write) {
        lua_pushlightuserdata(lua, script);
        lua_pushcclosure(lua, write, 1);
        lua_setfield(lua, -2, "__newindex");
    }
    lua_setmetatable(lua, -2);
    lua_setfield(lua, -2, name);
}

/* Puts a table of a library's members into the globals on the stack's top. */
static void add_library(lua_State *lua, const char *name, lua_CFunction open,
                        const char *const names[]) {
    lua_newtable(lua);
    copy_members(lua, name, open, names);
    lua_setfield(lua, -2, name);
}

/* Replaces the globals, and what texts have as methods. */
static void make_globals(lua_State *lua, struct retro_script *script) {
    lua_newtable(lua);
    copy_members(lua, "_G", luaopen_base, base_names);
    add_library(lua, "math", luaopen_math, math_names);
    add_library(lua, "string", luaopen_string, string_names);
    add_library(lua, "table", luaopen_table, table_names);
    lua_getfield(lua, -1, "string");
    guard(lua, "rep", guard_rep);
    lua_pop(lua, 1);
    lua_getfield(lua, -1, "table");
    guard(lua, "insert", guard_list);
    guard(lua, "remove", guard_list);
    lua_getfield(lua, -1, "unpack"); /* a global in LuaJIT, which stable-retro has */
    lua_setfield(lua, -3, "unpack");
    lua_pop(lua, 1);
    add_object(lua, "data", script, read_data, write_data);
    add_object(lua, "scenario", script, read_scenario, NULL);
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    lua_getfield(lua, -3, "string");
    lua_setfield(lua, -2, "__index");
    lua_pop(lua, 2);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

/* ---- Running --------------------------------------------------------------------------------- */

/* Runs a protected function of this file, whose arguments are the script and a pointer. */
static enum status run(struct retro_script *script, lua_CFunction function, const void *argument,
                       struct error *error) {
    lua_State *const lua = script->lua;
    lua_settop(lua, 0);
    lua_sethook(lua, stop, LUA_MASKCOUNT, INSTRUCTION_LIMIT);
    lua_pushcfunction(lua, function);
    lua_pushlightuserdata(lua, script);
    lua_pushlightuserdata(lua, (void *)argument);
    const int result = lua_pcall(lua, 2, 1, 0);
    if (result == LUA_OK)
        return STATUS_OK;
    char message[512];
    const char *name = script->files[0].name + 1;
    if (result == LUA_ERRMEM)
        snprintf(message, sizeof message, "%s: it needs more than %d KiB of memory", name,
                 MEMORY_LIMIT / 1024);
    else if (lua_type(lua, -1) == LUA_TSTRING)
        snprintf(message, sizeof message, "%s", lua_tostring(lua, -1));
    else
        snprintf(message, sizeof message, "%s: it fails with an error that is not a text", name);
    printable(message);
    return error_set(error, STATUS_BAD_INPUT, "%s", message);
}

static int prepare(lua_State *lua) {
    struct retro_script *script = lua_touserdata(lua, 1);
    make_globals(lua, script);
    for (int i = 0; i < script->file_count; i++) {
        const struct file *file = &script->files[i];
        if (luaL_loadbufferx(lua, file->text, file->size, file->name, "t") != LUA_OK)
            return lua_error(lua);
        lua_call(lua, 0, 0);
    }
    return 0;
}

static int check_function(lua_State *lua) {
    const struct retro_script *script = lua_touserdata(lua, 1);
    const char *name = lua_touserdata(lua, 2);
    if (name[0] && lua_getglobal(lua, name) != LUA_TFUNCTION)
        return luaL_error(lua, "%s: there is no function '%s'", script->files[0].name + 1, name);
    return 0;
}

static int call_function(lua_State *lua) {
    lua_getglobal(lua, lua_touserdata(lua, 2));
    lua_call(lua, 0, 1);
    return 1;
}

/* A number, or true or false as 1 or 0; anything else is 0. */
static enum status call(struct retro_script *script, const char *name, double *result,
                        struct error *error) {
    const enum status status = run(script, call_function, name, error);
    if (status != STATUS_OK)
        return status;
    *result = lua_type(script->lua, -1) == LUA_TNUMBER
                  ? lua_tonumber(script->lua, -1)
                  : lua_toboolean(script->lua, -1) && lua_isboolean(script->lua, -1);
    if (isfinite(*result))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "%s: %s() returns a number that is not finite",
                     script->files[0].name + 1, name);
}

enum status retro_script_judge(struct retro_script *script, const int64_t *values, double *reward,
                               bool *is_over, struct error *error) {
    const struct retro_scenario *scenario = script->scenario;
    double result;
    enum status status = STATUS_OK;
    script->values = values;
    if (scenario->end_function[0]) {
        status = call(script, scenario->end_function, &result, error);
        if (status == STATUS_OK)
            *is_over = result != 0;
    }
    if (status == STATUS_OK && scenario->reward_function[0]) {
        status = call(script, scenario->reward_function, &result, error);
        if (status == STATUS_OK)
            *reward = (double)(float)result; /* stable-retro's precision */
    }
    script->frame++;
    return status;
}

/* ---- Saved states ---------------------------------------------------------------------------- */

/*
 * Entries, one after the other: a place ('g' global or 'd' in data), a kind ('i' whole number, 'n'
 * number, 'b' truth, 's' text), the lengths of name and value, these. A place of 0 ends them.
 */
struct entry {
    char place;
    char kind;
    uint16_t name_length;
    uint16_t value_length;
};

struct state {
    uint8_t *bytes;
    size_t used;
};

static const char *const own_tables[] = {"math", "string", "table", "data", "scenario", NULL};

static bool is_own_table(const char *name) {
    for (int i = 0; own_tables[i]; i++)
        if (strcmp(name, own_tables[i]) == 0)
            return true;
    return false;
}

static int cannot_save(lua_State *lua, const char *name) {
    return luaL_error(lua, "what the script stores as '%s' cannot be saved", name);
}

/* Whether a function remembers values besides the globals. */
static bool has_upvalues(lua_State *lua, int function) {
    const char *name = lua_iscfunction(lua, function) ? NULL : lua_getupvalue(lua, function, 1);
    if (!name)
        return false;
    lua_pop(lua, 1);
    const bool is_alone = strcmp(name, "_ENV") == 0 && !lua_getupvalue(lua, function, 2);
    return !is_alone;
}

static void put_entry(lua_State *lua, struct state *state, struct entry entry, const char *name,
                      const void *value) {
    const size_t lengths = (size_t)entry.name_length + entry.value_length;
    if (state->used + sizeof entry + lengths + 1 > STATE_SIZE - sizeof(int64_t)) {
        cannot_save(lua, name);
        return;
    }
    uint8_t *out = state->bytes + state->used;
    memcpy(out, &entry, sizeof entry);
    memcpy(out + sizeof entry, name, entry.name_length);
    memcpy(out + sizeof entry + entry.name_length, value, entry.value_length);
    state->used += sizeof entry + lengths;
}

/* Puts the value on the stack's top, whose name is below it. */
static void put_value(lua_State *lua, struct state *state, char place) {
    size_t name_length = 0;
    size_t length = 0;
    const char *name =
        lua_type(lua, -2) == LUA_TSTRING ? lua_tolstring(lua, -2, &name_length) : "a number's key";
    const int type = lua_type(lua, -1);
    const bool is_kept =
        place == 'g' && (type == LUA_TFUNCTION ? !has_upvalues(lua, lua_gettop(lua))
                                               : type == LUA_TTABLE && is_own_table(name));
    if (is_kept)
        return;
    struct entry entry = {.place = place, .name_length = (uint16_t)name_length};
    const lua_Integer whole = lua_tointeger(lua, -1);
    const lua_Number number = lua_tonumber(lua, -1);
    const char truth = (char)lua_toboolean(lua, -1);
    const void *value = NULL;
    if (lua_isinteger(lua, -1)) {
        entry.kind = 'i';
        entry.value_length = sizeof whole;
        value = &whole;
    } else if (type == LUA_TNUMBER) {
        entry.kind = 'n';
        entry.value_length = sizeof number;
        value = &number;
    } else if (type == LUA_TBOOLEAN) {
        entry.kind = 'b';
        entry.value_length = sizeof truth;
        value = &truth;
    } else if (type == LUA_TSTRING) {
        value = lua_tolstring(lua, -1, &length);
        entry.kind = 's';
        entry.value_length = (uint16_t)length;
    }
    if (!value || length >= STATE_SIZE || name_length == 0 || name_length >= STATE_SIZE)
        cannot_save(lua, name);
    else
        put_entry(lua, state, entry, name, value);
}

/* The table is on the stack's top. */
static void put_table(lua_State *lua, struct state *state, char place) {
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        put_value(lua, state, place);
        lua_pop(lua, 1);
    }
}

static int write_state(lua_State *lua) {
    struct state *state = lua_touserdata(lua, 2);
    lua_pushglobaltable(lua);
    put_table(lua, state, 'g');
    if (lua_getfield(lua, -1, "data") != LUA_TTABLE)
        return cannot_save(lua, "data");
    put_table(lua, state, 'd');
    return 0;
}

/* Removes the values of an own table on the stack's top, as far as they are saved. */
static void clear_table(lua_State *lua) {
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        const int type = lua_type(lua, -1);
        lua_pop(lua, 1);
        if (type == LUA_TNUMBER || type == LUA_TBOOLEAN || type == LUA_TSTRING) {
            lua_pushvalue(lua, -1);
            lua_pushnil(lua);
            lua_rawset(lua, -4);
        }
    }
}

static void push_value(lua_State *lua, const struct entry *entry, const uint8_t *bytes) {
    lua_Integer whole;
    lua_Number number;
    switch (entry->kind) {
    case 'i':
        memcpy(&whole, bytes, sizeof whole);
        lua_pushinteger(lua, whole);
        break;
    case 'n':
        memcpy(&number, bytes, sizeof number);
        lua_pushnumber(lua, number);
        break;
    case 'b':
        lua_pushboolean(lua, bytes[0]);
        break;
    default:
        lua_pushlstring(lua, (const char *)bytes, entry->value_length);
        break;
    }
}

/* Gives the entry at *used, and moves on; false at the end, or if none can be there. */
static bool next_entry(const uint8_t *bytes, size_t *used, struct entry *entry,
                       const uint8_t **name) {
    const size_t end = STATE_SIZE - sizeof(int64_t);
    if (*used + sizeof *entry > end)
        return false;
    memcpy(entry, bytes + *used, sizeof *entry);
    *name = bytes + *used + sizeof *entry;
    const size_t length = sizeof *entry + (size_t)entry->name_length + entry->value_length;
    const size_t wanted = entry->kind == 'b' ? 1 : entry->kind == 's' ? entry->value_length : 8;
    if ((entry->place != 'g' && entry->place != 'd') || !strchr("inbs", entry->kind) ||
        entry->kind == '\0' || entry->value_length != wanted || *used + length > end)
        return false;
    *used += length;
    return true;
}

static int read_state(lua_State *lua) {
    const uint8_t *bytes = lua_touserdata(lua, 2);
    struct entry entry;
    const uint8_t *name;
    lua_pushglobaltable(lua);
    lua_getfield(lua, -1, "data"); /* a table: the script has just been started */
    clear_table(lua);
    lua_insert(lua, -2);
    clear_table(lua);
    for (size_t used = 0; next_entry(bytes, &used, &entry, &name);) {
        lua_pushlstring(lua, (const char *)name, entry.name_length);
        push_value(lua, &entry, name + entry.name_length);
        lua_rawset(lua, entry.place == 'g' ? -3 : -4);
    }
    return 0;
}

size_t retro_script_state_size(const struct retro_script *script) {
    return script->can_save ? STATE_SIZE : 0;
}

enum status retro_script_save(struct retro_script *script, uint8_t *bytes, struct error *error) {
    struct state state = {.bytes = bytes};
    memset(bytes, 0, STATE_SIZE);
    memcpy(bytes + STATE_SIZE - sizeof script->frame, &script->frame, sizeof script->frame);
    return run(script, write_state, &state, error);
}

enum status retro_script_load(struct retro_script *script, const uint8_t *bytes,
                              struct error *error) {
    struct entry entry;
    const uint8_t *name;
    size_t used = 0;
    while (next_entry(bytes, &used, &entry, &name)) {
    }
    if (bytes[used] != 0)
        return error_set(error, STATUS_BAD_INPUT, "the saved values of the script are damaged");
    enum status status = retro_script_restart(script, script->values, error);
    if (status == STATUS_OK)
        status = run(script, read_state, bytes, error);
    memcpy(&script->frame, bytes + STATE_SIZE - sizeof script->frame, sizeof script->frame);
    return status;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void close_lua(struct retro_script *script) {
    if (script->lua)
        lua_close(script->lua);
    script->lua = NULL;
}

enum status retro_script_restart(struct retro_script *script, const int64_t *values,
                                 struct error *error) {
    close_lua(script);
    script->values = values;
    script->frame = 0;
    script->lua = lua_newstate(allocate, script);
    if (!script->lua)
        return error_set(error, STATUS_FAILED, "out of memory for a Lua script");
    enum status status = run(script, prepare, NULL, error);
    if (status == STATUS_OK)
        status = run(script, check_function, script->scenario->end_function, error);
    if (status == STATUS_OK)
        status = run(script, check_function, script->scenario->reward_function, error);
    return status;
}

static enum status read_file(struct retro_script *script, const char *folder, const char *name,
                             struct error *error) {
    struct file *file = &script->files[script->file_count];
    const char *slash = strrchr(folder, '/');
    char path[PATH_SIZE];
    snprintf(file->name, sizeof file->name, "@%.60s/%.60s", slash ? slash + 1 : folder, name);
    enum status status = path_join(path, folder, name, error);
    if (status == STATUS_OK)
        status = path_read_text(path, FILE_MAX_SIZE, &file->text, &file->size, error);
    if (status != STATUS_OK)
        return error_context(error, "the rules of the game (tools/install-deps --consoles fetches "
                                    "its files)");
    script->file_count++;
    return STATUS_OK;
}

enum status retro_script_open(const char *folder, const struct retro_scenario *scenario,
                              const struct retro_variables *variables, struct retro_script **script,
                              struct error *error) {
    struct retro_script *made = calloc(1, sizeof *made);
    if (!made)
        return error_set(error, STATUS_FAILED, "out of memory for a Lua script");
    made->scenario = scenario;
    made->variables = variables;
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < scenario->script_count; i++)
        status = read_file(made, folder, scenario->scripts[i], error);
    if (status == STATUS_OK)
        status = retro_script_restart(made, NULL, error);
    if (status == STATUS_OK) {
        uint8_t state[STATE_SIZE];
        struct error ignored;
        made->can_save = retro_script_save(made, state, &ignored) == STATUS_OK;
        *script = made;
    } else {
        retro_script_free(made);
    }
    return status;
}

bool retro_script_has_word(const struct retro_script *script, const char *word) {
    const size_t length = strlen(word);
    for (int i = 0; i < script->file_count; i++) {
        const char *text = script->files[i].text;
        for (const char *at = text; (at = strstr(at, word)); at++) {
            const bool begins = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
            if (begins && !isalnum((unsigned char)at[length]) && at[length] != '_')
                return true;
        }
    }
    return false;
}

void retro_script_free(struct retro_script *script) {
    if (!script)
        return;
    close_lua(script);
    for (int i = 0; i < script->file_count; i++)
        free(script->files[i].text);
    free(script);
}
