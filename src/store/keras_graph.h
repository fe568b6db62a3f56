/*
 * The layers in a model's description (model.save), linked as the description says, and the ways
 * down from layer to layer. keras_description.c compares them with our networks. Private to the
 * store room; pure logic on JSON, touches no file; any thread.
 *
 * The descriptions of Keras 1 to 3 differ in how a layer names the one below it: inbound_nodes,
 * which a Sequential model lacks.
 */
#ifndef ASYNCRL_STORE_KERAS_GRAPH_H
#define ASYNCRL_STORE_KERAS_GRAPH_H

#include "store/keras_layout.h"

enum { KERAS_MAX_NODES = 64, KERAS_WORD_SIZE = 32 };

/* Indices in place of a node's. */
enum { KERAS_OUTSIDE = -1 /* the model's input */, KERAS_NOT_FOUND = -2 };

/* What a layer does, by its class. */
enum keras_kind {
    KERAS_KIND_UNKNOWN,
    KERAS_KIND_INPUT,
    KERAS_KIND_WEIGHTS,
    KERAS_KIND_FLATTEN,
    KERAS_KIND_PASSED, /* acts only in training */
    KERAS_KIND_ACTIVATION,
    KERAS_KIND_RESCALING
};

/* A layer of the description, which it points into. */
struct keras_node {
    char name[KERAS_NAME_SIZE];
    char class[KERAS_WORD_SIZE];
    const struct json *layer;
    const struct json *config; /* may be NULL */
    int source;                /* the node below it, or KERAS_OUTSIDE */
};

struct keras_graph {
    int count;
    struct keras_node nodes[KERAS_MAX_NODES];
};

/* The path from a layer down to the next one with weights. */
struct keras_way {
    int end; /* that layer, or KERAS_OUTSIDE */
    char activation[KERAS_WORD_SIZE];
    const struct keras_node *activated; /* the layer that has it; NULL: none */
    bool flattened;
    const struct keras_node *rescaling; /* NULL: none */
};

/* Reads all layers and links them; graph refers to description. STATUS_BAD_INPUT: a layer of an
 * unknown class, or one that is used twice or reads a missing one. */
enum status keras_read_graph(const struct json *description, struct keras_graph *graph,
                             struct error *error);

/* The index of the node with this name, or KERAS_NOT_FOUND. */
int keras_find_node(const struct keras_graph *graph, const char *name);

enum keras_kind keras_node_kind(const struct keras_node *node);

/* Walks down from the node at index, which is included. STATUS_BAD_INPUT: a circle, or two
 * activations. */
enum status keras_follow(const struct keras_graph *graph, int index, struct keras_way *way,
                         struct error *error);

/* Reads the printable text of key; "" if object is NULL or has none. */
void keras_read_word(const struct json *object, const char *key, char *out, size_t size);

/* Fills error with "found layer 'NAME' " and what; returns STATUS_BAD_INPUT. */
enum status keras_refuse_node(const struct keras_node *node, const char *what, struct error *error);

#endif
