# bash completion of runflow: eval "$(runflow completion bash)"
#
# Words are handed over behind a "=", so that none looks like an option or is empty. Nothing of what comes back is
# evaluated: readline quotes paths, and other words come quoted.
_runflow() {
  local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  local how line
  COMPREPLY=()
  {
    IFS= read -r how
    while IFS= read -r line; do COMPREPLY+=("$line"); done
  } < <(command runflow completion bash -- "${words[@]/#/=}" 2>/dev/null)
  case $how in *paths*) compopt -o filenames 2>/dev/null ;; esac
  case $how in *open*) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _runflow runflow
