/* The games' rules that are more than three expressions; titles.h has what they share. */
#ifndef ASYNCRL_GAMES_ATARI_RULES_H
#define ASYNCRL_GAMES_ATARI_RULES_H

#include "games/atari/titles.h"

typedef void rules_function(struct rules *rules, const uint8_t *ram, const uint8_t *cartridge_ram);

rules_function play_adventure, play_atlantis, play_atlantis2, play_backgammon, play_beam_rider,
    play_blackjack, play_boxing, play_breakout, play_casino, play_darkchambers, play_demon_attack,
    play_enduro, play_entombed, play_hangman, play_haunted_house, play_klax, play_miniature_golf,
    play_othello, play_pong, play_qbert, play_riverraid, play_space_war, play_star_gunner,
    play_superman, play_tennis, play_tetris, play_tic_tac_toe_3d, play_time_pilot,
    play_video_checkers, play_video_chess, play_video_cube, play_warlords, play_wizard_of_wor,
    play_word_zapper;

/* In functions with a parameter ram. */
#define RAM(address) ram[(address)-0x80]
#define DIGITS2(a) packed_value(RAM(a))
#define DIGITS4(a, b) (packed_value(RAM(a)) + 100 * packed_value(RAM(b)))
#define DIGITS6(a, b, c) (DIGITS4(a, b) + 10000 * packed_value(RAM(c)))
#define DIGIT(a) (RAM(a) == 0x80 ? 0 : RAM(a) >> 3)

/* Two decimal digits in a byte. */
static inline int32_t packed_value(uint8_t byte) {
    return 10 * (byte >> 4) + (byte & 15);
}

/* A digit; A is a blank, which counts as 0. */
static inline int32_t digit_or_none(int32_t digit) {
    return digit == 10 ? 0 : digit;
}

static inline int32_t bits_set(unsigned value) {
    return __builtin_popcount(value);
}

#endif
