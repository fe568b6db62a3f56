#include "play/viewer.h"
#include "env/env.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Limits of the speed, as powers of two. */
enum { SLOWEST = -4, FASTEST = 6 };

/* Faster pictures are not all drawn: no display shows more. */
static const double shortest_show = 1.0 / 125;

struct viewer {
    struct window *window;
    char id[GAME_ID_SIZE];
    char what[48];
    char title[GAME_ID_SIZE + 128]; /* the current speed */
    double score;
    double frames_a_second; /* of the game's own machine */
    double next_frame;      /* when the next picture is due, on clock_seconds */
    double last_shown;
    int speed; /* exponent of two */
    bool is_paused;
};

enum status viewer_open(const char *id, const struct emulator_info *info, struct viewer **viewer,
                        struct error *error) {
    struct viewer *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory for a window");
    const struct window_request request = {
        .title = id,
        .height = info->screen_height,
        .width = info->screen_width,
        .pixel_aspect = info->pixel_aspect,
    };
    snprintf(opened->id, sizeof opened->id, "%s", id);
    opened->frames_a_second = info->frames_per_second;
    const enum status status = window_open(&request, &opened->window, error);
    if (status != STATUS_OK) {
        free(opened);
        return status;
    }
    *viewer = opened;
    return STATUS_OK;
}

struct window *viewer_window(struct viewer *viewer) {
    return viewer->window;
}

static void show_title(struct viewer *viewer) {
    char title[sizeof viewer->title];
    char speed[24] = "";
    if (viewer->speed > 0)
        snprintf(speed, sizeof speed, "   speed x%d", 1 << viewer->speed);
    if (viewer->speed < 0)
        snprintf(speed, sizeof speed, "   speed x1/%d", 1 << -viewer->speed);
    snprintf(title, sizeof title, "%s   %s   score %.0f%s%s", viewer->id, viewer->what,
             viewer->score, speed, viewer->is_paused ? "   paused" : "");
    if (strcmp(title, viewer->title) == 0)
        return;
    memcpy(viewer->title, title, sizeof title);
    window_set_title(viewer->window, title);
}

void viewer_begin(struct viewer *viewer, const char *what) {
    snprintf(viewer->what, sizeof viewer->what, "%s", what);
    viewer->score = 0;
    show_title(viewer);
}

/* How long to show a game's frames. */
static double seconds_of(const struct viewer *viewer, int frames) {
    return ldexp(frames / viewer->frames_a_second, -viewer->speed);
}

static void change_speed(struct viewer *viewer, int change) {
    const int speed = viewer->speed + change;
    viewer->speed = speed < SLOWEST ? SLOWEST : speed > FASTEST ? FASTEST : speed;
}

/* Obeys a command. True: go on to the next screen. */
static bool obey(struct viewer *viewer, enum window_command command, enum viewer_wish *wish) {
    switch (command) {
    case WINDOW_PAUSE:
        viewer->is_paused = !viewer->is_paused;
        break;
    case WINDOW_STEP:
        viewer->is_paused = true;
        break;
    case WINDOW_FASTER:
        change_speed(viewer, 1);
        break;
    case WINDOW_SLOWER:
        change_speed(viewer, -1);
        break;
    case WINDOW_RESTART:
        *wish = VIEWER_RESTART;
        break;
    case WINDOW_NEXT:
        *wish = VIEWER_NEXT;
        break;
    case WINDOW_QUIT:
        *wish = VIEWER_QUIT;
        break;
    case WINDOW_KEY:
    case WINDOW_NOTHING:
        break;
    }
    show_title(viewer);
    return *wish != VIEWER_GO_ON || command == WINDOW_STEP;
}

enum viewer_wish viewer_show(struct viewer *viewer, const uint8_t *rgb, int frames, double score) {
    enum viewer_wish wish = VIEWER_GO_ON;
    const double now = clock_seconds();
    viewer->score = score;
    show_title(viewer);
    if (viewer->is_paused || now - viewer->last_shown >= shortest_show ||
        seconds_of(viewer, frames) >= shortest_show) {
        window_show(viewer->window, rgb);
        viewer->last_shown = now;
    }
    if (viewer->next_frame < now - 0.25)
        viewer->next_frame = now; /* fallen behind: do not hurry to make up for it */
    viewer->next_frame += seconds_of(viewer, frames);

    for (;;) {
        const bool is_covered = window_is_covered(viewer->window);
        const double left = viewer->is_paused ? INFINITY
                            : is_covered      ? 0.05
                                              : viewer->next_frame - clock_seconds();
        const bool was_paused = viewer->is_paused;
        const enum window_command command = window_wait(viewer->window, fmax(left, 0));
        if (command == WINDOW_NOTHING && !viewer->is_paused && !window_is_covered(viewer->window))
            return wish;
        if (obey(viewer, command, &wish))
            return wish;
        if (viewer->is_paused && !was_paused)
            window_show(viewer->window, rgb); /* it may not have been drawn */
    }
}

enum viewer_wish viewer_look(struct viewer *viewer, double score) {
    enum viewer_wish wish = VIEWER_GO_ON;
    enum window_command command;
    viewer->score = score;
    show_title(viewer);
    while ((command = window_wait(viewer->window, 0)) != WINDOW_NOTHING)
        if (obey(viewer, command, &wish))
            break;
    return wish;
}

enum viewer_wish viewer_say(struct viewer *viewer, const struct window_line *lines, int count,
                            double seconds) {
    enum viewer_wish wish = VIEWER_GO_ON;
    enum window_command command = WINDOW_FASTER;
    const double end = clock_seconds() + seconds;
    window_say(viewer->window, lines, count);
    while (command == WINDOW_FASTER || command == WINDOW_SLOWER) {
        command = window_wait(viewer->window, fmax(end - clock_seconds(), 0));
        if (command != WINDOW_PAUSE) /* here it only ends the wait */
            obey(viewer, command, &wish);
    }
    window_say(viewer->window, NULL, 0);
    return wish;
}

void viewer_close(struct viewer *viewer) {
    if (!viewer)
        return;
    window_close(viewer->window);
    free(viewer);
}
