/*
 * Compares the description in a model file (model.save) with what our networks compute. Private to
 * the store room; pure logic on JSON, touches no file; any thread.
 *
 * The descriptions of Keras 1 to 3 differ in names (subsample and strides, border_mode and padding)
 * and in how a layer names the one below it (inbound_nodes; a Sequential model has none).
 */
#ifndef ASYNCRL_STORE_KERAS_DESCRIPTION_H
#define ASYNCRL_STORE_KERAS_DESCRIPTION_H

#include "store/keras_layout.h"

/*
 * Checks that the layers have supported classes, are connected as roles says, and have our strides,
 * padding, activations and input scaling; side is that of the square picture, 1 for a vector.
 * Layers that do not change the computation (Dropout) are skipped. A difference is
 * STATUS_BAD_INPUT, and the message names the layer.
 */
enum status keras_check_description(const struct json *description, const struct keras_model *model,
                                    const struct keras_roles *roles, int side, struct error *error);

#endif
