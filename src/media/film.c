#include "media/film.h"
#include "media/ffmpeg.h"
#include "store/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LEAST_LINES = 480,
    MOST_DENOMINATOR = 65535, /* of the time base, in MPEG-4 */
};

/* Better ones first; ID_OF_FILE: the file format's default codec. */
enum { ID_OF_FILE = AV_CODEC_ID_NONE };
static const struct {
    const char *name; /* of the encoder; NULL: any of that codec */
    enum AVCodecID id;
    const char *options; /* for good pictures at a fair speed */
} encoders[] = {
    {"libx264", AV_CODEC_ID_H264, "crf=16:preset=veryfast"},
    {"libopenh264", AV_CODEC_ID_H264, "rc_mode=off"},
    {"libvpx-vp9", AV_CODEC_ID_VP9, "crf=20:b=0:deadline=realtime:cpu-used=6"},
    {NULL, (enum AVCodecID)ID_OF_FILE, ""},
    {"mpeg4", AV_CODEC_ID_MPEG4, ""},
};

struct film {
    struct ffmpeg ffmpeg;
    char path[PATH_SIZE];
    char beside[PATH_SIZE]; /* the temporary file; empty once it is renamed or removed */
    AVFormatContext *file;
    AVStream *stream; /* the file's own */
    AVCodecContext *encoder;
    AVFrame *frame;
    AVPacket *packet;
    struct SwsContext *colours;
    uint8_t *enlarged; /* (frame's height, frame's width, 3) */
    int height;
    int width;
    int scale;
    int64_t second;     /* game frames per second, at least 1 */
    int64_t time;       /* of the newest screen, in game frames since the film began */
    int64_t game_start; /* when the next game's first screen is shown */
    int64_t encoded;    /* time of the last screen given to the encoder; -1: none */
    bool in_game;
    bool has_header;
    struct error error; /* the first failure since the film began */
};

/* Keeps the first failure; film_save reports it. */
static bool succeeds(struct film *film, int code) {
    char reason[AV_ERROR_MAX_STRING_SIZE] = "unknown error";
    if (code >= 0)
        return true;
    if (film->error.status == STATUS_OK) {
        film->ffmpeg.av_strerror(code, reason, sizeof reason);
        error_set(&film->error, STATUS_FAILED, "cannot write '%s': %s", film->path, reason);
    }
    return false;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static enum status no_film(const struct film *film, struct error *error) {
    return error_set(error, STATUS_BAD_INPUT,
                     "'%s' does not end like a film; use .mp4, .mkv or .webm", film->path);
}

static void choose_size(struct film *film, int height, int width) {
    film->height = height;
    film->width = width;
    /* Colour is stored per square of four pixels: enlarged by an even number, no two pixels share
     * it. */
    film->scale = height < LEAST_LINES ? 2 * ((LEAST_LINES + 2 * height - 1) / (2 * height)) : 1;
}

static int even(int size) {
    return size + size % 2;
}

/* An encoder's context, ready to be opened; NULL if the encoder is missing. */
static AVCodecContext *prepare_encoder(const struct film *film, const AVCodec *codec,
                                       double frames_per_second) {
    const struct ffmpeg *ffmpeg = &film->ffmpeg;
    AVCodecContext *context = ffmpeg->avcodec_alloc_context3(codec);
    if (!context)
        return NULL;
    context->width = even(film->width * film->scale);
    context->height = even(film->height * film->scale);
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->color_range = AVCOL_RANGE_MPEG;
    context->colorspace = AVCOL_SPC_BT709;
    context->color_primaries = AVCOL_PRI_BT709;
    context->color_trc = AVCOL_TRC_BT709;
    context->sample_aspect_ratio = (AVRational){1, 1};
    context->framerate = ffmpeg->av_d2q(frames_per_second, MOST_DENOMINATOR);
    context->time_base = av_inv_q(context->framerate);
    /* With reordered pictures, files would state too early an end. */
    context->max_b_frames = 0;
    /* For encoders that only know a rate: generous, two bits per pixel. */
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = 2 * FF_QP2LAMBDA;
    if (film->file->oformat->flags & AVFMT_GLOBALHEADER)
        context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    return context;
}

/* Opens the best available encoder that the file format can hold. */
static bool open_encoder(struct film *film, double frames_per_second) {
    const struct ffmpeg *ffmpeg = &film->ffmpeg;
    const AVOutputFormat *format = film->file->oformat;
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders && !film->encoder; i++) {
        const bool usual = encoders[i].id == (enum AVCodecID)ID_OF_FILE;
        const enum AVCodecID id = usual ? format->video_codec : encoders[i].id;
        const AVCodec *codec = encoders[i].name
                                   ? ffmpeg->avcodec_find_encoder_by_name(encoders[i].name)
                                   : ffmpeg->avcodec_find_encoder(id);
        if (!codec ||
            (!usual && ffmpeg->avformat_query_codec(format, id, FF_COMPLIANCE_NORMAL) != 1))
            continue;
        AVDictionary *options = NULL;
        film->encoder = prepare_encoder(film, codec, frames_per_second);
        ffmpeg->av_dict_parse_string(&options, encoders[i].options, "=", ":", 0);
        if (film->encoder && ffmpeg->avcodec_open2(film->encoder, codec, &options) < 0)
            ffmpeg->avcodec_free_context(&film->encoder);
        ffmpeg->av_dict_free(&options);
    }
    return film->encoder != NULL;
}

/* The frames, and the conversion from screens. */
static bool open_frames(struct film *film) {
    const struct ffmpeg *ffmpeg = &film->ffmpeg;
    const int width = film->encoder->width;
    const int height = film->encoder->height;
    film->frame = ffmpeg->av_frame_alloc();
    film->packet = ffmpeg->av_packet_alloc();
    film->enlarged = calloc((size_t)width * (size_t)height, 3);
    film->colours =
        ffmpeg->sws_getContext(width, height, AV_PIX_FMT_RGB24, width, height, AV_PIX_FMT_YUV420P,
                               SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, NULL, NULL, NULL);
    if (!film->frame || !film->packet || !film->enlarged || !film->colours)
        return false;
    const int *bt709 = ffmpeg->sws_getCoefficients(SWS_CS_ITU709);
    const int one = 1 << 16;
    ffmpeg->sws_setColorspaceDetails(film->colours, bt709, 1, bt709, 0, 0, one, one);
    film->frame->format = AV_PIX_FMT_YUV420P;
    film->frame->width = width;
    film->frame->height = height;
    return ffmpeg->av_frame_get_buffer(film->frame, 0) >= 0;
}

static enum status open_film(struct film *film, double frames_per_second, struct error *error) {
    const struct ffmpeg *ffmpeg = &film->ffmpeg;
    char url[PATH_SIZE + sizeof "file:"]; /* otherwise "a:b.mp4" would name a protocol */
    const AVOutputFormat *format = ffmpeg->av_guess_format(NULL, film->path, NULL);
    if (!format || format->video_codec == AV_CODEC_ID_NONE ||
        format->flags & (AVFMT_NOFILE | AVFMT_NEEDNUMBER | AVFMT_NOTIMESTAMPS))
        return no_film(film, error);
    enum status status = atomic_file_try(film->path, error);
    if (status == STATUS_OK)
        status = atomic_file_beside(film->beside, film->path, error);
    if (status != STATUS_OK)
        return status;
    snprintf(url, sizeof url, "file:%s", film->beside);
    if (ffmpeg->avformat_alloc_output_context2(&film->file, format, NULL, url) < 0)
        return error_set(error, STATUS_FAILED, "out of memory for a film");
    if (!open_encoder(film, frames_per_second))
        return no_film(film, error);
    film->stream = ffmpeg->avformat_new_stream(film->file, NULL);
    if (!film->stream || !open_frames(film))
        return error_set(error, STATUS_FAILED, "out of memory for a film");
    film->stream->time_base = film->encoder->time_base;
    film->stream->sample_aspect_ratio = film->encoder->sample_aspect_ratio;
    AVDictionary *options = NULL;
    ffmpeg->av_dict_parse_string(&options, "movflags=+faststart", "=", ":", 0);
    film->has_header =
        succeeds(film,
                 ffmpeg->avcodec_parameters_from_context(film->stream->codecpar, film->encoder)) &&
        succeeds(film, ffmpeg->avio_open(&film->file->pb, url, AVIO_FLAG_WRITE)) &&
        succeeds(film, ffmpeg->avformat_write_header(film->file, &options));
    ffmpeg->av_dict_free(&options);
    if (!film->has_header)
        *error = film->error;
    return film->has_header ? STATUS_OK : film->error.status;
}

enum status film_create(const char *path, int height, int width, double frames_per_second,
                        struct film **film, struct error *error) {
    struct film *created = calloc(1, sizeof *created);
    *film = NULL;
    if (!created)
        return error_set(error, STATUS_FAILED, "out of memory for a film");
    snprintf(created->path, sizeof created->path, "%s", path);
    choose_size(created, height, width);
    created->second = llround(frames_per_second) > 1 ? llround(frames_per_second) : 1;
    created->encoded = -1;
    enum status status = ffmpeg_load(&created->ffmpeg, error);
    if (status == STATUS_OK)
        status = open_film(created, frames_per_second, error);
    if (status == STATUS_OK)
        *film = created;
    else
        film_destroy(created);
    return status;
}

/* ---- Pictures -------------------------------------------------------------------------------- */

/* The pixels beyond a screen of an odd size stay black. */
static void enlarge(struct film *film, const uint8_t *rgb) {
    const size_t row = (size_t)film->encoder->width * 3;
    const int scale = film->scale;
    uint8_t *out = film->enlarged;
    for (int y = 0; y < film->height; y++) {
        uint8_t *pixel = out;
        for (int x = 0; x < film->width; x++, rgb += 3)
            for (int i = 0; i < scale; i++, pixel += 3)
                memcpy(pixel, rgb, 3);
        for (int i = 1; i < scale; i++)
            memcpy(out + (size_t)i * row, out, row);
        out += (size_t)scale * row;
    }
}

/* Gives the encoder a frame, or NULL at the end, and writes what it has ready. */
static void encode(struct film *film, const AVFrame *frame) {
    const struct ffmpeg *ffmpeg = &film->ffmpeg;
    if (film->error.status != STATUS_OK ||
        !succeeds(film, ffmpeg->avcodec_send_frame(film->encoder, frame)))
        return;
    for (;;) {
        const int code = ffmpeg->avcodec_receive_packet(film->encoder, film->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF || !succeeds(film, code))
            return;
        if (film->packet->duration == 0)
            film->packet->duration = 1; /* the duration of a film's last frame */
        ffmpeg->av_packet_rescale_ts(film->packet, film->encoder->time_base,
                                     film->stream->time_base);
        film->packet->stream_index = film->stream->index;
        if (!succeeds(film, ffmpeg->av_interleaved_write_frame(film->file, film->packet)))
            return;
    }
}

/* Encodes the picture in enlarged, shown from time on. */
static void encode_enlarged(struct film *film, int64_t time) {
    const struct ffmpeg *ffmpeg = &film->ffmpeg;
    if (time <= film->encoded || film->error.status != STATUS_OK ||
        !succeeds(film, ffmpeg->av_frame_make_writable(film->frame)))
        return;
    const uint8_t *const planes[] = {film->enlarged};
    const int strides[] = {film->encoder->width * 3};
    ffmpeg->sws_scale(film->colours, planes, strides, 0, film->encoder->height, film->frame->data,
                      film->frame->linesize);
    film->frame->pts = time;
    encode(film, film->frame);
    film->encoded = time;
}

void film_add(struct film *film, const uint8_t *rgb, int emulator_frames) {
    film->time = film->in_game ? film->time + emulator_frames : film->game_start;
    film->in_game = true;
    enlarge(film, rgb);
    encode_enlarged(film, film->time);
}

void film_end_game(struct film *film) {
    if (!film->in_game)
        return;
    film->in_game = false;
    film->game_start = film->time + film->second;
    /* Repeats the last picture: players show the last one only as briefly as any other. */
    encode_enlarged(film, film->game_start - 1);
}

enum status film_save(struct film *film, struct error *error) {
    const struct ffmpeg *ffmpeg = &film->ffmpeg;
    film_end_game(film);
    if (film->error.status == STATUS_OK && film->encoded < 0)
        return STATUS_OK;
    encode(film, NULL);
    film->has_header = false;
    succeeds(film, ffmpeg->av_write_trailer(film->file));
    succeeds(film, ffmpeg->avio_closep(&film->file->pb));
    if (film->error.status != STATUS_OK) {
        *error = film->error;
        return error->status;
    }
    const enum status status = atomic_file_finish(film->path, error);
    film->beside[0] = '\0';
    return status;
}

void film_destroy(struct film *film) {
    if (!film)
        return;
    const struct ffmpeg *ffmpeg = &film->ffmpeg;
    /* If the first function is there, all libraries are. */
    if (film->file) {
        if (film->has_header)
            ffmpeg->av_write_trailer(film->file); /* frees what the header took */
        ffmpeg->avio_closep(&film->file->pb);
        ffmpeg->avformat_free_context(film->file);
        ffmpeg->avcodec_free_context(&film->encoder);
        ffmpeg->av_frame_free(&film->frame);
        ffmpeg->av_packet_free(&film->packet);
        ffmpeg->sws_freeContext(film->colours);
    }
    if (film->beside[0])
        unlink(film->beside);
    free(film->enlarged);
    free(film);
}
