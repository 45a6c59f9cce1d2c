export { judgeAnswer, type Outcome } from './answer.ts';
export { type RecheckRequest, recheckRequest } from './request.ts';
export { readAddress, senderOf, spellings } from './sender.ts';
export { type Decision, decide, formatTurn, type Owner, parseTurn, type Turn } from './turn.ts';
