#include "games/mario/ram.h"

/* Addresses that are only read. */
enum address {
    ENEMY_TYPES = 0x0016,
    FLOAT_STATE = 0x001d,
    PLAYER_PAGE = 0x006d,
    PLAYER_X = 0x0086,
    PLAYER_Y_PAGE = 0x00b5,
    PLAYER_Y = 0x03b8,
    PLAYER_SIZE = 0x0756,
    GAME_MODE = 0x0770,
    SCORE_DIGITS = 0x07de,
    COIN_DIGITS = 0x07ed,
    TIME_DIGITS = 0x07f8,
};

enum { ENEMY_COUNT = 5, ENEMY_BOWSER = 0x2d, ENEMY_FLAG = 0x31 };

/* Values of MARIO_PLAYER_STATE. Below STATE_DIES all except MARIO_STATE_DEAD mean that the player
 * has no control. */
enum { STATE_ENTERS_AREA = 0x07, STATE_DIES = 0x0b };

enum { FLOAT_SLIDES_DOWN_POLE = 3, MODE_END_OF_WORLD = 2, PAGE_WIDTH = 256 };

const char *const mario_detail_names[MARIO_DETAIL_COUNT] = {
    "x_pos", "y_pos", "time", "life", "flag_get", "coins", "score", "status", "world", "stage",
};

/* The game keeps one decimal digit per byte. */
static int digits(const uint8_t *ram, int address, int count) {
    int value = 0;
    for (int i = 0; i < count; i++)
        value = 10 * value + ram[address + i];
    return value;
}

int mario_clock(const uint8_t *ram) {
    return digits(ram, TIME_DIGITS, 3);
}

int mario_x_position(const uint8_t *ram) {
    return ram[PLAYER_PAGE] * PAGE_WIDTH + ram[PLAYER_X];
}

/* Counted from the screen's lower edge, also above the screen. */
static int y_position(const uint8_t *ram) {
    const bool is_above = ram[PLAYER_Y_PAGE] < 1;
    return (is_above ? 2 * 255 : 255) - ram[PLAYER_Y];
}

bool mario_is_dying(const uint8_t *ram) {
    return ram[MARIO_PLAYER_STATE] == STATE_DIES || ram[PLAYER_Y_PAGE] > 1;
}

bool mario_is_dead(const uint8_t *ram) {
    return ram[MARIO_PLAYER_STATE] == MARIO_STATE_DEAD;
}

bool mario_is_busy(const uint8_t *ram) {
    return ram[MARIO_PLAYER_STATE] <= STATE_ENTERS_AREA && !mario_is_dead(ram);
}

bool mario_is_world_over(const uint8_t *ram) {
    return ram[GAME_MODE] == MODE_END_OF_WORLD;
}

/* The player slides with Bowser or a flag near: sliding down a vine would look the same. */
static bool is_stage_over(const uint8_t *ram) {
    for (int i = 0; i < ENEMY_COUNT; i++) {
        const uint8_t type = ram[ENEMY_TYPES + i];
        if (type == ENEMY_BOWSER || type == ENEMY_FLAG)
            return ram[FLOAT_STATE] == FLOAT_SLIDES_DOWN_POLE;
    }
    return false;
}

bool mario_has_flag(const uint8_t *ram) {
    return mario_is_world_over(ram) || is_stage_over(ram);
}

void mario_read_details(const uint8_t *ram, double details[MARIO_DETAIL_COUNT]) {
    details[MARIO_DETAIL_X_POS] = mario_x_position(ram);
    details[MARIO_DETAIL_Y_POS] = y_position(ram);
    details[MARIO_DETAIL_TIME] = mario_clock(ram);
    details[MARIO_DETAIL_LIFE] = ram[MARIO_LIVES];
    details[MARIO_DETAIL_FLAG_GET] = mario_has_flag(ram);
    details[MARIO_DETAIL_COINS] = digits(ram, COIN_DIGITS, 2);
    details[MARIO_DETAIL_SCORE] = digits(ram, SCORE_DIGITS, 6);
    details[MARIO_DETAIL_STATUS] = ram[PLAYER_SIZE];
    details[MARIO_DETAIL_WORLD] = ram[MARIO_WORLD] + 1;
    details[MARIO_DETAIL_STAGE] = ram[MARIO_STAGE] + 1;
}
