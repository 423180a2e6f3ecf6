# bash completion for acclient

_acclient_hosts() {
    acclient --json --timeout 2 hosts 2>/dev/null | grep -o '"name":"[^"\\]*"' | cut -d'"' -f4
}

_acclient() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command= arguments=0 host i
    local everywhere='--json --quiet --verbose --script --non-interactive --timeout --socket
        --no-color --version --help'
    local connect='--user --group --answer --answers --password-stdin --password-fd
        --password-file --credential --askpass --accept-banner --trust'

    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --timeout | --socket | --user | --group | --answer | --answers | --password-fd | \
            --password-file | --credential | --askpass | --trust) ((i++)) ;;
        -*) ;;
        *) if [[ $command ]]; then ((arguments++)); else command=${COMP_WORDS[i]}; fi ;;
        esac
    done
    case $prev in
    --socket | --answers | --password-file | --askpass)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    --timeout | --user | --group | --answer | --password-fd | --credential | --trust) return ;;
    esac
    if [[ $cur == -* ]]; then
        [[ $command == connect || $command == up ]] && everywhere+=" $connect"
        mapfile -t COMPREPLY < <(compgen -W "$everywhere" -- "$cur")
        return
    fi
    case $command,$arguments in
    ,*) set -- connect up disconnect down cancel status state stats hosts monitor wait trust \
        version help shell ;;
    connect,0 | up,0 | trust,1)
        # not compgen -W: it would expand what a profile calls a host
        while read -r host; do
            [[ $host == "$cur"* ]] && COMPREPLY+=("$(printf %q "$host")")
        done < <(_acclient_hosts)
        return
        ;;
    wait,0) set -- disconnected connecting authenticating connected disconnecting ;;
    trust,0) set -- list show add remove ;;
    help,0) set -- connect disconnect cancel status stats hosts monitor wait trust version shell ;;
    *) set -- ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}

complete -F _acclient acclient
