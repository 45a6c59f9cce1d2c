# An interactive zsh that writes what it would offer for each line: one match a line, then "@@", into $OFFERED.
PS1='ready> '
fpath=($COMPLETIONS $fpath)
autoload -U compinit
compinit -D -u
compadd() {
  # What a function asks for itself is no offer.
  if [[ -n ${(M)@:#-[a-zA-Z0-9]#[OAD]*} ]]; then
    builtin compadd "$@"
    return
  fi
  local -a matches
  builtin compadd -A matches "$@"
  ((${#matches} == 0)) || print -rl -- $IPREFIX${^matches} >>$OFFERED
  builtin compadd "$@"
}
_offer() {
  _main_complete
  print -r -- '@@' >>$OFFERED
}
zle -C offer list-choices _offer
bindkey '^T' offer
