# fish completion for asyncrl, made from its tables of options. In ~/.config/fish/config.fish:
#
#     asyncrl completion fish | source

# The command of the line, with the variant that another word names: "train q1".
function __asyncrl_context
    set -l tokens (commandline -opc)
    set -l command $tokens[2]
    set -l context $command
    for token in $tokens[3..-1]
        if contains -- "$command $token" $__asyncrl_variants
            set context "$command $token"
        end
    end
    echo $context
end

function __asyncrl_in
    test (__asyncrl_context) = "$argv"
end

# The same, if the word or the one before it is an option with a dash inside, as in --total-steps.
function __asyncrl_dashed
    string match --quiet --regex -- '^--\w+-' (commandline -ct) (commandline -opc)[-1]
    and __asyncrl_in $argv
end

function __asyncrl_games
    if string match --quiet --regex -- '^(--\w+=)?[./~]' (commandline -ct)
        __fish_complete_suffix .so
    else
        set -l program (commandline -opc)[1]
        $program games 2>/dev/null
    end
end

complete -c asyncrl -f
complete -c asyncrl -n __fish_is_first_token -l help -d 'list the commands'
complete -c asyncrl -n __fish_is_first_token -l version -d 'say which program this is'
complete -c asyncrl -n 'not __fish_is_first_token' -l help -d 'list the options'

