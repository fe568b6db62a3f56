/*
 * The sender: the process that a rank that only plays has in the learner's place. It takes segments
 * out of its actors' rings and sends them to the learner of another rank, which sends weights and
 * words back. To its actors and its supervisor it looks like a learner.
 */
#include "train/learner/packet.h"
#include "train/learner/together.h"

#include <string.h>

/* How long it may sleep before it looks for news. */
static const double REST_SECONDS = 0.001;

struct sender {
    struct learner learner; /* only run, metrics, reader and ranks */
    int to;                 /* the learner's rank */
    uint8_t *packet;        /* being sent */
    size_t room;            /* of packet */
    struct ranks_message *sending;
    uint8_t *news; /* being received */
    size_t news_room;
    struct ranks_message *receiving;
    bool has_news; /* received, but not taken yet */
    bool is_end;
    bool has_asked; /* the learner to end */
};

/* ---- News ------------------------------------------------------------------------------------ */

static bool receive_news(struct sender *sender) {
    sender->has_news = false;
    return ranks_begin_receive(sender->learner.ranks, sender->news, sender->news_room, sender->to,
                               &sender->receiving);
}

/* In rounds, actors take the weights of their next round before there are newer ones, as those of
 * the learner do (await_next_round in learner.c). In lockstep they wait for that news. */
static bool may_take(const struct run *run, const struct news *news) {
    const int64_t next = news->rounds_open - run_rounds_ahead(run);
    return !run_in_rounds(run) || run->config->lockstep || news->is_end || next <= 0 ||
           run_all_begun(run, next);
}

static void take_news(struct sender *sender, const struct news *news) {
    struct transport *transport = sender->learner.run->transport;
    if (news->has_params)
        transport_publish(transport, (const float *)(const void *)(sender->news + sizeof *news),
                          news->version);
    transport_set(transport, WORD_STEPS, news->steps);
    transport_set(transport, WORD_ROUND_STEPS, news->round_steps);
    transport_set(transport, WORD_ROUNDS_OPEN, news->rounds_open);
    transport_set(transport, WORD_READY, 1);
    sender->is_end = news->is_end;
}

/* False if the learner cannot be reached. */
static bool move_news(struct sender *sender) {
    struct news news;
    if (!sender->has_news) {
        const int received = ranks_test(sender->learner.ranks, &sender->receiving);
        if (received < 1)
            return received == 0;
        together_begin_wait(&sender->learner, false);
        sender->has_news = true;
    }
    memcpy(&news, sender->news, sizeof news);
    if (!may_take(sender->learner.run, &news))
        return true;
    take_news(sender, &news);
    return sender->is_end || receive_news(sender);
}

/* ---- Packets --------------------------------------------------------------------------------- */

static bool send_packet(struct sender *sender, bool is_last) {
    struct packet packet;
    memcpy(&packet, sender->packet, sizeof packet);
    packet.wants_end = sender->has_asked;
    packet.is_last = is_last;
    memcpy(sender->packet, &packet, sizeof packet);
    return ranks_begin_send(sender->learner.ranks, sender->packet, packet.size, sender->to,
                            &sender->sending);
}

static void empty_packet(struct sender *sender) {
    const struct packet packet = {.size = sizeof packet};
    memcpy(sender->packet, &packet, sizeof packet);
}

/* Whether there is anything to send. */
static bool fill_packet(struct sender *sender) {
    struct run *run = sender->learner.run;
    const bool asks = run_winds_down(run) && !sender->has_asked;
    bool is_filled = false;
    struct segment *segment;
    empty_packet(sender);
    while ((segment = experience_peek(&sender->learner.reader)) &&
           packet_add(sender->packet, sender->room, segment, &run->layout)) {
        experience_release(&sender->learner.reader, segment);
        is_filled = true;
    }
    sender->has_asked = sender->has_asked || asks;
    return is_filled || asks;
}

/* False if the learner cannot be reached. */
static bool move_packet(struct sender *sender) {
    const int sent = ranks_test(sender->learner.ranks, &sender->sending);
    if (sent < 1)
        return sent == 0;
    if (!fill_packet(sender))
        return true;
    together_begin_wait(&sender->learner, false);
    return send_packet(sender, false);
}

/* ---- From begin to end ----------------------------------------------------------------------- */

static enum status open_sender(struct sender *sender, struct error *error) {
    struct run *run = sender->learner.run;
    experience_open(&sender->learner.reader, run);
    sender->to = run_learner_of(run);
    sender->room = packet_room(&run->layout, run->metrics->queue_capacity);
    sender->news_room = sizeof(struct news) + network_param_count(&run->network) * sizeof(float);
    sender->packet = malloc(sender->room);
    sender->news = malloc(sender->news_room);
    if (!sender->packet || !sender->news)
        return error_set(error, STATUS_FAILED, "out of memory for segments");
    const enum status status = together_join(&sender->learner, error);
    if (status != STATUS_OK)
        return status;
    const uint64_t room = sender->room;
    together_begin_wait(&sender->learner, false);
    return ranks_send(sender->learner.ranks, &room, sizeof room, sender->to) && receive_news(sender)
               ? STATUS_OK
               : together_complain(&sender->learner, error);
}

static bool goes_on(struct sender *sender) {
    return move_news(sender) && move_packet(sender) && together_goes_on(&sender->learner);
}

/* Waits for the packet that is under way, and sends one more, the last. */
static bool say_goodbye(struct sender *sender) {
    bool has_said = false;
    for (;;) {
        const int sent = ranks_test(sender->learner.ranks, &sender->sending);
        if (sent < 0 || !together_goes_on(&sender->learner))
            return false;
        if (sent == 1 && has_said)
            return true;
        if (sent == 1) {
            empty_packet(sender);
            has_said = send_packet(sender, true);
        }
        clock_sleep(REST_SECONDS);
    }
}

static enum status exchange(struct sender *sender, struct error *error) {
    struct transport *transport = sender->learner.run->transport;
    while (!sender->is_end) {
        const struct doorbell_moment moment = transport_look(transport);
        if (!goes_on(sender))
            return together_complain(&sender->learner, error);
        transport_sleep(transport, moment, 1, REST_SECONDS);
    }
    return say_goodbye(sender) ? STATUS_OK : together_complain(&sender->learner, error);
}

int sender_main(struct run *run) {
    struct sender sender = {.learner = {.run = run, .metrics = &run->metrics->learner, .lock = -1}};
    struct error error;
    enum status status = open_sender(&sender, &error);
    if (status == STATUS_OK)
        status = exchange(&sender, &error);
    if (status != STATUS_OK)
        run_fail(run, &error);
    ranks_close(sender.learner.ranks, status == STATUS_OK && sender.is_end);
    run_stop(run);
    experience_close(&sender.learner.reader);
    free(sender.packet);
    free(sender.news);
    return status == STATUS_OK ? 0 : 1;
}
