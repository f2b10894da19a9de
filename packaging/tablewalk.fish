# Completion for fish. The program itself knows what fits.
function __tablewalk_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        if string match -qr '^\t' -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c tablewalk -f -a '(__tablewalk_complete)'
