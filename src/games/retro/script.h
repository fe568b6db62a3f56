/*
 * The rules of a stable-retro game that are written in Lua: functions for the reward and the end,
 * which read the game's variables as data.NAME, and scenario.frame. script.c is the one file that
 * knows liblua. Inside of the emulator room.
 *
 * A script has no way out: of Lua's libraries there are functions for numbers, tables and texts,
 * none of files, programs, modules, other code, time or chance. Its memory and the instructions of
 * a call are limited; patterns of texts are left out, because no instructions count their time.
 */
#ifndef ASYNCRL_GAMES_RETRO_SCRIPT_H
#define ASYNCRL_GAMES_RETRO_SCRIPT_H

#include "games/retro/data.h"
#include "games/retro/scenario.h"

struct retro_script;

/*
 * Reads the scenario's scripts, files of the folder, and runs them, so that they define their
 * functions. The script keeps scenario and variables; the caller frees it with retro_script_free.
 * STATUS_BAD_INPUT: a file is missing, fails, or lacks a function; the error names file and line.
 */
enum status retro_script_open(const char *folder, const struct retro_scenario *scenario,
                              const struct retro_variables *variables, struct retro_script **script,
                              struct error *error);

/* Forgets all that the script has stored, and runs its files again: for a new game. values: of each
 * variable. */
enum status retro_script_restart(struct retro_script *script, const int64_t *values,
                                 struct error *error);

/*
 * Judges a frame, as stable-retro does: first the end, then the reward. Writes those for which
 * there is a function, and leaves the other. The next call is about the next frame.
 */
enum status retro_script_judge(struct retro_script *script, const int64_t *values, double *reward,
                               bool *is_over, struct error *error);

/*
 * What a script has stored: numbers, truths and texts in global variables and in data. A script
 * that stores anything else cannot be saved: the size of its state is 0, or saving fails.
 *
 * bytes: retro_script_state_size of them. Loading starts the script again with these values;
 * STATUS_BAD_INPUT: they are damaged, and nothing changes.
 */
size_t retro_script_state_size(const struct retro_script *script);
enum status retro_script_save(struct retro_script *script, uint8_t *bytes, struct error *error);
enum status retro_script_load(struct retro_script *script, const uint8_t *bytes,
                              struct error *error);

/* Whether the script's text has the word, such as the name of a variable. */
bool retro_script_has_word(const struct retro_script *script, const char *word);

/* NULL is ignored. */
void retro_script_free(struct retro_script *script);

#endif
