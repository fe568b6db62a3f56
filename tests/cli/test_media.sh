#!/bin/sh
# The films and screenshots of play, read back by other programs, such as ffprobe and ffmpeg.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

"$MAKE_INPUT" weights "$work/model.h5" a3c catch 3 3
unset DISPLAY WAYLAND_DISPLAY

# A game of catch: ten screens of 84x84 pixels, ten per second; a step lasts a frame.
run play --model="$work/model.h5" --screenshot="$work/last.png"
check "--screenshot: one game, and no window is tried" test \
    "$exit_code $(wc -l <"$work/stdout") $(wc -l <"$work/stderr")" = "0 1 1"
check "--screenshot: says what it wrote" grep -q "^wrote $work/last.png (.* kB)$" "$work/stderr"
check "--screenshot: a PNG" test "$(head -c 4 "$work/last.png" | tail -c 3)" = PNG
run play --model="$work/model.h5" --screenshot="$work/ninth.png" --screenshot_frame=9 --games=3
check "--screenshot_frame: the last one by its number, of the first game" \
    cmp -s "$work/last.png" "$work/ninth.png"
run play --model="$work/model.h5" --screenshot="$work/third.png" --screenshot_frame=3 --games=1000000
check "--screenshot_frame: stops there" test "$exit_code $(wc -l <"$work/stdout")" = "0 0"
run play --model="$work/model.h5" --screenshot="$work/first.png" --screenshot_frame=0
check "--screenshot_frame: the first one is another" test "$exit_code" -eq 0
check "--screenshot_frame: the first one is another picture" \
    test "$(cmp -s "$work/last.png" "$work/first.png"; echo $?)" = 1
run play --model="$work/model.h5" --screenshot="$work/none.png" --screenshot_frame=10
check "--screenshot_frame: after the end" grep -q "the first game ended before frame 10" \
    "$work/stderr"
check "--screenshot_frame: after the end: exit code" test "$exit_code" -eq 1
check "--screenshot_frame: after the end: no file" test ! -e "$work/none.png"

# --explain: the game five times as large, a panel of 272 pixels beside it.
size() { od -An -tu1 -j16 -N8 "$1" | xargs; } # of a PNG: width and height, the highest byte first
check "a screenshot is the game's screen" test "$(size "$work/last.png")" = "0 0 0 84 0 0 0 84"
run play --model="$work/model.h5" --games=4 --screenshot="$work/plain.png"
cp "$work/stdout" "$work/plain"
run play --model="$work/model.h5" --games=4 --screenshot="$work/explained.png" --explain
check "--explain: the games are the same" cmp -s "$work/plain" "$work/stdout"
check "--explain: game and panel" test "$(size "$work/explained.png")" = "0 0 2 180 0 0 1 164"
"$MAKE_INPUT" weights "$work/q.h5" qn catch 3 3
run play --model="$work/q.h5" --gif="$work/q.gif" --explain
check "--explain: of a Q network, as a GIF" test \
    "$exit_code $(od -An -tu1 -j6 -N4 "$work/q.gif" | xargs)" = "0 180 2 164 1"
for display in "" "--window=false"; do
    check_bad "--explain with nothing to show it on $display" "--explain needs a display .*--gif" \
        play --model="$work/model.h5" --explain $display
done
check_bad "--explain of a person" "leave it out with --human" \
    play --model="$work/model.h5" --explain --human

# Files that are not libraries, where the loader looks first.
mkdir "$work/broken"
for library in avutil avcodec avformat swscale; do
    for version in 6 7 8 9 10 56 57 58 59 60 61 62 63; do
        : >"$work/broken/lib$library.so.$version"
    done
done
export LD_LIBRARY_PATH="$work/broken"
run play --model="$work/model.h5" --video="$work/film.mp4"
unset LD_LIBRARY_PATH
check "--video without FFmpeg: one line that says so" grep -qx \
    "asyncrl: a film needs FFmpeg's libraries, and lib.* cannot be loaded; tools/install-deps brings it" \
    "$work/stderr"
check "--video without FFmpeg: nothing is played, no file is left" test \
    "$exit_code $(cat "$work/stdout") $(find "$work" -name 'film*')" = "1  "

if ! command -v ffprobe >/dev/null || ! command -v ffmpeg >/dev/null; then
    skip "films" "no ffprobe and ffmpeg to read them with: tools/install-deps --test"
    finish
    exit
fi

# about FILE ENTRIES: ffprobe's description of a film, as one line.
about() {
    ffprobe -v error -count_frames -show_entries "$2" -of csv=print_section=0 "$1" | xargs
}
shown_at() { ffprobe -v error -show_entries frame=pts_time -of csv=print_section=0 "$1" | tr -d ',' | xargs; }

run play --model="$work/model.h5" --video="$work/film.mp4"
check "--video: one game, and no window is tried" test \
    "$exit_code $(wc -l <"$work/stdout") $(wc -l <"$work/stderr")" = "0 1 1"
check "--video: enlarged to 504 lines" test \
    "$(about "$work/film.mp4" stream=width,height,pix_fmt)" = "504,504,yuv420p"
check "--video: the game's own time, and a second for the last screen" test \
    "$(shown_at "$work/film.mp4")" = "0.000000 0.100000 0.200000 0.300000 0.400000 0.500000 \
0.600000 0.700000 0.800000 0.900000 1.800000"
check "--video: as long as it is shown" test "$(about "$work/film.mp4" format=duration)" = 1.900000

# The tenth screen, made small again, beside the screenshot: 84x84 pixels of red, green and blue.
pixels() { # pixels FILE FILTER: one number per line
    ffmpeg -v error -i "$1" -vf "$2scale=84:84:flags=neighbor,format=rgb24" -frames:v 1 \
        -f rawvideo - | od -An -v -tu1 -w1
}
pixels "$work/last.png" "" >"$work/exact"
pixels "$work/film.mp4" "select=eq(n\,9)," >"$work/filmed"
paste "$work/exact" "$work/filmed" >"$work/both"
# shellcheck disable=SC2016 # the dollars are awk's
check "--video: its last screen is the screenshot's" awk \
    '($1 - $2) ^ 2 > 64 { exit 1 } END { exit NR != 84 * 84 * 3 }' "$work/both"

run play --model="$work/model.h5" --video="$work/again.mp4"
check "--video: the same game, the same film" cmp -s "$work/film.mp4" "$work/again.mp4"
run play --model="$work/model.h5" --video="$work/two.mkv" --gif="$work/two.gif" --games=2
check "--video: two games, one after the other" test \
    "$(about "$work/two.mkv" stream=nb_read_frames),$(about "$work/two.mkv" format=duration)" = \
    "22,3.800000"
check "--video beside --gif" test "$(head -c 6 "$work/two.gif")" = GIF89a
run play --model="$work/model.h5" --video="$work/explained.mp4" --explain
check "--video of what --explain draws" test \
    "$(about "$work/explained.mp4" stream=width,height)" = "1384,840"
if ffmpeg -v error -encoders | grep -qE 'libvpx|libaom|libsvtav1|librav1e'; then
    run play --model="$work/model.h5" --video="$work/film.webm"
    check "--video: .webm" test "$(about "$work/film.webm" format=format_name,duration)" = \
        "matroska,webm,1.900000"
else
    skip "--video: .webm" "this FFmpeg has no encoder for it"
fi

echo "as it was" >"$work/full.mp4"
exit_code=0
(
    trap '' XFSZ
    ulimit -f 2 # blocks of half a kilobyte, or of one
    exec "$ASYNCRL" play --model="$work/model.h5" --games=40 --video="$work/full.mp4"
) >"$work/stdout" 2>"$work/stderr" </dev/null || exit_code=$?
check "--video: no room: one line that says so" grep -qx \
    "asyncrl: cannot write '$work/full.mp4': File too large" "$work/stderr"
check "--video: no room: what was there stays" test \
    "$exit_code $(cat "$work/full.mp4")" = "1 as it was"

if "${ASYNCRL_PYTHON:-python3}" -c 'import gymnasium' 2>/dev/null; then
    game=gym:asyncrl_test_games:asyncrl-test/Walk # breaks down at its third step: it raises
    run train a3c --game=$game-v0 --processes=1 --total_steps=400 --run_dir="$work/run"
    model=$(cat "$work/stdout")
    run play --model="$model" --game=$game-raises-v0 --games=3 --video="$work/broken.mp4" --explain
    check "--video of a game that breaks down: it says so" test "$exit_code" -eq 1
    check "--video of a game that breaks down: the film so far is kept" test \
        "$(about "$work/broken.mp4" stream=nb_read_frames)" = 4
    painter=gym:asyncrl_test_games:asyncrl-test/Painter
    check_bad "--gif of a game that cannot draw: with Python's reason" "RuntimeError: no paint (" \
        play --model="$model" --game=$painter-raises-v0 --gif="$work/none.gif"
    check "--gif of a game that cannot draw: no file" test ! -e "$work/none.gif"
    run play --model="$model" --game=gym:asyncrl_test_games:asyncrl-test/Unseen-v0 --games=1 --evaldir="$work/judged"
    check "--evaldir of a game that cannot draw: only the scores" test \
        "$exit_code $(wc -l <"$work/judged/scores.csv") $(find "$work/judged" -name '*.png')" = "0 2 "
    run play --model="$model" --game=$painter-badly-v0 --games=1 --gif="$work/some.gif"
    check "--gif of a game that stops drawing: it says so" grep -q "in game 1: its render returns float64" \
        "$work/stderr"
    check "--gif of a game that stops drawing: the pictures so far are kept" test \
        "$exit_code $(head -c 6 "$work/some.gif")" = "1 GIF89a"
else
    skip "--video of a game that breaks down" \
        "no Python with gymnasium: tools/install-deps --gymnasium"
fi

for signal in INT TERM; do
    start_playing --video="$work/cut.mp4"
    check "--video: no file before the end" test ! -e "$work/cut.mp4"
    stop_playing $signal
    check "--video: SIG$signal ends it" test $exit_code -eq 0
    frames=$(about "$work/cut.mp4" stream=nb_read_frames)
    check "--video: SIG$signal: a film of two games and more" test "${frames:-0}" -ge 22
    rm -f "$work/cut.mp4"
done
check "nothing is left beside the files" test -z "$(find "$work" -name '*.tmp')"
finish
