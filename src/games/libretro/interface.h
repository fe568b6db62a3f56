/*
 * The libretro interface, version 1, as libretro.h of github.com/libretro/libretro-common has it:
 * the part of it that is used here. Enumerators have their names there without RETRO_ and
 * RETRO_ENVIRONMENT_.
 */
#ifndef ASYNCRL_GAMES_LIBRETRO_INTERFACE_H
#define ASYNCRL_GAMES_LIBRETRO_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { API_VERSION = 1, DEVICE_JOYPAD = 1, DEVICE_TYPE_MASK = 0xff, JOYPAD_MASK = 256 };
enum { MEMORY_SYSTEM_RAM = 2 };

/* The requests of a core that are answered; all others are refused. */
enum {
    ENVIRONMENT_EXPERIMENTAL = 0x10000,
    GET_CAN_DUPE = 3,
    SHUTDOWN = 7,
    GET_SYSTEM_DIRECTORY = 9,
    SET_PIXEL_FORMAT = 10,
    GET_VARIABLE = 15,
    SET_VARIABLES = 16,
    GET_VARIABLE_UPDATE = 17,
    GET_LOG_INTERFACE = 27,
    GET_SAVE_DIRECTORY = 31,
    SET_SYSTEM_AV_INFO = 32,
    SET_MEMORY_MAPS = 36 | ENVIRONMENT_EXPERIMENTAL,
    SET_GEOMETRY = 37,
    GET_AUDIO_VIDEO_ENABLE = 47 | ENVIRONMENT_EXPERIMENTAL,
    GET_INPUT_BITMASKS = 51 | ENVIRONMENT_EXPERIMENTAL,
};

/* Bits of the answer to GET_AUDIO_VIDEO_ENABLE. */
enum { ENABLE_VIDEO = 1, DISABLE_AUDIO_FOR_GOOD = 8 };

struct system_info {
    const char *library_name;
    const char *library_version;
    const char *valid_extensions;
    bool need_fullpath;
    bool block_extract;
};

struct game_geometry {
    unsigned base_width;
    unsigned base_height;
    unsigned max_width;
    unsigned max_height;
    float aspect_ratio;
};

struct system_av_info {
    struct game_geometry geometry;
    struct {
        double fps;
        double sample_rate;
    } timing;
};

struct game_info {
    const char *path;
    const void *data;
    size_t size;
    const char *meta;
};

struct variable {
    const char *key;
    const char *value;
};

/* One stretch of the address space of the machine's processor. */
struct memory_descriptor {
    uint64_t flags;
    void *ptr;
    size_t offset;
    size_t start;
    size_t select;
    size_t disconnect;
    size_t len;
    const char *address_space;
};

struct log_callback {
    void (*log)(int level, const char *format, ...);
};

enum { MEMORY_IS_CONSTANT = 1 }; /* a flag of struct memory_descriptor */

struct memory_map {
    const struct memory_descriptor *descriptors;
    unsigned descriptor_count;
};

typedef bool environment_function(unsigned command, void *data);
typedef void video_function(const void *data, unsigned width, unsigned height, size_t pitch);
typedef void audio_function(int16_t left, int16_t right);
typedef size_t audio_batch_function(const int16_t *data, size_t frames);
typedef void poll_function(void);
typedef int16_t input_function(unsigned port, unsigned device, unsigned index, unsigned id);

/* Result, name (without "retro_"), arguments of every function that is used. */
#define CORE_FUNCTIONS(X)                                                                          \
    X(unsigned, api_version, (void))                                                               \
    X(void, set_environment, (environment_function *))                                             \
    X(void, set_video_refresh, (video_function *))                                                 \
    X(void, set_audio_sample, (audio_function *))                                                  \
    X(void, set_audio_sample_batch, (audio_batch_function *))                                      \
    X(void, set_input_poll, (poll_function *))                                                     \
    X(void, set_input_state, (input_function *))                                                   \
    X(void, set_controller_port_device, (unsigned, unsigned))                                      \
    X(void, init, (void))                                                                          \
    X(void, deinit, (void))                                                                        \
    X(void, get_system_info, (struct system_info *))                                               \
    X(void, get_system_av_info, (struct system_av_info *))                                         \
    X(bool, load_game, (const struct game_info *))                                                 \
    X(void, unload_game, (void))                                                                   \
    X(void, run, (void))                                                                           \
    X(void, reset, (void))                                                                         \
    X(size_t, serialize_size, (void))                                                              \
    X(bool, serialize, (void *, size_t))                                                           \
    X(bool, unserialize, (const void *, size_t))                                                   \
    X(void *, get_memory_data, (unsigned))                                                         \
    X(size_t, get_memory_size, (unsigned))

#endif
