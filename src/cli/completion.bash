# bash completion for asyncrl, made from its tables of options. In ~/.bashrc:
#
#     source <(asyncrl completion bash)

# The words of the line up to the cursor, in tokens: those that bash breaks at '=' and ':' are whole.
# typed is what bash replaces of the last.
_asyncrl_split() {
    local i word before=
    tokens=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 1)) && [[ $word == [=:]* || $before == [=:] ]]; then
            tokens[-1]+=$word
        else
            tokens+=("$word")
        fi
        before=$word
    done
    typed=$word
    if [[ $typed == [=:] ]]; then typed=; fi
}

# _asyncrl_offer FROM VALUE KIND: candidates for VALUE, of which the line has FROM before it. KIND is
# "a|b", one of these words; FILE, DIR, ID (of a game); or nothing.
_asyncrl_offer() {
    local from=$1 value=$2 kind=$3 candidate candidates=()
    if [[ $kind == ID && $value == [./~]* ]]; then kind=FILE; fi
    case $kind in
    ID) mapfile -t candidates < <(compgen -W "$("${COMP_WORDS[0]}" games 2>/dev/null)" -- "$value") ;;
    FILE | DIR)
        compopt -o filenames
        if [[ $kind == FILE ]]; then kind=f; else kind=d; fi
        mapfile -t candidates < <(compgen -"$kind" -- "${value//\\/}")
        ;;
    ?*) mapfile -t candidates < <(compgen -W "${kind//|/ }" -- "$value") ;;
    esac
    local gone=${tokens[-1]%"$typed"}
    for candidate in ${candidates[@]+"${candidates[@]}"}; do
        candidate=$from$candidate
        COMPREPLY+=("${candidate#"$gone"}")
    done
}

# _asyncrl_kind NAME: sets kind to that of the option's value; fails if it takes none.
_asyncrl_kind() {
    local option name=$1
    if [[ $name == --* ]]; then name=${name#--}; name=--${name//-/_}; fi
    for option in "${options[@]}"; do
        if [[ $option == "$name="* ]]; then
            kind=${option#*=}
            return 0
        fi
    done
    return 1
}

# Names are written with '_' or '-': what is offered goes on as the word began.
_asyncrl_names() {
    local option name word=${1#--} dashed=no
    if [[ $word == *-* ]]; then dashed=yes; fi
    for option in "${options[@]}" --help; do
        if [[ $option != --* ]]; then
            if [[ $1 == - ]]; then COMPREPLY+=("${option%%=*}"); fi
            continue
        fi
        name=${option%%=*}
        name=${name#--}
        if [[ $name != "${word//-/_}"* ]]; then continue; fi
        name=${name#"${word//-/_}"}
        if [[ $dashed == yes ]]; then name=${name//_/-}; fi
        if [[ $option == *=* ]]; then
            name+='='
            compopt -o nospace
        fi
        COMPREPLY+=("--$word$name")
    done
}

_asyncrl() {
    local tokens typed kind token
    local options=() arguments=
    COMPREPLY=()
    _asyncrl_split
    local word=${tokens[-1]} count=${#tokens[@]}
    if ((count == 2)); then
        mapfile -t COMPREPLY < <(compgen -W "${_asyncrl_commands?} --help --version" -- "$word")
        return
    fi
    _asyncrl_table "${tokens[1]}"
    for token in "${tokens[@]:2:count-3}"; do _asyncrl_table "${tokens[1]} $token"; done
    local before=${tokens[count - 2]}
    if [[ $word == --*=* ]]; then
        if _asyncrl_kind "${word%%=*}"; then _asyncrl_offer "${word%%=*}=" "${word#*=}" "$kind"; fi
    elif [[ $before == -* && $before != *=* ]] && _asyncrl_kind "$before"; then
        _asyncrl_offer "" "$word" "$kind"
    elif [[ $word == -* ]]; then
        _asyncrl_names "$word"
    else
        _asyncrl_offer "" "$word" "$arguments"
    fi
}

complete -F _asyncrl asyncrl

