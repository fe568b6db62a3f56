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

/* data[key]: a variable. What a script has stored in data itself is found before. */
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
    lua_getfield(lua, -1, "table");
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

/* Runs a protected function of this file with the script as its argument, and maybe a text. */
static enum status run(struct retro_script *script, lua_CFunction function, const char *text,
                       struct error *error) {
    lua_State *const lua = script->lua;
    lua_settop(lua, 0);
    lua_sethook(lua, stop, LUA_MASKCOUNT, INSTRUCTION_LIMIT);
    lua_pushcfunction(lua, function);
    lua_pushlightuserdata(lua, script);
    lua_pushlightuserdata(lua, (void *)text);
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
    if (status == STATUS_OK)
        *script = made;
    else
        retro_script_free(made);
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
