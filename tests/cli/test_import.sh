#!/bin/sh
# `games import`: ROMs of a made console, found by their SHA-1 in files and archives, copied and linked.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

if ! command -v python3 >/dev/null; then
    skip "games import" "no python3 to make archives with"
    finish
    exit 0
fi

cd "$work" || exit 1
data=$work/data/retro
export ASYNCRL_DATA="$work/data"
mkdir -p "$data/cores" "$work/roms/deep"
printf '{"Nes": {"lib": "toy", "ext": ["nes"], "buttons": ["B", "A"], "actions": [[["B"]]]}}' >"$data/cores/toy.json"

# make_game ID BYTES: a game whose ROM has these bytes.
make_game() {
    mkdir -p "$data/games/$1"
    printf %s "$2" | sha1sum | cut -d' ' -f1 >"$data/games/$1/rom.sha"
}
make_game One-Nes-v0 first
make_game Two-Nes-v0 second
make_game Twin-Nes-v0 second
make_game Three-Nes-v0 third

printf 'NES\032............first' >roms/deep/renamed.bin # known without its header
printf fourth >roms/unknown.nes
python3 - <<'PYTHON'
import zipfile

with zipfile.ZipFile("roms/pack.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("folder/", "")
    archive.writestr("folder/s.nes", "second")
    archive.writestr("readme.txt", "hello")
whole = open("roms/pack.zip", "rb").read()
open("roms/cut.zip", "wb").write(whole[:40])
with zipfile.ZipFile("roms/spoilt.zip", "w") as archive:
    archive.writestr("t.nes", "third")
whole = open("roms/spoilt.zip", "rb").read()
open("roms/spoilt.zip", "wb").write(whole.replace(b"third", b"thirt", 1))
PYTHON

run games import roms
check "import succeeds" test "$exit_code" -eq 0
check "import: a file" grep -qx "copied One-Nes-v0: roms/deep/renamed.bin" stdout
check "import: out of an archive" grep -qx "copied Two-Nes-v0: roms/pack.zip: folder/s.nes" stdout
check "import: the same ROM for two games" grep -qx "copied Twin-Nes-v0: roms/pack.zip: folder/s.nes" stdout
check "import: the numbers" \
    grep -qx "3 games imported, 0 there already; 2 files are unknown, 2 could not be read" stdout
check "import: the ROM is whole" cmp -s roms/deep/renamed.bin "$data/games/One-Nes-v0/rom.nes"
check "import: the same out of an archive" test "$(cat "$data/games/Two-Nes-v0/rom.nes")" = second
check "import leaves nothing else" test "$(find "$data/games" -name 'rom.*' ! -name rom.sha | wc -l)" -eq 3

run games import roms --json
check "import again: all is there" test "$(grep -o '"game"' stdout | wc -l)" -eq 3
check "import again: as JSON" grep -q '^{"imported":\[\],"present":\[{"game":"One-Nes-v0","file":' stdout

printf third >roms/third.nes
run games import --link roms
check "import --link" test "$data/games/Three-Nes-v0/rom.nes" -ef roms/third.nes
printf other >"$data/games/Two-Nes-v0/rom.nes"
run games import roms
check "another file fails the import" test "$exit_code" -eq 1
check "another file is named" grep -q "^asyncrl: Two-Nes-v0: '.*/Two-Nes-v0/rom.nes' is another file" stderr
check "another file is still there" test "$(cat "$data/games/Two-Nes-v0/rom.nes")" = other

check_bad "import: no folder" "games import needs a folder" games import
check_bad "import: a file" "'roms/third.nes' is not a folder" games import roms/third.nes
check_bad "import: missing" "'gone' is not a folder" games import gone
check_bad "import --installed" "does not take --installed" games import roms --installed
check_bad "--link alone" "goes with asyncrl games import" games catch --link
export ASYNCRL_DATA="$work/roms"
check_bad "import: no games" "run tools/install-deps --consoles" games import roms
finish
