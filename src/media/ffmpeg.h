/*
 * FFmpeg's libraries, which are loaded at run time: only films need them. No other file includes
 * their headers.
 */
#ifndef ASYNCRL_MEDIA_FFMPEG_H
#define ASYNCRL_MEDIA_FFMPEG_H

#include "base/base.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

/* The functions that are used from each library. */
#define AVUTIL_FUNCTIONS(X)                                                                        \
    X(av_d2q)                                                                                      \
    X(av_dict_free)                                                                                \
    X(av_dict_parse_string)                                                                        \
    X(av_frame_alloc)                                                                              \
    X(av_frame_free)                                                                               \
    X(av_frame_get_buffer)                                                                         \
    X(av_frame_make_writable)                                                                      \
    X(av_log_set_level)                                                                            \
    X(av_strerror)

#define AVCODEC_FUNCTIONS(X)                                                                       \
    X(av_packet_alloc)                                                                             \
    X(av_packet_free)                                                                              \
    X(av_packet_rescale_ts)                                                                        \
    X(avcodec_alloc_context3)                                                                      \
    X(avcodec_find_encoder)                                                                        \
    X(avcodec_find_encoder_by_name)                                                                \
    X(avcodec_free_context)                                                                        \
    X(avcodec_open2)                                                                               \
    X(avcodec_parameters_from_context)                                                             \
    X(avcodec_receive_packet)                                                                      \
    X(avcodec_send_frame)

#define AVFORMAT_FUNCTIONS(X)                                                                      \
    X(av_guess_format)                                                                             \
    X(av_interleaved_write_frame)                                                                  \
    X(av_write_trailer)                                                                            \
    X(avformat_alloc_output_context2)                                                              \
    X(avformat_free_context)                                                                       \
    X(avformat_new_stream)                                                                         \
    X(avformat_query_codec)                                                                        \
    X(avformat_write_header)                                                                       \
    X(avio_closep)                                                                                 \
    X(avio_open)

#define SWSCALE_FUNCTIONS(X)                                                                       \
    X(sws_freeContext)                                                                             \
    X(sws_getCoefficients)                                                                         \
    X(sws_getContext)                                                                              \
    X(sws_scale)                                                                                   \
    X(sws_setColorspaceDetails)

struct ffmpeg {
#define FFMPEG_FIELD(name) __typeof__(name) *(name);
    AVUTIL_FUNCTIONS(FFMPEG_FIELD)
    AVCODEC_FUNCTIONS(FFMPEG_FIELD)
    AVFORMAT_FUNCTIONS(FFMPEG_FIELD)
    SWSCALE_FUNCTIONS(FFMPEG_FIELD)
#undef FFMPEG_FIELD
};

/*
 * Loads the libraries, which stay loaded until the process ends, and silences their log.
 * STATUS_FAILED: one is missing, or is not of the version whose headers the program was built with.
 */
enum status ffmpeg_load(struct ffmpeg *ffmpeg, struct error *error);

#endif
