/*
 * A trained agent as a program: screens in, actions out. For each picture (PPM, "P6") on stdin it
 * prints at once a line with an action and the network's outputs, so that it plays a game in any
 * language through two pipes: see docs/embedding.md.
 *
 *     cc act.c $(pkg-config --cflags --libs asyncrl) -o act
 *     ./act model.h5 <screens.ppm
 */
#include <asyncrl/agent.h>
#include <stdio.h>

static int stop(const char *message) {
    fprintf(stderr, "act: %s\n", message);
    return 1;
}

/* The outputs for a numbered action: one for each, or with several parts one for each choice. */
static int count_outputs(const struct asyncrl_agent_about *about) {
    int count = about->part_count > 0 ? 0 : about->action_count;
    for (int i = 0; i < about->part_count; i++)
        count += about->part_sizes[i];
    return count;
}

int main(int argc, char **argv) {
    static uint8_t screen[1024 * 1024 * 3];
    struct asyncrl_error error;
    struct asyncrl_agent *agent;
    struct asyncrl_agent_options options = {.abi_version = ASYNCRL_AGENT_ABI,
                                            .model = argc > 1 ? argv[1] : NULL};
    if (asyncrl_agent_open(&options, &agent, &error) != ASYNCRL_OK)
        return stop(error.message);
    const struct asyncrl_agent_about *about = asyncrl_agent_about(agent);
    const int outputs = count_outputs(about);
    const char *problem = NULL;
    int width, height;
    while (!problem && scanf("P6 %d %d 255", &width, &height) == 2 && getchar() != EOF) {
        struct asyncrl_decision decision;
        const size_t pixels = width > 0 && height > 0 ? (size_t)width * (size_t)height : 0;
        if (pixels > sizeof screen / 3 || fread(screen, 3, pixels, stdin) != pixels) {
            problem = "the picture is too large, or cut short";
        } else if (asyncrl_agent_see(agent, screen, height, width, &error) != ASYNCRL_OK ||
                   asyncrl_agent_decide(agent, &decision, &error) != ASYNCRL_OK) {
            problem = error.message;
        } else {
            printf("%d", decision.action);
            for (int i = 0; i < outputs; i++)
                printf(" %.7g", (double)(decision.policy ? decision.policy : decision.q)[i]);
            putchar('\n');
            fflush(stdout);
        }
    }
    asyncrl_agent_close(agent);
    return problem ? stop(problem) : 0;
}
