# The lab in the User-Mode Linux guest: the same loop over scenarios, with the words of the whole way.
WORDS="$TOOLS/../wholeway/words.sh"
QUIET=1.5 STIR=0.6
. "$TOOLS/guest.sh"
