export { type Examination, examine, type Facts, isWrongAccount } from './examination.ts';
export type {
  AnswerFact,
  Control,
  Here,
  KeyFact,
  NameFact,
  NodeFacts,
  NrpeFacts,
  PortFact,
  ProbeFacts,
  ProbeTry,
  SecretFact,
  SshFacts,
} from './facts.ts';
export { keepsKeys } from './host_key.ts';
export type { HostOptions } from './host_object.ts';
export type { Line, Step, Subject } from './line.ts';
export { probeSecrets } from './probe.ts';
export { isWell, renderJson, renderText } from './report.ts';
export { usualLimit } from './time.ts';
