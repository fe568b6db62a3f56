/*
 * An ONNX model under construction: inputs, nodes, tensors, outputs and properties, added one after
 * the other and then written to a file. It knows the format and nothing of networks; onnx.c knows
 * those. Private to the agent room; any thread.
 *
 *     struct onnx_model *model = onnx_model_create();
 *     char *in = onnx_add_input(model, "in", ONNX_BYTES, sizes, 3);
 *     struct onnx_node *node = onnx_add_node(model, "Cast", "levels", in, NULL, NULL);
 *     onnx_set_int(node, "to", ONNX_FLOATS);
 *     onnx_add_output(model, onnx_node_output(node, 0), size);
 *     status = onnx_model_write(model, path, error);
 *     free(model);
 *
 * A value is referred to by its name, as in the file. The model owns the names that it returns. The
 * caller's names and the tensors' numbers must live as long as the model, unless a comment says
 * that it copies them. It has room for any network that network_spec allows.
 */
#ifndef ASYNCRL_AGENT_ONNX_MODEL_H
#define ASYNCRL_AGENT_ONNX_MODEL_H

#include "agent/agent.h"

struct onnx_model;
struct onnx_node;

/* Types of numbers, as the format counts them. */
enum onnx_type { ONNX_FLOATS = 1, ONNX_BYTES = 2 };

/* An empty model; NULL: out of memory. The caller frees it with free(). */
struct onnx_model *onnx_model_create(void);

/* Selects a set of operators newer than 13, and the version of the format that has it. */
void onnx_use_operators(struct onnx_model *model, int64_t ir_version, int64_t operator_set);

/* Adds an input of the whole model, of shape (batch, sizes...); returns its name. */
char *onnx_add_input(struct onnx_model *model, char *name, enum onnx_type type, const int *sizes,
                     int count);

/* Makes a value an output of the whole model: floats, (batch, size). */
void onnx_add_output(struct onnx_model *model, char *value, int size);

/* Adds a node that reads one to three values; second and third may be NULL. Copies output, the name
 * of the value that it makes. */
struct onnx_node *onnx_add_node(struct onnx_model *model, char *operator_name, const char *output,
                                char *first, char *second, char *third);

/* Adds a node that splits the columns of value into count equal parts. Copies their names. */
struct onnx_node *onnx_add_split(struct onnx_model *model, char *value, const char *const *names,
                                 int count);

/* The name of a value that the node makes: 0, or the number of a split's part. */
char *onnx_node_output(struct onnx_node *node, int index);

/* Attributes of a node. Copies values. */
void onnx_set_int(struct onnx_node *node, char *name, int64_t value);
void onnx_set_ints(struct onnx_node *node, char *name, int count, const int *values);

/* Adds a tensor with the view's name, shape and numbers; returns its name. */
char *onnx_add_tensor(struct onnx_model *model, const struct tensor_view *view);

/* Adds a tensor of rank 0 that holds value; returns its name. */
char *onnx_add_constant(struct onnx_model *model, char *name, float value);

/* Adds a line of metadata, unless value is "". */
void onnx_add_property(struct onnx_model *model, char *key, const char *value);

/* Writes the file in one piece. */
enum status onnx_model_write(const struct onnx_model *model, const char *path, struct error *error);

#endif
