# The dashboard in a real terminal, tmux's: its contents, new sizes, and that the terminal is restored
# afterwards, also if any process ends or is killed. Under the sanitizers without what other tests draw there (unit
# tests `dashboard` and `screen`), and with one way of a supervisor's death.
. "$(dirname "$0")/train.sh"

if ! command -v tmux >shell-words 2>&1; then
    skip "dashboard" "tmux is missing"
    finish
    exit 0
fi

terminals=0
terminal() { # terminal COMMAND...: of the newest server of the test's own
    tmux -S "$work/tmux-$terminals" -f /dev/null "$@" 2>>tmux-errors
}
trap 'terminal kill-server; sleep 0.2; rm -rf "$work"' EXIT

result() { # result PASSED NAME: as the command line's tests, with the terminal's contents
    test_count=$((test_count + 1))
    if [ "$1" = true ]; then
        echo "ok $test_count - $2"
    else
        echo "not ok $test_count - $2"
        screen | sed 's/^/# /'
    fi
}

screen() { # the terminal's contents
    terminal capture-pane -p
}

shows() { # shows PATTERN
    screen | grep -q -e "$1"
}

hides() { # hides PATTERN
    ! shows "$1"
}

is() { # is VARIABLE VALUE: of the terminal's state
    [ "$(terminal display-message -p "#{$1}")" = "$2" ]
}

type_line() { # type_line TEXT: and the enter key
    terminal send-keys -l "$1"
    terminal send-keys Enter
}

open_terminal() { # open_terminal COLUMNS ROWS [NAME=VALUE...]: a shell, ready
    columns=$1
    rows=$2
    shift 2
    terminals=$((terminals + 1))
    env -u NO_COLOR -u COLORTERM LC_ALL=C.UTF-8 PS1='ready> ' ENV= \
        tmux -u -S "$work/tmux-$terminals" -f /dev/null new-session -d -x "$columns" -y "$rows" \
        env "$@" sh 2>>tmux-errors
    wait_until shows 'ready>'
    shell=$(terminal display-message -p '#{pane_pid}')
}

close_terminal() {
    terminal kill-server
}

train_in_terminal() { # train_in_terminal ARGUMENTS...: sets supervisor
    rm -rf run
    terminal clear-history
    type_line "clear; echo \"be\"fore; '$ASYNCRL' train a3c --game=catch --run_dir=run $*; echo \"code\" \$?"
    wait_until runs_in_shell
}

runs_in_shell() { # sets supervisor
    supervisor=$(cut -d ' ' -f 1 "/proc/$shell/task/$shell/children" 2>shell-words)
    [ "$(cat "/proc/$supervisor/comm" 2>shell-words)" = asyncrl ] && [ -n "$(children asyncrl-learn)" ]
}

dashboard_stands() {
    is alternate_on 1 && shows ' a3c catch' && shows '─ messages ─' && shows '3 .* ●'
}

normal_again() { # the terminal's state without a dashboard
    is alternate_on 0 && is cursor_flag 1 && is wrap_flag 1 &&
        terminal capture-pane -p -S - | grep -q '^before' # sanitizers print much when they end it
}

asked=0
echoes() { # the terminal shows typed text; each answer has a number, because an older one may still be there
    asked=$((asked + 1))
    type_line "clear; stty -a | grep -o ' echo '; echo as\"\"ked $asked"
    wait_until shows "^asked $asked" && shows '^ echo$'
}

# ---- Eighty columns -----------------------------------------------------------------------------

open_terminal 80 24
train_in_terminal
check "80 columns: the dashboard stands" wait_until dashboard_stands
check "80 columns: one line per actor, with its process id" wait_until shows \
    " 2 *$(children asyncrl-act-02) .* ●"
check "80 columns: scores are drawn" wait_until shows '[▁▂▃▄▅▆▇█]'
check "80 columns: elapsed, if no end is planned" wait_until shows ' steps   0m[0-9]*s elapsed'
check "80 columns: messages stand on it" wait_until shows 'super   training in run'
check "80 columns: the cursor does not" is cursor_flag 0
terminal send-keys -l 'xyzzy'
seen=$(wc -l <run/progress.csv)
wait_until rows "$seen" # it has been drawn again
check "80 columns: typed keys are not shown" hides xyzzy
terminal send-keys C-u

kill -KILL $(children asyncrl-report)
check "killed reporter: its replacement says so on the dashboard" wait_until shows \
    'the reporter died (signal 9'
check "killed reporter: the dashboard stands" wait_until dashboard_stands

# ---- Other sizes --------------------------------------------------------------------------------

terminal resize-window -x 160 -y 40
check "160 columns: actors stand beside the score" wait_until shows ' score, .* actor  *pid  *games'
terminal resize-window -x 40 -y 11
check "40 columns: the actors in a line" wait_until shows '^ 4 actors  4 at work'
terminal resize-window -x 60 -y 7
check "7 rows: the normal screen" wait_until is alternate_on 0
check "7 rows: a status line" wait_until shows '^[0-9.k]* .*/s .*score'
terminal resize-window -x 80 -y 24
check "80 columns again: the dashboard stands" wait_until dashboard_stands

# ---- Ctrl-Z, Ctrl-C -----------------------------------------------------------------------------

terminal send-keys C-z
check "Ctrl-Z: the shell is back" wait_until shows 'Stopped\|Suspended'
check "Ctrl-Z: the normal screen" wait_until is alternate_on 0
check "Ctrl-Z: with its cursor" wait_until is cursor_flag 1
check "Ctrl-Z: the messages so far stand on it" shows 'the reporter died (signal 9'
check "Ctrl-Z: keys are shown" echoes
check "Ctrl-Z: the reporter stops, too" grep -q '^State:.T' \
    "/proc/$(children asyncrl-report)/status"
type_line 'fg'
check "fg: the dashboard stands" wait_until dashboard_stands
terminal send-keys C-c
check "Ctrl-C: the run ends well, with a model" wait_until shows '^run/model-catch-[0-9]*.h5'
check "Ctrl-C: the normal screen" is alternate_on 0
check "Ctrl-C: with its cursor" is cursor_flag 1
check "Ctrl-C: the messages stand on it" shows 'super   stopping and saving'
check "Ctrl-C: and the last state" shows 'report  a3c catch  [0-9.k]* steps'
check "Ctrl-C: keys are shown" echoes

train_in_terminal --total_steps=4000
check "total_steps: the run ends well" wait_until shows '^code 0'
check "total_steps: the normal screen" wait_until normal_again

train_in_terminal --total_steps=40000000
check "total_steps: the dashboard shows the time left" wait_until shows ' of 40.00M steps  .*left'
kill -STOP $(children asyncrl-learn) # a learner that would take for ever to save
terminal send-keys C-c
wait_until shows 'stopping and saving'
sleep 0.5
terminal send-keys C-c
check "second Ctrl-C: exit code 1" wait_until shows '^code 1'
check "second Ctrl-C: the normal screen" wait_until normal_again
check "second Ctrl-C: the messages stand on it" shows 'super   stopping at once'
check "second Ctrl-C: keys are shown" echoes

# ---- Deaths -------------------------------------------------------------------------------------

train_in_terminal
wait_until is_training && wait_until dashboard_stands
kill -KILL $(children asyncrl-learn)
check "killed learner: exit code 1" wait_until shows '^code 1'
check "killed learner: the normal screen" wait_until normal_again
check "killed learner: it says why" shows '^asyncrl: the learner died (signal 9'
check "killed learner: and the last state" shows 'report  a3c catch  [0-9.k]* steps'

train_in_terminal
wait_until is_training && wait_until dashboard_stands
kill -KILL $(children asyncrl-act-01)
check "killed actor: a message on the dashboard" wait_until shows 'actor 1 died (signal 9'
signals="KILL SEGV"
[ -z "${ASYNCRL_SHORT:-}" ] || signals=KILL
for signal in $signals; do
    all=$(children asyncrl)
    kill -$signal "$supervisor"
    # shellcheck disable=SC2086
    check "supervisor, SIG$signal: no process left" wait_until gone $all
    check "supervisor, SIG$signal: the normal screen" wait_until normal_again
    check "supervisor, SIG$signal: the last state stands on it" wait_until shows \
        'report  a3c catch  [0-9.k]* steps'
    [ $signal != KILL ] ||
        check "supervisor, SIG$signal: the messages stand on it" shows 'actor 1 died (signal 9'
    check "supervisor, SIG$signal: keys are shown" echoes
    train_in_terminal
    wait_until is_training && wait_until dashboard_stands
done
terminal send-keys C-c
wait_until shows '^code 0'

# ---- Plain lines --------------------------------------------------------------------------------

plain_run() { # plain_run: the last command line trains without a dashboard
    wait_until is_training && is alternate_on 0 && shows '^[0-9:]* super   training in run'
}
plain_ways="--plain TERM=dumb"
[ -z "${ASYNCRL_SHORT:-}" ] || plain_ways=--plain
for plain in $plain_ways; do
    close_terminal
    case $plain in
    --plain) open_terminal 80 24 && train_in_terminal --plain ;;
    *) open_terminal 80 24 TERM=dumb && train_in_terminal ;;
    esac
    check "$plain: plain lines" plain_run
    terminal send-keys C-c
    check "$plain: the run ends well" wait_until shows '^code 0'
done
close_terminal

if [ -z "${ASYNCRL_SHORT:-}" ]; then
    open_terminal 80 24 LC_ALL=C NO_COLOR=1
    train_in_terminal
    check "no UTF-8, no colours: a dashboard of ASCII" wait_until shows '^ queue  *[#.]*  *[0-9]*%'
    terminal send-keys C-c
    check "no UTF-8: the run ends well" wait_until shows '^code 0'
fi
finish
