#include "base/file_kind.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { LOOKED_AT = 512 }; /* bytes of a file without a signature */

struct signature {
    size_t offset;
    size_t length;
    const char *bytes;
    const char *kind;
};

#define AT(offset, bytes, kind)                                                                    \
    { offset, sizeof(bytes) - 1, bytes, kind }

static const struct signature signatures[] = {
    AT(0, "asyncrl checkpoint\n", "a checkpoint of asyncrl, which --resume=RUN_DIR goes on from"),
    AT(0, "\x89HDF\r\n\x1a\n", "an HDF5 file"),
    AT(0, "version https://git-lfs", "a pointer of Git LFS, not the file that it stands for"),
    AT(0, "\x89PNG\r\n\x1a\n", "a PNG picture"),
    AT(0, "\xff\xd8\xff", "a JPEG picture"),
    AT(0, "GIF8", "a GIF picture"),
    AT(8, "WEBP", "a WebP picture"),
    AT(4, "ftyp", "an MP4 film"),
    AT(4, "TFL3", "a TensorFlow Lite model"),
    AT(0, "\x1f\x8b", "a gzip archive"),
    AT(0, "BZh", "a bzip2 archive"),
    AT(0,
       "\xfd"
       "7zXZ",
       "an xz archive"),
    AT(0, "\x28\xb5\x2f\xfd", "a Zstandard archive"),
    AT(0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    AT(0, "Rar!", "a RAR archive"),
    AT(257, "ustar", "a tar archive"),
    AT(0,
       "\x7f"
       "ELF",
       "a program or library"),
    AT(0, "NES\x1a", "a NES ROM"),
    AT(0, "\x93NUMPY", "a NumPy array"),
    AT(0, "\x80\x02", "a Python pickle"),
    AT(0, "\x80\x03", "a Python pickle"),
    AT(0, "\x80\x04", "a Python pickle"),
    AT(0, "\x80\x05", "a Python pickle"),
    AT(0, "%PDF", "a PDF document"),
    AT(0, "#!", "a script"),
    AT(0, "<!DOCTYPE html", "a web page"),
    AT(0, "<!doctype html", "a web page"),
    AT(0, "<html", "a web page"),
    AT(8, "{\"", "a safetensors file"),
};

static bool contains(const char *data, size_t size, const char *word) {
    return memmem(data, size, word, strlen(word)) != NULL;
}

/* A zip archive's first member tells which program packed it. */
static const char *zip_kind(const char *data, size_t size) {
    enum { NAME_LENGTH = 26, NAME = 30 };
    size_t length = 0;
    if (size > NAME)
        length = (size_t)(uint8_t)data[NAME_LENGTH] | (size_t)(uint8_t)data[NAME_LENGTH + 1] << 8;
    if (length > size - (size < NAME ? size : NAME))
        length = 0;
    const char *name = data + NAME;
    if (contains(name, length, "data.pkl"))
        return "a PyTorch file";
    if (contains(name, length, ".npy"))
        return "a NumPy archive";
    if (length == strlen("data") && memcmp(name, "data", length) == 0)
        return "an agent of Stable-Baselines3";
    if (contains(name, length, "metadata.json") || contains(name, length, "model.weights.h5"))
        return "a .keras archive";
    return "a zip archive";
}

static bool is_space(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

bool file_is_text(const void *data, size_t size) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size && i < LOOKED_AT; i++)
        if (bytes[i] == 0x7f || (bytes[i] < ' ' && !is_space(bytes[i])))
            return false;
    return size > 0;
}

static bool is_zeros(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (data[i] != 0)
            return false;
    return true;
}

static bool has_signature(const struct signature *signature, const char *data, size_t size) {
    return signature->offset + signature->length <= size &&
           memcmp(data + signature->offset, signature->bytes, signature->length) == 0;
}

static const char *text_kind(const char *data, size_t size) {
    size_t start = 0;
    while (start < size && is_space((uint8_t)data[start]))
        start++;
    return start < size && data[start] == '{' ? "JSON text" : "a text";
}

const char *file_kind(const void *data, size_t size) {
    const char *bytes = data;
    const size_t head = size < LOOKED_AT ? size : LOOKED_AT;
    if (size == 0)
        return "an empty file";
    if (size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        return zip_kind(bytes, size);
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
        if (has_signature(&signatures[i], bytes, size))
            return signatures[i].kind;
    if (contains(bytes, head, "brain.Event:"))
        return "an event file of TensorBoard";
    /* A protobuf: field 1, the version of the format, then field 2 or 7, a name or the graph. */
    if (size > 3 && bytes[0] == 8 && bytes[1] > 0 && bytes[1] < 32 &&
        (bytes[2] == 0x12 || bytes[2] == 0x3a))
        return "an ONNX model";
    if (file_is_text(data, head))
        return text_kind(bytes, head);
    return is_zeros(data, head) ? "a file of zeros" : "a file of another kind";
}
