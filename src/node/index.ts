export { type Answer, askNodes, type Request } from './ask.ts';
export { duplicateName, type NodeSpec, parseNodeSpec, type Target } from './spec.ts';
