/*
 * What a model that was saved whole says of its own computation, held against ours. Inside of the
 * store room; pure logic on JSON, it touches no file; any thread.
 *
 * The descriptions of Keras 1 to 3 differ in names (subsample and strides, border_mode and padding)
 * and in how a layer names the one below it (inbound_nodes; a Sequential model has none).
 */
#ifndef ASYNCRL_STORE_KERAS_DESCRIPTION_H
#define ASYNCRL_STORE_KERAS_DESCRIPTION_H

#include "store/keras_layout.h"

/*
 * Checks that the layers are of classes that are computed here, lie on each other as roles has
 * them, and have our strides, padding, activations and scaling of the input; side is of the square
 * picture, 1 for a vector. What does not change the computation (Dropout) is passed over. A
 * difference is STATUS_BAD_INPUT and named by its layer.
 */
enum status keras_check_description(const struct json *description, const struct keras_model *model,
                                    const struct keras_roles *roles, int side, struct error *error);

#endif
