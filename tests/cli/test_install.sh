#!/bin/sh
# The installed files work in their place: the program finds its data and plays, and a foreign program is
# built with pkg-config and runs. $BUILD is the build folder, $SOURCE the checkout.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

"$MAKE_INPUT" weights "$work/model.h5" a3c catch 3 3
"$MAKE_INPUT" png "$work/screen.png" 210 160
"$MAKE_INPUT" ppm "$work/screens.ppm" "$work/screen.png" "$work/screen.png"

exit_code=0
DESTDIR=$work/root meson install -C "$BUILD" --no-rebuild >"$work/stdout" 2>"$work/stderr" || exit_code=$?
check "it installs" test $exit_code -eq 0
pc=$(find "$work/root" -name asyncrl.pc)
prefix=$work/root$(sed -n 's/^prefix=//p' "$pc")
libraries=$(dirname "$(dirname "$pc")")
ASYNCRL=$prefix/bin/asyncrl
export HOME="$work/home"
games_data=$ASYNCRL_DATA
unset ASYNCRL_DATA XDG_DATA_HOME DISPLAY WAYLAND_DISPLAY

for command in $("$ASYNCRL" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    check "asyncrl-$command(1) is installed" test -s "$prefix/share/man/man1/asyncrl-$command.1"
done
check "asyncrl(1) is installed" test -s "$prefix/share/man/man1/asyncrl.1"
for file in bash-completion/completions/asyncrl zsh/site-functions/_asyncrl fish/vendor_completions.d/asyncrl.fish; do
    check "share/$file is installed" grep -q 'train' "$prefix/share/$file"
done

run play --model="$work/model.h5" --games=2 --window=false
check "the installed program plays catch" test "$exit_code $(grep -c '^Game #' "$work/stdout")" = "0 2"
check_bad "without data it says what to run" "run $prefix/libexec/asyncrl/install-data" \
    play --model="$work/model.h5" --game=Pong-v0

# looks_in FOLDER: the program looks for data in FOLDER: it names the missing ROM there
looks_in() {
    mkdir -p "$1"
    cp "$games_data/libale_c.so" "$1/"
    check_bad "data in ${1#"$work"}" "$1/roms/pong.bin' is missing" play --model="$work/model.h5" --game=Pong-v0
}
if [ -f "$games_data/libale_c.so" ]; then
    looks_in "$(cd "$prefix/bin" && pwd -P)/../share/asyncrl"
    looks_in "$HOME/.local/share/asyncrl"
    export XDG_DATA_HOME="$work/data"
    looks_in "$work/data/asyncrl"
else
    skip "data" "no ALE library: run tools/install-deps"
fi
if [ -f "$games_data/libale_c.so" ] && [ -f "$games_data/roms/pong.bin" ]; then
    cp -R "$games_data/roms" "$games_data/roms-nes" "$work/data/asyncrl/"
    "$prefix/libexec/asyncrl/install-data" >"$work/stdout" 2>"$work/stderr"
    check "install-data finds that all is there" grep -q "nothing to do: all is in $work/data/asyncrl" "$work/stdout"
    rm "$work/data/asyncrl/roms/pong.bin"
    exit_code=0
    "$prefix/libexec/asyncrl/install-data" --check || exit_code=$?
    check "install-data --check finds one missing" test $exit_code -eq 3
else
    skip "install-data" "no ROMs: run tools/install-deps"
fi

if ! command -v cc >/dev/null || ! command -v pkg-config >/dev/null; then
    skip "a foreign program" "no cc and pkg-config"
    finish
    exit
fi
export PKG_CONFIG_SYSROOT_DIR="$work/root" PKG_CONFIG_PATH="$libraries/pkgconfig"
exit_code=0
# shellcheck disable=SC2046 # the flags are words
cc "$SOURCE/examples/act.c" $(pkg-config --cflags --libs asyncrl) -o "$work/act" \
    >"$work/stdout" 2>"$work/stderr" || exit_code=$?
check "a program is built by pkg-config, without a warning" test "$exit_code$(cat "$work/stderr")" = 0
exit_code=0
LD_LIBRARY_PATH=$libraries "$work/act" "$work/model.h5" <"$work/screens.ppm" >"$work/stdout" \
    2>"$work/stderr" || exit_code=$?
check "it runs" test "$exit_code $(wc -l <"$work/stdout")" = "0 2"
# shellcheck disable=SC2046
cc -shared -fPIC $(pkg-config --cflags asyncrl) "$SOURCE/examples/dodge.c" -o "$work/dodge.so" \
    2>"$work/stderr"
printf '0 1 2 0 1 2\n' >"$work/actions"
run trace --game="$work/dodge.so" --actions="$work/actions"
check "a game is built by pkg-config, and played" test "$exit_code $(wc -l <"$work/stdout")" = "0 7"
if command -v c++ >/dev/null; then
    for header in agent emulator vector; do
        printf '#include <asyncrl/%s.h>\n' $header >"$work/header.cpp"
        # shellcheck disable=SC2046
        check "$header.h is C++, too" c++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only \
            $(pkg-config --cflags asyncrl) "$work/header.cpp"
    done
else
    skip "headers in C++" "no c++"
fi
if command -v nm >/dev/null; then
    check "the library exports only its own names" test -z \
        "$(nm -D --defined-only "$libraries/libasyncrl.so" | grep -v ' asyncrl_\(agent\|vector\)_')"
else
    skip "names that the library exports" "no nm"
fi
finish
