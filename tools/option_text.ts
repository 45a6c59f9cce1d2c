import { isFlag, longName, type Option } from '../src/plugin/index.ts';

/** An option as it is typed: `--warning RANGE`, `--json`. */
export function optionForm(key: string, option: Option): string {
  return isFlag(option) ? `--${longName(key)}` : `--${longName(key)} ${option.value ?? 'N'}`;
}

/** What it is for, with its default and the like in brackets. */
export function optionMeaning({ help, repeat, required, default: preset }: Option): string {
  const shown = typeof preset === 'object' ? preset.join(' ') : String(preset ?? '');
  const notes = [
    ...(required ? ['required'] : []),
    ...(repeat ? ['repeatable'] : []),
    ...(shown === '' ? [] : [`default ${shown}`]),
  ];
  return notes.length === 0 ? help : `${help} (${notes.join('; ')})`;
}
