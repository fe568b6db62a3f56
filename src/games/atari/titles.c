#include "games/atari/titles.h"

#include "games/atari/rules.h"
#include "games/atari/session.h"

#include <string.h>

/* ---- Score, lives and end -------------------------------------------------------------------- */

#define SCORE(name, expression)                                                                    \
    static int32_t name##_score(const uint8_t *ram) {                                              \
        return expression;                                                                         \
    }
#define LIVES(name, expression)                                                                    \
    static int32_t name##_lives(const uint8_t *ram) {                                              \
        return expression;                                                                         \
    }
#define OVER(name, expression)                                                                     \
    static bool name##_over(const uint8_t *ram) {                                                  \
        return expression;                                                                         \
    }

static int32_t one_life(const uint8_t *ram) {
    (void)ram;
    return 1;
}

// clang-format off
SCORE(air_raid, DIGITS6(0xaa, 0xa9, 0xa8))
OVER(air_raid, RAM(0xa7) == 0xff)
SCORE(alien, 10 * (DIGIT(0x8b) + 10 * DIGIT(0x89) + 100 * DIGIT(0x87) + 1000 * DIGIT(0x85) +
    10000 * DIGIT(0x83)))
LIVES(alien, RAM(0xc0) & 0xf)
OVER(alien, (RAM(0xc0) & 0xf) == 0)
SCORE(amidar, DIGITS6(0xd9, 0xda, 0xdb))
LIVES(amidar, RAM(0xd6) & 0xf)
OVER(amidar, RAM(0xd6) == 0x80)
SCORE(assault, DIGITS6(0x82, 0x81, 0x80))
LIVES(assault, RAM(0xe5))
OVER(assault, RAM(0xe5) == 0)
SCORE(asterix, DIGITS6(0xe0, 0xdf, 0xde))
LIVES(asterix, RAM(0xd3) & 0xf)
OVER(asterix, RAM(0xc7) == 1 && (RAM(0xd3) & 0xf) == 1)
SCORE(asteroids, 10 * DIGITS4(0xbe, 0xbd))
LIVES(asteroids, RAM(0xbc) >> 4)
OVER(asteroids, (RAM(0xbc) >> 4) == 0)
SCORE(bank_heist, DIGITS6(0xda, 0xd9, 0xd8))
LIVES(bank_heist, RAM(0xd5))
OVER(bank_heist, RAM(0xce) == 1 && RAM(0xd5) == 0)
SCORE(basic_math, DIGITS2(0x84))
OVER(basic_math, DIGITS2(0x86) != 0)
SCORE(battle_zone, 1000 * (digit_or_none(RAM(0x9d) >> 4) + 10 * digit_or_none(RAM(0x9e) & 0xf) +
    100 * digit_or_none(RAM(0x9e) >> 4)))
LIVES(battle_zone, RAM(0xba) & 0xf)
OVER(battle_zone, (RAM(0xba) & 0xf) == 0)
SCORE(berzerk, DIGITS6(0xdf, 0xde, 0xdd))
LIVES(berzerk, RAM(0xda) + 1)
OVER(berzerk, RAM(0xda) == 0xff)
SCORE(bowling, DIGITS4(0xa1, 0xa6))
OVER(bowling, RAM(0xa4) > 0x10)
SCORE(carnival, 10 * DIGITS4(0xae, 0xad))
OVER(carnival, RAM(0x83) < 1)
SCORE(centipede, DIGITS6(0xf6, 0xf5, 0xf4))
LIVES(centipede, ((RAM(0xed) >> 4) & 7) + 1)
OVER(centipede, (RAM(0xa6) & 0x40) != 0)
SCORE(chopper_command, 100 * DIGITS4(0xee, 0xec))
LIVES(chopper_command, RAM(0xe4) & 0xf)
OVER(chopper_command, RAM(0xc2) == 1 && (RAM(0xe4) & 0xf) == 0)
SCORE(crazy_climber, 100 * (RAM(0x82) + 10 * RAM(0x83) + 100 * RAM(0x84) + 1000 * RAM(0x85)))
LIVES(crazy_climber, RAM(0xaa))
OVER(crazy_climber, RAM(0xaa) == 0)
SCORE(crossbow, DIGITS6(0x8d, 0x8c, 0x8b))
OVER(crossbow, RAM(0xe7) == 0x82)
SCORE(defender, digit_or_none(RAM(0x9c) & 0xf) + 10 * digit_or_none(RAM(0x9d) & 0xf) +
    100 * digit_or_none(RAM(0x9e) & 0xf) + 1000 * digit_or_none(RAM(0x9f) & 0xf) +
    10000 * digit_or_none(RAM(0xa0) & 0xf) + 100000 * digit_or_none(RAM(0xa1) & 0xf))
LIVES(defender, RAM(0xc2))
OVER(defender, RAM(0xc2) == 0)
SCORE(donkey_kong, 100 * DIGITS4(0x88, 0x87))
LIVES(donkey_kong, RAM(0xa3))
OVER(donkey_kong, RAM(0xa3) == 0 && RAM(0x8f) == 3 && RAM(0x8b) == 0x1f)
SCORE(double_dunk, DIGITS2(0xf6) - DIGITS2(0xf7))
OVER(double_dunk, (DIGITS2(0xf6) >= 24 || DIGITS2(0xf7) >= 24) && RAM(0xfe) == 0xe7)
SCORE(earthworld, DIGITS2(0xa7))
OVER(earthworld, DIGITS2(0xa7) == 10)
SCORE(elevator_action, DIGITS6(0x89, 0x88, 0x87))
LIVES(elevator_action, RAM(0x83))
OVER(elevator_action, RAM(0x83) == 0 && RAM(0x81) != 0)
SCORE(et, DIGITS6(0xe1, 0xe0, 0xdf))
LIVES(et, RAM(0xe5) + 1)
OVER(et, RAM(0xe5) + 1 == 0 && RAM(0x80) == 8)
SCORE(fishing_derby, DIGITS2(0xbd) - DIGITS2(0xbe))
OVER(fishing_derby, RAM(0xbd) == 0x99 || RAM(0xbe) == 0x99)
SCORE(flag_capture, DIGITS2(0xea))
OVER(flag_capture, DIGITS2(0xeb) == 0 || DIGITS2(0xea) == 99)
SCORE(freeway, DIGITS2(0xe7))
OVER(freeway, RAM(0x96) == 1)
SCORE(frogger, DIGITS4(0xce, 0xcc))
LIVES(frogger, RAM(0xd0))
OVER(frogger, RAM(0xd0) == 0xff)
SCORE(frostbite, DIGITS6(0xca, 0xc9, 0xc8))
LIVES(frostbite, (RAM(0xcc) & 0xf) + 1)
OVER(frostbite, (RAM(0xcc) & 0xf) == 0 && (RAM(0xf1) & 0x80) != 0)
SCORE(galaxian, DIGITS6(0xae, 0xad, 0xac))
LIVES(galaxian, (RAM(0xbf) & 0x80) == 0 ? (RAM(0xb9) + 1) : 0)
OVER(galaxian, (RAM(0xbf) & 0x80) != 0)
SCORE(gopher, DIGITS6(0xb2, 0xb1, 0xb0))
LIVES(gopher, bits_set(RAM(0xb4) & 7))
OVER(gopher, (RAM(0xb4) & 7) == 0)
LIVES(gravitar, RAM(0x81) == 0 ? 6 : RAM(0x84) + 1)
OVER(gravitar, RAM(0x81) == 1)
SCORE(hero, DIGITS6(0xb9, 0xb8, 0xb7))
LIVES(hero, RAM(0xb3))
OVER(hero, RAM(0xb3) == 0)
SCORE(human_cannonball, DIGITS2(0xb6))
OVER(human_cannonball, DIGITS2(0xb6) == 7 || DIGITS2(0xb7) == 7)
SCORE(ice_hockey, DIGITS2(0x8a) - DIGITS2(0x8b))
OVER(ice_hockey, RAM(0x87) == 0 && RAM(0x86) == 0)
SCORE(jamesbond, DIGITS6(0xdc, 0xdd, 0xde))
LIVES(jamesbond, (RAM(0x86) & 0xf) + 1)
OVER(jamesbond, (RAM(0x86) & 0xf) == 0 && RAM(0x8c) == 0x68)
SCORE(journey_escape, DIGITS6(0x92, 0x91, 0x90))
OVER(journey_escape, RAM(0x95) == 0 && RAM(0x96) == 0)
SCORE(joust, DIGITS6(0x87, 0x85, 0x83))
LIVES(joust, (int8_t)(RAM(0x81)))
OVER(joust, DIGITS6(0x87, 0x85, 0x83) >= 990000 || RAM(0x81) == 0xff)
SCORE(kaboom, DIGITS6(0xa5, 0xa4, 0xa3))
OVER(kaboom, RAM(0xa1) == 0 || DIGITS6(0xa5, 0xa4, 0xa3) == 999999)
SCORE(kangaroo, 100 * DIGITS4(0xa8, 0xa7))
LIVES(kangaroo, (RAM(0xad) & 7) + 1)
OVER(kangaroo, RAM(0xad) == 0xff)
SCORE(keystone_kapers, DIGITS4(0x9c, 0x9b))
LIVES(keystone_kapers, RAM(0x96))
OVER(keystone_kapers, RAM(0x96) == 0 && RAM(0x88) == 0)
SCORE(king_kong, DIGITS4(0x83, 0x82))
LIVES(king_kong, RAM(0xee))
OVER(king_kong, RAM(0xee) == 0)
SCORE(koolaid, 100 * DIGITS4(0x81, 0x80))
OVER(koolaid, RAM(0xd1) == 0x80)
SCORE(krull, DIGITS6(0x9e, 0x9d, 0x9c))
LIVES(krull, (RAM(0x9f) & 7) + 1)
OVER(krull, RAM(0x9f) == 0 && RAM(0xa2) == 3 && RAM(0x80) == 0x80)
SCORE(kung_fu_master, DIGITS6(0x9a, 0x99, 0x98))
LIVES(kung_fu_master, (RAM(0x9d) & 7) + 1)
OVER(kung_fu_master, RAM(0x9d) == 0xff)
OVER(laser_gates, RAM(0x83) == 0)
SCORE(lost_luggage, DIGITS6(0x96, 0x95, 0x94))
LIVES(lost_luggage, RAM(0xca))
OVER(lost_luggage, RAM(0xca) == 0 && RAM(0xc8) == 0xa && RAM(0xa5) == 0 && RAM(0xa9) == 0)
SCORE(mario_bros, 100 * DIGITS4(0x8a, 0x89))
LIVES(mario_bros, RAM(0x87) - 1)
OVER(mario_bros, RAM(0x87) == 0)
SCORE(montezuma_revenge, DIGITS6(0x95, 0x94, 0x93))
LIVES(montezuma_revenge, (RAM(0xba) & 7) + 1)
OVER(montezuma_revenge, RAM(0xba) == 0 && RAM(0xfe) == 0x60)
SCORE(mr_do, 10 * DIGITS4(0x82, 0x83))
LIVES(mr_do, RAM(0xdb))
OVER(mr_do, RAM(0xda) == 0x40)
SCORE(ms_pacman, DIGITS6(0xf8, 0xf9, 0xfa))
LIVES(ms_pacman, (RAM(0xfb) & 7) + 1)
OVER(ms_pacman, (RAM(0xfb) & 0xf) == 0 && RAM(0xa7) == 0x53)
SCORE(name_this_game, DIGITS6(0xc6, 0xc5, 0xc4))
LIVES(name_this_game, RAM(0xc7) & 7)
OVER(name_this_game, (RAM(0xc7) & 7) == 0)
SCORE(pacman, DIGITS6(0xcc, 0xce, 0xd0))
LIVES(pacman, RAM(0x98) + 1)
OVER(pacman, RAM(0x98) == 0 && RAM(0xe4) == 0x3f)
SCORE(phoenix, 10 * (10 * DIGITS4(0xc8, 0xc9) + (RAM(0xc7) >> 4)))
LIVES(phoenix, RAM(0xcb) & 7)
OVER(phoenix, RAM(0xcc) == 0x80)
SCORE(pitfall, DIGITS6(0xd7, 0xd6, 0xd5))
LIVES(pitfall, (RAM(0x80) >> 4) == 0xa ? 3 : (RAM(0x80) >> 4) == 8 ? 2 : 1)
OVER(pitfall, (RAM(0x80) >> 4) == 0 && RAM(0x9e) != 0)
SCORE(pitfall2, DIGITS6(0xc9, 0xc8, 0xc7))
OVER(pitfall2, DIGITS6(0xc9, 0xc8, 0xc7) == 199000)
SCORE(pooyan, DIGITS6(0x8a, 0x89, 0x88))
LIVES(pooyan, (RAM(0x96) & 7) + 1)
OVER(pooyan, RAM(0x96) == 0 && RAM(0x98) == 5)
OVER(private_eye, RAM(0xc2) > 1)
SCORE(road_runner, 100 * (digit_or_none(RAM(0xc9) & 0xf) + 10 * digit_or_none(RAM(0xca) & 0xf) +
    100 * digit_or_none(RAM(0xcb) & 0xf) + 1000 * digit_or_none(RAM(0xcc) & 0xf)))
LIVES(road_runner, (RAM(0xc4) & 7) + 1)
OVER(road_runner, (RAM(0xc4) & 7) == 0 && (RAM(0xb9) != 0 || RAM(0xbd) != 0))
SCORE(robotank, 12 * RAM(0xb6) + RAM(0xb5))
LIVES(robotank, (RAM(0xa8) & 0xf) + 1)
OVER(robotank, RAM(0xa8) == 0 && RAM(0xb4) == 0xff)
SCORE(seaquest, DIGITS6(0xba, 0xb9, 0xb8))
LIVES(seaquest, RAM(0xbb) + 1)
OVER(seaquest, RAM(0xa3) != 0)
SCORE(sir_lancelot, DIGITS6(0xa0, 0x9f, 0x9e))
LIVES(sir_lancelot, RAM(0xa9))
OVER(sir_lancelot, RAM(0xa9) == 0 && RAM(0xa7) == 0xa0)
SCORE(skiing, 0 - (6000 * RAM(0xe8) + DIGITS4(0xea, 0xe9)))
OVER(skiing, RAM(0x91) == 0xff)
SCORE(solaris, 10 * DIGITS6(0xdc, 0xdd, 0xde))
LIVES(solaris, RAM(0xd9) & 0xf)
OVER(solaris, RAM(0xd9) == 0)
SCORE(space_invaders, DIGITS4(0xe8, 0xe6))
LIVES(space_invaders, RAM(0xc9) - 1)
OVER(space_invaders, (RAM(0x98) & 0x80) != 0 || RAM(0xc9) == 0)
SCORE(surround, DIGITS2(0xf7) - DIGITS2(0xf6))
OVER(surround, DIGITS2(0xf6) == 10 || DIGITS2(0xf7) == 10)
SCORE(trondead, DIGITS6(0xbf, 0xbe, 0xbd))
LIVES(trondead, 5 - RAM(0xc8))
OVER(trondead, RAM(0xc8) == 5)
SCORE(turmoil, 10 * (DIGITS4(0x89, 0x8a) + RAM(0xd3)))
LIVES(turmoil, RAM(0xb9))
OVER(turmoil, RAM(0xb9) == 0 && RAM(0xc5) == 1)
SCORE(tutankham, DIGITS4(0x9c, 0x9a))
LIVES(tutankham, RAM(0x9e) & 3)
OVER(tutankham, RAM(0x9e) == 0 && RAM(0x81) != 0x84)
OVER(up_n_down, RAM(0x94) > 0x40 && (RAM(0x86) & 0xf) == 0)
SCORE(venture, 100 * DIGITS4(0xc8, 0xc7))
LIVES(venture, (RAM(0xc6) & 7) + 1)
OVER(venture, RAM(0xc6) == 0 && RAM(0xcd) == 0xff && (RAM(0xbf) & 0x80) != 0)
SCORE(video_pinball, DIGITS6(0xb0, 0xb2, 0xb4))
LIVES(video_pinball, 4 + (RAM(0xa8) & 1) - (RAM(0x99) & 7))
OVER(video_pinball, (RAM(0xaf) & 1) != 0)
SCORE(yars_revenge, DIGITS6(0xe2, 0xe1, 0xe0))
LIVES(yars_revenge, RAM(0x9e) >> 4)
OVER(yars_revenge, (RAM(0x9e) >> 4) == 0)
SCORE(zaxxon, 100 * DIGITS4(0xe9, 0xe8))
LIVES(zaxxon, RAM(0xea) & 7)
OVER(zaxxon, (RAM(0xea) & 7) == 0)
// clang-format on

/* ---- The table ------------------------------------------------------------------------------- */

/* ALE's codes of all actions with the button. */
enum { FIRES = 0x3fc02 };

/* Presses SELECT for `runs` frames and releases it for one, until a byte of RAM has the value. */
#define MODE(byte, value, runs)                                                                    \
    {                                                                                              \
        .selects = (runs), .bytes = {                                                              \
            {.address = (byte), .mask = 0xff, .values = {(value), (value)}}                        \
        }                                                                                          \
    }

/* The values of the byte that tells the mode, for games whose values are not consecutive. */
static const uint8_t frogger_values[] = {1, 3, 5};
static const uint8_t king_kong_values[] = {0, 2, 4, 6};
static const uint8_t lost_luggage_values[] = {1, 4};
static const uint8_t space_war_values[] = {6,    7,    8,    9,    0x10, 0x11,
                                           0x12, 0x13, 0x14, 0x15, 0x16, 0x17};
static const uint8_t video_checkers_values[] = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19};

/* Video Cube's 51 cubes, each in three games. */
#define CUBE(number) number "00-" number "02 "
#define TEN_CUBES(tens)                                                                            \
    CUBE(tens "0")                                                                                 \
    CUBE(tens "1")                                                                                 \
    CUBE(tens "2")                                                                                 \
    CUBE(tens "3")                                                                                 \
    CUBE(tens "4") CUBE(tens "5") CUBE(tens "6") CUBE(tens "7") CUBE(tens "8") CUBE(tens "9")
#define CUBES                                                                                      \
    "0-2 " CUBE("1") CUBE("2") CUBE("3") CUBE("4") CUBE("5") CUBE("6") CUBE("7") CUBE("8")         \
        CUBE("9") TEN_CUBES("1") TEN_CUBES("2") TEN_CUBES("3") TEN_CUBES("4") "5000-5002"

// clang-format off
static const struct title titles[] = {
    {.name = "adventure", .modes = "0-2", .difficulties = "0-3", .type = CARTRIDGE_4K,
         .is_pal = true, .actions = 0x3ffff, .choose_mode = choose_adventure,
         .play = play_adventure, .first_lives = 1, .keeps_lives = true},
    {.name = "air_raid", .modes = "1-8", .type = CARTRIDGE_4K, .is_pal = true, .actions = 0x0181b,
         .mode = {.first_selects = 20, .selects = 10, .bytes = {{.address = 0xaa,
         .mask = 0xff, .values = {0x1, 0x1}}}}, .start = {{1, 1}}, .score = air_raid_score,
         .is_over = air_raid_over},
    {.name = "alien", .modes = "0-3", .difficulties = "0-3", .type = CARTRIDGE_4K,
         .actions = 0x3ffff, .mode = MODE(0x81, 0x0, 1), .score = alien_score, .lives = alien_lives,
         .is_over = alien_over, .keeps_lives = true},
    {.name = "amidar", .difficulties = "0 3", .type = CARTRIDGE_4K, .is_hard_at_power_on = true,
         .actions = 0x03c3f, .score = amidar_score, .lives = amidar_lives, .is_over = amidar_over},
    {.name = "assault", .type = CARTRIDGE_4K, .actions = 0x0181f, .score = assault_score,
         .lives = assault_lives, .is_over = assault_over},
    {.name = "asterix", .type = CARTRIDGE_F8, .actions = 0x003fd, .start = {{1, 1}},
         .score = asterix_score, .lives = asterix_lives, .is_over = asterix_over},
    {.name = "asteroids", .modes = "0-31 128", .difficulties = "0 3", .type = CARTRIDGE_F8,
         .has_no_blanks = true, .actions = 0x0fcff, .mode = MODE(0x80, 0x0, 2),
         .score = asteroids_score, .lives = asteroids_lives, .is_over = asteroids_over,
         .wraps_at = 100000},
    {.name = "atlantis", .modes = "0-3", .type = CARTRIDGE_4K, .actions = 0x01803,
         .mode = MODE(0x8d, 0x0, 2), .play = play_atlantis},
    {.name = "atlantis2", .type = CARTRIDGE_4K, .actions = 0x01803, .play = play_atlantis2},
    {.name = "backgammon", .difficulties = "3", .type = CARTRIDGE_4K,
         .controllers = CONTROLLERS_PADDLES, .paddle_max = 1000000, .actions = 0x0001a,
         .mode = MODE(0xdc, 0x3, 1), .play = play_backgammon},
    {.name = "bank_heist", .modes = "0 4 8 12 16 20 24 28", .difficulties = "0-3",
         .type = CARTRIDGE_4K, .actions = 0x3ffff, .mode = MODE(0x80, 0x0, 1),
         .score = bank_heist_score, .lives = bank_heist_lives, .is_over = bank_heist_over},
    {.name = "basic_math", .modes = "5-8", .difficulties = "0 2 3", .type = CARTRIDGE_2K,
         .actions = 0x0003f, .mode = MODE(0xc5, 0x5, 2), .score = basic_math_score,
         .is_over = basic_math_over},
    {.name = "battle_zone", .modes = "1-3", .type = CARTRIDGE_F8, .has_no_blanks = true,
         .actions = 0x3ffff, .mode = MODE(0xa1, 0x1, 2), .score = battle_zone_score,
         .lives = battle_zone_lives, .is_over = battle_zone_over},
    {.name = "beam_rider", .difficulties = "0 1", .type = CARTRIDGE_F8, .actions = 0x018df,
         .start = {{1, 3}}, .play = play_beam_rider, .first_lives = 3},
    {.name = "berzerk", .modes = "1-9 16-18", .type = CARTRIDGE_4K, .actions = 0x3ffff, .choose_mode
         = choose_berzerk, .score = berzerk_score, .lives = berzerk_lives, .is_over = berzerk_over},
    {.name = "blackjack", .difficulties = "0-3", .type = CARTRIDGE_2K,
         .controllers = CONTROLLERS_PADDLES, .paddle_max = 795000, .actions = 0x00027,
         .play = play_blackjack},
    {.name = "bowling", .modes = "0 2 4", .difficulties = "0 1", .type = CARTRIDGE_2K,
         .actions = 0x02427, .mode = MODE(0x82, 0x0, 2), .score = bowling_score,
         .is_over = bowling_over},
    {.name = "boxing", .difficulties = "0-3", .type = CARTRIDGE_2K, .actions = 0x3ffff,
         .mode = MODE(0x92, 0x1, 1), .play = play_boxing},
    {.name = "breakout", .modes = "0 4 8 12 16 20 24 28 32 36 40 44", .difficulties = "0 1",
         .type = CARTRIDGE_2K, .controllers = CONTROLLERS_PADDLES, .actions = 0x0001b,
         .mode = MODE(0xb2, 0x0, 1), .play = play_breakout},
    {.name = "carnival", .type = CARTRIDGE_4K, .first_line = 26, .height = 214, .actions = 0x0181b,
         .score = carnival_score, .is_over = carnival_over},
    {.name = "casino", .modes = "0 2 3", .difficulties = "0-3", .type = CARTRIDGE_4K,
         .controllers = CONTROLLERS_PADDLES, .actions = 0x00027, .mode = MODE(0xd4, 0x0, 2),
         .start = {{60, 0}, {2, 1}}, .play = play_casino},
    {.name = "centipede", .modes = "22 86", .type = CARTRIDGE_F8, .actions = 0x3ffff,
         .mode = MODE(0xa7, 0x16, 2), .score = centipede_score, .lives = centipede_lives,
         .is_over = centipede_over, .never_falls = true},
    {.name = "chopper_command", .modes = "0 2", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x3ffff, .mode = MODE(0xe0, 0x0, 2), .score = chopper_command_score,
         .lives = chopper_command_lives, .is_over = chopper_command_over, .keeps_lives = true},
    {.name = "crazy_climber", .modes = "0-3", .difficulties = "0 1", .type = CARTRIDGE_F8,
         .actions = 0x003fd, .mode = MODE(0x80, 0x0, 2), .score = crazy_climber_score,
         .lives = crazy_climber_lives, .is_over = crazy_climber_over, .never_falls = true},
    {.name = "crossbow", .modes = "0 2 4 6", .difficulties = "0 1", .type = CARTRIDGE_F6,
         .actions = 0x3ffff, .mode = MODE(0x8d, 0x1, 2), .score = crossbow_score,
         .is_over = crossbow_over},
    {.name = "darkchambers", .type = CARTRIDGE_F6SC, .has_no_blanks = true, .actions = 0x3ffff,
         .start = {{486, 0}}, .play = play_darkchambers},
    {.name = "defender", .modes = "1-9 16", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x3ffff, .mode = MODE(0x9b, 0x1, 2), .score = defender_score,
         .lives = defender_lives, .is_over = defender_over},
    {.name = "demon_attack", .modes = "1 3 5 7", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x0181b, .mode = MODE(0xea, 0x1, 1), .play = play_demon_attack},
    {.name = "donkey_kong", .type = CARTRIDGE_4K, .actions = 0x3ffff, .score = donkey_kong_score,
         .lives = donkey_kong_lives, .is_over = donkey_kong_over},
    {.name = "double_dunk", .modes = "0-15", .type = CARTRIDGE_F6, .actions = 0x3ffff,
         .choose_mode = choose_double_dunk, .start = {{1, 10}}, .score = double_dunk_score,
         .is_over = double_dunk_over},
    {.name = "earthworld", .type = CARTRIDGE_F8, .actions = 0x3ffff, .score = earthworld_score,
         .is_over = earthworld_over},
    {.name = "elevator_action", .type = CARTRIDGE_F8SC, .actions = 0x3ffff, .start = {{16, 1}},
         .score = elevator_action_score, .lives = elevator_action_lives,
         .is_over = elevator_action_over},
    {.name = "enduro", .type = CARTRIDGE_4K, .actions = 0x01b3b, .start = {{1, 1}},
         .play = play_enduro},
    {.name = "entombed", .difficulties = "0 2", .type = CARTRIDGE_4K, .actions = 0x3ffff,
         .mode = MODE(0xf4, 0x1, 1), .start = {{1, 1}, {5, 0}}, .play = play_entombed,
         .keeps_lives = true},
    {.name = "et", .modes = "0-2", .difficulties = "0-3", .type = CARTRIDGE_F8, .actions = 0x3ffff,
         .mode = MODE(0xea, 0x1, 25), .score = et_score, .lives = et_lives, .is_over = et_over},
    {.name = "fishing_derby", .difficulties = "0-3", .type = CARTRIDGE_2K, .actions = 0x3ffff, .mode
         = MODE(0x80, 0x0, 1), .score = fishing_derby_score, .is_over = fishing_derby_over},
    {.name = "flag_capture", .modes = "8-10", .type = CARTRIDGE_2K, .actions = 0x003ff,
         .mode = MODE(0xd6, 0x8, 10), .start = {{10, 1}}, .score = flag_capture_score,
         .is_over = flag_capture_over},
    {.name = "freeway", .modes = "0-7", .difficulties = "0 1", .type = CARTRIDGE_2K,
         .actions = 0x00025, .mode = MODE(0x80, 0x0, 1), .score = freeway_score,
         .is_over = freeway_over, .never_falls = true, .at_most_one = true},
    {.name = "frogger", .modes = "0-2", .mode_values = frogger_values, .difficulties = "0 1", .type
         = CARTRIDGE_4K, .actions = 0x0003d, .mode = MODE(0xdd, 0x1, 2), .score = frogger_score,
         .lives = frogger_lives, .is_over = frogger_over},
    {.name = "frostbite", .modes = "0 2", .type = CARTRIDGE_4K, .actions = 0x3ffff,
         .mode = MODE(0x80, 0x0, 1), .score = frostbite_score, .lives = frostbite_lives,
         .is_over = frostbite_over},
    {.name = "galaxian", .modes = "1-9", .difficulties = "0 1", .type = CARTRIDGE_F8,
         .actions = 0x0181b, .mode = MODE(0xb3, 0x1, 1), .score = galaxian_score,
         .lives = galaxian_lives, .is_over = galaxian_over, .wraps_at = 1000000},
    {.name = "gopher", .modes = "0 2", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x01c1f, .mode = {.first_resets = 4, .selects = 5, .bytes = {{.address = 0xd3,
         .mask = 0xff, .values = {0x0, 0x0}}}}, .start = {{1, 1}}, .score = gopher_score,
         .lives = gopher_lives, .is_over = gopher_over},
    {.name = "gravitar", .modes = "0-4", .type = CARTRIDGE_F8, .actions = 0x3ffff,
         .mode = MODE(0x80, 0x0, 10), .start = {{16, 1}}, .score = elevator_action_score,
         .lives = gravitar_lives, .is_over = gravitar_over},
    {.name = "hangman", .modes = "0-3", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x3ffff, .mode = MODE(0xee, 0x0, 2), .play = play_hangman},
    {.name = "haunted_house", .modes = "0-8", .difficulties = "0 1", .type = CARTRIDGE_4K, .actions
         = 0x3ffff, .mode = MODE(0xcc, 0x0, 2), .play = play_haunted_house},
    {.name = "hero", .modes = "0-4", .type = CARTRIDGE_F8, .actions = 0x3ffff, .mode = MODE(0x80,
         0x0, 1), .score = hero_score, .lives = hero_lives, .is_over = hero_over},
    {.name = "human_cannonball", .modes = "0-7", .difficulties = "0 1", .type = CARTRIDGE_2K,
         .actions = 0x3ffff, .mode = {.selects = 2, .bytes = {{.address = 0xb6, .mask = 0xff,
         .values = {0x1, 0x1}}, {.address = 0xb7, .mask = 0xff, .values = {0x1, 0x1}}}},
         .score = human_cannonball_score, .is_over = human_cannonball_over},
    {.name = "ice_hockey", .modes = "0 2", .difficulties = "0-3", .type = CARTRIDGE_4K,
         .actions = 0x3ffff, .mode = MODE(0x80, 0x0, 2), .score = ice_hockey_score,
         .is_over = ice_hockey_over},
    {.name = "jamesbond", .modes = "0 1", .type = CARTRIDGE_E0, .actions = 0x3ffff,
         .mode = {.selects = 20, .bytes = {{.address = 0x8c, .mask = 0xff, .values = {0x0, 0x48}}}},
         .score = jamesbond_score, .lives = jamesbond_lives, .is_over = jamesbond_over},
    {.name = "journey_escape", .difficulties = "0 1", .type = CARTRIDGE_4K, .height = 230,
         .actions = 0x3fbfd, .start = {{1, 1}}, .score = journey_escape_score,
         .is_over = journey_escape_over, .void_reward = 50000},
    {.name = "joust", .modes = "0 2", .type = CARTRIDGE_F8, .actions = 0x3ffff,
         .mode = {.selects = 1, .bytes = {{.address = 0xf8, .mask = 0x3, .values = {0x0, 0x0}}}},
         .score = joust_score, .lives = joust_lives, .is_over = joust_over, .keeps_lives = true},
    {.name = "kaboom", .type = CARTRIDGE_2K, .controllers = CONTROLLERS_PADDLES,
         .actions = 0x0001b, .start = {{1, 1}}, .score = kaboom_score, .is_over = kaboom_over},
    {.name = "kangaroo", .modes = "0 1", .type = CARTRIDGE_F8, .actions = 0x3ffff,
         .mode = {.selects = 2, .bytes = {{.address = 0xba, .mask = 0xff, .values = {0x0, 0x80}}}},
         .score = kangaroo_score, .lives = kangaroo_lives, .is_over = kangaroo_over},
    {.name = "keystone_kapers", .type = CARTRIDGE_4K, .is_pal = true, .actions = 0x03fff,
         .start = {{1, START_RESET}}, .score = keystone_kapers_score,
         .lives = keystone_kapers_lives, .is_over = keystone_kapers_over},
    {.name = "king_kong", .modes = "0-3", .mode_values = king_kong_values, .type = CARTRIDGE_4K,
         .is_pal = true, .actions = 0x0003f, .mode = MODE(0xec, 0x0, 2), .score = king_kong_score,
         .lives = king_kong_lives, .is_over = king_kong_over},
    {.name = "klax", .modes = "0-2", .type = CARTRIDGE_F6SC, .is_pal = true, .actions = 0x3ffff,
         .mode = {.selects = 2, .bytes = {{.address = 0x6a, .is_cartridge = true,
         .mask = 0xff, .values = {0x0, 0x0}}}}, .start = {{1, 1}, {1, 0}}, .play = play_klax},
    {.name = "koolaid", .type = CARTRIDGE_4K, .actions = 0x003fd, .score = koolaid_score,
         .is_over = koolaid_over},
    {.name = "krull", .type = CARTRIDGE_F8, .actions = 0x3ffff, .score = krull_score,
         .lives = krull_lives, .is_over = krull_over},
    {.name = "kung_fu_master", .type = CARTRIDGE_F8, .actions = 0x3fb3d,
         .score = kung_fu_master_score, .lives = kung_fu_master_lives,
         .is_over = kung_fu_master_over},
    {.name = "laser_gates", .type = CARTRIDGE_4K, .is_pal = true, .actions = 0x3ffff, .start = {{1,
         START_RESET}}, .score = assault_score, .is_over = laser_gates_over},
    {.name = "lost_luggage", .modes = "0 1", .mode_values = lost_luggage_values,
         .difficulties = "0 1", .type = CARTRIDGE_4K, .actions = 0x003fd, .ignored = FIRES,
         .mode = MODE(0x94, 0x1, 2), .start = {{1, 1}}, .score = lost_luggage_score, .lives = lost_luggage_lives,
         .is_over = lost_luggage_over},
    {.name = "mario_bros", .modes = "0 2 4 6", .type = CARTRIDGE_F8, .actions = 0x3ffff,
         .mode = MODE(0x80, 0x0, 5), .start = {{10, 0}, {7, 1}}, .score = mario_bros_score,
         .lives = mario_bros_lives, .is_over = mario_bros_over, .keeps_lives = true},
    {.name = "miniature_golf", .difficulties = "0 1", .type = CARTRIDGE_2K, .actions = 0x3ffff,
         .play = play_miniature_golf},
    {.name = "montezuma_revenge", .type = CARTRIDGE_E0, .actions = 0x3ffff,
         .score = montezuma_revenge_score, .lives = montezuma_revenge_lives,
         .is_over = montezuma_revenge_over},
    {.name = "mr_do", .modes = "0-3", .type = CARTRIDGE_F8, .is_pal = true, .actions = 0x03c3f,
         .mode = MODE(0x80, 0x0, 5), .start = {{1, 1}}, .score = mr_do_score, .lives = mr_do_lives,
         .is_over = mr_do_over},
    {.name = "ms_pacman", .modes = "0-3", .type = CARTRIDGE_F8, .has_no_blanks = true,
         .actions = 0x003fd, .choose_mode = choose_ms_pacman, .score = ms_pacman_score,
         .lives = ms_pacman_lives, .is_over = ms_pacman_over},
    {.name = "name_this_game", .modes = "8 24 40", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x0181b, .mode = MODE(0xde, 0x8, 2), .score = name_this_game_score,
         .lives = name_this_game_lives, .is_over = name_this_game_over},
    {.name = "othello", .modes = "0-2", .difficulties = "0 2", .type = CARTRIDGE_2K,
         .actions = 0x003ff, .mode = MODE(0xde, 0x1, 2), .play = play_othello},
    {.name = "pacman", .modes = "0-7", .difficulties = "0 1", .type = CARTRIDGE_4K, .is_pal = true,
         .actions = 0x0003d, .mode = {.selects = 2, .bytes = {{.address = 0xcc, .mask = 0xff,
         .values = {0x1, 0x1}}, {.address = 0xe6, .mask = 0xff, .values = {0x0, 0x0}}}},
         .score = pacman_score, .lives = pacman_lives, .is_over = pacman_over},
    {.name = "phoenix", .type = CARTRIDGE_F8, .actions = 0x0383b, .score = phoenix_score,
         .lives = phoenix_lives, .is_over = phoenix_over},
    {.name = "pitfall", .type = CARTRIDGE_4K, .actions = 0x3ffff, .start = {{1, 2}},
         .score = pitfall_score, .lives = pitfall_lives, .is_over = pitfall_over},
    {.name = "pitfall2", .type = CARTRIDGE_DPC, .actions = 0x3ffff, .start = {{1, 2}},
         .score = pitfall2_score, .lives = one_life, .is_over = pitfall2_over},
    {.name = "pong", .modes = "0 1", .difficulties = "0-3", .type = CARTRIDGE_2K,
         .controllers = CONTROLLERS_FOUR_PADDLES, .swaps_paddles = true, .actions = 0x0181b,
         .mode = MODE(0x96, 0x0, 2), .play = play_pong},
    {.name = "pooyan", .modes = "10 30 50 70", .type = CARTRIDGE_4K, .first_line = 26,
         .height = 220, .actions = 0x02427, .mode = {.first_selects = 2, .selects = 2,
         .bytes = {{.address = 0xbd, .mask = 0xff, .values = {0xa, 0xa}}}}, .score = pooyan_score,
         .lives = pooyan_lives, .is_over = pooyan_over},
    {.name = "private_eye", .modes = "0-4", .difficulties = "0-3", .type = CARTRIDGE_F8,
         .actions = 0x3ffff, .mode = MODE(0x80, 0x0, 2), .start = {{1, 2}},
         .score = frostbite_score, .is_over = private_eye_over},
    {.name = "qbert", .difficulties = "0 1", .type = CARTRIDGE_4K, .first_line = 40,
         .actions = 0x0003f, .play = play_qbert, .first_lives = 4, .first_memory = 2},
    {.name = "riverraid", .difficulties = "0 1", .type = CARTRIDGE_4K, .actions = 0x3ffff,
         .play = play_riverraid},
    {.name = "road_runner", .type = CARTRIDGE_F6, .actions = 0x3ffff, .score = road_runner_score,
         .lives = road_runner_lives, .is_over = road_runner_over},
    {.name = "robotank", .type = CARTRIDGE_FE, .actions = 0x3ffff, .score = robotank_score,
         .lives = robotank_lives, .is_over = robotank_over},
    {.name = "seaquest", .difficulties = "0 1", .type = CARTRIDGE_4K, .actions = 0x3ffff,
         .score = seaquest_score, .lives = seaquest_lives, .is_over = seaquest_over},
    {.name = "sir_lancelot", .type = CARTRIDGE_F8, .is_pal = true, .actions = 0x0181b,
         .start = {{1, START_RESET}, {1, 4}}, .score = sir_lancelot_score,
         .lives = sir_lancelot_lives, .is_over = sir_lancelot_over},
    {.name = "skiing", .type = CARTRIDGE_2K, .actions = 0x00019, .ignored = FIRES, .start = {{16, 5}},
         .score = skiing_score, .is_over = skiing_over},
    {.name = "solaris", .type = CARTRIDGE_F6, .actions = 0x3ffff, .score = solaris_score,
         .lives = solaris_lives, .is_over = solaris_over},
    {.name = "space_invaders", .modes = "0-15", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x0181b, .mode = MODE(0xdc, 0x0, 2), .score = space_invaders_score,
         .lives = space_invaders_lives, .is_over = space_invaders_over, .keeps_lives = true,
         .wraps_at = 10000},
    {.name = "space_war", .modes = "6-17", .mode_values = space_war_values, .type = CARTRIDGE_2K,
         .is_pal = true, .actions = 0x3ffff, .mode = MODE(0xa7, 0x6, 2), .play = play_space_war},
    {.name = "star_gunner", .modes = "0-3", .type = CARTRIDGE_4K, .actions = 0x3ffff,
         .mode = MODE(0xf4, 0x0, 15), .play = play_star_gunner, .first_lives = 5},
    {.name = "superman", .difficulties = "0-3", .type = CARTRIDGE_4K, .actions = 0x3ffff,
         .play = play_superman},
    {.name = "surround", .modes = "0 2", .difficulties = "0-3", .type = CARTRIDGE_2K,
         .swaps_ports = true, .actions = 0x0003d, .mode = MODE(0xf9, 0x1, 2),
         .score = surround_score, .is_over = surround_over},
    {.name = "tennis", .modes = "0 2", .difficulties = "0-3", .type = CARTRIDGE_2K,
         .actions = 0x3ffff, .mode = MODE(0x80, 0x0, 2), .play = play_tennis},
    {.name = "tetris", .type = CARTRIDGE_2K, .actions = 0x0003b, .play = play_tetris},
    {.name = "tic_tac_toe_3d", .modes = "0-8", .difficulties = "0 2", .type = CARTRIDGE_2K, .actions
         = 0x003ff, .mode = MODE(0x88, 0x0, 2), .play = play_tic_tac_toe_3d},
    {.name = "time_pilot", .difficulties = "0-2", .type = CARTRIDGE_F8, .actions = 0x03c3f,
         .play = play_time_pilot, .first_lives = 5},
    {.name = "trondead", .difficulties = "0 1", .type = CARTRIDGE_4K, .actions = 0x3ffff,
         .score = trondead_score, .lives = trondead_lives, .is_over = trondead_over},
    {.name = "turmoil", .modes = "0-8", .type = CARTRIDGE_4K, .actions = 0x01bff, .mode = MODE(0xea,
         0x0, 2), .start = {{1, 1}}, .score = turmoil_score, .lives = turmoil_lives,
         .is_over = turmoil_over},
    {.name = "tutankham", .modes = "0 4 8 12", .type = CARTRIDGE_E0, .actions = 0x01c3d,
         .mode = MODE(0xab, 0x0, 2), .score = tutankham_score, .lives = tutankham_lives,
         .is_over = tutankham_over},
    {.name = "up_n_down", .difficulties = "0-3", .type = CARTRIDGE_F8, .first_line = 30,
         .actions = 0x02427, .start = {{1, 1}}, .score = assault_score, .lives = jamesbond_lives,
         .is_over = up_n_down_over},
    {.name = "venture", .difficulties = "0-3", .type = CARTRIDGE_4K, .actions = 0x3ffff,
         .score = venture_score, .lives = venture_lives, .is_over = venture_over},
    {.name = "video_checkers", .modes = "1-9 11-19", .mode_values = video_checkers_values,
         .type = CARTRIDGE_4K, .actions = 0x003c2, .mode = MODE(0xf6, 0x1, 1),
         .play = play_video_checkers},
    {.name = "video_chess", .modes = "0-4", .type = CARTRIDGE_4K, .actions = 0x003ff,
         .mode = MODE(0xea, 0x0, 1), .play = play_video_chess, .first_lives = 1},
    {.name = "video_cube", .modes = CUBES, .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x3ffff, .choose_mode = choose_video_cube, .start = {{61, 0}, {1, 1}, {2, 0}},
         .play = play_video_cube},
    {.name = "video_pinball", .modes = "0 2", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x01c3f, .mode = MODE(0xc1, 0x0, 2), .score = video_pinball_score,
         .lives = video_pinball_lives, .is_over = video_pinball_over},
    {.name = "warlords", .modes = "4 9 14 19", .type = CARTRIDGE_4K,
         .controllers = CONTROLLERS_FOUR_PADDLES, .actions = 0x0181b, .mode = MODE(0xd9, 0x3, 1),
         .play = play_warlords, .keeps_lives = true},
    {.name = "wizard_of_wor", .difficulties = "0 1", .type = CARTRIDGE_4K, .swaps_ports = true,
         .actions = 0x03c3e, .mode = MODE(0x81, 0x0, 1), .play = play_wizard_of_wor,
         .first_lives = 2, .keeps_lives = true},
    {.name = "word_zapper", .modes = "0-23", .difficulties = "0-3", .type = CARTRIDGE_4K,
         .actions = 0x3ffff, .mode = MODE(0xdb, 0x0, 2), .start = {{486, 0}, {1, 1}, {2, 0}},
         .play = play_word_zapper},
    {.name = "yars_revenge", .modes = "0 32 64 96", .difficulties = "0 1", .type = CARTRIDGE_4K,
         .actions = 0x3ffff, .mode = {.first_selects = 2, .selects = 1, .bytes = {{.address = 0xe3,
         .mask = 0xff, .values = {0x0, 0x0}}}}, .start = {{1, 1}}, .score = yars_revenge_score,
         .lives = yars_revenge_lives, .is_over = yars_revenge_over},
    {.name = "zaxxon", .modes = "0 8 16 24", .type = CARTRIDGE_F8, .actions = 0x3ffff,
         .mode = MODE(0x82, 0x0, 10), .score = zaxxon_score, .lives = zaxxon_lives,
         .is_over = zaxxon_over},
};
// clang-format on

enum { TITLE_COUNT = sizeof titles / sizeof titles[0] };

const struct title *title_at(int index) {
    return index >= 0 && index < TITLE_COUNT ? &titles[index] : NULL;
}

const struct title *title_find(const char *name) {
    for (int i = 0; i < TITLE_COUNT; i++)
        if (strcmp(titles[i].name, name) == 0)
            return &titles[i];
    return NULL;
}

/* ---- Playing --------------------------------------------------------------------------------- */

void rules_reset(struct rules *rules, const struct title *title) {
    *rules = (struct rules){.lives = title->first_lives, .memory = {title->first_memory}};
}

bool rules_are_sound(const struct rules *rules) {
    enum { LIMIT = 100000000 };
    const int32_t numbers[] = {rules->score,     rules->reward,    rules->lives,
                               rules->memory[0], rules->memory[1], rules->memory[2],
                               rules->memory[3], rules->memory[4]};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i] < -LIMIT || numbers[i] > LIMIT)
            return false;
    return rules->is_over <= 1 && rules->is_fresh <= 1;
}

static int32_t reward_of(const struct title *title, int32_t rise) {
    if (title->wraps_at > 0 && rise < 0)
        rise += title->wraps_at;
    if (title->never_falls && rise < 0)
        rise = 0;
    if (title->at_most_one && rise > 1)
        rise = 1;
    return title->void_reward != 0 && rise == title->void_reward ? 0 : rise;
}

void rules_play(struct rules *rules, const struct title *title, const struct console_state *state) {
    if (title->play) {
        title->play(rules, state->ram, state->cartridge.ram);
    } else {
        const int32_t score = title->score(state->ram);
        rules->reward = reward_of(title, score - rules->score);
        rules->score = score;
        rules->lives = title->lives ? title->lives(state->ram) : 0;
        rules->is_over = title->is_over(state->ram);
    }
    if (rules->is_over && !title->keeps_lives)
        rules->lives = 0;
    rules->is_fresh = false;
}
