#compdef asyncrl
# zsh completion for asyncrl, made from its tables of options. As a file named _asyncrl in a folder of
# $fpath, or in ~/.zshrc after compinit:
#
#     source <(asyncrl completion zsh)

_asyncrl_games() {
    local -a games
    local expl
    if [[ $PREFIX == [./~]* ]]; then
        _files
        return
    fi
    games=(${(f)"$(_call_program games ${(q)program} games 2>/dev/null)"})
    _wanted games expl game compadd -a games
}

# The command is in words[1]; another word may name a variant of it, with options of its own.
_asyncrl_command() {
    local word table=_asyncrl_table_$words[1]
    local -a specs
    for word in $words[2,CURRENT-1]; do
        if (( $+functions[_asyncrl_table_$words[1]_$word] )); then
            table=_asyncrl_table_$words[1]_$word
        fi
    done
    if (( ! $+functions[$table] )); then return 1; fi
    $table
    _arguments -S -M 'm:{-_}={_-} r:|[_-]=* r:|=*' '(- *)--help[list the options]' $specs
}

_asyncrl() {
    local curcontext=$curcontext program=$words[1] state line ret=1
    typeset -A opt_args
    _arguments -S -C '(- *)--help[list the commands]' '(- *)--version[say which program this is]' \
        '1: :_asyncrl_commands' '*:: :->command' && ret=0
    if [[ $state == command ]]; then _asyncrl_command && ret=0; fi
    return ret
}

