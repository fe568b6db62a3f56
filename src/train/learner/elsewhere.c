#include "train/learner/elsewhere.h"
#include "train/learner/packet.h"
#include "train/learner/together.h"

#include <string.h>

/* How long the learner may sleep before it looks for messages. */
static const double REST_SECONDS = 0.001;

/* A rank that only plays. */
struct remote {
    int rank;
    int ring;
    uint8_t *packet; /* being received, or with segments that the ring has not taken yet */
    size_t room;     /* of packet */
    size_t at;       /* of the next segment in it; 0: it is being received */
    struct ranks_message *receiving;
    struct segment *segment; /* the next for the ring, if is_open */
    bool is_open;
    uint8_t *news; /* being sent */
    struct ranks_message *sending;
    uint64_t version; /* of the newest news */
    int64_t rounds_open;
    bool has_left;
};

struct elsewhere {
    struct learner *learner;
    int count;
    struct remote remotes[];
};

/* ---- Opening --------------------------------------------------------------------------------- */

static size_t params_bytes(const struct learner *learner) {
    return network_param_count(&learner->run->network) * sizeof(float);
}

static bool begin_receive(struct elsewhere *elsewhere, struct remote *remote) {
    remote->at = 0;
    return ranks_begin_receive(elsewhere->learner->ranks, remote->packet, remote->room,
                               remote->rank, &remote->receiving);
}

/* The first message says how large packets are. */
static enum status open_remote(struct elsewhere *elsewhere, struct remote *remote,
                               struct error *error) {
    struct learner *learner = elsewhere->learner;
    uint64_t room;
    together_begin_wait(learner, false);
    if (!ranks_receive(learner->ranks, &room, sizeof room, remote->rank))
        return together_complain(learner, error);
    remote->room = room;
    remote->packet = malloc(remote->room);
    remote->segment = calloc(1, learner->run->layout.segment_bytes);
    remote->news = malloc(sizeof(struct news) + params_bytes(learner));
    if (!remote->packet || !remote->segment || !remote->news)
        return error_set(error, STATUS_FAILED, "out of memory for the segments of rank %d",
                         remote->rank);
    return begin_receive(elsewhere, remote) ? STATUS_OK : together_complain(learner, error);
}

enum status elsewhere_open(struct learner *learner, struct elsewhere **opened,
                           struct error *error) {
    struct run *run = learner->run;
    const int count = run_remote_ranks(run);
    enum status status = STATUS_OK;
    if (count == 0)
        return STATUS_OK;
    struct elsewhere *elsewhere =
        calloc(1, sizeof *elsewhere + (size_t)count * sizeof(struct remote));
    *opened = elsewhere;
    if (!elsewhere)
        return error_set(error, STATUS_FAILED, "out of memory");
    *elsewhere = (struct elsewhere){.learner = learner, .count = count};
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        elsewhere->remotes[i] = (struct remote){
            .rank = run_first_remote(run) + i * run_learners(run),
            .ring = run->metrics->actor_count + i,
        };
        status = open_remote(elsewhere, &elsewhere->remotes[i], error);
    }
    if (status == STATUS_OK && run_is_first(run))
        log_line("learn", "%d of %d ranks learn; the others only play", run_learners(run),
                 run_ranks(run));
    return status;
}

void elsewhere_close(struct elsewhere *elsewhere) {
    for (int i = 0; elsewhere && i < elsewhere->count; i++) {
        free(elsewhere->remotes[i].packet);
        free(elsewhere->remotes[i].segment);
        free(elsewhere->remotes[i].news);
    }
    free(elsewhere);
}

/* ---- News ------------------------------------------------------------------------------------ */

/* In rounds, weights are published just before a round is opened, and go with that. */
static bool has_news(const struct elsewhere *elsewhere, const struct remote *remote) {
    const struct run *run = elsewhere->learner->run;
    const uint64_t version = transport_version(run->transport);
    if (version == 0 || remote->version == 0 || !run_in_rounds(run))
        return version != remote->version;
    return transport_get(run->transport, WORD_ROUNDS_OPEN) != remote->rounds_open;
}

static bool send_news(struct elsewhere *elsewhere, struct remote *remote, bool is_end) {
    const struct learner *learner = elsewhere->learner;
    const struct transport *transport = learner->run->transport;
    const uint64_t version = transport_version(transport);
    const struct news news = {
        .version = version,
        .steps = transport_get(transport, WORD_STEPS),
        .round_steps = transport_get(transport, WORD_ROUND_STEPS),
        .rounds_open = transport_get(transport, WORD_ROUNDS_OPEN),
        .has_params = version != remote->version,
        .is_end = is_end,
    };
    const size_t params = news.has_params ? params_bytes(learner) : 0;
    memcpy(remote->news, &news, sizeof news);
    if (news.has_params)
        memcpy(remote->news + sizeof news, transport_published(transport), params);
    remote->version = version;
    remote->rounds_open = news.rounds_open;
    return ranks_begin_send(learner->ranks, remote->news, sizeof news + params, remote->rank,
                            &remote->sending);
}

static bool move_news(struct elsewhere *elsewhere, struct remote *remote) {
    const int sent = ranks_test(elsewhere->learner->ranks, &remote->sending);
    if (sent == 1 && has_news(elsewhere, remote))
        return send_news(elsewhere, remote, false);
    return sent >= 0;
}

/* ---- Packets --------------------------------------------------------------------------------- */

/* Takes a packet that has come; 1 if there is one, 0 if not, -1 if the rank cannot be reached. */
static int take_packet(struct elsewhere *elsewhere, struct remote *remote) {
    struct packet packet;
    if (remote->at > 0)
        return 1;
    const int received = ranks_test(elsewhere->learner->ranks, &remote->receiving);
    if (received < 1)
        return received;
    memcpy(&packet, remote->packet, sizeof packet);
    remote->at = sizeof packet;
    remote->has_left = packet.is_last;
    if (packet.wants_end)
        run_wind_down(elsewhere->learner->run);
    return 1;
}

/* False while the ring is full. */
static bool fill_ring(struct elsewhere *elsewhere, struct remote *remote) {
    struct run *run = elsewhere->learner->run;
    for (;;) {
        if (!remote->is_open)
            remote->is_open =
                packet_next(remote->packet, &remote->at, remote->segment, &run->layout);
        if (!remote->is_open)
            return true;
        if (!transport_push(run->transport, remote->ring, remote->segment, 0))
            return false;
        remote->is_open = false;
    }
}

static bool move_packet(struct elsewhere *elsewhere, struct remote *remote) {
    const int taken = take_packet(elsewhere, remote);
    if (taken < 1)
        return taken == 0;
    return !fill_ring(elsewhere, remote) || begin_receive(elsewhere, remote);
}

bool elsewhere_move(struct elsewhere *elsewhere) {
    for (int i = 0; elsewhere && i < elsewhere->count; i++) {
        struct remote *remote = &elsewhere->remotes[i];
        if (!move_news(elsewhere, remote) || !move_packet(elsewhere, remote))
            return false;
    }
    return true;
}

bool elsewhere_catch_up(struct elsewhere *elsewhere) {
    for (int i = 0; elsewhere && i < elsewhere->count; i++) {
        struct remote *remote = &elsewhere->remotes[i];
        together_begin_wait(elsewhere->learner, false);
        while (has_news(elsewhere, remote)) {
            if (!move_news(elsewhere, remote) || !together_goes_on(elsewhere->learner))
                return false;
            clock_sleep(REST_SECONDS);
        }
    }
    return true;
}

double elsewhere_rest(const struct elsewhere *elsewhere, double seconds) {
    return elsewhere && seconds > REST_SECONDS ? REST_SECONDS : seconds;
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Tells a rank that the run ends, and drops its packets up to the last one. It has to receive them:
 * the sender takes no news before its actors have begun their round, and full rings block those. */
static bool end_remote(struct elsewhere *elsewhere, struct remote *remote) {
    struct learner *learner = elsewhere->learner;
    bool is_told = false;
    together_begin_wait(learner, false);
    if (remote->at > 0 && !begin_receive(elsewhere, remote))
        return false;
    while (together_goes_on(learner)) {
        const int sent = ranks_test(learner->ranks, &remote->sending);
        const int taken = remote->has_left ? 0 : take_packet(elsewhere, remote);
        if (sent < 0 || taken < 0)
            return false;
        if (sent == 1 && is_told && remote->has_left)
            return true;
        if (sent == 1 && !is_told)
            is_told = send_news(elsewhere, remote, true);
        if (taken == 1 && !remote->has_left && !begin_receive(elsewhere, remote))
            return false;
        clock_sleep(REST_SECONDS);
    }
    return false;
}

enum status elsewhere_end(struct elsewhere *elsewhere, struct error *error) {
    for (int i = 0; elsewhere && i < elsewhere->count; i++)
        if (!end_remote(elsewhere, &elsewhere->remotes[i]))
            return together_complain(elsewhere->learner, error);
    return STATUS_OK;
}
