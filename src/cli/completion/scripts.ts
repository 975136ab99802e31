/** Shells that can be completed in. */
export type Shell = 'bash' | 'zsh' | 'fish';

const BASH = String.raw`# bash completion for spot; load it with: source <(spot completion bash)
_spot() {
  local IFS=$'\n' lines head file
  COMPREPLY=()
  mapfile -t lines < <(command spot __complete bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  [ "\${#lines[@]}" -gt 0 ] || return 0
  head=\${lines[0]}
  COMPREPLY=("\${lines[@]:1}")
  case $head in
    *ordered*) compopt -o nosort 2>/dev/null ;;
  esac
  case $head in
    files*)
      if [ "\${#COMPREPLY[@]}" -eq 0 ]; then
        compopt -o default 2>/dev/null
      else
        while read -r file; do
          printf -v file %q "$file"
          COMPREPLY+=("$file")
        done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
      fi
      ;;
    folders*) compopt -o dirnames 2>/dev/null ;;
  esac
}
complete -F _spot spot
`;

const ZSH = String.raw`#compdef spot
# zsh completion for spot; load it with: source <(spot completion zsh)
_spot() {
  local -a lines values shown
  local line head order
  lines=("\${(@f)$(command spot __complete zsh "\${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  head=$lines[1]
  shift lines
  for line in "\${(@)lines}"; do
    [[ -n $line ]] || continue
    values+=("\${line%%$'\t'*}")
    shown+=("\${\${line/$'\t'/  -- }%  -- }")
  done
  [[ $head == *ordered* ]] && order=-V || order=-J
  local found=1
  (( $#values )) && compadd $order spot -l -d shown -a values && found=0
  case $head in
    files*) _files && found=0 ;;
    folders*) _files -/ && found=0 ;;
  esac
  return found
}
if [[ $funcstack[1] == _spot ]]; then
  _spot "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _spot spot
fi
`;

const FISH = String.raw`# fish completion for spot; load it with: spot completion fish | source
function __spot_complete
  set -l words (commandline -opc)
  set -e words[1]
  set -l current (commandline -ct)
  set -l lines (command spot __complete fish $words "$current" 2>/dev/null)
  set -l head $lines[1]
  set -e lines[1]
  for line in $lines
    echo -- $line
  end
  switch "$head"
    case 'files*'
      __fish_complete_path "$current"
    case 'folders*'
      __fish_complete_directories "$current"
  end
end
complete -c spot -e
complete -c spot -f -k -a '(__spot_complete)'
`;

/** What a shell is given to complete in; nothing in it is expanded here. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH.replaceAll('\\$', '$'),
  zsh: ZSH.replaceAll('\\$', '$'),
  fish: FISH,
};
