#include "games/atari/ports.h"

/* A paddle's least resistance, and its change per run. */
enum { MIN_OHMS = 27450, TURN = 23000 };

static uint8_t stick_lines(uint8_t stick) {
    const unsigned pressed = (stick & STICK_UP ? 1u : 0) | (stick & STICK_DOWN ? 2u : 0) |
                             (stick & STICK_LEFT ? 4u : 0) | (stick & STICK_RIGHT ? 8u : 0);
    return (uint8_t)(~pressed & 15);
}

static void read_sticks(struct console *console, const struct console_inputs *inputs) {
    const int left = console->setup->swaps_ports ? 1 : 0;
    console->ports[0] =
        (uint8_t)(stick_lines(inputs->sticks[left]) << 4 | stick_lines(inputs->sticks[left ^ 1]));
    for (int i = 0; i < 2; i++)
        console->fires[i] = inputs->sticks[left ^ i] & STICK_FIRE ? 0 : 0x80;
}

/* Only the first two of four paddles are ever turned. */
static void read_paddles(struct console *console, const struct console_inputs *inputs) {
    const struct console_setup *setup = console->setup;
    unsigned pressed = 0;
    for (int i = 0; i < 2; i++) {
        int32_t *ohms = &console->state.paddles[i];
        if (inputs->sticks[i] & STICK_RIGHT)
            *ohms -= TURN;
        if (inputs->sticks[i] & STICK_LEFT)
            *ohms += TURN;
        *ohms = *ohms < MIN_OHMS ? MIN_OHMS : *ohms > setup->paddle_max ? setup->paddle_max : *ohms;
        if (inputs->sticks[i] & STICK_FIRE)
            pressed |= (i ^ setup->swaps_paddles) ? 0x40 : 0x80;
    }
    console->ports[0] = (uint8_t)~pressed;
    console->fires[0] = console->fires[1] = 0x80;
}

void ports_read(struct console *console, const struct console_inputs *inputs) {
    if (console->setup->controllers == CONTROLLERS_STICKS)
        read_sticks(console, inputs);
    else
        read_paddles(console, inputs);
    console->is_charged = inputs->is_charged;
    console->ports[1] = (uint8_t)(0x3f & ~(inputs->reset ? 1 : 0) & ~(inputs->select ? 2 : 0));
    console->ports[1] |= (uint8_t)(console->setup->difficulty << 6);
}

void ports_center(struct console *console) {
    for (int i = 0; i < 4; i++)
        console->state.paddles[i] = (MIN_OHMS + console->setup->paddle_max) / 2;
}
