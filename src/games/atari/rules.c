#include "games/atari/rules.h"

#include <stddef.h>

/* The value in two's complement. */
static int32_t signed_byte(uint8_t byte) {
    return byte < 128 ? byte : byte - 256;
}

#define RULES(name)                                                                                \
    void play_##name(struct rules *rules, const uint8_t *ram,                                      \
                     __attribute__((unused)) const uint8_t *cartridge_ram)

/* The reward is the increase of the score. */
static void take_score(struct rules *rules, int32_t score) {
    rules->reward = score - rules->score;
    rules->score = score;
}

RULES(adventure) {
    rules->memory[0] |= RAM(0xb9) == 0x12;
    rules->reward = rules->memory[0];
    rules->is_over = RAM(0xe0) == 2 || RAM(0xb9) == 0x12;
}

static void play_either_atlantis(struct rules *rules, const uint8_t *ram, int32_t score) {
    rules->lives = RAM(0xf1);
    rules->is_over = RAM(0xf1) == 0xff;
    if (rules->is_over)
        rules->reward = 0;
    else
        take_score(rules, score);
}

RULES(atlantis) {
    play_either_atlantis(rules, ram, 100 * DIGITS6(0xa2, 0xa3, 0xa1));
}

RULES(atlantis2) {
    play_either_atlantis(rules, ram, DIGITS6(0xa1, 0xa2, 0xa3));
}

RULES(backgammon) {
    const int mine_out = -signed_byte(RAM(0x80));
    const int its_out = signed_byte(RAM(0x8e));
    int mine = mine_out;
    int its = its_out;
    for (int point = 0x81; point <= 0x9b; point++) {
        const int stones = point == 0x8e ? 0 : (int8_t)RAM(point);
        mine -= stones < 0 ? stones : 0;
        its += stones > 0 ? stones : 0;
    }
    if (mine != 15 || its != 15 || (mine_out != 15 && its_out != 15))
        return;
    rules->reward = mine_out == 15 ? 1 : -1;
    rules->is_over = true;
}

RULES(beam_rider) {
    const int32_t lives = RAM(0x85) + 1;
    if (lives != rules->lives - 1 || RAM(0x8c) == 1)
        rules->lives = lives;
    take_score(rules, DIGITS6(0x89, 0x8a, 0x8b));
    rules->is_over = RAM(0x85) == 0xff;
}

RULES(blackjack) {
    const bool is_bust = RAM(0x86) == 0x0b && RAM(0x89) == 0xbb;
    const int32_t score = is_bust ? 0 : DIGITS4(0x89, 0x86);
    take_score(rules, score);
    rules->is_over = is_bust || score >= 1000;
}

static int32_t boxing_points(uint8_t byte) {
    return byte == 0xc0 ? 100 : packed_value(byte);
}

RULES(boxing) {
    const int32_t mine = boxing_points(RAM(0x92));
    const int32_t its = boxing_points(RAM(0x93));
    take_score(rules, mine - its);
    rules->is_over = mine == 100 || its == 100 || (RAM(0x90) >> 4 == 0 && DIGITS2(0x91) == 0);
}

RULES(breakout) {
    take_score(rules, DIGITS2(0xcd) + 100 * (RAM(0xcc) & 15));
    rules->lives = RAM(0xb9);
    rules->memory[0] |= rules->lives == 5; /* started */
    rules->is_over = rules->memory[0] && rules->lives == 0;
}

RULES(casino) {
    const int32_t score = DIGITS4(0x95, 0x8c);
    const bool idles = RAM(0xd3) & 0x80;
    const int32_t before = rules->reward;
    const uint8_t mode = RAM(0xd4);
    if (mode == 1) /* not in ALE's list */
        return;
    take_score(rules, score);
    if (mode == 3) {
        rules->is_over = score > 0 && RAM(0x9e) == 0xaa;
        return;
    }
    if (idles)
        rules->reward = before;
    rules->is_over = score == 0 || (DIGITS2(0x9e) > 0 && idles);
}

RULES(darkchambers) {
    const int32_t level = RAM(0xd5);
    const int32_t score = 10 * DIGITS4(0xcc, 0xcf);
    rules->reward = 0;
    if (level < rules->memory[0]) {
        rules->is_over = true;
        return;
    }
    rules->memory[0] = level;
    if (score < rules->score) {
        rules->is_over = true;
        return;
    }
    take_score(rules, score);
    rules->is_over |= (RAM(0xca) & 0x1f) == 0;
}

RULES(demon_attack) {
    const bool is_blank = RAM(0x81) == 0xab && RAM(0x83) == 0xcd && RAM(0x85) == 0xea;
    take_score(rules, is_blank ? 0 : DIGITS6(0x85, 0x83, 0x81));
    rules->lives = RAM(0xf2) + 1;
    rules->is_over = RAM(0xf2) == 0 && RAM(0xf1) == 0xbd && !rules->is_fresh;
}

RULES(enduro) {
    const int32_t level = RAM(0xad);
    int32_t score = 0;
    if (level > 0)
        score = (level == 1 ? 200 : 300) - DIGITS4(0xab, 0xac);
    if (level > 1)
        score += 200 + 300 * (level - 2);
    take_score(rules, score);
    rules->is_over = RAM(0xaf) == 0xff;
}

RULES(entombed) {
    take_score(rules, RAM(0xe3));
    rules->lives = RAM(0xc7) & 3;
    rules->is_over = rules->lives == 0;
}

RULES(hangman) {
    const int32_t mine = DIGITS2(0xeb);
    const int32_t its = DIGITS2(0xec);
    rules->reward = mine - rules->memory[0] - (its - rules->memory[1]);
    rules->is_over = rules->reward != 0 || (RAM(0xf1) == 0 && rules->memory[2] == 0xff);
    rules->memory[0] = mine;
    rules->memory[1] = its;
    rules->memory[2] = RAM(0xf1);
}

RULES(haunted_house) {
    const int32_t matches = DIGITS2(0x82);
    const bool has_won = RAM(0x99) == 0x44;
    rules->reward = (matches != rules->memory[0] ? -1 : 0) + (has_won ? 100 : 0);
    rules->memory[0] = matches;
    rules->lives = RAM(0x96);
    rules->is_over = rules->lives == 0 || has_won;
}

/* Whether the bin is full. */
static bool klax_is_full(const uint8_t *ram) {
    for (int place = 0xb3; place <= 0xcb; place++)
        switch (RAM(place)) {
        case 0x0:
        case 0x2:
        case 0x6:
        case 0xa:
        case 0xe:
            return false;
        default:
            break;
        }
    return true;
}

RULES(klax) {
    const uint8_t *own = cartridge_ram;
    take_score(rules, packed_value(own[0x34]) + 100 * packed_value(own[0x35]) +
                          10000 * packed_value(own[0x36]));
    rules->is_over = (own[0x69] > 0 && own[0x6e] == own[0x69]) ||
                     (RAM(0xa8) == 4 && klax_is_full(ram)) || own[0x1d] == 0x99;
}

RULES(miniature_golf) {
    enum { LEVEL, PAR, HITS, LEFT, START };
    int32_t *memory = rules->memory;
    const int32_t left = DIGITS2(0x87);
    const int32_t par = DIGITS2(0x88);
    const int32_t level = DIGITS2(0xaf);
    rules->reward = 0;
    if (level != memory[LEVEL]) {
        const int32_t strokes = memory[LEFT] + memory[HITS] - memory[START];
        if (strokes > 0)
            rules->reward = memory[PAR] - strokes;
        rules->is_over |= level == 0;
        memory[LEVEL] = level;
        memory[HITS] = 0;
        memory[START] = memory[LEFT];
    }
    if (par != 0) {
        memory[PAR] = par;
        return;
    }
    if (left < memory[LEFT])
        memory[HITS] += memory[LEFT];
    memory[LEFT] = left;
}

RULES(othello) {
    enum { LONGEST_PAUSE = 75 };
    take_score(rules, DIGITS2(0xce) - DIGITS2(0xd0));
    rules->memory[0] = RAM(0xc0) == 0 ? rules->memory[0] + 1 : 0;
    rules->is_over = rules->memory[0] > LONGEST_PAUSE;
}

/* A player who does not serve for two seconds loses a point. */
RULES(pong) {
    enum { LONGEST_PAUSE = 120 };
    take_score(rules, RAM(0x8e) - RAM(0x8d));
    rules->memory[0] = (RAM(0x8c) & 0xf0) == 0 ? rules->memory[0] + 1 : 0;
    if (rules->memory[0] == LONGEST_PAUSE) {
        rules->memory[0] = 0;
        rules->reward -= RAM(0x92) != 0;
    }
    rules->is_over = RAM(0x8e) == 21 || RAM(0x8d) == 21;
}

RULES(qbert) {
    const int32_t shown = signed_byte(RAM(0x88));
    const int32_t last = rules->memory[0];
    rules->is_over = shown == -2 || (shown == 2 && last == -1);
    rules->lives -= shown == last - 1;
    rules->memory[0] = shown;
    if (rules->is_over)
        rules->reward = 0;
    else
        take_score(rules, DIGITS6(0xdb, 0xda, 0xd9));
}

RULES(riverraid) {
    static const uint8_t places[6] = {0xcd, 0xcf, 0xd1, 0xd3, 0xd5, 0xd7};
    const int32_t tank = RAM(0xc0);
    int32_t score = 0;
    for (int i = 0; i < 6; i++) {
        const int32_t shape = RAM(places[i]);
        score = 10 * score + (shape % 8 == 0 && shape <= 72 ? shape / 8 : 0);
    }
    take_score(rules, score);
    rules->lives = tank == 0x58 ? 4 : tank == 0x59 ? 1 : tank / 8 + 1;
    rules->is_over = tank == 0x58 && rules->memory[0] == 0x59;
    rules->memory[0] = tank;
}

RULES(space_war) {
    take_score(rules, DIGITS2(0xa7));
    rules->is_over = rules->score == 10 || RAM(0x80) == 0;
}

RULES(star_gunner) {
    take_score(rules,
               100 * (digit_or_none(RAM(0x83) & 15) + 10 * digit_or_none(RAM(0x84) & 15) +
                      100 * digit_or_none(RAM(0x85) & 15) + 1000 * digit_or_none(RAM(0x86) & 15)));
    rules->memory[0] |= RAM(0x87) == 5; /* started */
    rules->lives = rules->memory[0] ? RAM(0x87) & 15 : 5;
    rules->is_over = RAM(0x87) == 0;
}

RULES(superman) {
    rules->is_over = RAM(0x9f) & 0x40 && RAM(0x81) == 0xf2 && RAM(0x80) == 0xac;
    rules->reward = rules->is_over ? 5999 - 60 * DIGITS2(0xe3) - DIGITS2(0xe2) : 0;
}

RULES(tennis) {
    const int32_t games = RAM(0xc5) - RAM(0xc6);
    const int32_t points = RAM(0xc7) - RAM(0xc8);
    rules->reward =
        points != rules->memory[1] ? points - rules->memory[1] : games - rules->memory[0];
    rules->memory[0] = games;
    rules->memory[1] = points;
    rules->is_over = (RAM(0xc7) >= 6 && points >= 2) || (RAM(0xc8) >= 6 && points <= -2) ||
                     RAM(0xc7) == 7 || RAM(0xc8) == 7;
}

RULES(tetris) {
    take_score(rules, DIGITS4(0xf1, 0xf2));
    if (rules->reward < 0)
        rules->reward = 0;
    rules->is_over = RAM(0xf3) >> 7;
    if (rules->is_over)
        rules->score = 0;
}

static bool has_zero(const uint8_t *bytes, int count) {
    for (int i = 0; i < count; i++)
        if (bytes[i] == 0)
            return true;
    return false;
}

RULES(tic_tac_toe_3d) {
    const bool has_ended = RAM(0xff) == 0xf3 && RAM(0xfe) == 0x10;
    rules->reward = !has_ended ? 0 : RAM(0xe1) == 8 ? 1 : -1;
    rules->is_over |= has_ended || !has_zero(&RAM(0x9a), 64);
}

RULES(time_pilot) {
    take_score(rules, 100 * DIGITS4(0x8d, 0x8f));
    if ((RAM(0x80) & 15) == 2)
        rules->lives = (RAM(0x8b) & 7) + 1;
    rules->is_over = RAM(0xa0) != 0;
}

static bool is_on_board(const uint8_t *ram, uint8_t man, uint8_t king) {
    static const uint8_t rows[4] = {0x80, 0x89, 0x92, 0x9b};
    for (int row = 0; row < 4; row++)
        for (int i = 0; i < 8; i++) {
            const uint8_t square = RAM(rows[row] + i);
            if (square == man || square == king)
                return true;
        }
    return false;
}

RULES(video_checkers) {
    enum { TURN, RUNS, LONGEST_TURN = 600 };
    const int32_t turn = RAM(0xc0) >> 4 != 0;
    rules->memory[RUNS] = 1 + (turn == rules->memory[TURN] ? rules->memory[RUNS] : 0);
    rules->memory[TURN] = turn;
    rules->reward = 0;
    if (rules->memory[RUNS] > LONGEST_TURN) {
        rules->reward = turn ? 0 : -1;
        rules->memory[RUNS] = 0;
    }
    const bool has_black = is_on_board(ram, 0x10, 0x20);
    if (!has_black || !is_on_board(ram, 0x90, 0xa0)) {
        rules->reward = has_black ? 1 : -1;
        rules->is_over = true;
    }
}

RULES(video_chess) {
    if (RAM(0xe1) != 0x82 || RAM(0xee) > 1)
        return;
    rules->reward = RAM(0xee) == 0 ? 1 : -1;
    rules->is_over = true;
}

static bool is_complete(const uint8_t *face) {
    for (int i = 1; i < 9; i++)
        if (face[i] != face[0])
            return false;
    return true;
}

RULES(video_cube) {
    enum { COMPLETE, CLOCK };
    int32_t complete = 0;
    for (int face = 0; face < 6; face++)
        complete += is_complete(&RAM(0xa0) + (ptrdiff_t)9 * face);
    const bool is_late = RAM(0xdb) == 0 && rules->memory[CLOCK] == 0xff;
    rules->reward = is_late ? -1 : complete - rules->memory[COMPLETE];
    rules->is_over = is_late || complete == 6;
    rules->memory[COMPLETE] = complete;
    rules->memory[CLOCK] = RAM(0xdb);
}

RULES(warlords) {
    const bool is_dead = RAM(0xee) & 0x80;
    rules->reward = is_dead && !rules->memory[0] ? -1 : 0;
    rules->memory[0] = is_dead;
    rules->lives = is_dead ? -1 : 0;
    rules->is_over = bits_set(RAM(0xee) & 0xf0u) >= 3;
    if (rules->is_over && !is_dead)
        rules->reward = 1;
}

RULES(wizard_of_wor) {
    const int32_t value = DIGITS4(0x86, 0x88);
    const int32_t lives = (RAM(0x8d) & 15) - 1;
    take_score(rules, 100 * (value >= 8000 ? value - 8000 : value));
    if (!(RAM(0xd7) & 1))
        rules->lives = lives;
    rules->is_over = lives == -1 && RAM(0xf4) == 0xf8;
}

RULES(word_zapper) {
    if (DIGITS2(0xcf) == 0)
        return;
    take_score(rules, 2 - signed_byte(RAM(0xdc)));
    rules->is_over = rules->score == 3 || DIGITS2(0xde) == 0;
}
