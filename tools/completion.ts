import type { Command, CommandOption } from './command.ts';

const head = (name: string, shell: string) =>
  `# ${shell} completion for ${name}. Generated from the declarations of its options by "npm run build".`;

/**
 * Completion for bash, to be read by the loader of bash-completion or by hand. It needs no function of that package, and
 * takes a word as the shell will, whatever signs COMP_WORDBREAKS parts it at.
 */
export function renderBash(command: Command, codes: readonly string[]): string {
  const { name } = command;
  const options = [...command.options, ...command.standard];
  const called = `_rackwatch_${name}`;
  const names = options.flatMap(({ short, long }) => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])]);
  const valued = options.filter(({ value }) => value !== undefined);
  return `${head(name, 'bash')}

${called}() {
  local rest=\${COMP_LINE:0:COMP_POINT} word i
  local -a typed=()
  # The words up to the cursor: COMP_WORDS has them in pieces where a blank did not part them.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    local joined=$rest
    rest=\${rest#"\${rest%%[![:blank:]]*}"}
    word=\${COMP_WORDS[i]}
    ((i < COMP_CWORD)) || word=$rest
    if [[ \${#typed[@]} -gt 0 && $joined != [[:blank:]]* ]]; then
      typed[\${#typed[@]} - 1]+=$word
    else
      typed+=("$word")
    fi
    rest=\${rest#"$word"}
  done

  local token=\${typed[\${#typed[@]} - 1]} before='' option='' value='' words='' kind=''
  ((\${#typed[@]} < 2)) || before=\${typed[\${#typed[@]} - 2]}
  value=$token
  local front=''
  if [[ $token == --*=* ]]; then
    option=\${token%%=*} front=\${token%%=*}= value=\${token#*=}
  else
    case $before in
      ${valued.flatMap(spellings).join(' | ')}) option=$before ;;
    esac
  fi
  case $option in
${valued
  .filter((option) => option.completes !== 'words' || option.words.length > 0)
  .map((option) => `    ${spellings(option).join(' | ')}) ${bashAction(option, codes)} ;;`)
  .join('\n')}
    '') [[ $token != -* ]] || words='${names.join(' ')}' ;;
  esac

  # What stands in the word before the part that is completed.
  case $kind in
    list)
      [[ $value != *,* ]] || front+=\${value%,*}, value=\${value##*,}
      ;;
    node)
      if [[ $value =~ ^[A-Za-z0-9_.-]+= ]]; then
        front+=\${BASH_REMATCH[0]} value=\${value#"\${BASH_REMATCH[0]}"}
      fi
      if [[ $value == file:* ]]; then
        front+=file: value=\${value#file:} words='' kind='file'
      else
        kind='host'
        [[ $value != ssh://* && $value != nrpe://* ]] || words='' front+=\${value%%://*}:// value=\${value#*://}
        [[ $value != *@* ]] || words='' front+=\${value%%@*}@ value=\${value#*@}
      fi
      ;;
  esac

  local -a found=()
  for word in $words; do
    [[ $word != "$value"* ]] || found+=("$word")
  done
  case $kind in
    file | folder | host)
      local how=-f
      [[ $kind != folder ]] || how=-d
      [[ $kind != host ]] || how='-A hostname'
      # shellcheck disable=SC2086 # two words
      while IFS= read -r word; do found+=("$word"); done < <(compgen $how -- "$value")
      [[ $kind = host ]] || compopt -o filenames 2>/dev/null
      ;;
  esac
  # readline puts what is found in place of what stands behind the last sign that parts words.
  local cut='' sign part
  for sign in = : @; do
    [[ $COMP_WORDBREAKS == *"$sign"* && $token == *"$sign"* ]] || continue
    part=\${token%"$sign"*}$sign
    ((\${#part} <= \${#cut})) || cut=$part
  done
  COMPREPLY=()
  for word in "\${found[@]}"; do
    word=$front$word
    case $word in
      *[=:/]) [[ $kind = file || $kind = folder ]] || compopt -o nospace 2>/dev/null ;;
    esac
    [[ $kind != list ]] || compopt -o nospace 2>/dev/null
    COMPREPLY+=("\${word#"$cut"}")
  done
}

complete -F ${called} ${name}
`;
}

function spellings({ short, long }: CommandOption): readonly string[] {
  return [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
}

function bashAction({ completes, words }: CommandOption, codes: readonly string[]): string {
  const all = completes === 'code' ? codes : words;
  return [
    ...(all.length === 0 ? [] : [`words='${all.join(' ')}'`]),
    ...(completes === 'words' || completes === 'code' ? [] : [`kind='${completes}'`]),
  ].join(' ');
}

/** Completion for zsh, to be put into a folder of its `fpath` under the command's name with a `_` before it. */
export function renderZsh(command: Command, codes: readonly string[]): string {
  const options = [...command.options, ...command.standard];
  const needsNode = options.some(({ completes }) => completes === 'node');
  return `#compdef ${command.name}
${head(command.name, 'zsh')}

${needsNode ? zshNode : ''}_arguments -s -S : \\
${options.map((option) => `  ${zshOption(option, codes)}`).join(' \\\n')}
`;
}

const zshNode = `_rackwatch_node() {
  compset -P '[A-Za-z0-9_.-]##='
  if compset -P file:; then
    _files
  elif compset -P '(ssh|nrpe)://' || compset -P '*@'; then
    compset -P '*@'
    _hosts
  else
    compadd -S '' -- ssh:// nrpe:// file:
    compadd -- local
    _hosts
  fi
}

`;

function zshOption(option: CommandOption, codes: readonly string[]): string {
  const { short, long, value, repeat, help } = option;
  const [less, more] = value === undefined ? ['', ''] : ['+', '='];
  const names = short === undefined ? `--${long}${more}` : `{-${short}${less},--${long}${more}}`;
  const once = repeat ? `'*'` : short === undefined ? '' : `'(-${short} --${long})'`;
  const said = help.replaceAll(/[[\]\\]/g, '\\$&');
  const meaning = value === undefined ? '' : `:${value.replaceAll(':', '\\:')}:${zshAction(option, codes)}`;
  return `${once}${names}${quoted(`[${said}]${meaning}`)}`;
}

function zshAction({ completes, words }: CommandOption, codes: readonly string[]): string {
  if (completes === 'node') return '_rackwatch_node';
  if (completes === 'host') return '_hosts';
  if (completes === 'file') return '_files';
  if (completes === 'folder') return '_files -/';
  if (completes === 'list') return `_sequence compadd - ${words.join(' ')}`;
  const all = completes === 'code' ? codes : words;
  if (all.length === 0) return ' ';
  // One that goes on is followed by no blank.
  if (all.some((word) => /\W$/.test(word))) return `{compadd -S "" -- ${all.join(' ').replaceAll(':', '\\:')}}`;
  return `(${all.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
