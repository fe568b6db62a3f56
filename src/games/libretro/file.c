#include "games/libretro/file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_CORE_BYTES = 1 << 28, NAME_SIZE = 48 };

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr elf_segment;
typedef Elf64_Shdr elf_section;
typedef Elf64_Sym elf_symbol;
#else
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr elf_segment;
typedef Elf32_Shdr elf_section;
typedef Elf32_Sym elf_symbol;
#endif

/* The name under which the loader knows the copy; it loads only one file under a name. */
static void copy_name(const struct libretro_file *file, char name[NAME_SIZE]) {
    snprintf(name, NAME_SIZE, "/proc/self/fd/%d", file->memory);
}

static void own_symbols(unsigned char *bytes, size_t size, const elf_section *section) {
    if (section->sh_offset > size || section->sh_size > size - section->sh_offset)
        return;
    unsigned char *table = bytes + section->sh_offset;
    for (size_t at = 0; at + sizeof(elf_symbol) <= section->sh_size; at += sizeof(elf_symbol)) {
        elf_symbol symbol;
        memcpy(&symbol, table + at, sizeof symbol);
        const unsigned char type = symbol.st_info & 15;
        if (symbol.st_info >> 4 != STB_GNU_UNIQUE)
            continue;
        symbol.st_info = (unsigned char)(STB_GLOBAL << 4 | type);
        memcpy(table + at, &symbol, sizeof symbol);
    }
}

/*
 * C++ libraries have symbols of which the loader keeps only one per process (STB_GNU_UNIQUE: static
 * variables of inline functions and templates). Copies would share those, so they become ordinary
 * global ones. A file that is not ELF stays unchanged: the loader reports it.
 */
static void make_symbols_own(unsigned char *bytes, size_t size) {
    elf_header header;
    if (size < sizeof header)
        return;
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_shentsize != sizeof(elf_section))
        return;
    for (size_t i = 0; i < header.e_shnum; i++) {
        const size_t at = i * sizeof(elf_section);
        elf_section section;
        if (header.e_shoff > size || at + sizeof section > size - header.e_shoff)
            return;
        memcpy(&section, bytes + header.e_shoff + at, sizeof section);
        if (section.sh_type == SHT_DYNSYM)
            own_symbols(bytes, size, &section);
    }
}

/* Whether the file has everything that the loader would map: with a file cut short it reads beyond
 * the end, which ends the process. The loader itself refuses a file that is not ELF. */
static bool is_whole(const unsigned char *bytes, size_t size) {
    elf_header header;
    if (size < sizeof header || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return true;
    memcpy(&header, bytes, sizeof header);
    for (size_t i = 0; i < header.e_phnum; i++) {
        const size_t at = i * sizeof(elf_segment);
        elf_segment segment;
        if (header.e_phoff > size || at + sizeof segment > size - header.e_phoff)
            return false;
        memcpy(&segment, bytes + header.e_phoff + at, sizeof segment);
        if (segment.p_type == PT_LOAD &&
            (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
            return false;
    }
    return true;
}

static bool write_all(int descriptor, const unsigned char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t written = write(descriptor, bytes, size);
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

static enum status copy_to_memory(const char *path, struct libretro_file *file,
                                  struct error *error) {
    unsigned char *bytes;
    size_t size;
    const enum status status = path_read_file(path, MAX_CORE_BYTES, &bytes, &size, error);
    if (status != STATUS_OK)
        return status;
    if (!is_whole(bytes, size)) {
        free(bytes);
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' is not a libretro core: the file is cut short", path);
    }
    make_symbols_own(bytes, size);
    file->memory = memfd_create("libretro-core", MFD_CLOEXEC);
    const bool is_written = file->memory >= 0 && write_all(file->memory, bytes, size);
    const int why = errno;
    free(bytes);
    if (!is_written)
        return error_set(error, STATUS_FAILED, "cannot copy the core '%s' to memory: %s", path,
                         strerror(why));
    return STATUS_OK;
}

/*
 * Moves the copy to a descriptor whose name the loader does not know. It may even know the name of
 * a free descriptor: a child process closes descriptors of its parent, but the parent's libraries
 * stay loaded.
 */
static bool take_free_name(struct libretro_file *file) {
    for (;;) {
        char name[NAME_SIZE];
        copy_name(file, name);
        if (!shared_library_is_loaded(name))
            return true;
        const int other = fcntl(file->memory, F_DUPFD_CLOEXEC, file->memory + 1);
        if (other < 0)
            return false;
        close(file->memory);
        file->memory = other;
    }
}

enum status libretro_file_load(const char *path, struct libretro_file *file, struct error *error) {
    *file = (struct libretro_file){.memory = -1};
    if (path_is_hidden(path, error))
        return STATUS_BAD_INPUT;
    if (!path_is_file(path))
        return error_set(error, STATUS_BAD_INPUT, "there is no libretro core '%s'", path);
    enum status status = copy_to_memory(path, file, error);
    if (status == STATUS_OK && !take_free_name(file))
        status =
            error_set(error, STATUS_FAILED, "cannot load the core '%s': %s", path, strerror(errno));
    if (status == STATUS_OK) {
        char name[NAME_SIZE];
        copy_name(file, name);
        const char *words;
        file->library = shared_library_open(name, SHARED_LIBRARY_LOCAL, &words);
        if (!file->library) {
            /* The loader's message begins with the meaningless name of the copy. */
            const size_t known = strlen(name);
            if (strncmp(words, name, known) == 0)
                words += known + strspn(words + known, ": ");
            status =
                error_set(error, STATUS_BAD_INPUT, "'%s' is not a libretro core: %s", path, words);
        }
    }
    if (status != STATUS_OK)
        libretro_file_unload(file);
    return status;
}

/* The leak sanitizer recognises a core's leaks by the library's name, which works only while it is
 * loaded (tools/lsan.supp): so it stays loaded there. */
#ifdef __SANITIZE_ADDRESS__
static const bool unloads = false;
#else
static const bool unloads = true;
#endif

void libretro_file_unload(struct libretro_file *file) {
    char name[NAME_SIZE];
    copy_name(file, name);
    if (file->library) {
        if (unloads)
            shared_library_close(file->library);
        /* A library that stays loaded keeps its name, and so its descriptor. */
        if (shared_library_is_loaded(name))
            file->memory = -1;
        file->library = NULL;
    }
    if (file->memory >= 0)
        close(file->memory);
    file->memory = -1;
}
