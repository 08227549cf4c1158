#compdef runflow
# zsh completion of runflow: eval "$(runflow completion zsh)", or this text as the file _runflow in a folder of fpath
#
# Words are handed over behind a "=", so that none looks like an option or is empty. Nothing of what comes back is
# evaluated: compadd quotes what it inserts.
_runflow() {
  if [[ ${words[CURRENT]} == '~'* ]]; then _files; return; fi
  local -a typed lines whole whole_shown open open_shown
  local line value shown
  typed=("${(@Q)words[2,CURRENT]}")
  lines=("${(@f)$(command runflow completion zsh -- "${(@)typed/#/=}" 2>/dev/null)}")
  for line in "${lines[@]}"; do
    [[ -n $line ]] || continue
    value=${line%%$'\t'*}
    shown=$value
    [[ $line == *$'\t'?* ]] && shown="$value  -- ${line#*$'\t'}"
    if [[ $value == *[/=.] ]]; then
      open+=("$value")
      open_shown+=("$shown")
    else
      whole+=("$value")
      whole_shown+=("$shown")
    fi
  done
  local missing=1
  (( $#whole )) && compadd -l -d whole_shown -a whole && missing=0
  (( $#open )) && compadd -l -S '' -d open_shown -a open && missing=0
  return missing
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then _runflow "$@"; else compdef _runflow runflow; fi
