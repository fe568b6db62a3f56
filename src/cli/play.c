#include "play/play.h"
#include "cli/command.h"

struct play_options {
    char model[OPTION_TEXT_SIZE];
    char game[OPTION_TEXT_SIZE];
    char observation[OPTION_TEXT_SIZE];
    char data_dir[OPTION_TEXT_SIZE];
    char evaldir[OPTION_TEXT_SIZE];
    int64_t games;
    int64_t seed;
    double eps;
    bool window;
    struct game_choices choices;
};

#define FIELD(name) offsetof(struct play_options, name)

static const struct option table[] = {
    {"model", OPTION_TEXT, FIELD(model), "", 0, 0, "FILE", "weights to play with", NULL},
    {"game", OPTION_TEXT, FIELD(game), "", 0, 0, "ID",
     "game to play; left out: the one that the weights name", NULL},
    {"games", OPTION_INT, FIELD(games), "10", 1, 1e6, "N", "games to play", NULL},
    {"seed", OPTION_INT, FIELD(seed), "1", 0, 0, "N", "the same seed gives the same games", NULL},
    {"eps", OPTION_REAL, FIELD(eps), "0", 0, 1, "X",
     "chance of a random action of a Q network; A3C samples its policy", NULL},
    {"evaldir", OPTION_TEXT, FIELD(evaldir), "", 0, 0, "DIR",
     "keep scores.csv and a picture of each game's last screen in this folder", NULL},
    {"window", OPTION_FLAG, FIELD(window), "true", 0, 0, NULL,
     "show the game where there is a display; --window=false: do not", NULL},
    {"observation", OPTION_TEXT, FIELD(observation), "", 0, 0, "NAME",
     "seed, deepmind or v4; left out: what the weights name", NULL},
    GAME_CHOICE_OPTIONS(struct play_options, "actions"),
    {"data_dir", OPTION_TEXT, FIELD(data_dir), "", 0, 0, "DIR",
     "folder with libale_c.so and roms; left out: $ASYNCRL_DATA, then beside the program", NULL},
    {0},
};

static enum status run(const struct command *command, int argc, char **argv, struct error *error) {
    struct play_options options;
    enum status status = command_parse(command, argc, argv, &options, error);
    if (status == STATUS_OK)
        status = command_require(command, "model", options.model, error);
    if (status != STATUS_OK)
        return status;
    const struct play_request request = {
        .model = options.model,
        .game = options.game,
        .choices = &options.choices,
        .observation = options.observation,
        .data_dir = options.data_dir,
        .evaldir = options.evaldir,
        .games = (int)options.games,
        .seed = (uint64_t)options.seed,
        .eps = options.eps,
        .window = options.window,
    };
    return play_run(&request, error);
}

const struct command command_play = {
    .name = "play",
    .usage = "play --model=FILE [options]",
    .summary = "watch a trained agent play",
    .details = "Shows the game in a window at its own speed (Escape closes it), or plays without\n"
               "pictures where there is no display, and prints each game's score.\n",
    .options = table,
    .run = run,
};
