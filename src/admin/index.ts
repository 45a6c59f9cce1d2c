export { run, type Streams, type Surroundings, subcommands } from './run.ts';
export { type Call, type Carried, type Subcommand, UsageError } from './subcommand.ts';
