/*
 * The order in which a Keras file keeps the numbers of its arrays, and their conversion to ours.
 * Pure logic; touches no file. Private to the store room; any thread.
 *
 * The conventions of a file, and how they are found:
 *
 * - Kernel order. Keras 2 and 3 keep (height, width, in, out). Keras 1 keeps (out, in, height,
 * width), or (height, width, in, out) with dim_ordering "tf": the model's description says which;
 * without one, the first kernel's two equal sides do.
 * - Flip. Theano convolves; the others correlate. Keras 2 names the backend in `backend` (and flips
 * likewise: keras 2.3.1, engine/saving.py); Keras 1 does not, but names TensorFlow's weights with a
 * ":0".
 * - Rows of the first dense kernel, which follow the Flatten: (channel, row, column) as in our
 * networks, or (row, column, channel) if the model was channels last, or if its Flatten has
 * data_format channels_first (it then transposes: keras 3, layers/reshaping/flatten.py). The
 * model's description (model.save), our own attribute or Keras 1's order of kernels says which; for
 * any other file the user must (--channels).
 */
#ifndef ASYNCRL_STORE_KERAS_ORDER_H
#define ASYNCRL_STORE_KERAS_ORDER_H

#include "store/keras_layout.h"

/*
 * Decides a model's conventions and converts its layers' shapes to our order. asked: the order of
 * channels that the user gave; STATUS_BAD_INPUT if it is needed and missing, or contradicts the
 * file.
 */
enum status keras_settle(struct keras_model *model, const struct keras_origin *origin,
                         enum channels_order asked, struct error *error);

/* Converts the file's array raw to ours, out: tensor->size floats each. */
void keras_convert(const struct keras_model *model, const struct keras_tensor *tensor,
                   const float *raw, float *out);

/* Converts Keras 2's kernel raw to view's order: the inverse of keras_kernel_to_file. */
void keras_kernel_from_file(const struct tensor_view *view, const float *raw, float *out);

/* Writes our convolution kernel (out, in, height, width) as Keras 2's (height, width, in, out). */
void keras_kernel_to_file(const struct tensor_view *view, float *out);

#endif
