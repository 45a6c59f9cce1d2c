# Does what the doctor says, and nothing else, until it says that all works: what it prints for this machine in a shell of
# root here, what it prints for a node in one of root there. For page.sh, which runs it on a poller beside two bare nodes.
# Prints what the doctor said in each round, and ends with its last exit code. DOCTOR is its command line.
set +e
# As root's shell is on hardened machines.
umask 077
extract='
  /^ {8}on .*, as root:$/ { place = substr($0, 12); sub(/, as root:$/, "", place); file = sprintf("%s/%02d", folder, ++n); print place >(file ".where"); next }
  /^ {10}/ { print substr($0, 11) >(file ".sh"); next }
'
for round in 1 2 3 4 5 6 7 8; do
  folder=$(mktemp -d)
  runuser -u nagios -- $DOCTOR >"$folder/said"
  code=$?
  echo "== round $round, exit $code"
  cat "$folder/said"
  [ $code = 1 ] || break
  awk -v folder="$folder" "$extract" "$folder/said"
  for script in "$folder"/*.sh; do
    place=$(cat "${script%.sh}.where")
    echo "-- pasted: $place"
    if [ "$place" = 'this machine' ]; then
      bash -e "$script" 2>&1
    else
      ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new "root@$place" 'umask 077; exec bash -es' <"$script" 2>&1
    fi || echo "-- failed: $?"
  done
done
