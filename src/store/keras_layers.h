/*
 * Finds the layers with weights in a Keras file, and where their arrays lie. Private to the store
 * room; one thread per process at a time, as HDF5.
 *
 * Two layouts: Keras 1 and 2 (and Keras 3's .h5 files) list the names of layers and arrays in
 * attributes, at the root or in the group model_weights. Keras 3's .weights.h5 has a group for each
 * layer, named by its class and a number.
 */
#ifndef ASYNCRL_STORE_KERAS_LAYERS_H
#define ASYNCRL_STORE_KERAS_LAYERS_H

#include "store/hdf5_file.h"
#include "store/keras_layout.h"

/* Fills the layers of model, in the model's order, their shapes as the file has them; and the
 * version, backend and layout in origin. Both are empty at first. */
enum status keras_find_layers(const struct hdf5_file *file, struct keras_model *model,
                              struct keras_origin *origin, struct error *error);

#endif
