# Completion for bash. The program itself knows what fits.
_tablewalk() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word candidate endings files=no name ending
  read -ra words <<<"$line"
  if [[ $line == *[[:space:]] ]]; then words+=(""); fi
  word=${words[-1]}
  # Bash replaces only what is after the last `=`.
  local kept=""
  if [[ $COMP_WORDBREAKS == *=* && $word == *=* ]]; then kept=${word%"${word##*=}"}; fi
  COMPREPLY=()
  while IFS= read -r line; do
    candidate=${line%%$'\t'*}
    if [[ -n $candidate ]]; then
      COMPREPLY+=("${candidate#"$kept"}")
    else
      files=yes endings=${line#$'\t'}
    fi
  done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
  if [[ $files == yes ]]; then
    while IFS= read -r name; do
      for ending in ${endings:-""}; do
        if [[ -d $name || $name == *"$ending" ]]; then
          COMPREPLY+=("$name")
          break
        fi
      done
    done < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
  fi
  if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _tablewalk tablewalk
