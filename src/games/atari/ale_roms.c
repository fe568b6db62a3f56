#include "games/atari/ale_roms.h"

#include "games/machines.h"

#include <stdlib.h>
#include <string.h>

enum { ROM_SIZE_LIMIT = 1 << 20 };

/*
 * The games of the ale-py 0.12.1 wheel that the C library plays, with the MD5 sums of the wheel's
 * md5.json. combat and maze_craze are left out: the library has them for two players only.
 */
static const struct ale_rom roms[] = {
    // clang-format off
    {"adventure", "4b27f5397c442d25f0c418ccdacf1926", TV_PAL},
    {"air_raid", "35be55426c1fec32dfb503b4f0651572", TV_PAL},
    {"alien", "f1a0a23e6464d954e3a9579c4ccd01c8", TV_NTSC},
    {"amidar", "acb7750b4d0c4bd34969802a7deb2990", TV_NTSC},
    {"assault", "de78b3a064d374390ac0710f95edde92", TV_NTSC},
    {"asterix", "89a68746eff7f266bbf08de2483abe55", TV_NTSC},
    {"asteroids", "ccbd36746ed4525821a8083b0d6d2c2c", TV_NTSC},
    {"atlantis", "9ad36e699ef6f45d9eb6c4cf90475c9f", TV_NTSC},
    {"atlantis2", "826481f6fc53ea47c9f272f7050eedf7", TV_NTSC},
    {"backgammon", "8556b42aa05f94bc29ff39c39b11bff4", TV_NTSC},
    {"bank_heist", "00ce0bdd43aed84a983bef38fe7f5ee3", TV_NTSC},
    {"basic_math", "819aeeb9a2e11deb54e6de334f843894", TV_NTSC},
    {"battle_zone", "41f252a66c6301f1e8ab3612c19bc5d4", TV_NTSC},
    {"beam_rider", "79ab4123a83dc11d468fb2108ea09e2e", TV_NTSC},
    {"berzerk", "136f75c4dd02c29283752b7e5799f978", TV_NTSC},
    {"blackjack", "0a981c03204ac2b278ba392674682560", TV_NTSC},
    {"bowling", "c9b7afad3bfd922e006a6bfc1d4f3fe7", TV_NTSC},
    {"boxing", "c3ef5c4653212088eda54dc91d787870", TV_NTSC},
    {"breakout", "f34f08e5eb96e500e851a80be3277a56", TV_NTSC},
    {"carnival", "028024fb8e5e5f18ea586652f9799c96", TV_NTSC},
    {"casino", "b816296311019ab69a21cb9e9e235d12", TV_NTSC},
    {"centipede", "91c2098e88a6b13f977af8c003e0bca5", TV_NTSC},
    {"chopper_command", "c1cb228470a87beb5f36e90ac745da26", TV_NTSC},
    {"crazy_climber", "55ef7b65066428367844342ed59f956c", TV_NTSC},
    {"crossbow", "8cd26dcf249456fe4aeb8db42d49df74", TV_NTSC},
    {"darkchambers", "106855474c69d08c8ffa308d47337269", TV_NTSC},
    {"defender", "0f643c34e40e3f1daafd9c524d3ffe64", TV_NTSC},
    {"demon_attack", "f0e0addc07971561ab80d9abe1b8d333", TV_NTSC},
    {"donkey_kong", "36b20c427975760cb9cf4a47e41369e4", TV_NTSC},
    {"double_dunk", "368d88a6c071caba60b4f778615aae94", TV_NTSC},
    {"earthworld", "5aea9974b975a6a844e6df10d2b861c4", TV_NTSC},
    {"elevator_action", "71f8bacfbdca019113f3f0801849057e", TV_NTSC},
    {"enduro", "94b92a882f6dbaa6993a46e2dcc58402", TV_NTSC},
    {"entombed", "6b683be69f92958abe0e2a9945157ad5", TV_NTSC},
    {"et", "615a3bf251a38eb6638cdc7ffbde5480", TV_NTSC},
    {"fishing_derby", "b8865f05676e64f3bec72b9defdacfa7", TV_NTSC},
    {"flag_capture", "30512e0e83903fc05541d2f6a6a62654", TV_NTSC},
    {"freeway", "8e0ab801b1705a740b476b7f588c6d16", TV_NTSC},
    {"frogger", "081e2c114c9c20b61acf25fc95c71bf4", TV_NTSC},
    {"frostbite", "4ca73eb959299471788f0b685c3ba0b5", TV_NTSC},
    {"galaxian", "211774f4c5739042618be8ff67351177", TV_NTSC},
    {"gopher", "c16c79aad6272baffb8aae9a7fff0864", TV_NTSC},
    {"gravitar", "8ac18076d01a6b63acf6e2cab4968940", TV_NTSC},
    {"hangman", "f16c709df0a6c52f47ff52b9d95b7d8d", TV_NTSC},
    {"haunted_house", "f0a6e99f5875891246c3dbecbf2d2cea", TV_NTSC},
    {"hero", "fca4a5be1251927027f2c24774a02160", TV_NTSC},
    {"human_cannonball", "7972e5101fa548b952d852db24ad6060", TV_NTSC},
    {"ice_hockey", "a4c08c4994eb9d24fb78be1793e82e26", TV_NTSC},
    {"jamesbond", "e51030251e440cffaab1ac63438b44ae", TV_NTSC},
    {"journey_escape", "718ae62c70af4e5fd8e932fee216948a", TV_NTSC},
    {"joust", "3276c777cbe97cdd2b4a63ffc16b7151", TV_NTSC},
    {"kaboom", "5428cdfada281c569c74c7308c7f2c26", TV_NTSC},
    {"kangaroo", "4326edb70ff20d0ee5ba58fa5cb09d60", TV_NTSC},
    {"keystone_kapers", "6c1f3f2e359dbf55df462ccbcdd2f6bf", TV_PAL},
    {"king_kong", "0dd4c69b5f9a7ae96a7a08329496779a", TV_PAL},
    {"klax", "eed9eaf1a0b6a2b9bc4c8032cb43e3fb", TV_PAL},
    {"koolaid", "534e23210dd1993c828d944c6ac4d9fb", TV_NTSC},
    {"krull", "4baada22435320d185c95b7dd2bcdb24", TV_NTSC},
    {"kung_fu_master", "5b92a93b23523ff16e2789b820e2a4c5", TV_NTSC},
    {"laser_gates", "8e4cd60d93fcde8065c1a2b972a26377", TV_PAL},
    {"lost_luggage", "2d76c5d1aad506442b9e9fb67765e051", TV_NTSC},
    {"mario_bros", "e908611d99890733be31733a979c62d8", TV_NTSC},
    {"miniature_golf", "df62a658496ac98a3aa4a6ee5719c251", TV_NTSC},
    {"montezuma_revenge", "3347a6dd59049b15a38394aa2dafa585", TV_NTSC},
    {"mr_do", "aa7bb54d2c189a31bb1fa20099e42859", TV_PAL},
    {"ms_pacman", "87e79cd41ce136fd4f72cc6e2c161bee", TV_NTSC},
    {"name_this_game", "36306070f0c90a72461551a7a4f3a209", TV_NTSC},
    {"othello", "113cd09c9771ac278544b7e90efe7df2", TV_NTSC},
    {"pacman", "fc2233fc116faef0d3c31541717ca2db", TV_PAL},
    {"phoenix", "7e52a95074a66640fcfde124fffd491a", TV_NTSC},
    {"pitfall", "3e90cf23106f2e08b2781e41299de556", TV_NTSC},
    {"pitfall2", "6d842c96d5a01967be9680080dd5be54", TV_NTSC},
    {"pong", "60e0ea3cbe0913d39803477945e9e5ec", TV_NTSC},
    {"pooyan", "4799a40b6e889370b7ee55c17ba65141", TV_NTSC},
    {"private_eye", "ef3a4f64b6494ba770862768caf04b86", TV_NTSC},
    {"qbert", "484b0076816a104875e00467d431c2d2", TV_NTSC},
    {"riverraid", "393948436d1f4cc3192410bb918f9724", TV_NTSC},
    {"road_runner", "ce5cc62608be2cd3ed8abd844efb8919", TV_NTSC},
    {"robotank", "4f618c2429138e0280969193ed6c107e", TV_NTSC},
    {"seaquest", "240bfbac5163af4df5ae713985386f92", TV_NTSC},
    {"sir_lancelot", "dd0cbe5351551a538414fb9e37fc56e8", TV_PAL},
    {"skiing", "b76fbadc8ffb1f83e2ca08b6fb4d6c9f", TV_NTSC},
    {"solaris", "e72eb8d4410152bdcb69e7fba327b420", TV_NTSC},
    {"space_invaders", "72ffbef6504b75e69ee1045af9075f66", TV_NTSC},
    {"space_war", "b702641d698c60bcdc922dbd8c9dd49c", TV_PAL},
    {"star_gunner", "a3c1c70024d7aabb41381adbfb6d3b25", TV_NTSC},
    {"superman", "a9531c763077464307086ec9a1fd057d", TV_NTSC},
    {"surround", "4d7517ae69f95cfbc053be01312b7dba", TV_NTSC},
    {"tennis", "42cdd6a9e42a3639e190722b8ea3fc51", TV_NTSC},
    {"tetris", "b0e1ee07fbc73493eac5651a52f90f00", TV_NTSC},
    {"tic_tac_toe_3d", "0db4f4150fecf77e4ce72ca4d04c052f", TV_NTSC},
    {"time_pilot", "fc2104dd2dadf9a6176c1c1c8f87ced9", TV_NTSC},
    {"trondead", "fb27afe896e7c928089307b32e5642ee", TV_NTSC},
    {"turmoil", "7a5463545dfb2dcfdafa6074b2f2c15e", TV_NTSC},
    {"tutankham", "085322bae40d904f53bdcc56df0593fc", TV_NTSC},
    {"up_n_down", "a499d720e7ee35c62424de882a3351b6", TV_NTSC},
    {"venture", "3e899eba0ca8cd2972da1ae5479b4f0d", TV_NTSC},
    {"video_checkers", "539d26b6e9df0da8e7465f0f5ad863b7", TV_NTSC},
    {"video_chess", "f0b7db930ca0e548c41a97160b9f6275", TV_NTSC},
    {"video_cube", "3f540a30fdee0b20aed7288e4a5ea528", TV_NTSC},
    {"video_pinball", "107cc025334211e6d29da0b6be46aec7", TV_NTSC},
    {"warlords", "cbe5a166550a8129a5e6d374901dffad", TV_NTSC},
    {"wizard_of_wor", "7e8aa18bc9502eb57daaf5e7c1e94da7", TV_NTSC},
    {"word_zapper", "ec3beb6d8b5689e867bafb5d5f507491", TV_NTSC},
    {"yars_revenge", "c5930d0e8cdae3e037349bfa08e871be", TV_NTSC},
    {"zaxxon", "eea0da9b987d661264cce69a7c13c3bd", TV_NTSC},
    // clang-format on
};

enum { ROM_COUNT = sizeof roms / sizeof roms[0] };

const char *emulator_ale_rom(int index) {
    return index >= 0 && index < ROM_COUNT ? roms[index].name : NULL;
}

static const struct ale_rom *find_by_path(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    for (int i = 0; i < ROM_COUNT; i++) {
        const size_t length = strlen(roms[i].name);
        if (strncmp(file, roms[i].name, length) == 0 && strcmp(file + length, ".bin") == 0)
            return &roms[i];
    }
    return NULL;
}

enum status ale_rom_check(const char *path, const struct ale_rom **rom, struct error *error) {
    const struct ale_rom *wanted = find_by_path(path);
    if (!wanted)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' does not have the name of a supported Atari 2600 game "
                         "(such as breakout.bin)",
                         path);
    if (path_is_hidden(path, error))
        return STATUS_BAD_INPUT;
    if (!path_is_file(path))
        return error_set(error, STATUS_BAD_INPUT,
                         "the ROM '%s' is missing: tools/install-deps fetches it", path);
    unsigned char *data;
    size_t size;
    const enum status status = path_read_file(path, ROM_SIZE_LIMIT, &data, &size, error);
    if (status != STATUS_OK)
        return status;
    char found[DIGEST_MD5_SIZE];
    digest_md5(data, size, found);
    free(data);
    if (strcmp(found, wanted->md5) != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "the ROM '%s' is not the right one: its MD5 is %s, not %s; remove it and "
                         "run tools/install-deps",
                         path, found, wanted->md5);
    *rom = wanted;
    return STATUS_OK;
}
