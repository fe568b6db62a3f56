#include "media/ffmpeg.h"

#define FFMPEG_SYMBOL(name) {#name, offsetof(struct ffmpeg, name)},
static const struct shared_symbol avutil_symbols[] = {AVUTIL_FUNCTIONS(FFMPEG_SYMBOL)};
static const struct shared_symbol avcodec_symbols[] = {AVCODEC_FUNCTIONS(FFMPEG_SYMBOL)};
static const struct shared_symbol avformat_symbols[] = {AVFORMAT_FUNCTIONS(FFMPEG_SYMBOL)};
static const struct shared_symbol swscale_symbols[] = {SWSCALE_FUNCTIONS(FFMPEG_SYMBOL)};
#undef FFMPEG_SYMBOL

/* Interfaces change with the major version, so the version of the headers is loaded. */
#define FFMPEG_LIBRARY(name, version, symbols)                                                     \
    { "lib" name ".so." AV_STRINGIFY(version), symbols, sizeof(symbols) / sizeof *(symbols) }

static const struct {
    const char *name;
    const struct shared_symbol *symbols;
    size_t symbol_count;
} libraries[] = {
    FFMPEG_LIBRARY("avutil", LIBAVUTIL_VERSION_MAJOR, avutil_symbols),
    FFMPEG_LIBRARY("avcodec", LIBAVCODEC_VERSION_MAJOR, avcodec_symbols),
    FFMPEG_LIBRARY("avformat", LIBAVFORMAT_VERSION_MAJOR, avformat_symbols),
    FFMPEG_LIBRARY("swscale", LIBSWSCALE_VERSION_MAJOR, swscale_symbols),
};

enum status ffmpeg_load(struct ffmpeg *ffmpeg, struct error *error) {
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        struct shared_library *library =
            shared_library_open(libraries[i].name, SHARED_LIBRARY_LOCAL, NULL);
        if (!library)
            return error_set(error, STATUS_FAILED,
                             "a film needs FFmpeg's libraries, and %s cannot be loaded; "
                             "tools/install-deps brings it",
                             libraries[i].name);
        const char *missing = shared_library_find_all(library, libraries[i].symbols,
                                                      libraries[i].symbol_count, ffmpeg);
        if (missing)
            return error_set(error, STATUS_FAILED,
                             "a film needs FFmpeg's libraries, and these have no %s; "
                             "tools/install-deps brings others",
                             missing);
    }
    ffmpeg->av_log_set_level(AV_LOG_QUIET);
    return STATUS_OK;
}
