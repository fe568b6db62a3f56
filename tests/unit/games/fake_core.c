/*
 * A libretro core for tests: the text of its ROM selects its behaviour.
 *
 *     1555 565 8888      that pixel format, rows of 3 pixels with a gap behind them
 *     resize             frames of 3x2, and from the second on 6x4
 *     huge               the second frame is wider than any screen
 *     shutdown           asks to be shut down in the second frame
 *     flat               its base geometry has no height
 *     anything else is refused
 *
 * RAM: frames played, the first player's buttons, the number of started copies of the core that
 * share a symbol which the loader keeps once per process, and B of the first player plus 2 times
 * the second's.
 */
#include "games/libretro/interface.h"

#include <string.h>

#ifndef CORE_VERSION
#define CORE_VERSION API_VERSION
#endif

#define EXPORT __attribute__((visibility("default")))

#define DECLARE_FUNCTION(result, function, arguments) EXPORT result retro_##function arguments;
CORE_FUNCTIONS(DECLARE_FUNCTION)
#undef DECLARE_FUNCTION

enum { WIDTH = 3, HEIGHT = 2, ROW = 5, RAM_SIZE = 4 };

/* A static variable of an inline function, as C++ exports it. */
__asm__(".pushsection .data\n"
        ".globl started_copies\n"
        ".type started_copies, %gnu_unique_object\n"
        ".size started_copies, 1\n"
        "started_copies: .byte 0\n"
        ".popsection\n");
extern uint8_t started_copies;

static environment_function *environment;
static video_function *video;
static input_function *input;
static uint8_t ram[RAM_SIZE];
static char rom[16];
static bool is_bright;

EXPORT unsigned retro_api_version(void) {
    return CORE_VERSION;
}

EXPORT void retro_set_environment(environment_function *function) {
    char text[] = "Brightness; dark|bright|glaring";
    const struct variable variables[] = {{"fake_brightness", text}, {NULL, NULL}};
    environment = function;
    environment(SET_VARIABLES, (void *)variables);
    memset(text, 'x', sizeof text - 1); /* the caller has copied what it needs */
}

EXPORT void retro_set_video_refresh(video_function *function) {
    video = function;
}

EXPORT void retro_set_audio_sample(audio_function *function) {
    (void)function;
}

EXPORT void retro_set_audio_sample_batch(audio_batch_function *function) {
    (void)function;
}

EXPORT void retro_set_input_poll(poll_function *function) {
    (void)function;
}

EXPORT void retro_set_input_state(input_function *function) {
    input = function;
}

EXPORT void retro_set_controller_port_device(unsigned port, unsigned device) {
    (void)port;
    (void)device;
}

EXPORT void retro_init(void) {
    ram[2] = ++started_copies;
}

EXPORT void retro_deinit(void) {
}

EXPORT void retro_get_system_info(struct system_info *info) {
    *info = (struct system_info){
        .library_name = "Fake", .library_version = "7", .valid_extensions = "fake"};
}

EXPORT void retro_get_system_av_info(struct system_av_info *info) {
    *info = (struct system_av_info){.geometry = {.base_width = WIDTH, .base_height = HEIGHT},
                                    .timing = {.fps = 50}};
    if (strcmp(rom, "flat") == 0)
        info->geometry.base_height = 0;
}

static int pixel_format(void) {
    return strcmp(rom, "1555") == 0 ? 0 : strcmp(rom, "565") == 0 ? 2 : 1;
}

EXPORT bool retro_load_game(const struct game_info *game) {
    static const char *const known[] = {"1555", "565",      "8888", "resize",
                                        "huge", "shutdown", "flat"};
    struct variable variable = {"fake_brightness", NULL};
    int format = pixel_format();
    if (game->size >= sizeof rom)
        return false;
    memcpy(rom, game->data, game->size);
    format = pixel_format();
    is_bright = !environment(GET_VARIABLE, &variable) || strcmp(variable.value, "dark") != 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(rom, known[i]) == 0)
            return !is_bright && environment(SET_PIXEL_FORMAT, &format);
    return false;
}

EXPORT void retro_unload_game(void) {
}

/* Colours from black over red, green and blue to white. */
static void show_16_bits(bool is_565) {
    const unsigned red = is_565 ? 31u << 11 : 31u << 10;
    const unsigned green = is_565 ? 63u << 5 : 31u << 5;
    const unsigned colours[WIDTH * HEIGHT] = {0, red, green, 31, red | green | 31, 16};
    uint16_t screen[HEIGHT][ROW];
    memset(screen, 0x55, sizeof screen);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        screen[i / WIDTH][i % WIDTH] = (uint16_t)colours[i];
    video(screen, WIDTH, HEIGHT, sizeof screen[0]);
}

static void show_32_bits(void) {
    static const uint32_t colours[WIDTH * HEIGHT] = {0,    0xff0000, 0x00ff00,
                                                     0xff, 0xffffff, 0xaa123456};
    uint32_t screen[HEIGHT][ROW];
    memset(screen, 0x55, sizeof screen);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        screen[i / WIDTH][i % WIDTH] = colours[i];
    video(screen, WIDTH, HEIGHT, sizeof screen[0]);
}

/* Twice as large, with a different value in each pixel. */
static void show_large(void) {
    uint32_t screen[2 * HEIGHT][2 * WIDTH];
    for (uint32_t i = 0; i < 4 * WIDTH * HEIGHT; i++)
        screen[i / (2 * WIDTH)][i % (2 * WIDTH)] = i;
    video(screen, 2 * WIDTH, 2 * HEIGHT, sizeof screen[0]);
}

EXPORT void retro_run(void) {
    ram[0]++;
    ram[1] = (uint8_t)input(0, DEVICE_JOYPAD, 0, JOYPAD_MASK);
    ram[3] = (uint8_t)(input(0, DEVICE_JOYPAD, 0, 0) + 2 * input(1, DEVICE_JOYPAD, 0, JOYPAD_MASK));
    if (ram[0] == 2 && strcmp(rom, "shutdown") == 0)
        environment(SHUTDOWN, NULL);
    if (ram[0] == 2 && strcmp(rom, "huge") == 0)
        video(ram, 100000, 1, 400000);
    else if (ram[0] % 3 == 0)
        video(NULL, WIDTH, HEIGHT, 0);
    else if (ram[0] > 1 && strcmp(rom, "resize") == 0)
        show_large();
    else if (pixel_format() == 1)
        show_32_bits();
    else
        show_16_bits(pixel_format() == 2);
}

EXPORT void retro_reset(void) {
    ram[0] = 0;
}

EXPORT size_t retro_serialize_size(void) {
    return sizeof ram;
}

EXPORT bool retro_serialize(void *data, size_t size) {
    (void)size;
    memcpy(data, ram, sizeof ram);
    return true;
}

EXPORT bool retro_unserialize(const void *data, size_t size) {
    if (size != sizeof ram)
        return false;
    memcpy(ram, data, sizeof ram);
    return true;
}

#ifndef WITHOUT_MEMORY
EXPORT void *retro_get_memory_data(unsigned id) {
    return id == MEMORY_SYSTEM_RAM ? ram : NULL;
}
#endif

EXPORT size_t retro_get_memory_size(unsigned id) {
    return id == MEMORY_SYSTEM_RAM ? sizeof ram : 0;
}
