# fish completion of runflow: runflow completion fish | source
#
# Words are handed over behind a "=", so that none looks like an option or is empty. fish quotes what it inserts.
function __runflow_complete
    set -l typed (commandline -opc) (commandline -ct)
    set -e typed[1]
    command runflow completion fish -- =$typed 2>/dev/null
end
complete -c runflow -f -a '(__runflow_complete)'
