#!/bin/sh
# Charts of runs: their contents, and bad input of many kinds, which leaves no file.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$work" || exit 1

# make_run FOLDER SEED STEP [LR]: a run of 300 games, whose scores rise by STEP per game.
make_run() {
    mkdir -p "$1"
    printf '{"method": "a3c", "game": "Pong-v0", "lr": %s, "seed": %d}\n' "${4-0.5}" "$2" >"$1/config.json"
    # The columns of an older program: frames are steps now.
    awk 'BEGIN { print "seconds,frames,emulator_frames,frames_per_second,entropy,epsilon"
        for (i = 1; i <= 60; i++) printf "%d,%d,%d,10000,%g,\n", i, i * 10000, i * 40000, 1 / i }' >"$1/progress.csv"
    awk -v step="$3" 'BEGIN { print "seconds,frames,actor,environment,score,length,epsilon"
        for (i = 1; i <= 300; i++) printf "%g,%d,0,0,%g,2000,\n", i / 5, i * 2000, i * step - 21 }' >"$1/episodes.csv"
}
make_run s1 1 0.1
make_run s2 2 0.12
make_run s3 3 0.08
make_run slow 1 0.02 0.1
make_run other 1 0.1
sed -i 's/Pong/Breakout/' other/config.json
make_run cut 1 0.1
printf '60,600000,0,0,4' >>cut/episodes.csv
make_run broken 1 0.1
printf '61,61000\n' >>broken/episodes.csv
make_run words 1 0.1
printf '61,many,0,0,4,1000,\n' >>words/episodes.csv
make_run empty 1 0.1
: >empty/episodes.csv
make_run fresh 1 0.1
head -n 1 s1/progress.csv >fresh/progress.csv
make_run measured 1 0.1
sed -i 's/Pong-v0", /PongNoFrameskip-v4", "preset": "pong", /; s/a3c/ppo/' measured/config.json
mkdir folder
printf 'frames,score_mean_100\n100000,-20\n500000,-15.5' >points.csv
printf 'nothing here\n' >text.csv
: >nothing.csv
printf 'a\0b\n' >zeros.csv

run plot measured --expected --json
check "--expected: the preset's measured scores, up to the run's end" grep -q \
    '"expected, preset pong":{[^}]*"x":\[200000.0,[^]]*,600000.0\],"y":\[-19.5,[^]]*,-2.4\]' "$work/stdout"
run plot s1 --expected --json
check "--expected: no preset, in one line" grep -q "^asyncrl: no run has a preset whose scores were measured" "$work/stderr"
run plot measured --expected --json -x seconds
check "--expected: only over steps" grep -q "^asyncrl: --expected shows scores over steps" "$work/stderr"
run plot s1 s2 s3 "slow & <bold>=slow" points=points.csv -o all.svg
check "runs that differ by their seed are one curve" grep -q '^a3c: .* of 3 runs$' "$work/stdout"
check "and others have their labels" grep -q '^slow & <bold>: .* of 1 run$' "$work/stdout"
check "an SVG is well-formed, with its texts, curves and bands" python3 - all.svg <<'END'
import sys
import xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
space = "{http://www.w3.org/2000/svg}"
texts = [element.text for element in root.iter(space + "text")]
wanted = ["a3c", "slow & <bold>", "points", "Pong-v0, a3c", "steps", "200k", "−20", "0",
          "score, mean of the last 100 games"]
missing = [text for text in wanted if text not in texts]
assert root.tag == space + "svg" and root.get("viewBox") == "0 0 800 450"
assert not missing, f"{missing} not in {texts}"
assert any("3 runs" in text for text in texts) and any("1 run" in text for text in texts)
assert any("bootstrap" in text for text in texts) and any("middle half" in text for text in texts)
paths = [element.get("class") for element in root.iter(space + "path")]
assert sum(name.startswith("band") for name in paths) == 2, paths
assert [name for name in paths if name in ("line s5", "line s6", "line s7")], paths
assert "prefers-color-scheme:dark" in root.find(space + "style").text
END
cp all.svg before.svg
run plot s1 s2 s3 "slow & <bold>=slow" points=points.csv -o all.svg
check "the same runs give the same bytes" cmp all.svg before.svg
run plot s1 -o dark.svg --theme=dark --x=frames # an older word for steps
check "a theme that is named is the only one" sh -c '! grep -q prefers-color-scheme dark.svg && grep -q "#0f1419" dark.svg'
run plot s1 -o=chart.PDF --x=seconds --y=entropy
check "PDF, in any case" sh -c 'head -c 5 chart.PDF | grep -q "%PDF-" && tail -c 6 chart.PDF | grep -q "%%EOF"'
run plot cut --json
check "a row that is being written is left out" python3 - "$work/stdout" <<'END'
import json, sys
curve = json.load(open(sys.argv[1]))["curves"]["a3c"]
assert curve["runs"] == 1 and curve["band"] == "middle_half" and curve["x"][-1] == 600000
assert abs(curve["y"][-1] - (sum(range(201, 301)) / 1000 - 21)) < 1e-9, curve["y"][-1]
END
check "and a line says so, since it may be cut off" test \
    "$(cat "$work/stderr")" = "asyncrl: 'cut/episodes.csv' ends within line 302, which is left out"
run plot s1 s2 s3 --json --x=emulator_frames --window=10
check "--json has the numbers" python3 - "$work/stdout" <<'END'
import json, sys
chart = json.load(open(sys.argv[1]))
assert chart["x"] == "emulator_frames" and chart["y"] == "score" and chart["window"] == 10
curve = chart["curves"]["a3c"]
assert curve["statistic"] == "interquartile_mean" and curve["band"] == "bootstrap_95"
assert curve["x"][-1] == 2400000
last = [sum(range(291, 301)) / 10 * step - 21 for step in (0.1, 0.12, 0.08)]
assert abs(curve["y"][-1] - sum(last) / 3) < 1e-9
assert abs(curve["low"][-1] - min(last)) < 1e-9 and abs(curve["high"][-1] - max(last)) < 1e-9
END
run plot s1 s2 slow --table
check "--table is Markdown" grep -q '^| 600k | 10.57 (50) | -15.26 (25) |$' "$work/stdout"

# A damaged end, from a machine that stopped while writing, and a beginning from editors and others.
copy_run() {
    rm -rf "$2"
    cp -r "$1" "$2"
}
copy_run s1 zeroed
head -c 700 /dev/zero >>zeroed/episodes.csv
echo >>zeroed/episodes.csv
copy_run s1 noise
printf '1,2\0034\n\377\376 3,4\n5,6' >>noise/episodes.csv
copy_run s1 unended
head -c 700 /dev/zero >>unended/episodes.csv
for folder in zeroed noise unended; do
    run plot $folder --json
    check "$folder: the rows before the damage are read, and a line says so" test "$exit_code" -eq 0 -a \
        "$(cat "$work/stderr")" = "asyncrl: '$folder/episodes.csv' is damaged from line 302 on, which is left out"
done
printf '61,6' >>zeroed/progress.csv
run plot zeroed --json
check "two damaged files have a line each" test "$exit_code" -eq 0 -a "$(cat "$work/stderr")" = \
    "asyncrl: 'zeroed/progress.csv' ends within line 62, which is left out
asyncrl: 'zeroed/episodes.csv' is damaged from line 302 on, which is left out"
copy_run s1 short # damaged within its first 512 bytes
head -n 4 s1/progress.csv >short/progress.csv
head -c 700 /dev/zero >>short/progress.csv
run plot short --y=entropy --json
check "a short table is read up to its damage, too" test "$exit_code" -eq 0 -a \
    "$(cat "$work/stderr")" = "asyncrl: 'short/progress.csv' is damaged from line 5 on, which is left out"
head -n 200 s1/episodes.csv >zeroed/episodes.csv
printf '\0\0\0\n' >>zeroed/episodes.csv
tail -n 100 s1/episodes.csv >>zeroed/episodes.csv
check_bad "damage in the middle" "episodes.csv', line 201 is damaged" plot zeroed -o a.svg
printf '\357\273\277steps,score_mean_100\r\n1,2\r\n5,3\r\n' >bom.csv
run plot bom.csv --json
check "a byte-order mark is skipped" test "$exit_code" -eq 0 -a ! -s "$work/stderr"
printf '#{"t_start": 1.0, "env_id": "X-v0"}\nr,l,t\n11.0,11,0.5\n' >monitor.csv
check_bad "a file of Monitor" "no column 'steps', which the chart needs; it has r, l, t" \
    plot monitor.csv -o a.svg
mkfifo pipe.csv
check_bad "a pipe" "no run or file 'pipe.csv'" plot pipe.csv -o a.svg
gzip -k points.csv
check_bad "an archive" "points.csv.gz' is a gzip archive, not a CSV file" plot points.csv.gz -o a.svg

check_bad "the options of a run" "config.json' is JSON text, not a CSV file" plot s1/config.json \
    -o a.svg
check_bad "no run" "plot needs a run" plot -o a.svg
check_bad "nothing asked for" "plot needs -o FILE" plot s1
check_bad "-o without its file" "\-o needs a value: -o FILE" plot s1 -o
check_bad "a run that is not there" "no run or file 'nowhere'" plot nowhere -o a.svg
mkdir -p many/deep
cp -r s1 s2 fresh empty many
cp -r s3 many/deep
run plot many -o many.svg
check "a folder of runs: those with games are drawn" grep -q "^a3c: .* of 2 runs$" "$work/stdout"
check "a folder of runs: the others are named" test \
    "$(grep -c "^asyncrl: skipped: 'many/\(fresh/progress\|empty/episodes\).csv' " "$work/stderr")" = 2
run plot all=many/,s3 -o many.svg
check "a folder of runs has a label" grep -q "^all: .* of 3 runs$" "$work/stdout"
mkdir none && cp -r fresh none
check_bad "a folder of runs without a game" "no run in 'none' can be drawn: .*has no rows yet" plot none -o a.svg
check_bad "a folder without a run" "'folder' has no config.json: there is no run in it" plot folder -o a.svg
check_bad "another ending" "must end in .svg, .png or .pdf" plot s1 -o a.jpg
check_bad "no ending" "must end in .svg" plot s1 -o svg/a
check_bad "a folder that is not there" "nowhere" plot s1 -o nowhere/a.svg
check_bad "an empty episodes.csv" "episodes.csv' is empty" plot empty -o a.svg
mkdir began && cp s1/config.json s1/progress.csv began && printf 'seconds,st' >began/episodes.csv
check_bad "names cut short" "episodes.csv' has no whole line" plot began -o a.svg
check_bad "no rows yet" "has no rows yet" plot fresh -o a.svg
check_bad "an empty file" "nothing.csv' is empty" plot nothing.csv -o a.svg
check_bad "a file of something else" "no column 'steps', which the chart needs; it has nothing here" plot text.csv -o a.svg
check_bad "a file with zeros" "another kind, not a CSV file" plot zeros.csv -o a.svg
check_bad "a row cut short" "episodes.csv', line 302: it does not have the 7 fields" plot broken -o a.svg
check_bad "a word for a number" "line 302: 'many' is not a number" plot words -o a.svg
check_bad "too few games" "has 300 values, and a point is the mean of 400" plot s1 -o a.svg --window=400
check_bad "an unknown column" "no column 'entrpy', which the chart needs; it has seconds, frames" plot s1 --y=entrpy -o a.svg
check_bad "a column that the method lacks" "has no row with a value of that column" plot s1 --y=epsilon -o a.svg
check_bad "a run named twice" "'s1' is named twice" plot s1 s1 -o a.svg
check_bad "games of different kinds" "Pong-v0 and of Breakout-v0" plot both=s1,other -o a.svg
check_bad "no label" "no label before '='" plot =s1 -o a.svg
check_bad "a label without a run" "no run or file ''" plot label= -o a.svg
check_bad "an unknown axis" "must be one of" plot s1 --x=hours -o a.svg
check_bad "too small" "out of bounds" plot s1 --width=10 -o a.svg
check "and none of them left a file" sh -c '! ls a.* svg nowhere 2>/dev/null | grep -q .'

if command -v rsvg-convert >/dev/null; then
    check "rsvg-convert draws the SVG" sh -c 'rsvg-convert all.svg -o all.png && test -s all.png'
else
    skip "rsvg-convert draws the SVG" "no rsvg-convert here; tools/install-deps --test brings it"
fi
finish
