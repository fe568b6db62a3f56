/* Event files as bytes: their records, and whole records after a full disk. tests/tensorboard reads
 * them with the real TensorBoard. */
#include "report/record.h"
#include "report/report.h"
#include "run_folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_FILE = 1 << 20 };

/* ---- Records --------------------------------------------------------------------------------- */

/* RFC 3720, appendix B.4, and the check value that catalogues of CRCs give. */
static void crcs_are_castagnolis(void **state) {
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(crc32c(bytes, sizeof bytes), 0x62a8ab43);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(crc32c(bytes, sizeof bytes), 0x46dd794e);
    assert_int_equal(crc32c(bytes, 0), 0);
}

/* Every file that TensorFlow writes begins with these twelve bytes: its first record, the version,
 * has 24. */
static void a_record_is_framed_as_tensorflow_does(void **state) {
    (void)state;
    static const uint8_t header[] = {0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22};
    uint8_t record[RECORD_HEADER_SIZE + 24 + RECORD_FOOTER_SIZE] = {0};
    memset(record + RECORD_HEADER_SIZE, 7, 24);
    record_frame(record, 24);
    assert_memory_equal(record, header, sizeof header);
    const uint32_t masked = crc32c_masked(record + RECORD_HEADER_SIZE, 24);
    for (int i = 0; i < RECORD_FOOTER_SIZE; i++)
        assert_int_equal(record[RECORD_HEADER_SIZE + 24 + i], masked >> 8 * i & 0xff);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Reads the folder's one event file; returns its size. */
static size_t read_events(const char *folder, uint8_t *bytes) {
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    size_t size = 0;
    int files = 0;
    for (const struct dirent *entry; (entry = readdir(listing));) {
        if (strncmp(entry->d_name, "events.out.tfevents.", 20) != 0)
            continue;
        char path[PATH_SIZE];
        struct error error;
        assert_int_equal(path_join(path, folder, entry->d_name, &error), STATUS_OK);
        FILE *stream = fopen(path, "rb");
        assert_non_null(stream);
        size = fread(bytes, 1, MAX_FILE, stream);
        fclose(stream);
        files++;
    }
    closedir(listing);
    assert_int_equal(files, 1);
    return size;
}

static uint64_t number_at(const uint8_t *bytes, int size) {
    uint64_t number = 0;
    for (int i = 0; i < size; i++)
        number |= (uint64_t)bytes[i] << 8 * i;
    return number;
}

/* Walks over records, checking each; returns their number. */
static int count_records(const uint8_t *bytes, size_t size) {
    int records = 0;
    size_t at = 0;
    while (at < size) {
        assert_true(at + RECORD_HEADER_SIZE <= size);
        const uint64_t length = number_at(bytes + at, 8);
        assert_int_equal(number_at(bytes + at + 8, 4), crc32c_masked(bytes + at, 8));
        const uint8_t *data = bytes + at + RECORD_HEADER_SIZE;
        assert_true(length <= size - at - RECORD_HEADER_SIZE - RECORD_FOOTER_SIZE);
        assert_int_equal(number_at(data + length, 4), crc32c_masked(data, length));
        at += RECORD_HEADER_SIZE + length + RECORD_FOOTER_SIZE;
        records++;
    }
    return records;
}

static bool holds(const uint8_t *bytes, size_t size, const char *text) {
    return memmem(bytes, size, text, strlen(text)) != NULL;
}

static void a_file_has_whole_records(void **state) {
    const char *folder = *state;
    static uint8_t bytes[MAX_FILE];
    struct event_file *file;
    struct error error;
    const struct event_scalar scalars[] = {{"rollout/ep_rew_mean", 1.5}, {"time/fps", 100}};
    const struct event_parameter parameters[] = {
        {.name = "lr", .type = OPTION_REAL, .number = 0.01},
        {.name = "game", .type = OPTION_TEXT, .text = "catch"},
        {.name = "double_q", .type = OPTION_FLAG, .number = 1},
    };
    const uint8_t picture[] = "GIF89a and so on";
    const struct event_gif gif = {picture, sizeof picture, 84, 84};
    assert_int_equal(event_file_open(folder, 0, &file, &error), STATUS_OK);
    assert_int_equal(event_file_add_parameters(file, 0, parameters, 3, &error), STATUS_OK);
    assert_int_equal(event_file_add_scalars(file, 5, scalars, 2, &error), STATUS_OK);
    assert_int_equal(event_file_add_gif(file, 5, "play/game", &gif, &error), STATUS_OK);
    assert_int_equal(event_file_add_end(file, 5, &error), STATUS_OK);
    event_file_close(file);

    const size_t size = read_events(folder, bytes);
    assert_int_equal(count_records(bytes, size), 6); /* the version and the session's start first */
    assert_int_equal(number_at(bytes, 8), 24);
    assert_true(holds(bytes, size, "brain.Event:2"));
    assert_true(holds(bytes, size, "rollout/ep_rew_mean"));
    assert_true(holds(bytes, size, "GIF89a and so on"));
    assert_true(holds(bytes, size, "_hparams_/session_start_info"));
}

static void a_full_disk_leaves_whole_records(void **state) {
    const char *folder = *state;
    static uint8_t bytes[MAX_FILE];
    struct event_file *file;
    struct error error;
    const struct event_scalar scalar = {"time/fps", 100};
    assert_int_equal(event_file_open(folder, 0, &file, &error), STATUS_OK);
    const size_t size = read_events(folder, bytes);
    limit_files((int64_t)size + 10);
    assert_int_equal(event_file_add_scalars(file, 5, &scalar, 1, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "events.out.tfevents."));
    assert_non_null(strstr(error.message, "File too large"));
    limit_files(-1);
    assert_int_equal(read_events(folder, bytes), size);
    assert_int_equal(event_file_add_scalars(file, 5, &scalar, 1, &error), STATUS_OK);
    event_file_close(file);
    assert_int_equal(count_records(bytes, read_events(folder, bytes)), 3);
}

static void a_file_that_cannot_begin_leaves_nothing(void **state) {
    const char *folder = *state;
    struct event_file *file;
    struct error error;
    limit_files(10);
    assert_int_equal(event_file_open(folder, 0, &file, &error), STATUS_FAILED);
    limit_files(-1);
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    for (const struct dirent *entry; (entry = readdir(listing));)
        assert_int_equal(entry->d_name[0], '.');
    closedir(listing);
    assert_int_equal(event_file_open("/nowhere", 0, &file, &error), STATUS_FAILED);
}

/* Writes points at these steps. */
static void write_points(const char *folder, const int64_t *steps, int count) {
    struct event_file *file;
    struct error error;
    const struct event_scalar scalar = {"time/fps", 100};
    assert_int_equal(event_file_open(folder, 0, &file, &error), STATUS_OK);
    for (int i = 0; i < count; i++)
        assert_int_equal(event_file_add_scalars(file, steps[i], &scalar, 1, &error), STATUS_OK);
    event_file_close(file);
}

static void a_cut_leaves_what_was_before(void **state) {
    const char *folder = *state;
    static uint8_t bytes[MAX_FILE];
    struct error error;
    write_points(folder, (const int64_t[]){10, 20, 30, 40}, 4);
    assert_int_equal(event_files_cut(folder, 40, &error), STATUS_OK);
    assert_int_equal(count_records(bytes, read_events(folder, bytes)), 6);
    assert_int_equal(event_files_cut(folder, 29, &error), STATUS_OK);
    assert_int_equal(count_records(bytes, read_events(folder, bytes)), 4);
    assert_int_equal(event_files_cut("/nowhere", 0, &error), STATUS_OK);
}

static void set_byte(const char *folder, size_t position, uint8_t byte) {
    char path[PATH_SIZE];
    struct error error;
    DIR *listing = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(listing));) {
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(path_join(path, folder, entry->d_name, &error), STATUS_OK);
        FILE *stream = fopen(path, "r+b");
        assert_non_null(stream);
        assert_int_equal(fseek(stream, (long)position, SEEK_SET), 0);
        fputc(byte, stream);
        fclose(stream);
    }
    closedir(listing);
}

/* With any damaged length, nothing is read past a file's end, and the file does not change. */
static void a_damaged_file_does_not_change(void **state) {
    const char *folder = *state;
    static uint8_t bytes[MAX_FILE];
    struct error error;
    write_points(folder, (const int64_t[]){10, 20}, 2);
    const size_t size = read_events(folder, bytes);
    for (size_t position = 0; position < RECORD_HEADER_SIZE; position++) {
        set_byte(folder, position, (uint8_t)~bytes[position]);
        assert_int_equal(event_files_cut(folder, 5, &error), STATUS_OK);
        set_byte(folder, position, bytes[position]);
        assert_int_equal(read_events(folder, bytes), size);
    }
    uint8_t header[RECORD_HEADER_SIZE + RECORD_FOOTER_SIZE] = {0};
    memset(header, 0xff, 7); /* a length that only its check says is right */
    const uint32_t masked = crc32c_masked(header, 8);
    for (size_t i = 0; i < 8; i++)
        set_byte(folder, i, header[i]);
    for (size_t i = 0; i < 4; i++)
        set_byte(folder, 8 + i, (uint8_t)(masked >> 8 * i));
    assert_int_equal(event_files_cut(folder, 5, &error), STATUS_OK);
    assert_int_equal(read_events(folder, bytes), size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crcs_are_castagnolis),
        cmocka_unit_test(a_record_is_framed_as_tensorflow_does),
        cmocka_unit_test_setup_teardown(a_file_has_whole_records, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_whole_records, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_begin_leaves_nothing, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_cut_leaves_what_was_before, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_damaged_file_does_not_change, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
