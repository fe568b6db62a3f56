/*
 * Our own weight files of networks that no other program writes: arrays are found by name, for any
 * kind of layer. Private to the store room; one thread per process at a time, as HDF5.
 */
#ifndef ASYNCRL_STORE_KERAS_NAMED_H
#define ASYNCRL_STORE_KERAS_NAMED_H

#include "store/hdf5_file.h"
#include "store/keras_layout.h"

/* Whether a file with this metadata is one of those. */
bool keras_is_named(const struct weights_metadata *metadata);

/* Describes the file's network. The file does not give the picture's size: the usual one is
 * assumed, and keras_named_read checks it. */
enum status keras_named_describe(const struct hdf5_file *file,
                                 const struct weights_metadata *metadata,
                                 struct weights_layout *layout, struct error *error);

/* Reads every view's values into staged, one after the other; raw has room for the largest.
 * STATUS_BAD_INPUT: a missing array, another shape, or a number that is not finite. */
enum status keras_named_read(const struct hdf5_file *file, const struct tensor_view *views,
                             int view_count, float *raw, float *staged, struct error *error);

#endif
