#include "store/hdf5_file.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HDF5 prints its errors unless this is turned off. The setting is global: close restores it. */
struct hdf5_file {
    hid_t id;
    char name[32]; /* unique: the library treats files of the same name as one */
    hid_t links;   /* how links are followed */
    bool failed;   /* a write failed */
    H5E_auto2_t report_before;
    void *report_data_before;
};

/* ---- Opening and closing --------------------------------------------------------------------- */

/* Its parameters are as HDF5 wants them. */
static herr_t
refuse_external_link(const char *parent_file, const char *parent_group, const char *child_file,
                     const char *child_object,
                     unsigned *access_flags, /* NOLINT(readability-non-const-parameter) */
                     hid_t access, void *data) {
    (void)parent_file, (void)parent_group, (void)child_file, (void)child_object;
    (void)access_flags, (void)access, (void)data;
    return -1;
}

static struct hdf5_file *new_file(void) {
    struct hdf5_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    H5Eget_auto2(H5E_DEFAULT, &file->report_before, &file->report_data_before);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    file->links = H5Pcreate(H5P_LINK_ACCESS);
    H5Pset_elink_cb(file->links, refuse_external_link, NULL);
    snprintf(file->name, sizeof file->name, "memory %p", (void *)file);
    return file;
}

/* Access to a file in memory; closing the file closes all that was opened in it. */
static hid_t memory_access(void) {
    const size_t growth = 1 << 20;
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, growth, false);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    return access;
}

struct hdf5_file *hdf5_open(const void *data, size_t size) {
    struct hdf5_file *file = new_file();
    if (!file)
        return NULL;
    const hid_t access = memory_access();
    file->id = H5Pset_file_image(access, (void *)data, size) >= 0
                   ? H5Fopen(file->name, H5F_ACC_RDONLY, access)
                   : H5I_INVALID_HID;
    H5Pclose(access);
    if (file->id >= 0)
        return file;
    hdf5_close(file);
    return NULL;
}

struct hdf5_file *hdf5_create(void) {
    struct hdf5_file *file = new_file();
    if (!file)
        return NULL;
    const hid_t access = memory_access();
    file->id = H5Fcreate(file->name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    if (file->id >= 0)
        return file;
    hdf5_close(file);
    return NULL;
}

void hdf5_close(struct hdf5_file *file) {
    if (!file)
        return;
    if (file->id >= 0)
        H5Fclose(file->id);
    H5Pclose(file->links);
    H5Eset_auto2(H5E_DEFAULT, file->report_before, file->report_data_before);
    free(file);
}

/* ---- Reading: objects and attributes --------------------------------------------------------- */

bool hdf5_exists(const struct hdf5_file *file, const char *path) {
    return path[0] == '\0' || H5Lexists(file->id, path, file->links) > 0;
}

/* A group or dataset; negative if there is none. */
static hid_t open_object(const struct hdf5_file *file, const char *path) {
    if (!hdf5_exists(file, path))
        return H5I_INVALID_HID;
    return H5Oopen(file->id, path[0] ? path : "/", file->links);
}

static bool allocate_texts(struct hdf5_texts *texts, size_t count, size_t width) {
    if (width > HDF5_MAX_TEXT_BYTES || count * width > HDF5_MAX_TEXT_BYTES)
        return false;
    *texts = (struct hdf5_texts){count, width, calloc(count + 1, width)};
    return texts->data != NULL;
}

static bool read_variable_texts(hid_t attribute, hid_t type, hid_t space, size_t count,
                                struct hdf5_texts *texts) {
    char **values = calloc(count, sizeof *values);
    if (!values)
        return false;
    bool read = H5Aread(attribute, type, values) >= 0;
    if (read) {
        size_t longest = 0;
        for (size_t i = 0; i < count; i++)
            if (values[i] && strlen(values[i]) > longest)
                longest = strlen(values[i]);
        read = allocate_texts(texts, count, longest + 1);
        for (size_t i = 0; read && i < count; i++)
            if (values[i])
                memcpy(texts->data + i * texts->width, values[i], strlen(values[i]));
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, values);
    }
    free(values);
    return read;
}

/* Each text gets one byte more than in the file, so that it ends with a zero. */
static bool read_fixed_texts(hid_t attribute, hid_t stored, size_t count,
                             struct hdf5_texts *texts) {
    const size_t width = H5Tget_size(stored) + 1;
    if (!allocate_texts(texts, count, width))
        return false;
    const hid_t type = H5Tcopy(stored);
    const bool read = H5Tset_size(type, width) >= 0 && H5Tset_strpad(type, H5T_STR_NULLTERM) >= 0 &&
                      H5Aread(attribute, type, texts->data) >= 0;
    H5Tclose(type);
    if (!read)
        free(texts->data);
    return read;
}

static bool read_open_texts(hid_t attribute, struct hdf5_texts *texts) {
    const hid_t space = H5Aget_space(attribute);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const hid_t type = H5Aget_type(attribute);
    bool read = false;
    if (count == 0) /* h5py gives an empty list the type float64 */
        read = allocate_texts(texts, 0, 1);
    else if (count > 0 && count <= HDF5_MAX_TEXTS && H5Tget_class(type) == H5T_STRING)
        read = H5Tis_variable_str(type) > 0
                   ? read_variable_texts(attribute, type, space, (size_t)count, texts)
                   : read_fixed_texts(attribute, type, (size_t)count, texts);
    H5Tclose(type);
    H5Sclose(space);
    return read;
}

/* An attribute; negative if there is none. */
static hid_t open_attribute(const struct hdf5_file *file, const char *path, const char *name) {
    const hid_t object = open_object(file, path);
    if (object < 0)
        return H5I_INVALID_HID;
    const hid_t attribute =
        H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : H5I_INVALID_HID;
    H5Oclose(object);
    return attribute;
}

bool hdf5_read_texts(const struct hdf5_file *file, const char *path, const char *attribute,
                     struct hdf5_texts *texts) {
    const hid_t id = open_attribute(file, path, attribute);
    if (id < 0)
        return false;
    const bool read = read_open_texts(id, texts);
    H5Aclose(id);
    return read;
}

bool hdf5_has_texts(const struct hdf5_file *file, const char *path, const char *attribute) {
    struct hdf5_texts texts;
    if (!hdf5_read_texts(file, path, attribute, &texts))
        return false;
    free(texts.data);
    return true;
}

bool hdf5_read_word(const struct hdf5_file *file, const char *path, const char *attribute,
                    char *out, size_t size) {
    out[0] = '\0';
    const hid_t id = open_attribute(file, path, attribute);
    if (id < 0)
        return true;
    struct hdf5_texts texts;
    const bool read = read_open_texts(id, &texts);
    H5Aclose(id);
    if (!read)
        return false;
    const bool fits = texts.count == 1 && strlen(texts.data) < size && is_printable(texts.data);
    if (fits)
        memcpy(out, texts.data, strlen(texts.data) + 1);
    free(texts.data);
    return fits;
}

bool hdf5_read_int(const struct hdf5_file *file, const char *path, const char *attribute,
                   int64_t *out) {
    const hid_t id = open_attribute(file, path, attribute);
    if (id < 0)
        return false;
    const hid_t space = H5Aget_space(id);
    const hid_t type = H5Aget_type(id);
    const bool read = H5Sget_simple_extent_npoints(space) == 1 &&
                      H5Tget_class(type) == H5T_INTEGER && H5Aread(id, H5T_NATIVE_INT64, out) >= 0;
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(id);
    return read;
}

static bool read_open_names(hid_t group, struct hdf5_texts *names) {
    const size_t width = 128;
    H5G_info_t info;
    if (H5Gget_info(group, &info) < 0 || info.nlinks > HDF5_MAX_TEXTS ||
        !allocate_texts(names, (size_t)info.nlinks, width))
        return false;
    for (size_t i = 0; i < names->count; i++) {
        const ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i,
                                                  names->data + i * width, width, H5P_DEFAULT);
        if (length <= 0 || (size_t)length >= width) {
            free(names->data);
            return false;
        }
    }
    return true;
}

bool hdf5_read_names(const struct hdf5_file *file, const char *path, struct hdf5_texts *names) {
    const hid_t group = open_object(file, path);
    if (group < 0)
        return false;
    const bool read = H5Iget_type(group) == H5I_GROUP && read_open_names(group, names);
    H5Oclose(group);
    return read;
}

/* ---- Reading: arrays ------------------------------------------------------------------------- */

/* Chunks are read whole, so they have the same limit as the array. */
static bool chunks_are_sound(hid_t plan) {
    hsize_t chunk[TENSOR_MAX_RANK];
    const int rank = H5Pget_chunk(plan, TENSOR_MAX_RANK, chunk);
    if (rank < 1 || rank > TENSOR_MAX_RANK)
        return false;
    hsize_t size = 1;
    for (int i = 0; i < rank; i++) {
        if (chunk[i] > HDF5_MAX_VALUES || size * chunk[i] > HDF5_MAX_VALUES)
            return false;
        size *= chunk[i];
    }
    return true;
}

/* Only the library's own filters: it would search the disk for others as plugins. */
static bool filters_are_sound(hid_t plan) {
    const int count = H5Pget_nfilters(plan);
    for (int i = 0; i < count; i++) {
        unsigned flags;
        size_t values = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(plan, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return false;
    }
    return count >= 0;
}

/* Whether all of the floats lie in this file. */
static bool storage_is_sound(hid_t dataset) {
    const hid_t type = H5Dget_type(dataset);
    const hid_t plan = H5Dget_create_plist(dataset);
    const H5D_layout_t layout = H5Pget_layout(plan);
    const bool sound =
        H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) <= sizeof(double) &&
        H5Dget_storage_size(dataset) > 0 && H5Pget_external_count(plan) == 0 &&
        (layout == H5D_COMPACT || layout == H5D_CONTIGUOUS ||
         (layout == H5D_CHUNKED && chunks_are_sound(plan) && filters_are_sound(plan)));
    H5Pclose(plan);
    H5Tclose(type);
    return sound;
}

static int bounded_shape(hid_t space, int shape[TENSOR_MAX_RANK]) {
    hsize_t dims[TENSOR_MAX_RANK];
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 1 || rank > TENSOR_MAX_RANK || H5Sget_simple_extent_dims(space, dims, NULL) != rank)
        return -1;
    hsize_t size = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 1 || dims[i] > HDF5_MAX_VALUES || size * dims[i] > HDF5_MAX_VALUES)
            return -1;
        size *= dims[i];
        shape[i] = (int)dims[i];
    }
    return rank;
}

int hdf5_array_shape(const struct hdf5_file *file, const char *path, int shape[TENSOR_MAX_RANK]) {
    const hid_t dataset = open_object(file, path);
    if (dataset < 0)
        return -1;
    int rank = -1;
    if (H5Iget_type(dataset) == H5I_DATASET && storage_is_sound(dataset)) {
        const hid_t space = H5Dget_space(dataset);
        rank = bounded_shape(space, shape);
        H5Sclose(space);
    }
    H5Oclose(dataset);
    return rank;
}

static bool read_dataset(const struct hdf5_file *file, const char *path, hid_t type, void *values) {
    const hid_t dataset = open_object(file, path);
    if (dataset < 0)
        return false;
    const bool read = H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    H5Oclose(dataset);
    return read;
}

bool hdf5_read_floats(const struct hdf5_file *file, const char *path, float *values) {
    return read_dataset(file, path, H5T_NATIVE_FLOAT, values);
}

/* ---- Reading: lists -------------------------------------------------------------------------- */

/* The same type on disk and in memory, so nothing is converted (a NaN keeps its payload). */
static hid_t type_of(enum hdf5_type type) {
    switch (type) {
    case HDF5_BYTES:
        return H5T_STD_U8LE;
    case HDF5_FLOATS:
        return H5T_IEEE_F32LE;
    case HDF5_INTS:
        return H5T_STD_I64LE;
    default:
        return H5T_IEEE_F64LE;
    }
}

/* False for a group, which has no type. Then *count is unchanged. */
static bool is_list(hid_t dataset, enum hdf5_type type, hsize_t *count) {
    const hid_t stored = H5Dget_type(dataset);
    const hid_t space = H5Dget_space(dataset);
    const bool found = H5Tequal(stored, type_of(type)) > 0 &&
                       H5Sget_simple_extent_ndims(space) == 1 &&
                       H5Sget_simple_extent_dims(space, count, NULL) == 1;
    H5Sclose(space);
    H5Tclose(stored);
    return found;
}

bool hdf5_list_count(const struct hdf5_file *file, const char *path, enum hdf5_type type,
                     size_t *count) {
    *count = 0;
    const hid_t dataset = open_object(file, path);
    if (dataset < 0)
        return false;
    hsize_t found = 0;
    const bool is = is_list(dataset, type, &found);
    H5Oclose(dataset);
    *count = (size_t)found;
    return is;
}

bool hdf5_read_list(const struct hdf5_file *file, const char *path, enum hdf5_type type,
                    void *values) {
    return read_dataset(file, path, type_of(type), values);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static hid_t make_intermediate_groups(void) {
    const hid_t creation = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(creation, 1);
    return creation;
}

void hdf5_write_group(struct hdf5_file *file, const char *path) {
    const hid_t links = make_intermediate_groups();
    const hid_t group = H5Gcreate2(file->id, path, links, H5P_DEFAULT, H5P_DEFAULT);
    file->failed |= group < 0;
    if (group >= 0)
        H5Gclose(group);
    H5Pclose(links);
}

static void write_attribute(struct hdf5_file *file, const char *path, const char *name, hid_t type,
                            hid_t space, const void *value) {
    const hid_t object = open_object(file, path);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    file->failed |= attribute < 0 || H5Awrite(attribute, type, value) < 0;
    if (attribute >= 0)
        H5Aclose(attribute);
    if (object >= 0)
        H5Oclose(object);
}

/* Fixed length: every h5py returns it as bytes, which Keras 2 decodes. */
static void write_texts(struct hdf5_file *file, const char *path, const char *attribute,
                        hid_t space, size_t width, const char *data) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    write_attribute(file, path, attribute, type, space, data);
    H5Tclose(type);
}

void hdf5_write_word(struct hdf5_file *file, const char *path, const char *attribute,
                     const char *word) {
    const hid_t space = H5Screate(H5S_SCALAR);
    write_texts(file, path, attribute, space, strlen(word), word);
    H5Sclose(space);
}

void hdf5_write_texts(struct hdf5_file *file, const char *path, const char *attribute,
                      const struct hdf5_texts *texts) {
    const hsize_t count = texts->count;
    const hid_t space = H5Screate_simple(1, &count, NULL);
    write_texts(file, path, attribute, space, texts->width, texts->data);
    H5Sclose(space);
}

void hdf5_write_int(struct hdf5_file *file, const char *path, const char *attribute,
                    int64_t value) {
    const hid_t space = H5Screate(H5S_SCALAR);
    write_attribute(file, path, attribute, H5T_NATIVE_INT64, space, &value);
    H5Sclose(space);
}

/* An array whose numbers are of one type in memory and in the file. */
static void write_dataset(struct hdf5_file *file, const char *path, hid_t type, int rank,
                          const hsize_t *dims, const void *values) {
    const hid_t space = H5Screate_simple(rank, dims, NULL);
    const hid_t links = make_intermediate_groups();
    const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(plan, false); /* otherwise the bytes would depend on the time */
    const hid_t dataset = H5Dcreate2(file->id, path, type, space, links, plan, H5P_DEFAULT);
    file->failed |=
        dataset < 0 || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0;
    if (dataset >= 0)
        H5Dclose(dataset);
    H5Pclose(plan);
    H5Pclose(links);
    H5Sclose(space);
}

void hdf5_write_floats(struct hdf5_file *file, const char *path, int rank, const int *shape,
                       const float *values) {
    hsize_t dims[TENSOR_MAX_RANK];
    for (int i = 0; i < rank; i++)
        dims[i] = (hsize_t)shape[i];
    write_dataset(file, path, H5T_IEEE_F32LE, rank, dims, values);
}

void hdf5_write_list(struct hdf5_file *file, const char *path, enum hdf5_type type,
                     const void *values, size_t count) {
    const hsize_t length = count;
    write_dataset(file, path, type_of(type), 1, &length, values);
}

bool hdf5_take_bytes(struct hdf5_file *file, size_t front, void **data, size_t *size) {
    if (file->failed || H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0)
        return false;
    const ssize_t length = H5Fget_file_image(file->id, NULL, 0);
    char *bytes = length > 0 ? malloc(front + (size_t)length) : NULL;
    if (!bytes || H5Fget_file_image(file->id, bytes + front, (size_t)length) != length) {
        free(bytes);
        return false;
    }
    *data = bytes;
    *size = front + (size_t)length;
    return true;
}
