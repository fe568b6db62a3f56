/*
 * Weight files of ours that name a network of which no other program's files are read: their arrays
 * are found by name, whatever kinds of layers they belong to. Inside of the store room; one thread
 * a process at a time, as HDF5.
 */
#ifndef ASYNCRL_STORE_KERAS_NAMED_H
#define ASYNCRL_STORE_KERAS_NAMED_H

#include "store/hdf5_file.h"
#include "store/keras_layout.h"

/* Whether a file that says this of itself is one of those. */
bool keras_is_named(const struct weights_metadata *metadata);

/* What network the file is for. Only whoever knows the network can tell its picture's size: the
 * usual one is assumed, and keras_named_read finds out. */
enum status keras_named_describe(const struct hdf5_file *file,
                                 const struct weights_metadata *metadata,
                                 struct weights_layout *layout, struct error *error);

/* Reads every view's values into staged, one after the other; raw is room for the largest. A
 * missing array, another shape, or a number that is not finite: STATUS_BAD_INPUT. */
enum status keras_named_read(const struct hdf5_file *file, const struct tensor_view *views,
                             int view_count, float *raw, float *staged, struct error *error);

#endif
